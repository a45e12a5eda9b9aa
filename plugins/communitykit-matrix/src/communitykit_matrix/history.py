"""One room's timeline: backwards once, then forwards from where the last run's /sync stood.

What an event changes in an older one is asked for anew (`/event`), since only the server knows which edits count.
A reaction that is taken back loses what it was about, so the checkpoint remembers the newest reactions.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from datetime import UTC, datetime
from typing import Any

from communitykit import (
    Batch,
    Checkpoint,
    CursorError,
    Flow,
    Gap,
    Listing,
    ObjectUnavailableError,
    Pages,
    PermissionMissingError,
    Request,
    Scope,
    Slice,
    cursor_pager,
)
from communitykit_matrix.client import in_room
from communitykit_matrix.wire import MESSAGES, Act, Event, previous, relation, replaced

KEPT = 5000
"""Reactions and edits of a room, newest first, whose undoing a later run can understand."""
PAGE = 1000
"""Events in a page; the most that Synapse gives."""
_PAGER = cursor_pager(("end",), param="from")
_ENCRYPTED = "encrypted: who wrote when is read, what was written no server can tell"


def read(scope: Scope, slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    """Read a room on from its checkpoint."""
    room = dict(slice_.params)
    state: Checkpoint = dict(checkpoint) if checkpoint else _fresh(room)
    if room["encrypted"]:
        yield Gap(_ENCRYPTED, "partial")
    if not checkpoint:
        yield from _members(room)
    if "back" in state and not _reaches(state.get("floor"), scope.since):
        whole = yield from _backwards(scope, room, state)
        if not whole:
            return
    if state["latest"] != room["latest"]:
        yield from _forwards(scope, room, state)


def _fresh(room: dict[str, Any]) -> Checkpoint:
    start = {"since": room["token"], "latest": room["latest"], "back": room["token"]}
    return {"v": 1, **start, "related": {}, "pins": {}, "pinned": None}


def _copy(state: Checkpoint) -> Checkpoint:
    return {**state, "related": dict(state["related"]), "pins": dict(state["pins"])}


def _reaches(floor: str | None, since: datetime | None) -> bool:
    """Tell whether an earlier run, which stopped at its own `since`, went back as far as this one asks."""
    return floor is not None and since is not None and datetime.fromisoformat(floor) <= since


def _members(room: dict[str, Any]) -> Flow:
    response = yield in_room(room["room"], "members")
    yield Batch("member", response.data.get("chunk", []), room)


def _messages(room: dict[str, Any], direction: str, start: str = "") -> Request:
    params = {"dir": direction, "limit": PAGE, **({"from": start} if start else {})}
    return in_room(room["room"], "messages", **params)


def _backwards(scope: Scope, room: dict[str, Any], state: Checkpoint) -> Generator[Any, Any, bool]:
    """Walk from the newest event to the first; tell whether it came to the end of what was asked for."""
    listing = Listing(_messages(room, "b"), _PAGER, resume=_messages(room, "b", state["back"]))
    while (data := (yield from listing.page())) is not None:
        if not data:
            continue  # the walk begins anew
        chunk: list[Event] = data.get("chunk", [])
        kept = [event for event in chunk if _time(event) <= scope.until]
        acts = _remember(state, kept)
        following = data.get("end")
        if len(kept) < len(chunk) and following:  # what came after `until` is left for a later run
            state["since"], state["latest"] = following, ""
        below = scope.since is not None and any(_time(event) < scope.since for event in kept)
        state["back"] = following
        if following is None:
            acts += _lost(state)
            state = {name: value for name, value in state.items() if name not in {"back", "floor", "lost"}}
        elif below and scope.since is not None:
            state["floor"] = scope.since.isoformat()
            kept = [event for event in kept if _time(event) >= scope.since]
        yield Batch("act", acts, room)
        yield Batch("event", kept, room, checkpoint=_copy(state))
        if below:
            return True
    if listing.problem:
        yield Gap(listing.problem)
    return listing.problem is None


def _remember(state: Checkpoint, events: Iterable[Event]) -> list[Act]:
    """Going back, note reactions, edits, and who set the pins that are still there; give those pins."""
    acts: list[Act] = []
    for event in events:
        _relate(state, event)
        if event["type"] == "m.room.pinned_events":
            pinned = _pinned(event.get("content", {}))
            if state["pinned"] is None:
                state["pinned"] = pinned  # the newest of them says what is pinned now
            added = [one for one in pinned if one not in _pinned(previous(event))]
            for target in added:
                if target in state["pinned"] and target not in state["pins"]:
                    state["pins"][target] = event["sender"]
                    acts.append(_pin(event, target, event["sender"], active=True))
    return acts


def _relate(state: Checkpoint, event: Event) -> None:
    """Note a reaction or an edit by its event id: [target, key (None: an edit), sender, time]."""
    related, found = state["related"], relation(event)
    is_reaction = event["type"] == "m.reaction" and found.get("rel_type") == "m.annotation"
    if not is_reaction and replaced(event) is None:
        return
    key = str(found.get("key")) if is_reaction else None
    related[event["event_id"]] = [found.get("event_id"), key, event["sender"], event["origin_server_ts"]]
    if len(related) > KEPT:
        del related[min(related, key=lambda one: related[one][3])]


def _lost(state: Checkpoint) -> list[Act]:
    """After a walk that began anew: reactions that were known and are not there any more."""
    whole = len(state["related"]) < KEPT
    lost = state.get("lost", {}).items() if whole else ()
    return [_undone(entry) for event, entry in lost if entry[1] is not None and event not in state["related"]]


def _forwards(scope: Scope, room: dict[str, Any], state: Checkpoint) -> Flow:
    """Walk from where the last run stood to the newest event; the checkpoint moves when all of it is stored."""
    state = _copy(state)
    pages, request = Pages(_PAGER), _messages(room, "f", state["since"])
    following: Request | None = request
    while following is not None:
        try:
            response = yield following
        except CursorError:
            anew = {**_fresh(room), "lost": state["related"]}
            yield from _members(room)
            yield from _backwards(scope, room, anew)
            return
        chunk: list[Event] = response.data.get("chunk", [])
        kept = [event for event in chunk if _time(event) <= scope.until]
        acts, changed = _changes(state, kept)
        yield Batch("act", acts, room)
        yield Batch("event", kept, {**room, "live": True})
        yield from _changed(room, changed)
        if len(kept) < len(chunk):
            return
        following = pages.next(response)
    state.update(since=room["token"], latest=room["latest"])
    yield Batch("event", [], room, checkpoint=state)


def _changes(state: Checkpoint, events: list[Event]) -> tuple[list[Act], list[str]]:
    """Work out what news do to older events: acts undone, pins, and which events to ask for anew."""
    acts: list[Act] = []
    asked: dict[str, None] = {}
    for event in events:
        _relate(state, event)
        target = replaced(event)
        if target is not None:
            asked[target] = None
        elif event["type"] == "m.room.redaction":
            gone = event.get("redacts") or event.get("content", {}).get("redacts", "")
            entry = state["related"].pop(gone, None)
            if entry and entry[1] is not None:
                acts.append(_undone(entry))
            elif entry or gone:
                asked[entry[0] if entry else gone] = None
        elif event["type"] == "m.room.pinned_events":
            now, before = _pinned(event.get("content", {})), _pinned(previous(event))
            for one in now:
                if one not in before:
                    state["pins"][one] = event["sender"]
                    acts.append(_pin(event, one, event["sender"], active=True))
            for one in before:
                if one not in now:
                    acts.append(_pin(event, one, state["pins"].pop(one, ""), active=False))
    here = {event["event_id"] for event in events}
    return acts, [one for one in asked if one not in here]


def _changed(room: dict[str, Any], targets: list[str]) -> Flow:
    """Ask for older events as they are now: edited, or deleted."""
    if not targets:
        return
    requests = tuple(in_room(room["room"], f"event/{_escaped(target)}") for target in targets)
    found: list[Event] = []
    for answer in (yield requests):
        if isinstance(answer, ObjectUnavailableError | PermissionMissingError):
            yield Gap("a message that was changed cannot be read any more")
        elif isinstance(answer, Exception):
            raise answer
        else:
            found.append(answer.data)
    yield Batch("event", [event for event in found if event["type"] in MESSAGES], room)


def _undone(entry: list[Any]) -> Act:
    target, key, sender, _ = entry
    return {"kind": "reacted", "sender": sender, "target": target, "key": key, "ts": None, "active": False}


def _pin(event: Event, target: str, sender: str, *, active: bool) -> Act:
    ts = event["origin_server_ts"] if active else None
    return {"kind": "pinned", "sender": sender, "target": target, "key": None, "ts": ts, "active": active}


def _pinned(content: dict[str, Any]) -> list[str]:
    found = content.get("pinned")
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _escaped(event: str) -> str:
    from urllib.parse import quote

    return quote(event, safe="")


def _time(event: Event) -> datetime:
    return datetime.fromtimestamp(event["origin_server_ts"] / 1000, UTC)
