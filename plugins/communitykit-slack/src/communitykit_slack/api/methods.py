"""How Slack's Web API is asked: requests, budgets, and what a refusal means. Pure."""

from __future__ import annotations

from typing import Any

from communitykit import (
    CommunityKitError,
    CredentialError,
    CursorError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
    RateLimitedError,
    TransientError,
)
from communitykit.connector import Budget, Cost, Request, Response, cursor_pager

PAGER = cursor_pager(("response_metadata", "next_cursor"))
HISTORY_LIMIT = 999
REPLIES_LIMIT = 1000
LIST_LIMIT = 999
USERS_LIMIT = 200  # larger pages of users are known to fail in large workspaces

_TIERS = {2: 20, 3: 50, 4: 100, 5: 300}
_TIER_OF = {
    "auth.test": 5,
    "auth.teams.list": 2,
    "bots.info": 3,
    "conversations.history": 3,
    "conversations.list": 2,
    "conversations.members": 4,
    "conversations.replies": 3,
    "reactions.get": 3,
    "team.profile.get": 3,
    "usergroups.list": 2,
    "users.info": 4,
    "users.list": 2,
    "users.profile.get": 4,
}
BUDGETS: dict[str, Budget] = {method: Budget(_TIERS[tier], 60) for method, tier in _TIER_OF.items()}
"""Slack counts per method, workspace and app: the published tiers, in requests a minute."""

_CREDENTIAL = frozenset(
    {"not_authed", "invalid_auth", "account_inactive", "token_expired", "token_revoked", "invalid_refresh_token"}
)
_PERMISSION = frozenset(
    {
        "missing_scope", "no_permission", "not_allowed_token_type", "access_denied", "accesslimited",
        "ekm_access_denied", "enterprise_is_restricted", "org_login_required", "two_factor_setup_required",
        "team_access_not_granted", "paid_only", "plan_upgrade_required", "feature_not_available", "restricted_action",
        "not_allowed", "user_is_restricted",
    }
)  # fmt: skip
_UNAVAILABLE = frozenset(
    {
        "not_in_channel", "channel_not_found", "channel_is_limited_access", "is_archived", "thread_not_found",
        "message_not_found", "user_not_found", "user_not_visible", "users_not_found", "bot_not_found",
        "no_such_subteam", "method_not_supported_for_channel_type",
    }
)  # fmt: skip
_TRANSIENT = frozenset(
    {
        "fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org",
        "rollup_error", "external_error",
    }
)  # fmt: skip

_REMEDY = {
    "not_in_channel": "Invite the app to the channel (/invite @app), or use a user token.",
    "channel_not_found": "It does not exist, or it is private and the app is not in it: invite the app.",
    "token_expired": "Give refresh_token, client_id and client_secret so that tokens can be rotated.",
    "invalid_auth": "Copy the token again from the app's page, 'OAuth & Permissions'.",
    "not_authed": "Give a token: as keyword, setting or COMMUNITYKIT_SLACK_TOKEN.",
    "invalid_refresh_token": "It was used already: generate a new pair on the app's page.",
    "plan_upgrade_required": "The workspace's plan does not include this.",
}


def call(method: str, team: str = "", *, subject: str = "", **form: str | int) -> Request:
    """Describe a call: POST, form-encoded, counted for its method and workspace."""
    return Request(method, method="POST", form=form, costs=(Cost(method, team),), subject=subject)


def has_more(response: Response) -> bool:
    """Tell whether there is more to page through: Slack was seen to say so without giving a cursor for it."""
    return PAGER(response.request, response) is not None or response.data.get("has_more") is True


def fault(response: Response) -> CommunityKitError | None:
    """Tell what an answer means when it is a refusal: Slack answers 200 with `ok: false`."""
    data = response.data
    if not isinstance(data, dict):
        if response.status >= 300:  # noqa: PLR2004 # the status says it all
            return None
        return ProtocolError("the answer is no JSON object", remedy="Check base_url: this does not look like Slack.")
    if data.get("ok") is True or response.status >= 500 or ("ok" not in data and response.status >= 300):  # noqa: PLR2004
        return None
    return refusal(str(data.get("error") or "no error named"), data)


def refusal(code: str, data: dict[str, Any]) -> CommunityKitError:
    """Make the error that a code means, named by what to do about it."""
    remedy = _REMEDY.get(code)
    if code in {"ratelimited", "rate_limited"}:
        return RateLimitedError("Slack asks to wait")
    if code in _CREDENTIAL:
        return CredentialError("the token is refused", code=code, remedy=remedy or "Install the app again.")
    if code == "missing_scope":
        needed = str(data.get("needed") or "the scope")
        return PermissionMissingError(
            f"the token lacks {needed}",
            code=code,
            remedy=f"Grant {needed} on the app's page, 'OAuth & Permissions', and install the app again.",
        )
    if code in _PERMISSION:
        return PermissionMissingError("the token may not do this", code=code, remedy=remedy or "Ask an administrator.")
    if code in _UNAVAILABLE:
        return ObjectUnavailableError("it cannot be read", code=code, remedy=remedy)
    if code == "invalid_cursor":
        return CursorError("the cursor expired", code=code, remedy="Run again: reading goes on from what was read.")
    if code in _TRANSIENT:
        return TransientError("Slack failed to answer", code=code)
    return ProtocolError("Slack refused the request", code=code, remedy="Please report this with the text above.")
