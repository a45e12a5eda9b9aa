"""Encrypted resource data of change notifications, and the tokens that vouch for them. Pure; needs the extra `webhook`.

"Set up change notifications that include resource data": the symmetric key is encrypted with RSA-OAEP (SHA-1), the data
with AES-CBC whose initialization vector is the key's first 16 bytes, and signed with HMAC-SHA256, which is checked
before anything is decrypted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from communitykit import SettingsError, SignatureError
from communitykit.connector import JSON

if TYPE_CHECKING:
    from jwt.types import Options

PUBLISHER = "0bf30f3b-4a52-48df-9a82-234910c4a086"
"""The app id of Microsoft Graph's change tracking service, who sends notifications."""
_SIGNATURE_ALONE: Final[Options] = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
"""Whom a token is for and whether it holds is checked here, at a time that need not be now."""
_BLOCK = 16
_KEYS = frozenset({16, 24, 32})


def decrypted(content: Mapping[str, JSON], private_key: str) -> dict[str, JSON]:
    """Return the resource that a notification carries. `private_key` is PEM, the counterpart of the certificate.

    Raises SignatureError when the data was changed on its way or is not for this key.
    """
    _needs_extra()
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415 # an extra

    key = _symmetric_key(_bytes(content.get("dataKey")), private_key)
    data = _bytes(content.get("data"))
    mark = base64.b64encode(hmac.new(key, data, hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(mark, str(content.get("dataSignature") or "")):
        raise _forged("the encrypted content was changed on its way")
    if not data or len(data) % _BLOCK:
        raise _forged("the encrypted content is not whole")
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:_BLOCK])).decryptor()
    plain = cipher.update(data) + cipher.finalize()
    try:
        found = json.loads(plain[: -plain[-1]])  # PKCS7: the last byte says how many were added
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _forged("the decrypted content is no JSON object")
    return found


def _symmetric_key(encrypted: bytes, private_key: str) -> bytes:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 # an extra
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415 # same

    loaded = _loaded(private_key)
    sha1 = hashes.SHA1()  # noqa: S303 # what Graph uses for OAEP
    try:
        key = loaded.decrypt(encrypted, padding.OAEP(padding.MGF1(sha1), sha1, None))
    except ValueError:
        raise _forged("the content is not encrypted for this key") from None
    if len(key) not in _KEYS:
        raise _forged("the content's key has no length of a key")
    return bytes(key)


@lru_cache(maxsize=8)
def _loaded(private_key: str) -> JSON:
    """Read a key once: checking it takes longer than using it."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415 # an extra
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 # same

    try:
        loaded = load_pem_private_key(private_key.encode(), None)
    except (ValueError, TypeError):
        raise SettingsError("the private key for notifications is no PEM", platform="teams") from None
    if not isinstance(loaded, RSAPrivateKey):
        raise SettingsError("the private key for notifications is no RSA key", platform="teams")
    return loaded


def verify_validation_tokens(
    tokens: Iterable[object], *, jwks: Mapping[str, JSON], client_id: str, tenants: Iterable[str], now: datetime
) -> None:
    """Check the JWTs beside notifications: signed by Microsoft Entra, for this app and tenant, by Graph, still valid.

    `jwks` are the keys that `https://login.microsoftonline.com/common/discovery/v2.0/keys` gives.

    Raises SignatureError at the first that is not, or when there is none.
    """
    _needs_extra()
    given = [token for token in tokens if isinstance(token, str)]
    if not given:
        raise _forged("there is no validation token")
    homes = {tenant.lower() for tenant in tenants}
    for token in given:
        claims = _claims(token, jwks)
        if claims.get("aud") not in {client_id, f"api://{client_id}"}:
            raise _forged("the validation token is for another app")
        if PUBLISHER not in {claims.get("appid"), claims.get("azp")}:
            raise _forged("the validation token was not made for Microsoft Graph")
        issuer = str(claims.get("iss") or "")
        if str(claims.get("tid") or "").lower() not in homes or not issuer.startswith("https://"):
            raise _forged("the validation token is of another tenant")
        if not isinstance(claims.get("exp"), int | float) or claims["exp"] < now.timestamp():
            raise _forged("the validation token has expired")


def _claims(token: str, jwks: Mapping[str, JSON]) -> dict[str, JSON]:
    import jwt  # noqa: PLC0415 # an extra

    try:
        key = jwt.PyJWKSet.from_dict(dict(jwks))[str(jwt.get_unverified_header(token).get("kid"))]
        # Whom it is for and whether it still holds is checked by who calls, at a time that need not be now.
        return jwt.decode(token, key, ["RS256"], _SIGNATURE_ALONE)
    except (jwt.PyJWTError, KeyError):
        raise _forged("a validation token is not signed by Microsoft Entra") from None


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(str(text or ""), validate=True)
    except binascii.Error:
        raise _forged("the encrypted content is not readable") from None


def _needs_extra() -> None:
    try:
        import jwt  # noqa: F401, PLC0415 # an extra, which brings cryptography
    except ImportError:
        raise SettingsError(
            "encrypted notifications need another package",
            platform="teams",
            remedy="pip install 'communitykit-teams[webhook]'",
        ) from None


def _forged(what: str) -> SignatureError:
    return SignatureError(
        what, platform="teams", subject="webhook delivery", remedy="Answer 202 all the same, and take nothing in."
    )
