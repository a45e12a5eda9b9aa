"""OData JSON over HTTP: following pages, reading error envelopes, and asking several things at once. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from communitykit.connector.flow import Cost, Request, Response
from communitykit.connector.paging import Pager, link_pager
from communitykit.errors import ProtocolError
from communitykit.model.values import JSON

odata_pager: Pager = link_pager("@odata.nextLink")
"""Pages by `@odata.nextLink`, taken as it is (OData JSON Format 4.01, "Control Information: nextLink").

An empty `value` with a next link is legal and ends nothing.
"""


BATCH_LIMIT = 20
"""Requests that one JSON batch may hold on Microsoft Graph ("Combine multiple HTTP requests using JSON batching")."""


def odata_error(data: JSON) -> tuple[str, str] | None:
    """Give (code, message) of an OData error envelope, or None when `data` is none.

    `{"error": {"code", "message", "innerError": {…}}}` nests; the innermost code is the precise one. Its spelling
    varies (`innererror`), and so does the case of codes: compare them case-insensitively.
    """
    error = data.get("error") if isinstance(data, Mapping) else None
    if not isinstance(error, Mapping):
        return None
    code, message = "", ""
    while isinstance(error, Mapping):
        code = str(error.get("code") or code)
        message = message or str(error.get("message") or "")
        error = next((value for name, value in error.items() if str(name).lower() == "innererror"), None)
    return code, message


def odata_batch(requests: Sequence[Request], *, url: str = "$batch", root: str = "") -> Request:
    """Put up to 20 GET requests into one (OData JSON Format 4.01, "Batch Requests and Responses").

    Their addresses are relative to the service root: `root` is cut from the front of each. The parts' draws are added
    up, since a platform counts each part for itself; ids are the parts' positions.

    Raises ValueError for more than 20 requests, or for one that is no GET.
    """
    if len(requests) > BATCH_LIMIT:
        raise ValueError(f"a batch holds at most {BATCH_LIMIT} requests, not {len(requests)}")
    parts: list[dict[str, JSON]] = []
    for number, request in enumerate(requests):
        if request.method != "GET":
            raise ValueError(f"a batch of reads holds no {request.method}")
        query = "?" + urlencode(request.params) if request.params else ""
        path = "/" + request.url.removeprefix(root).lstrip("/") + query
        part: dict[str, JSON] = {"id": str(number), "method": "GET", "url": path}
        if request.headers:
            part["headers"] = dict(request.headers)
        parts.append(part)
    totals: Counter[tuple[str, str]] = Counter()
    for one in (one for request in requests for one in request.costs):
        totals[one.budget, one.scope] += one.units
    costs = tuple(Cost(budget, scope, units) for (budget, scope), units in totals.items())
    return Request(url, method="POST", json={"requests": parts}, costs=costs, subject="batch")


def odata_batch_answers(response: Response, requests: Sequence[Request]) -> list[Response]:
    """Return the answers of a batch in the order of its requests: each with its own status and headers.

    The batch itself is answered with 200 even when parts failed, and parts come in any order: the caller looks at each
    `status`, and sends the parts that are to be repeated again.

    Raises ProtocolError when a part is not answered.
    """
    given = response.data.get("responses") if isinstance(response.data, Mapping) else None
    parts = {str(part.get("id")): part for part in given or () if isinstance(part, Mapping)}
    answers: list[Response] = []
    for number, request in enumerate(requests):
        part = parts.get(str(number))
        if part is None:
            raise ProtocolError("a part of a batch was not answered", subject=request.subject, remedy="Run again.")
        headers = {str(name).lower(): str(value) for name, value in (part.get("headers") or {}).items()}
        answers.append(Response(request, int(part.get("status") or 0), headers, part.get("body"), response.fetched_at))
    return answers
