"""How Yammer's REST API and Microsoft Graph are asked: requests, budgets, and what a refusal means. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from communitykit import (
    CommunityKitError,
    CredentialError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
    RateLimitedError,
    TransientError,
)
from communitykit.connector import JSON, Budget, Cost, Request, Response
from communitykit.connector.odata import odata_error

FEED_PAGE = 20
"""Messages of one page; the API gives no more, whatever `limit` says."""
LIST_PAGE = 50
"""Users or groups of one page."""
WINDOW = 30
"""Seconds in which the API counts ("Yammer API rate limits"); 429 does not always say how long to wait."""

BUDGETS: dict[str, Budget] = {
    "messages": Budget(10, WINDOW),
    "other": Budget(10, WINDOW),
    "graph": Budget(10, WINDOW),
}
"""Per user and app. Exceeding one closes all of REST's, so each request also draws on `rest`, which has no limit."""

_RATE_LIMITED = 33  # the code of the old body of a rate-limit error, which once came with 403
_NOT_ADMIN = (
    "Exports need a network, verified or Engage administrator's token, and Graph reports an Entra reports role."
)
_REFUSED = "This tenant does not do that: what Graph alone knows is left out, and REST's part is read."


def rest(path: str, *, subject: str = "", **params: str | int) -> Request:
    """Describe a REST call; feeds have a budget of their own. `.json` is always there: some answer XML without it."""
    bucket = "messages" if path.startswith("messages/") or path == "messages" else "other"
    return Request(f"{path}.json", params=params, costs=(Cost(bucket), Cost("rest")), subject=subject)


def graph(base: str, path: str, *, subject: str = "", **params: str | int) -> Request:
    """Describe a Graph call; `base` is the service root."""
    return Request(base + path, params=params, costs=(Cost("graph"),), subject=subject)


def fault(response: Response) -> CommunityKitError | None:
    """Tell what an answer means when it is a refusal; statuses that say it all are left to the core."""
    status = response.status
    data = _json(response.data) if isinstance(response.data, str) and status >= 400 else response.data  # noqa: PLR2004
    told = odata_error(data)
    if told is not None:
        return _graph_fault(told, response)
    body = data.get("response") if isinstance(data, Mapping) else None
    failed = isinstance(body, Mapping) and body.get("stat") == "fail"
    code = body.get("code") if isinstance(body, Mapping) else None
    message = str(body.get("message") or "") if isinstance(body, Mapping) else ""
    if status == 429 or code == _RATE_LIMITED or message.lower().startswith("rate limited"):  # noqa: PLR2004
        return RateLimitedError("Yammer asks to wait", retry_after=float(WINDOW))
    if status == 401:  # noqa: PLR2004
        return CredentialError("the token is refused", remedy="Get a new one.")
    if status == 403:  # noqa: PLR2004
        return PermissionMissingError("the token's owner may not see this", code=_code(code), remedy=_NOT_ADMIN)
    if failed and status < 300:  # noqa: PLR2004
        return TransientError("Yammer failed to answer", code=_code(code))
    if status < 300 and response.request.expect == "json" and isinstance(data, str):  # noqa: PLR2004
        return ProtocolError("the answer is no JSON", remedy="Check base_url: this does not look like Yammer.")
    return None


def _graph_fault(told: tuple[str, str], response: Response) -> CommunityKitError | None:
    code = told[0]
    if response.status == 429 or code.lower() in {"toomanyrequests", "activitylimitreached"}:  # noqa: PLR2004
        return RateLimitedError("Microsoft Graph asks to wait", retry_after=float(WINDOW), code=code)
    if response.status == 401:  # noqa: PLR2004
        return CredentialError("the Graph token is refused", code=code, remedy="Get a new one for Microsoft Graph.")
    if response.status == 403:  # noqa: PLR2004
        return PermissionMissingError(
            "the Graph token may not do this",
            code=code,
            remedy="Consent to Community.Read.All, GroupMember.Read.All, EngagementRole.Read.All, Reports.Read.All.",
        )
    if response.status in {404, 410}:
        return ObjectUnavailableError("there is no such object", code=code)
    if response.status == 408 or response.status >= 500 or response.status < 300:  # noqa: PLR2004
        return TransientError("Microsoft Graph failed to answer", code=code)
    return ProtocolError("Microsoft Graph refused the request", code=code, remedy=_REFUSED)


def _json(text: str) -> JSON:
    """Read the error of a request whose good answer is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _code(code: JSON) -> str | None:
    return str(code) if code else None
