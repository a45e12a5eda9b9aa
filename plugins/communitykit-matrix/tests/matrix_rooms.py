"""A room as its flow is given it, and driving that flow step by step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from matrix_payloads import CONTEXT, HOME, ROOM, event

from communitykit.connector import Batch, Gap, Request, Response, Selection, Slice
from communitykit_matrix.api.discovery import discover
from communitykit_matrix.settings import MatrixSettings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
T0 = 1_700_000_000_000


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(T0 / 1000 + seconds, UTC)


def scope(**how: Any) -> Selection:
    return Selection(settings=MatrixSettings(token="t"), until=how.pop("until", NOW), **how)


def room(**how: Any) -> Slice:
    params = {**CONTEXT, "room": ROOM, "encrypted": False, "token": "s9", "latest": "$last", **how}
    return Slice(f"room/{ROOM}", "aurora.test", ("post",), params=params)


def said(number: int, body: str = "x", **content: Any) -> dict[str, Any]:
    made = {"event_id": f"${number}", "origin_server_ts": T0 + number * 1000}
    return event("m.room.message", {"msgtype": "m.text", "body": body, **content}, **made)


def reacted(number: int, target: str) -> dict[str, Any]:
    relates = {"rel_type": "m.annotation", "event_id": target, "key": "+1"}
    made = {"event_id": f"${number}", "origin_server_ts": T0 + number * 1000}
    return event("m.reaction", {"m.relates_to": relates}, **made)


def redacted(number: int, target: str) -> dict[str, Any]:
    made = {"event_id": f"${number}", "origin_server_ts": T0 + number * 1000, "redacts": target}
    return event("m.room.redaction", {"redacts": target}, **made)


def checkpoint(**how: Any) -> dict[str, Any]:
    begun = {"v": 2, "since": "s1", "latest": "$old", "members": True, "related": {}, "pins": {}, "again": []}
    return {**begun, **how}


def run(flow: Any, answers: Mapping[str, Any]) -> tuple[list[Any], list[str]]:
    """Drive a flow; answers stand under what is asked (with `dir` and `from` of messages)."""
    steps, asked, answer = [], [], None
    try:
        step = next(flow)
        while True:
            if isinstance(step, Request):
                step = _given(flow, step, answers, asked)
                continue
            if isinstance(step, tuple):
                answer = [_answer(one, answers, asked) for one in step]
            else:
                steps.append(step)
                answer = None
            step = flow.send(answer)
    except StopIteration:
        return steps, asked


def _given(flow: Any, request: Request, answers: Mapping[str, Any], asked: list[str]) -> Any:
    answer = _answer(request, answers, asked)
    return flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer)


def _answer(request: Request, answers: Mapping[str, Any], asked: list[str]) -> Any:
    what = request.url.split("/rooms/")[1].split("/", 1)[1]
    key = " ".join([what, *(str(request.params[name]) for name in ("dir", "from") if name in request.params)])
    asked.append(key)
    found = answers[key]
    return found if isinstance(found, Exception) else Response(request, 200, {}, found, NOW)


def of(steps: list[Any], kind: str) -> list[Any]:
    return [item for step in steps if isinstance(step, Batch) and step.kind == kind for item in step.items]


def last(steps: list[Any]) -> Any:
    return [step.checkpoint for step in steps if isinstance(step, Batch) and step.checkpoint is not None][-1]


def gaps(steps: list[Any]) -> list[str]:
    return [step.reason for step in steps if isinstance(step, Gap)]


def synced(
    *,
    whole: dict[str, Any] | None = None,
    below: list[Any] | None = None,
    asked: Mapping[str, Any] = MappingProxyType({"include_private": True}),
    **part: Any,
) -> list[Any]:
    """List rooms of a sync whose one room is given; `whole` stands beside the rooms, `below` is in every space."""
    state = [event("m.room.name", {"name": "General"}), event("m.room.join_rules", {"join_rule": "public"})]
    shown = {"state": {"events": state}, "timeline": {"events": [said(1)]}, **part}
    answers = {
        "account/whoami": {"user_id": f"@reader:{HOME}"},
        "sync": {"next_batch": "s9", "rooms": {"join": {ROOM: shown}}, **(whole or {})},
    }
    flow, given, steps = discover(scope(**asked)), None, []
    while True:
        try:
            step = flow.send(given)
        except StopIteration:
            return steps
        given = None
        if isinstance(step, Request):
            data = answers.get(step.url.split("/v3/")[-1], {"users": [], "rooms": below or []})
            given = Response(step, 200, {}, data, NOW)
        else:
            steps.append(step)


def receipt(content: Any) -> dict[str, Any]:
    return {"ephemeral": {"events": [{"type": "m.receipt", "content": content}]}}
