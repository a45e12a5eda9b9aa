"""Ways to get a token."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from communitykit import SettingsError
from communitykit.connector import Request, Response
from communitykit_teams import TeamsSettings
from communitykit_teams.api.access import authorize
from communitykit_teams.sandbox import CLIENT_ID

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def credential_of(settings: TeamsSettings, saved: Mapping[str, Any] | None = None) -> tuple[list[Request], Any]:
    """Run the flow; the login answers every request with a token."""
    requests: list[Request] = []
    flow = authorize(settings, saved, NOW)
    try:
        request = next(flow)
        while True:
            requests.append(request)
            answer = Response(request, 200, {}, {"access_token": "fresh", "expires_in": 3599}, NOW)
            request = flow.send(answer)
    except StopIteration as done:
        return requests, done.value


def test_client_credentials_by_secret() -> None:
    settings = TeamsSettings(tenant="t", client_id="c", client_secret="s", cloud="us-gov-l4")
    (request,), credential = credential_of(settings)
    assert request.url == "https://login.microsoftonline.us/t/oauth2/v2.0/token"
    assert request.form == {
        "grant_type": "client_credentials", "client_id": "c", "client_secret": "s",
        "scope": "https://graph.microsoft.us/.default",
    }  # fmt: skip
    assert settings.base_url == "https://graph.microsoft.us/v1.0/"
    assert credential.expires_at == NOW + timedelta(seconds=3599)
    assert "fresh" not in repr(credential)


def test_a_fresh_token_is_used_again_and_a_refused_one_is_not() -> None:
    settings = TeamsSettings(tenant="t", client_id="c", client_secret="s")
    saved = {"access_token": "kept", "expires_at": (NOW + timedelta(minutes=30)).isoformat()}
    assert credential_of(settings, saved)[0] == []
    assert len(credential_of(settings, {**saved, "refused": True})[0]) == 1
    assert len(credential_of(settings, {**saved, "expires_at": NOW.isoformat()})[0]) == 1


def test_a_certificate_signs_an_assertion(tmp_path: Path) -> None:
    pytest.importorskip("cryptography", reason="needs the extra cert")
    path = _certificate(tmp_path / "app.pem")
    (request,), _ = credential_of(TeamsSettings(tenant="t", client_id="c", certificate=path))
    form = request.form or {}
    assert str(form["client_assertion_type"]).endswith("jwt-bearer")
    assert "client_secret" not in form
    _verified(path, str(form["client_assertion"]))
    with pytest.raises(SettingsError, match="certificate"):
        credential_of(TeamsSettings(tenant="t", client_id="c", certificate=tmp_path / "none.pem"))


def test_another_providers_token_is_the_assertion(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-elsewhere\n")
    (request,), _ = credential_of(TeamsSettings(tenant="t", client_id="c", federated_token=tmp_path / "token"))
    assert (request.form or {})["client_assertion"] == "from-elsewhere"


class AzureLike:
    """Looks like a credential of azure-identity."""

    def __init__(self) -> None:
        self.scopes: tuple[str, ...] = ()

    def get_token(self, *scopes: str) -> Any:
        self.scopes = scopes

        class AccessToken:
            token = "theirs"
            expires_on = 1_900_000_000

        return AccessToken()


def test_credential_objects_and_providers_of_ones_own() -> None:
    azure = AzureLike()
    requests, credential = credential_of(TeamsSettings(credential=azure))
    assert requests == []
    assert credential.headers == {"Authorization": "Bearer theirs"}
    assert azure.scopes == ("https://graph.microsoft.com/.default",)
    assert credential_of(TeamsSettings(credential=lambda: "plain"))[1].headers == {"Authorization": "Bearer plain"}
    assert "credential" not in TeamsSettings(credential=azure).model_dump()


def test_without_any_way_to_get_a_token_it_says_so() -> None:
    with pytest.raises(SettingsError, match="no way to get a token"):
        credential_of(TeamsSettings(tenant="t", client_id=CLIENT_ID))


def _certificate(path: Path) -> Path:
    from cryptography import x509  # noqa: PLC0415 # an extra
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 # same
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 # same

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "communitykit")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    made = built.sign(key, hashes.SHA256())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


def _verified(path: Path, assertion: str) -> None:
    import base64  # noqa: PLC0415 # here alone
    import json  # noqa: PLC0415 # same

    from cryptography import x509  # noqa: PLC0415 # an extra
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 # same
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415 # same

    head, body, mark = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in assertion.split("."))
    public: Any = x509.load_pem_x509_certificate(path.read_bytes()).public_key()
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    public.verify(mark, assertion.rpartition(".")[0].encode(), pss, hashes.SHA256())
    assert json.loads(head)["alg"] == "PS256"
    claims = json.loads(body)
    assert claims["aud"] == "https://login.microsoftonline.com/t/oauth2/v2.0/token"
    assert claims["iss"] == claims["sub"] == "c"
