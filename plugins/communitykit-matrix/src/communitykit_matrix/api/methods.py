"""How a homeserver is asked, and what its errors mean: the "Client-Server API", version 1.11 and later. Pure."""

from __future__ import annotations

from urllib.parse import quote

import communitykit.connector as ck
from communitykit import errors
from communitykit_matrix.wire import text

BUDGETS = {"hierarchy": ck.Budget(10, 2)}
"""The one limit that Synapse sets on what is read here: five space summaries a second, ten at once."""
CLOSED = (errors.PermissionMissingError, errors.ObjectUnavailableError)
_BAD_REQUEST = 400
WHO = ck.Request("_matrix/client/v3/account/whoami", subject="the access token")
USERS = ck.Request(  # the homeserver's own accounts, those that were closed too (admin API, "List Accounts")
    "_synapse/admin/v2/users", params={"limit": 1000, "guests": "true", "deactivated": "true"}, subject="accounts"
)


_TOKEN = (errors.CredentialError, "the access token is refused", "Log in anew and give its token.")
_CLOSED = (errors.CredentialError, "the account is closed, locked or suspended", "Read with another account.")
_MEANINGS = {
    **dict.fromkeys(("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_UNAUTHORIZED"), _TOKEN),
    **dict.fromkeys(("M_USER_DEACTIVATED", "M_USER_LOCKED", "M_USER_SUSPENDED"), _CLOSED),
    "M_FORBIDDEN": (errors.PermissionMissingError, "this account may not read that", "Let it into the room."),
    "M_GUEST_ACCESS_FORBIDDEN": (errors.PermissionMissingError, "guests may not read that", "Use an account's token."),
    "M_CONSENT_NOT_GIVEN": (errors.PermissionMissingError, "the account agreed to no terms", "Agree in a client once."),
    "M_RESOURCE_LIMIT_EXCEEDED": (errors.PermissionMissingError, "the homeserver is at its limit", "Ask who runs it."),
}
"""What codes mean to the caller ("Standard error response": common and other codes); the others are refusals."""
_REFUSED = "Check that base_url is a homeserver of Matrix 1.11 or later; all else is read, and this asked for again."


def fault(response: ck.Response) -> errors.CommunityKitError | None:
    """Read a standard error response: `errcode`, `error`, `retry_after_ms`."""
    data = response.data if isinstance(response.data, dict) else {}
    code, wait, status = text(data.get("errcode")), data.get("retry_after_ms"), response.status
    if code == "M_LIMIT_EXCEEDED":
        seconds = wait / 1000 if isinstance(wait, int) else None
        return errors.RateLimitedError("the homeserver asks to wait", code=code, retry_after=seconds or None)
    if code and (known := _MEANINGS.get(code)) is not None:
        return known[0](known[1], code=code, remedy=known[2])
    if code in {"M_UNKNOWN", "M_INVALID_PARAM"} and status == _BAD_REQUEST and "from" in response.request.params:
        return errors.CursorError("the homeserver does not know this place in the list any more", code=code)
    if code and status < _BAD_REQUEST:
        return errors.TransientError("the homeserver failed", code=code)
    refused = code and status in {_BAD_REQUEST, 405, 413}
    return errors.ProtocolError("the homeserver refused that", code=code, remedy=_REFUSED) if refused else None


def in_room(room: str, *path: str, version: str = "v3", **params: str | int) -> ck.Request:
    """Ask something of one room; summaries of spaces are limited."""
    url = "/".join(["_matrix/client", version, "rooms", *(quote(part, safe="") for part in (room, *path))])
    costs = (ck.Cost("hierarchy"),) if path == ("hierarchy",) else ()
    return ck.Request(url, params=params, costs=costs, subject=f"room {room}")
