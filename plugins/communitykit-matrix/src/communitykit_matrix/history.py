"""One room's timeline: backwards once, then forwards from where the last run's /sync stood.

What an event changes in an older one is asked for anew (`/event`), since the server knows which edits count. A reaction
that is taken back no longer says what it was about, so the checkpoint remembers the newest ones. Of what changes more
than once in a walk only the last is told, at its end.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from copy import deepcopy
from typing import Any

from communitykit import (
    Batch,
    Checkpoint,
    CursorError,
    Flow,
    Gap,
    Listing,
    Pages,
    Request,
    Scope,
    Slice,
    Swept,
    cursor_pager,
)
from communitykit_matrix.client import CLOSED, in_room
from communitykit_matrix.wire import MESSAGES, Event, moment, previous, relation, room_id

KEPT = 5000
"""Reactions and edits of a room, the newest, whose undoing a later run can understand."""
PAGE = 1000
"""Events in a page; the most that Synapse gives."""
_PAGER = cursor_pager(("end",), param="from")
_ENCRYPTED = "encrypted: who wrote when is told; what was written, no server can tell"
Room = dict[str, Any]


def read(scope: Scope, slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    """Read a room on from its checkpoint."""
    room = dict(slice_.params)
    if room["encrypted"]:
        yield Gap(_ENCRYPTED)
    if checkpoint is None or "back" in checkpoint:
        checkpoint = yield from _backwards(scope, room, checkpoint)
    if checkpoint is not None and checkpoint["latest"] != room["latest"]:
        yield from _forwards(scope, room, checkpoint)


def _backwards(scope: Scope, room: Room, state: Checkpoint | None) -> Generator[Any, Any, Checkpoint | None]:
    """Walk from the newest event to the first; give the checkpoint, or None where it did not get there."""
    if state is None:
        response = yield in_room(room["room"], "members")
        yield Batch("member", response.data.get("chunk", []), room)
        state = {"v": 1, "since": room["token"], "latest": room["latest"], "back": room["token"]}
        state |= {"related": {}, "pins": {}, "pinned": []}
    request = in_room(room["room"], "messages", dir="b", limit=PAGE)
    listing = Listing(request, _PAGER, resume=request.with_params(**{"from": state["back"]}))
    while (data := (yield from listing.page())) is not None:
        chunk: list[Event] = data.get("chunk", [])  # nothing at all where the walk begins anew
        kept = [event for event in chunk if moment(event) <= scope.until]
        state, news = deepcopy(state), _News()
        for event in kept:
            _note(state, event)
        state["pinned"] += [event for event in kept if event["type"] == "m.room.pinned_events"]
        if data:
            state["back"] = data.get("end")
        if len(kept) < len(chunk) and state["back"]:  # what came after `until` is left to a later run
            state |= {"since": state["back"], "latest": ""}
        if state["back"] is None:  # only now it is clear which pins hold: told in the order in which they were set
            news.take(state, state["pinned"][::-1])
            del state["back"], state["pinned"]
        yield Batch("act", list(news.acts.values()), room)
        yield Batch("event", kept, room, checkpoint=state)
        if scope.since is not None and any(moment(event) < scope.since for event in kept):
            return state
    if listing.problem:
        yield Gap(listing.problem)
    return None if listing.problem else state


def _forwards(scope: Scope, room: Room, state: Checkpoint) -> Flow:
    """Walk from where the last run stood to the newest event; the checkpoint moves when all of it is stored."""
    state, news, pages = deepcopy(state), _News(), Pages(_PAGER)
    following: Request | None = in_room(room["room"], "messages", dir="f", limit=PAGE, **{"from": state["since"]})
    while following is not None:
        try:
            response = yield following
        except CursorError:  # the walk begins anew; reactions that are not there any more were taken back
            if (yield from _backwards(scope, room, None)) is not None and scope.since is None:
                yield Swept("event", {"community_id": room_id(room["home"], room["room"]), "kind": "reacted"})
            return
        chunk: list[Event] = response.data.get("chunk", [])
        kept = [event for event in chunk if moment(event) <= scope.until]
        news.take(state, kept)
        yield Batch("event", kept, room)
        if len(kept) < len(chunk):
            break
        following = pages.next(response)
    yield from _as_they_are_now(room, news.changed)
    yield Batch("member", list(news.moves.values()), room)
    state |= {"since": room["token"], "latest": room["latest"]}
    yield Batch("act", list(news.acts.values()), room, checkpoint=state if following is None else None)


class _News:
    """What the events of a walk do to older ones: the last word on each."""

    def __init__(self) -> None:
        self.changed: dict[str, None] = {}
        self.moves: dict[str, Event] = {}
        self.acts: dict[tuple[Any, ...], dict[str, Any]] = {}

    def take(self, state: Checkpoint, events: list[Event]) -> None:
        """Take a page in, and note in `state` what later runs need."""
        here = {event["event_id"] for event in events}
        for event in events:
            content, before, kind, target = (
                event.get("content", {}),
                previous(event),
                event["type"],
                _note(state, event),
            )
            if kind == "m.reaction":  # given again after it was taken back
                self.acts.pop(("reacted", *map(relation(event).get, ("event_id", "key")), event["sender"]), None)
            elif kind == "m.room.redaction":
                target = event.get("redacts") or content.get("redacts")
                undone, key, sender, _ = state["related"].pop(target, (target, None, "", 0))
                target = undone if key is None else None
                if key is not None:
                    self._act("reacted", undone, key, sender, active=False)
            elif kind == "m.room.member" and content.get("membership") != before.get("membership"):
                self.moves[event["state_key"]] = event
            elif kind == "m.room.pinned_events":
                now, then = content.get("pinned") or (), before.get("pinned") or ()
                for one in (one for one in now if one not in then):
                    state["pins"][one] = event["sender"]
                    self._act("pinned", one, None, event["sender"], ts=event["origin_server_ts"])
                for one in (one for one in then if one not in now):
                    self._act("pinned", one, None, state["pins"].pop(one, ""), active=False)
            if target and target not in here:
                self.changed[target] = None

    def _act(self, kind: str, target: str, key: str | None, sender: str, **told: Any) -> None:  # noqa: ANN401 # JSON
        told = {"kind": kind, "target": target, "key": key, "sender": sender, **told}
        self.acts[kind, target, key, sender] = told


def _as_they_are_now(room: Room, targets: Iterable[str]) -> Flow:
    """Ask for older events again, all at once: they were edited, or deleted."""
    requests, found = tuple(in_room(room["room"], "event", target) for target in targets), []
    for answer in (yield requests) if requests else ():
        if isinstance(answer, CLOSED):
            yield Gap("a message that was changed cannot be read any more")
        elif isinstance(answer, Exception):
            raise answer
        elif answer.data["type"] in MESSAGES:
            found.append(answer.data)
    yield Batch("event", found, room)


def _note(state: Checkpoint, event: Event) -> str | None:
    """Note a reaction or an edit under its id: [target, key (None: an edit), sender, time]; give what is edited."""
    found, related = relation(event), state["related"]
    target, key = found.get("event_id"), found.get("key") if found.get("rel_type") == "m.annotation" else None
    edited = target if found.get("rel_type") == "m.replace" else None
    if edited or key is not None:
        related[event["event_id"]] = [target, key, event["sender"], event["origin_server_ts"]]
    if len(related) > KEPT:
        del related[min(related, key=lambda one: related[one][3])]
    return edited
