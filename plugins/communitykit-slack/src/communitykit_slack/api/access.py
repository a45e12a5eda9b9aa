"""Whether the credential is good, and for what: authorizing, rotating, preflight. Flows: nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from communitykit import PermissionMissingError, SettingsError
from communitykit.connector import AuthFlow, Flow, Gap, Selection, bearer, refresh_token
from communitykit_slack.api.methods import call
from communitykit_slack.settings import SlackSettings


def authorize(settings: SlackSettings, saved: Mapping[str, Any] | None, now: datetime) -> AuthFlow:
    """Use the token, or rotate it: the new pair is kept by the core before its first use.

    Raises SettingsError when there is neither a token nor what rotating takes.
    """
    known = saved or {}
    refused = bool(known.get("refused"))
    token = str(known.get("access_token") or (settings.token.get_secret_value() if settings.token else ""))
    refresh = str(
        known.get("refresh_token") or (settings.refresh_token.get_secret_value() if settings.refresh_token else "")
    )
    can_rotate = bool(refresh and settings.client_id and settings.client_secret)
    expires = datetime.fromisoformat(known["expires_at"]) if known.get("expires_at") else None
    credential = bearer(token, expires_at=expires, saved=saved if known.get("access_token") else None)
    if token and not (can_rotate and (refused or not credential.fresh(now))):
        return credential
    if not can_rotate or settings.client_id is None or settings.client_secret is None:
        raise SettingsError(
            "there is no token",
            platform="slack",
            remedy="Give token, or refresh_token with client_id and client_secret (COMMUNITYKIT_SLACK_TOKEN…).",
        )
    return (
        yield from refresh_token(
            "oauth.v2.access",
            refresh_token=refresh,
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            now=now,
            platform="slack",
        )
    )


def preflight(selection: Selection) -> Flow:
    """Compare what the token may do with what reading needs: required scopes are an error, others a gap.

    Raises PermissionMissingError naming the scope, what it is for and how to grant it.
    """
    response = yield call("auth.test", subject="token")
    granted = response.headers.get("x-oauth-scopes")
    if granted is None:
        yield Gap("the answer does not say which scopes the token has: reading will tell")
        return
    held = {one.strip() for one in granted.split(",")}
    for needed in needs(selection):
        if needed.scope in held:
            continue
        text = f"the token lacks {needed.scope}: {needed.use} cannot be read"
        remedy = f"Grant {needed.scope} on the app's page, 'OAuth & Permissions', and install the app again."
        if needed.required:
            raise PermissionMissingError(text, subject="token", code="missing_scope", remedy=remedy)
        yield Gap(f"{text}. {remedy}", "denied")


@dataclass(frozen=True, slots=True)
class Need:
    """A scope, what it is for, and whether nothing goes without it."""

    scope: str
    use: str
    required: bool = False


def needs(selection: Selection) -> list[Need]:
    """List the scopes that a run needs."""
    found = [
        Need("channels:read", "public channels", required=True),
        Need("channels:history", "messages of public channels", required=True),
        Need("users:read", "members", required=True),
        Need("users:read.email", "e-mail addresses"),
        Need("usergroups:read", "user groups"),
    ]
    if selection.settings.profiles:
        found.append(Need("users.profile:read", "department, manager and other custom profile fields"))
    if selection.settings.reactions == "full":
        found.append(Need("reactions:read", "who reacted, where Slack cuts the list short"))
    for asked, kind, noun in (
        (selection.include_private, "groups", "private channels"),
        (selection.include_direct, "im", "direct messages"),
        (selection.include_direct, "mpim", "group direct messages"),
    ):
        if asked:
            found += [Need(f"{kind}:read", noun), Need(f"{kind}:history", f"messages of {noun}")]
    return found
