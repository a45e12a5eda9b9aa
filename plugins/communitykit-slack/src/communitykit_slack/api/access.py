"""Whether the credential is good, and for what: authorizing, rotating, preflight. Flows: nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urljoin

from communitykit import SettingsError
from communitykit.connector import JSON, AuthFlow, Flow, Need, Selection, ask, bearer, check_grants
from communitykit.connector.login import CodeLogin
from communitykit.connector.oauth import refresh_token
from communitykit_slack.api.methods import call
from communitykit_slack.settings import SlackSettings


def _address(settings: SlackSettings, path: str) -> str:
    return urljoin(settings.base_url or "https://slack.com/api/", path)


def _scopes(settings: SlackSettings) -> list[str]:
    asked = Selection(settings=settings, until=datetime.now(UTC))
    return sorted({one.any_of[0] for one in needs(asked)})


def _manifest(settings: SlackSettings, back: str) -> dict[str, JSON]:
    return {
        "display_information": {"name": "communitykit", "description": "Reads who takes part; it writes nothing."},
        "oauth_config": {"redirect_urls": [back], "scopes": {"user": _scopes(settings)}},
        "settings": {"token_rotation_enabled": True},
    }


def _authorize_url(settings: SlackSettings) -> str:
    return _address(settings, "/oauth/v2/authorize")


def _token_url(_settings: SlackSettings) -> str:
    return "oauth.v2.access"


def _user_scope(settings: SlackSettings) -> dict[str, str]:
    return {"user_scope": ",".join(_scopes(settings))}


def _of_user(told: Mapping[str, JSON]) -> JSON:
    return told.get("authed_user")


LOGIN = CodeLogin(
    authorize_url=_authorize_url,
    token_url=_token_url,
    parameters=_user_scope,
    token_of=_of_user,
    manifest=_manifest,
    manifest_at="https://api.slack.com/apps?new_app=1 (From a manifest), then turn PKCE on under OAuth & Permissions",
)
"""By PKCE on a loopback redirect ("Using PKCE"): it gives user tokens alone, which read what their owner may."""


def authorize(settings: SlackSettings, saved: Mapping[str, JSON] | None, now: datetime) -> AuthFlow:
    """Use the token, or rotate it: the new pair is kept by the core before its first use.

    Raises SettingsError when there is neither a token nor what rotating takes.
    """
    known = saved or {}
    refused = bool(known.get("refused"))
    token = str(known.get("access_token") or (settings.token.get_secret_value() if settings.token else ""))
    refresh = str(
        known.get("refresh_token") or (settings.refresh_token.get_secret_value() if settings.refresh_token else "")
    )
    # What a login with PKCE gave is renewed without the app's secret ("Using PKCE", considerations, 4).
    can_rotate = bool(refresh and settings.client_id and (settings.client_secret or known.get("refresh_token")))
    expires = datetime.fromisoformat(known["expires_at"]) if known.get("expires_at") else None
    credential = bearer(token, expires_at=expires, saved=saved if known.get("access_token") else None)
    if token and not (can_rotate and (refused or not credential.fresh(now))):
        return credential
    if not can_rotate or settings.client_id is None:
        raise SettingsError(
            "there is no token",
            platform="slack",
            remedy="Give token, or refresh_token with client_id and client_secret (COMMUNITYKIT_SLACK_TOKEN…), "
            "or log in: communitykit login slack.",
        )
    return (
        yield from refresh_token(
            "oauth.v2.access",
            refresh_token=refresh,
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value() if settings.client_secret else None,
            now=now,
            platform="slack",
        )
    )


def preflight(selection: Selection[SlackSettings]) -> Flow:
    """Compare what the token may do with what reading needs: required scopes are an error, others a gap.

    Raises PermissionMissingError naming the scope, what it is for and how to grant it.
    """
    response = yield from ask(call("auth.test", subject="token"))
    granted = response.headers.get("x-oauth-scopes")
    held = None if granted is None else {one.strip() for one in granted.split(",")}
    remedy = "Grant {grant} on the app's page, 'OAuth & Permissions', and install the app again."
    yield from check_grants(held, needs(selection), holder="the token", remedy=remedy)


def needs(selection: Selection[SlackSettings]) -> list[Need]:
    """List the scopes that a run needs."""
    found = [
        Need("public channels", ("channels:read",), required=True, use_fr="canaux publics"),
        Need("messages of public channels", ("channels:history",), required=True, use_fr="messages des canaux publics"),
        Need("members", ("users:read",), required=True, use_fr="membres"),
        Need("e-mail addresses", ("users:read.email",), use_fr="adresses électroniques"),
        Need("user groups", ("usergroups:read",), use_fr="groupes d'utilisateurs"),
    ]
    if selection.settings.profiles:
        found.append(
            Need(
                "department, manager and other custom profile fields",
                ("users.profile:read",),
                use_fr="service, responsable et autres champs de profil personnalisés",
            )
        )
    if selection.settings.reactions == "full":
        found.append(
            Need(
                "who reacted, where Slack cuts the list short",
                ("reactions:read",),
                use_fr="qui a réagi, là où Slack abrège la liste",
            )
        )
    for asked, kind, noun, french in (
        (selection.include_private, "groups", "private channels", "canaux privés"),
        (selection.include_direct, "im", "direct messages", "messages directs"),
        (selection.include_direct, "mpim", "group direct messages", "messages directs de groupe"),
    ):
        if asked:
            found += [
                Need(noun, (f"{kind}:read",), use_fr=french),
                Need(f"messages of {noun}", (f"{kind}:history",), use_fr=f"contenu des {french}"),
            ]
    return found
