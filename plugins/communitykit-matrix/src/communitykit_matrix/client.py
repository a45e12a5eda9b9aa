"""How a homeserver is asked, and what its errors mean: the "Client-Server API" of specification 1.11 and later."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field, SecretStr

import communitykit as ck

API = "_matrix/client/v3"
BUDGETS = {"hierarchy": ck.Budget(10, 2)}
"""The one limit that Synapse sets on what is read here: five space summaries a second, ten at once."""
CLOSED = (ck.PermissionMissingError, ck.ObjectUnavailableError)
NO_ACCOUNTS = "accounts are known by their rooms only: a server admin's token of a Synapse lists all, closed ones too"


class MatrixSettings(ck.Settings):
    """A homeserver (`base_url`), an access token, and who counts as a bot."""

    token: SecretStr = Field(description="Access token of an account that is in the rooms to read.")
    accounts: Literal["auto", "rooms"] = Field("auto", description="'rooms': do not ask Synapse's admin API for them.")
    bots: str = Field("@*bot:* @bot-*:*", description="Patterns of bots' user ids, besides accounts of type 'bot'.")


def authorize(settings: MatrixSettings, saved: Mapping[str, Any] | None, now: datetime) -> ck.AuthFlow:  # noqa: ARG001
    """Give the token as it is."""
    yield from ()
    return ck.bearer(settings.token.get_secret_value())


def fault(response: ck.Response) -> ck.CommunityKitError | None:
    """Read a standard error response: `errcode`, `error`, `retry_after_ms`."""
    data = response.data if isinstance(response.data, dict) else {}
    code, wait, status = data.get("errcode"), data.get("retry_after_ms"), response.status
    if code == "M_LIMIT_EXCEEDED":
        after = wait / 1000 if isinstance(wait, int) else None
        return ck.RateLimitedError("the homeserver asks to wait", code=code, retry_after=after)
    if code in {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"}:
        return ck.CredentialError("the access token is refused", code=code, remedy="Log in anew and give its token.")
    if code == "M_FORBIDDEN":
        return ck.PermissionMissingError("this account may not read that", code=code, remedy="Let it into the room.")
    if code in {"M_UNKNOWN", "M_INVALID_PARAM"} and status == 400 and "from" in response.request.params:  # noqa: PLR2004
        return ck.CursorError("the homeserver does not know this place in the list any more", code=code)
    # An error in an answer that says it is good.
    return ck.TransientError("the homeserver failed to answer", code=str(code)) if code and status < 400 else None  # noqa: PLR2004


def in_room(room: str, *path: str, version: str = "v3", **params: str | int) -> ck.Request:
    """Ask something of one room; summaries of spaces are limited."""
    url = "/".join(["_matrix/client", version, "rooms", *(quote(part, safe="") for part in (room, *path))])
    draws = (ck.Draw("hierarchy"),) if path == ("hierarchy",) else ()
    return ck.Request(url, params=params, draws=draws, subject=f"room {room}")


def who() -> Generator[ck.Request, ck.Response, str]:
    """Ask whose token it is."""
    response = yield ck.Request(f"{API}/account/whoami", subject="the access token")
    return str(response.data["user_id"])


def users(limit: int = 1000) -> ck.Request:
    """Ask for the homeserver's own accounts, those that were closed too (admin API, "List Accounts")."""
    params: dict[str, str | int] = {"limit": limit, "guests": "true", "deactivated": "true"}
    return ck.Request("_synapse/admin/v2/users", params=params, subject="accounts")


def preflight(scope: ck.Scope) -> ck.Flow:
    """Find out what the token may do."""
    yield from who()
    try:
        yield from (users(limit=1),) if scope.settings.accounts == "auto" else ()
    except CLOSED:
        yield ck.Gap(NO_ACCOUNTS, "skipped")
