"""How a homeserver is asked, and what its errors mean. "Client-Server API", version 1.11 and later."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote

from communitykit import (
    AuthFlow,
    Budget,
    CommunityKitError,
    CredentialError,
    CursorError,
    Draw,
    Flow,
    Gap,
    ObjectUnavailableError,
    PermissionMissingError,
    RateLimitedError,
    Request,
    Response,
    Scope,
    TransientError,
    bearer,
)
from communitykit_matrix.ids import home_of
from communitykit_matrix.settings import MatrixSettings

BUDGETS = {"hierarchy": Budget(10, 2)}
"""The one limit that Synapse sets on what is read here: five space summaries a second, ten at once."""
API = "_matrix/client/v3"
USERS = "_synapse/admin/v2/users"
_BAD_TOKEN = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"})
_BAD_CURSOR = frozenset({"M_UNKNOWN", "M_INVALID_PARAM", "M_BAD_JSON"})


def authorize(settings: MatrixSettings, saved: Mapping[str, Any] | None, now: datetime) -> AuthFlow:  # noqa: ARG001
    """Give the token as it is."""
    yield from ()
    return bearer(settings.token.get_secret_value())


def fault(response: Response) -> CommunityKitError | None:
    """Read a standard error response: `errcode`, `error`, `retry_after_ms`."""
    data = response.data if isinstance(response.data, dict) else {}
    code = data.get("errcode")
    if not isinstance(code, str):
        return None
    if code == "M_LIMIT_EXCEEDED":
        wait = data.get("retry_after_ms")
        after = wait / 1000 if isinstance(wait, int | float) else None
        return RateLimitedError("the homeserver asks to wait", code=code, retry_after=after)
    if code in _BAD_TOKEN:
        return CredentialError("the access token is refused", code=code, remedy="Log in anew and give its token.")
    if code == "M_FORBIDDEN":
        return PermissionMissingError(
            "this account may not read that", code=code, remedy="Let it into the room, or make it a server admin."
        )
    if code in _BAD_CURSOR and response.status == 400 and "from" in response.request.params:  # noqa: PLR2004 # bad request
        return CursorError("the homeserver does not know this place in the list any more", code=code)
    if response.status < 400:  # noqa: PLR2004 # an error in an answer that says it is good
        return TransientError("the homeserver failed to answer", code=code)
    return None


def in_room(room: str, what: str, version: str = API, **params: str | int) -> Request:
    """Ask something of one room."""
    return Request(f"{version}/rooms/{quote(room, safe='')}/{what}", params=params, subject=f"room {room}")


def hierarchy(space: str) -> Request:
    """Ask for a space and all that is below it."""
    draws = (Draw("hierarchy"),)
    asked = in_room(space, "hierarchy", "_matrix/client/v1", limit=50)
    return Request(asked.url, params=asked.params, draws=draws, subject=f"space {space}")


def who() -> Generator[Request, Response, tuple[str, str]]:
    """Ask whose token it is; give the account and its homeserver."""
    response = yield Request(f"{API}/account/whoami", subject="the access token")
    user = cast(str, response.data["user_id"])
    return user, home_of(user, "")


def users(**params: str | int) -> Request:
    """Ask for the homeserver's own accounts, those that were closed too."""
    asked = {"limit": 1000, "guests": "true", "deactivated": "true", **params}
    return Request(USERS, params=asked, subject="accounts")


def preflight(scope: Scope) -> Flow:
    """Find out what the token may do."""
    yield from who()
    response = yield Request(f"{API}/joined_rooms", subject="rooms")
    if not response.data["joined_rooms"]:
        yield Gap("this account is in no room: invite it to those that it should read", "denied")
    if scope.settings.accounts == "auto":
        try:
            yield users(limit=1)
        except (PermissionMissingError, ObjectUnavailableError):
            yield Gap(NO_ACCOUNTS, "skipped")


NO_ACCOUNTS = (
    "accounts are known by their rooms only, and closed ones not at all: a server admin's token of a Synapse lists all "
    "(accounts='rooms' says that this is meant)"
)
