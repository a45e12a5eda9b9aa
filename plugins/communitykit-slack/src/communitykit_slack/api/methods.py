"""How Slack's Web API is asked: requests, budgets, pages, and whether an answer is a good one. Pure."""

from __future__ import annotations

from collections.abc import Generator

from communitykit import CommunityKitError, ProtocolError, RateLimitedError, TransientError
from communitykit.connector import JSON, Budget, Cost, Listing, Request, Response, cursor_pager, required_list
from communitykit_slack.api.refusals import refusal

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

ORG_METHODS = frozenset({"bots.info", "conversations.list", "usergroups.list", "users.list"})
"""Methods that an organization's token must tell which workspace it means, as `team_id`; others find it themselves."""

LISTS = {
    "auth.teams.list": "teams",
    "conversations.history": "messages",
    "conversations.list": "channels",
    "conversations.members": "members",
    "conversations.replies": "messages",
    "usergroups.list": "usergroups",
    "users.list": "members",
}
"""The list that a method's good answer holds: one without it is no page, least of all an empty one."""


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
    if data.get("ok") is True:
        key = LISTS.get(response.request.url)
        if key is not None and not isinstance(data.get(key), list):
            return TransientError(f"Slack's answer lacks its list of {key}", remedy="Nothing is taken as read.")
        return None
    if response.status >= 500 or ("ok" not in data and response.status >= 300):  # noqa: PLR2004
        return None
    code = str(data.get("error") or "no error named")
    if code in {"ratelimited", "rate_limited"}:
        return RateLimitedError("Slack asks to wait")
    return refusal(code, data)


def page_of(listing: Listing, key: str) -> Generator[Request, Response, list[JSON] | None]:
    """Return what stands on a listing's next page, or None at the end.

    Raises ProtocolError where the page holds no list of that name.
    """
    data = yield from listing.page()
    if data is None:
        return None
    return required_list(data, key) if data else []  # empty where an expired cursor made the walk begin anew
