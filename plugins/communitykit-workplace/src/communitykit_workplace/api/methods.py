"""How the Graph and SCIM are asked: requests, next pages, usage headers, and what a refusal means. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl

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
from communitykit.connector import JSON, Cost, Request, Response, as_list, look

PAGE = 100
"""Objects of a page of a listing without nested edges."""
PAGING = frozenset({"after", "until", "__paging_token", "offset"})
"""Parameters of a `paging.next` that say where to go on; everything else of it is what was asked for, or a token."""

_LIMITED = frozenset({4, 17, 32, 341, 613})
_BUSINESS = range(80000, 80015)
_TRANSIENT = frozenset({1, 2})
_TOLD = {
    "12": ("this call is no longer served", "Give base_url an API version that the mirror serves."),
    "100": ("a parameter of the request is refused", "The mirror takes others than Workplace's Graph: check base_url."),
    "368": ("the integration is blocked for a while", "Wait, and look at it in the Admin Panel."),
    "2500": ("there is no such path", "Check base_url: it ends with the API's version, if it has one."),
    "2635": ("this version of the API is no longer served", "Give base_url an API version that the mirror serves."),
}
"""Errors that the Graph documents beside those above ("Handling Errors")."""
_TOKEN = frozenset({102, 104, 190, 463, 467})
_MISSING = frozenset({21, 803})
_PERMISSION = {3, 10, *range(200, 300)}
_NO_SUCH_OBJECT = 33
_BUSY, _FULL, _MINUTE = 95.0, 100.0, 60.0
_FIELD = re.compile(r"nonexisting field \((\w+)\)", re.IGNORECASE)
_NEEDED = (
    "Give the integration Read group content, Read user timeline, Read group membership, Read work profiles and "
    "Read Workplace company data exports, for all groups."
)


class TooMuchError(ProtocolError):
    """One request asked for more than the platform will put together: ask for less at a time."""


class UnknownFieldError(ProtocolError):
    """The mirror knows no such field: `field` names it."""

    def __init__(self, field: str) -> None:
        """Keep the field's name."""
        super().__init__(f"the field {field} is not known here", code="100")
        self.field = field


def graph(path: str, *, subject: str = "", **params: str | int) -> Request:
    """Describe a Graph call; all are counted together ("Rate limiting")."""
    return Request(path, params=params, costs=(Cost("calls"),), subject=subject)


def scim(base: str) -> Request:
    """Describe the first page of SCIM's users."""
    params = {"startIndex": 1, "count": PAGE}
    return Request(f"{base}Users", params=params, costs=(Cost("scim"),), subject="SCIM users")


def scim_pager(request: Request, response: Response) -> Request | None:
    """Page by position, which begins with 1; how many one page has is the server's choice (RFC 7644, 3.4.2.4).

    Where a server does not say how many there are, an empty page is the end.
    """
    found, total = as_list(look(response.data, "Resources")), str(look(response.data, "totalResults"))
    start = int(request.params["startIndex"]) + len(found)
    is_last = not found or (total.isdecimal() and start > int(total))
    return None if is_last else request.with_params(startIndex=start)


def graph_pager(request: Request, response: Response) -> Request | None:
    """Page by `paging.next`, and by nothing else: `cursors.after` is there on last pages, too.

    Its address is not followed: it holds a token, and may name a host that is gone. Where it goes on is taken out.

    Raises CursorError when it says nothing of where to go on.
    """
    paging = response.data.get("paging") if isinstance(response.data, Mapping) else None
    address = paging.get("next") if isinstance(paging, Mapping) else None
    return following(request, address) if address else None


def following(request: Request, address: str) -> Request:
    """Describe the page that a `paging.next` names.

    Raises CursorError when it says nothing of where to go on.
    """
    query = str(address).partition("?")[2].partition("#")[0]  # all of it that counts, in whatever stands before it
    told = {name: value for name, value in parse_qsl(query) if name in PAGING}
    if not told:
        raise CursorError(
            "the next page is named by an address without a cursor",
            subject=request.subject,
            remedy="What came before is kept; run again later.",
        )
    kept = {name: value for name, value in request.params.items() if name not in PAGING}
    return replace(request, params={**kept, **told})


def fault(response: Response) -> CommunityKitError | None:
    """Tell what an answer means when it is a refusal; 400 says nothing, the code in the body does.

    `type` and `fbtrace_id` may be absent ("Handling Errors").
    """
    data = response.data
    error = data.get("error") if isinstance(data, Mapping) else None
    if isinstance(error, Mapping):
        return _graph_fault(error, response)
    if response.status == 429:  # noqa: PLR2004
        return RateLimitedError("Workplace asks to wait", retry_after=told_wait(response.headers))
    if response.status < 300 and response.request.expect == "json" and isinstance(data, str):  # noqa: PLR2004
        return ProtocolError("the answer is no JSON", remedy="Check base_url: this does not look like a Graph API.")
    return None


def _graph_fault(error: Mapping[str, JSON], response: Response) -> CommunityKitError:
    code, subcode = _int(error.get("code")), _int(error.get("error_subcode"))
    message = str(error.get("message") or "")
    shown = f"{code}/{subcode}" if subcode else str(code)
    if code in _LIMITED or code in _BUSINESS or response.status == 429:  # noqa: PLR2004
        return RateLimitedError("Workplace asks to wait", retry_after=told_wait(response.headers), code=shown)
    if code in _TRANSIENT or error.get("is_transient") is True:
        if "reduce the amount" in message.lower():
            return TooMuchError("Workplace will not answer so much at once", code=shown, remedy="Lower page_size.")
        return TransientError("Workplace failed to answer", code=shown)
    if code in _TOKEN or "appsecret_proof" in message:
        return CredentialError("the token is refused", code=shown, remedy="Get a new one for the integration.")
    if code in _PERMISSION:
        return PermissionMissingError("the integration may not do this", code=shown, remedy=_NEEDED)
    if code in _MISSING or subcode == _NO_SUCH_OBJECT or "does not exist" in message:
        return ObjectUnavailableError("there is no such object, or it is closed to this integration", code=shown)
    return _unusual(message, shown)


def _unusual(message: str, shown: str) -> CommunityKitError:
    """Tell what a refusal means that has no code of its own."""
    if "cursor" in message.lower() or "paging" in message.lower():
        return CursorError("the cursor is refused", code=shown)
    field = _FIELD.search(message)
    known = UnknownFieldError(field[1]) if field else None
    if known is not None:
        return known
    if (told := _TOLD.get(shown.split("/", 1)[0])) is not None:
        return ProtocolError(told[0], code=shown, remedy=told[1])
    return ProtocolError("Workplace refused the request", code=shown, remedy="Please report this.")


def told_wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds until requests are let in again, where the platform says so: it tells whole minutes."""
    told = headers.get("retry-after", "")
    if told.isdecimal():
        return float(told)
    minutes = [
        float(one.get("estimated_time_to_regain_access") or 0)
        for rows in _usage(headers, "x-business-use-case-usage").values()
        for one in (rows if isinstance(rows, list) else ())
        if isinstance(one, Mapping)
    ]
    return max(minutes) * _MINUTE if any(minutes) else None


def pause(headers: Mapping[str, str]) -> float:
    """Return the seconds to wait before the next request, from the percentages of its limit that the answer tells."""
    wait = told_wait(headers)
    if wait:
        return wait
    shares = [value for value in _usage(headers, "x-app-usage").values() if isinstance(value, int | float)]
    for rows in _usage(headers, "x-business-use-case-usage").values():
        for one in rows if isinstance(rows, list) else ():
            if isinstance(one, Mapping):
                names = ("call_count", "total_cputime", "total_time")
                shares += [one[name] for name in names if isinstance(one.get(name), int | float)]
    highest = max(shares, default=0)
    return 5 * _MINUTE if highest >= _FULL else _MINUTE if highest >= _BUSY else 0.0


def _usage(headers: Mapping[str, str], name: str) -> dict[str, JSON]:
    try:
        found = json.loads(headers.get(name) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _int(value: object) -> int | None:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
