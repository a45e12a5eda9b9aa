"""One room's timeline: backwards once, then forwards from where the last run's /sync stood.

What an event changes in an older one is asked for anew, since the server knows which edits count; of what changes more
than once in a walk only the last is told, at its end. The checkpoint remembers the newest reactions and edits, since
one that is taken back no longer says what it was about.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from copy import deepcopy
from typing import Any

from communitykit.connector import Batch, Checkpoint, Flow, Gap, Listing, Selection, Slice, Swept, cursor_pager
from communitykit_matrix.client import CLOSED, in_room
from communitykit_matrix.wire import MESSAGES, Event, moment, previous, relation, room_id

_KEPT = 5000  # reactions and edits of a room whose undoing a later run can understand
_PAGE = 1000  # events; the most that Synapse gives
_PAGER = cursor_pager(("end",), param="from")


def read(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    """Read a room on from its checkpoint."""
    room = dict(slice_.params)
    if room["encrypted"]:
        yield Gap("encrypted: who wrote when is told; what was written, no server can tell")
    if checkpoint is None or "back" in checkpoint:
        checkpoint = yield from _backwards(selection, room, checkpoint)
    if checkpoint is not None and checkpoint["latest"] != room["latest"]:
        yield from _forwards(selection, room, checkpoint)


def _backwards(selection: Selection, room: Any, state: Checkpoint | None) -> Generator[Any, Any, Checkpoint | None]:  # noqa: ANN401
    """Walk from the newest event to the first; give the checkpoint, or None where it did not get there."""
    if state is None:
        response = yield in_room(room["room"], "members")
        yield Batch("member", response.data.get("chunk", []), room)
        state = {"v": 1, "since": room["token"], "latest": room["latest"], "back": room["token"]}
        state |= {"related": {}, "pins": {}, "pinned": []}
    request = in_room(room["room"], "messages", dir="b", limit=_PAGE)
    listing = Listing(request, _PAGER, resume=request.with_params(**{"from": state["back"]}))
    while (data := (yield from listing.page())) is not None:
        chunk: list[Event] = data.get("chunk", [])  # nothing at all where the walk begins anew
        kept = [event for event in chunk if moment(event) <= selection.until]
        older = selection.since is not None and any(moment(event) < selection.since for event in kept)
        state, news = deepcopy(state), _News()
        _note(state, kept)
        state |= {"back": data.get("end")} if data else {"pinned": []}
        state["pinned"] += [event for event in kept if event["type"] == "m.room.pinned_events"]
        if len(kept) < len(chunk) and state["back"]:  # what came after `until` is left to a later run
            state |= {"since": state["back"], "latest": ""}
        if older or state["back"] is None:  # only now it is clear which pins hold: taken in, oldest first
            news.take(state, state["pinned"][::-1])
        yield Batch("act", list(news.acts.values()), room)
        if state["back"] is None:
            del state["back"], state["pinned"]
        yield Batch("event", kept, room, checkpoint=state)
        if older:
            return state
    if listing.problem:
        yield Gap(listing.problem)
    return None if listing.problem else state


def _forwards(selection: Selection, room: Any, state: Checkpoint) -> Flow:  # noqa: ANN401 # the slice's parameters
    """Walk from where the last run stood to the newest event; the checkpoint moves when all of it is stored."""
    state, news = deepcopy(state), _News()
    listing = Listing(in_room(room["room"], "messages", dir="f", limit=_PAGE, **{"from": state["since"]}), _PAGER)
    while (data := (yield from listing.page())) is not None:
        chunk: list[Event] = data.get("chunk", [])
        kept = [event for event in chunk if moment(event) <= selection.until]
        _note(state, kept)
        news.take(state, kept)
        yield Batch("event", kept, room)
        if len(kept) < len(chunk):
            break
    else:
        state |= {"since": room["token"], "latest": room["latest"]}
    if listing.problem:  # the walk begins anew; reactions that are not there any more were taken back
        if (yield from _backwards(selection, room, None)) is not None and selection.since is None:
            yield Swept("event", {"community_id": room_id(room["home"], room["room"]), "kind": "reacted"})
        return
    yield from _as_they_are_now(room, news.changed)
    yield Batch("member", list(news.moves.values()), room)
    yield Batch("act", list(news.acts.values()), room, checkpoint=state)


class _News:
    """What the events of a walk do to older ones: the last word on each."""

    def __init__(self) -> None:
        self.changed, self.moves, self.acts = dict[str, None](), dict[str, Event](), dict[tuple[Any, ...], Any]()

    def take(self, state: Checkpoint, events: list[Event]) -> None:
        """Take events in, oldest first, and keep in `state` who pinned what."""
        here = {event["event_id"] for event in events}
        for event in events:
            content, before, kind = event.get("content", {}), previous(event), event["type"]
            found, target = relation(event), None
            if kind == "m.reaction":  # perhaps given again after it was taken back
                self.acts.pop(("reacted", found.get("event_id"), found.get("key"), event["sender"]), None)
            elif found.get("rel_type") == "m.replace":
                target = found["event_id"]
            elif kind == "m.room.redaction":
                target = event.get("redacts") or content.get("redacts")
                target, key, sender, _ = state["related"].pop(target, (target, None, "", 0))
                if key is not None:
                    self._act("reacted", target, key, sender, active=False)
                    target = None
            elif kind == "m.room.member" and content.get("membership") != before.get("membership"):
                self.moves[event["state_key"]] = event
            elif kind == "m.room.pinned_events":
                now, then = content.get("pinned") or [], before.get("pinned") or []
                for one in [one for one in now if one not in then]:
                    state["pins"][one] = event["sender"]
                    self._act("pinned", one, None, event["sender"], ts=event["origin_server_ts"])
                for one in [one for one in then if one not in now]:
                    self._act("pinned", one, None, state["pins"].pop(one, ""), active=False)
            if target and target not in here:
                self.changed[target] = None

    def _act(self, kind: str, target: str, key: str | None, sender: str, **told: Any) -> None:  # noqa: ANN401 # JSON
        self.acts[kind, target, key, sender] = {"kind": kind, "target": target, "key": key, "sender": sender, **told}


def _as_they_are_now(room: Any, targets: Iterable[str]) -> Flow:  # noqa: ANN401 # the slice's parameters
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


def _note(state: Checkpoint, events: list[Event]) -> None:
    """Keep the newest reactions and edits by their ids: [target, key (None: an edit), sender, time]."""
    for event in events:
        found = relation(event)
        if found.get("rel_type") == "m.replace" or (found.get("rel_type") == "m.annotation" and "key" in found):
            key = found["key"] if found["rel_type"] == "m.annotation" else None
            state["related"][event["event_id"]] = [found["event_id"], key, event["sender"], event["origin_server_ts"]]
    state["related"] = dict(sorted(state["related"].items(), key=lambda one: one[1][3])[-_KEPT:])
