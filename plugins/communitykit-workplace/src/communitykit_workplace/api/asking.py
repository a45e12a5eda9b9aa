"""Asking many things at once, and the rest of edges that came cut. Flows: nothing is sent here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from communitykit import (
    CommunityKitError,
    CursorError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
    RetryableError,
)
from communitykit.connector import JSON, Cost, Flow, Pages, Request, Response, as_mapping, ask, ask_all
from communitykit_workplace.api.fields import EDGES
from communitykit_workplace.api.methods import PAGE, fault, following, graph, graph_pager, pause
from communitykit_workplace.edges import cut, listed, rows
from communitykit_workplace.ids import native_id

BATCH = 50
"""Calls of one batch ("Batch Requests")."""
_SIDE_BY_SIDE = 8

Answer = Response | CommunityKitError


def paced(flow: Flow) -> Flow:
    """Run a flow so that it obeys what answers tell of the app's use."""
    wait = 0.0
    answer: JSON = None
    error: BaseException | None = None
    while True:
        try:
            step = flow.throw(error) if error is not None else flow.send(answer)
        except StopIteration:
            return
        answer = error = None
        if wait and isinstance(step, Request):
            step = replace(step, after=max(wait, step.after))
        elif wait and isinstance(step, tuple):
            step = tuple(replace(one, after=max(wait, one.after)) for one in step)
        try:
            answer = yield step
        except CommunityKitError as thrown:
            error = thrown
        if isinstance(step, Request | tuple):
            wait = max((pause(one.headers) for one in _responses(answer)), default=0.0)


def _responses(answer: JSON) -> Iterator[Response]:
    for one in answer if isinstance(answer, list) else [answer]:
        if isinstance(one, Response):
            yield one


def gather(requests: Sequence[Request], *, batch: bool) -> Flow[list[Answer]]:
    """Ask many small things, 50 in one request where batches are allowed, and give the answers in their order.

    A part that failed for the moment, or was left unanswered, is asked once more by itself.
    """
    found: list[Answer] = []
    for start in range(0, len(requests), BATCH):
        group = list(requests[start : start + BATCH])
        answers: list[Answer | None] = [None] * len(group)
        if batch and len(group) > 1:
            answers = yield from _batched(group)
        alone = [index for index, answer in enumerate(answers) if answer is None]
        for begin in range(0, len(alone), _SIDE_BY_SIDE):
            some = alone[begin : begin + _SIDE_BY_SIDE]
            told = yield from ask_all(group[index] for index in some)
            for index, answer in zip(some, told, strict=True):
                answers[index] = answer
        found += [answer for answer in answers if answer is not None]
    return found


def _batched(group: list[Request]) -> Flow[list[Answer | None]]:
    parts = [{"method": "GET", "relative_url": f"{one.url}?{urlencode(dict(one.params))}"} for one in group]
    request = Request(
        "",
        method="POST",
        form={"batch": json.dumps(parts), "include_headers": "true"},
        costs=(Cost("calls", units=len(group)),),
        subject="batch",
    )
    try:
        response = yield from ask(request)
    except (ProtocolError, ObjectUnavailableError, PermissionMissingError):  # a mirror without batches
        return [None] * len(group)
    told = response.data if isinstance(response.data, list) else []
    if len(told) != len(group):  # a part stands for its request by its place alone: which one is whose, nobody knows
        return [None] * len(group)
    return [_part(one, request, response) for one, request in zip(told, group, strict=True)]


def _part(part: JSON, request: Request, batch: Response) -> Answer | None:
    """Read one part's answer; None where it is to be asked for again."""
    if not isinstance(part, dict):
        return None
    try:
        data = json.loads(part.get("body") or "null")
    except (ValueError, TypeError):
        return None
    headers = {str(one.get("name")).lower(): str(one.get("value")) for one in rows(part.get("headers"))}
    code = part.get("code")
    answer = Response(request, code if isinstance(code, int) else 0, headers, data, batch.fetched_at)
    error = fault(answer)
    if isinstance(error, RetryableError) or (error is None and answer.status != 200):  # noqa: PLR2004
        return None
    if error is not None:
        error.subject = error.subject or request.subject
        error.platform, error.status = "workplace", answer.status
    return error or answer


@dataclass(slots=True)
class _Rest:
    """The rest of an edge, as it is walked."""

    request: Request
    edge: dict[str, JSON]
    pages: Pages = field(default_factory=lambda: Pages(graph_pager))


def completed(items: Sequence[dict[str, JSON]], *, batch: bool) -> Flow[list[str]]:
    """Fetch what the edges of these objects did not show, and put it there; give what could not be had.

    What could not be had leaves its edge cut.
    """
    problems: list[str] = []
    pending = _rests([one for item in items for one in cut(item)], problems)
    while pending:
        answers = yield from gather([one.request for one in pending], batch=batch)
        still: list[_Rest] = []
        for one, answer in zip(pending, answers, strict=True):
            if isinstance(answer, CommunityKitError):
                problems.append(str(answer))
                continue
            if not isinstance(as_mapping(answer.data).get("data"), list):
                problems.append(f"{one.request.subject}: the answer is no list")
                continue
            still += _rests([below for row in _extended(one, answer) for below in cut(row)], problems)
            try:
                following = one.pages.next(answer)
            except CursorError as error:
                problems.append(str(error))
                continue
            if following is None:
                one.edge["paging"] = {}
            else:
                one.request = following
                still.append(one)
        pending = still
    return problems


def _rests(edges: Sequence[tuple[str, str, dict[str, JSON]]], problems: list[str]) -> list[_Rest]:
    found: list[_Rest] = []
    for name, owner, edge in edges:
        request = graph(f"{owner}/{name}", subject=f"{name} of {owner}", fields=EDGES[name], limit=PAGE)
        try:
            found.append(_Rest(following(request, edge["paging"]["next"]), edge))
        except CursorError as error:
            problems.append(str(error))
    return found


def _extended(rest: _Rest, answer: Response) -> list[dict[str, JSON]]:
    """Put a page at the end of an edge; return the objects that it brought."""
    known = {native for one in rows(rest.edge) if (native := native_id(one.get("id")))}
    fresh = [one for one in listed(answer.data) if not isinstance(one, dict) or native_id(one.get("id")) not in known]
    rest.edge["data"] = [*listed(rest.edge), *fresh]
    return rows(fresh)
