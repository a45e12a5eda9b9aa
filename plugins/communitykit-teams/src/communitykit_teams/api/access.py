"""Whether the credential is good, and for what: authorizing, preflight. Flows: nothing is sent here."""

from __future__ import annotations

import base64
import json
from collections.abc import Generator, Mapping
from datetime import datetime
from urllib.parse import quote, urlsplit

from communitykit import SettingsError
from communitykit.connector import (
    JSON,
    AuthFlow,
    Credential,
    Flow,
    Gap,
    Need,
    Request,
    Selection,
    ask,
    bearer,
    check_grants,
)
from communitykit.connector.login import DeviceLogin
from communitykit.connector.oauth import client_credentials, refresh_token, token_from
from communitykit_teams.api.certificate import signed_assertion
from communitykit_teams.ids import PLATFORM
from communitykit_teams.settings import CLOUDS, TeamsSettings


def _device_url(settings: TeamsSettings) -> str:
    return f"{_login(settings)}/devicecode"


def _token_url(settings: TeamsSettings) -> str:
    return f"{_login(settings)}/token"


def _login_scope(settings: TeamsSettings) -> str:
    return f"{resource_scope(settings)} offline_access"


LOGIN = DeviceLogin(_device_url, _token_url, _login_scope)
"""By a code that is typed in a browser: the token then reads what its owner may, by delegated permissions."""


def authorize(settings: TeamsSettings, saved: Mapping[str, JSON] | None, now: datetime) -> AuthFlow:
    """Get a token: from the caller's own provider, or by client credentials; one still fresh is used again.

    Raises SettingsError when the settings name no way, CredentialError when the login refuses.
    """
    if settings.credential is not None:
        return token_from(settings.credential, resource_scope(settings), platform=PLATFORM)
    if settings.token is not None:
        return bearer(settings.token.get_secret_value())
    known = saved or {}
    expires = datetime.fromisoformat(known["expires_at"]) if known.get("expires_at") else None
    if known.get("access_token") and not known.get("refused"):
        kept = bearer(str(known["access_token"]), expires_at=expires, saved=saved)
        if kept.fresh(now):
            return kept
    if known.get("refresh_token") and settings.client_id:
        return (
            yield from refresh_token(
                f"{_login(settings)}/token",
                refresh_token=str(known["refresh_token"]),
                client_id=settings.client_id,
                client_secret=settings.client_secret.get_secret_value() if settings.client_secret else None,
                now=now,
                platform=PLATFORM,
                scope=f"{resource_scope(settings)} offline_access",
            )
        )
    return (yield from _client(settings, now))


def _login(settings: TeamsSettings) -> str:
    """Return the address of the tenant's login.

    Raises SettingsError where no tenant is named.
    """
    if not settings.tenant:
        raise SettingsError("there is no tenant", platform=PLATFORM, remedy="Give tenant (COMMUNITYKIT_TEAMS_TENANT).")
    login = settings.login_url or CLOUDS["global"][1]
    return f"{login.rstrip('/')}/{quote(settings.tenant, safe='')}/oauth2/v2.0"


def _client(settings: TeamsSettings, now: datetime) -> Generator[Request, JSON, Credential]:
    tenant, client_id = settings.tenant, settings.client_id
    proof = settings.client_secret or settings.certificate or settings.federated_token
    if not tenant or not client_id or proof is None:
        raise SettingsError(
            "there is no way to get a token",
            platform=PLATFORM,
            remedy="Give tenant, client_id and client_secret (COMMUNITYKIT_TEAMS_TENANT…), a certificate, a "
            "credential object, or log in: communitykit login teams.",
        )
    if tenant.lower() in {"common", "organizations", "consumers"}:
        raise SettingsError(
            f"{tenant} is no tenant of one company", platform=PLATFORM, remedy="Give the tenant's id or domain."
        )
    url = f"{_login(settings)}/token"
    return (
        yield from client_credentials(
            url,
            client_id=client_id,
            client_secret=settings.client_secret.get_secret_value() if settings.client_secret else None,
            assertion=_assertion(settings, url, client_id, now),
            now=now,
            platform=PLATFORM,
            scope=resource_scope(settings),
        )
    )


def _assertion(settings: TeamsSettings, url: str, client_id: str, now: datetime) -> str | None:
    """Return the signed proof that stands in place of a secret: a certificate's, or another identity provider's."""
    if settings.client_secret is not None:
        return None
    if settings.certificate is not None:
        password = settings.certificate_password.get_secret_value() if settings.certificate_password else None
        return signed_assertion(settings.certificate, password, audience=url, client_id=client_id, now=now)
    path = settings.federated_token
    try:
        return path.read_text(encoding="utf-8").strip() if path is not None else None
    except OSError as error:
        raise SettingsError(
            f"the federated token cannot be read: {type(error).__name__}", platform=PLATFORM, subject="federated_token"
        ) from None


def resource_scope(settings: TeamsSettings) -> str:
    """Name what the token is for: everything that the app was granted on this Graph."""
    parts = urlsplit(settings.base_url or CLOUDS["global"][0])
    return f"{parts.scheme}://{parts.netloc}/.default"


def needs(selection: Selection) -> list[Need]:
    """List the permissions that a run needs."""
    found = [
        Need(
            "members with department, office and manager",
            ("User.Read.All", "Directory.Read.All"),
            required=True,
            use_fr="membres, avec service, bureau et responsable",
        ),
        Need(
            "teams",
            ("GroupMember.Read.All", "Group.Read.All", "Team.ReadBasic.All", "Directory.Read.All"),
            required=True,
            use_fr="équipes",
        ),
        Need(
            "channels",
            ("Channel.ReadBasic.All", "ChannelSettings.Read.All", "Group.Read.All"),
            required=True,
            use_fr="canaux",
        ),
        Need(
            "channel messages (unless every team grants ChannelMessage.Read.Group to the app)",
            ("ChannelMessage.Read.All", "Group.Read.All"),
            central=True,
            use_fr="messages des canaux (sauf si chaque équipe accorde ChannelMessage.Read.Group à l'application)",
        ),
        Need("who is in a team", ("TeamMember.Read.All", "Group.Read.All"), use_fr="qui est dans une équipe"),
        Need("the tenant's name", ("Organization.Read.All", "Directory.Read.All"), use_fr="nom de l'organisation"),
    ]
    if selection.include_private:
        found.append(
            Need(
                "who is in private and shared channels",
                ("ChannelMember.Read.All",),
                use_fr="qui est dans les canaux privés et partagés",
            )
        )
    if selection.settings.usage:
        found.append(Need("usage reports", ("Reports.Read.All",), use_fr="rapports d'utilisation"))
    return found


def preflight(selection: Selection) -> Flow:
    """Compare what the token may do (its `roles`) with what reading needs: without some nothing goes, others are gaps.

    Raises PermissionMissingError naming the permission, what it is for and how to grant it.
    """
    settings: TeamsSettings = selection.settings
    proofs = (settings.client_secret, settings.certificate, settings.federated_token)
    # Where there is none, somebody logged in, or nobody did, which the request tells.
    if all(one is None for one in (settings.credential, settings.token, *proofs)):
        yield from ask(Request("organization", params={"$select": "id"}, subject="tenant"))
        yield Gap("what is read is what the account that logged in may see: reading will tell", remark=True)
        return
    credential = yield from authorize(settings, None, selection.until)
    roles = roles_of(str(credential.headers.get("Authorization", "")).removeprefix("Bearer "))
    remedy = "Grant {grant} on the app's page, 'API permissions', as an application permission, with admin consent."
    yield from check_grants(roles, needs(selection), holder="the app", remedy=remedy)


def roles_of(token: str) -> frozenset[str] | None:
    """Read the permissions in an access token, an app's or a person's; None where it is opaque. It is not verified."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 # header, claims, signature
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None
    told = claims if isinstance(claims, dict) else {}
    roles, delegated = told.get("roles"), told.get("scp")
    granted = delegated.split() if isinstance(delegated, str) else roles if isinstance(roles, list) else []
    return frozenset(str(one) for one in granted)
