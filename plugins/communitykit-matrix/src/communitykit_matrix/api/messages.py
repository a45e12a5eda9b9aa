"""One room's timeline: backwards once, then forwards from where the last run's /sync stood.

What an event changes in an older one is asked for anew, since the server knows which edits count; of what changes more
than once in a walk only the last is told, at its end. The checkpoint remembers the newest reactions and edits, since
one that is taken back no longer says what it was about.

Only what was handed on is behind the checkpoint: a page with anything that `until` kept out is read again. So is, once,
one with anything that is no event: nothing tells what that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import timedelta
from typing import TypeAlias

import communitykit.connector as ck
from communitykit import CommunityKitError, CredentialError
from communitykit.connector import JSON, as_list
from communitykit.connector.parts import is_understood
from communitykit_matrix.api.changes import News, with_edit, with_redaction
from communitykit_matrix.api.methods import CLOSED, in_room
from communitykit_matrix.ids import room_id
from communitykit_matrix.translate.people import translate_member
from communitykit_matrix.wire import PINS, REACTION, Event, is_event, is_odd, moment

VERSION = 2  # version 1 could take for read what `until` had kept out of a room's first page
_PAGE = 1000  # events; the most that Synapse gives
_LAST = 10  # events at a page's end that are all older than `since` before a walk ends: one sender's clock may be wrong
_TORN = 50  # pages that are remembered to have held what is no event
_AHEAD = timedelta(days=1)  # no clock is further ahead: a later time is none, and must not hold up what comes after it
_PAGER = ck.cursor_pager(("end",), param="from")
Room: TypeAlias = Mapping[str, JSON]  # as a slice's parameters tell it


def read(selection: ck.Selection, slice_: ck.Slice, checkpoint: ck.Checkpoint | None) -> ck.Flow:
    """Read a room on from its checkpoint."""
    room: dict[str, JSON] = dict(slice_.params)
    if room["encrypted"]:
        yield ck.Gap("encrypted: who wrote when is told; what was written, no server can tell")
    known = checkpoint is not None and checkpoint.get("v") == VERSION
    state = deepcopy(checkpoint) if checkpoint is not None and known else _begun(room)
    state["again"] = list(dict.fromkeys([*state["again"], *state.pop("odd", ())]))
    room["torn"] = tuple(state.pop("torn", ()))  # pages that held what is no event: no third look is taken at them
    if state["members"] is not True:
        state["members"] = yield from _members(room, once_more=state["members"] == "odd")
        if state["members"] is True and "back" not in state:
            yield ck.Batch("member", (), room, checkpoint=state)
    if "back" in state:
        walked = yield from _backwards(selection, room, state, fresh=not known)
        if walked is None:
            return
        state = walked
    if state["latest"] != room["latest"] or not room["latest"] or state["again"]:
        yield from _forwards(selection, room, state)


def _begun(room: Room) -> ck.Checkpoint:
    begun = {"v": VERSION, "since": room["token"], "latest": room["latest"], "back": room["token"], "members": False}
    return begun | {"related": {}, "pins": {}, "pinned": [], "again": []}


def _members(room: Room, *, once_more: bool = False) -> ck.Flow[JSON]:
    """Tell who is in the room; what fails is asked for again, and, once, a list with somebody odd in it ("odd")."""
    try:
        response = yield from ck.ask(in_room(room["room"], "members"))
        members = ck.required_list(response.data, "chunk", subject=f"room {room['room']}")
    except CredentialError:
        raise
    except CommunityKitError as error:
        yield ck.Gap(f"who is in the room: {error}", "denied" if isinstance(error, CLOSED) else "partial")
        return False
    yield ck.Batch("member", members, room)
    return once_more or all(is_understood(translate_member, one, room) for one in members) or "odd"


def _is_no_page(data: JSON) -> bool:
    """Tell whether an answer has no list of events; one that is empty as a whole begins the walk anew."""
    return data != {} and not isinstance(ck.look(data, "chunk"), list)


def _is_due(event: JSON, selection: ck.Selection, room: Room) -> bool:
    """Tell whether an event is asked for; one without a readable time is, so that it becomes an Issue."""
    if not is_event(event) or moment(event) <= selection.until:
        return True
    return "asked" in room and event["origin_server_ts"] > room["asked"] + _AHEAD / timedelta(milliseconds=1)


def _backwards(
    selection: ck.Selection, room: Room, state: ck.Checkpoint, *, fresh: bool
) -> ck.Flow[ck.Checkpoint | None]:
    """Walk from the newest event to the first; return the checkpoint, or None where it did not get there."""
    request = in_room(room["room"], "messages", dir="b", limit=_PAGE)
    listing = ck.Listing(request, _PAGER, resume=request.with_params(**{"from": state["back"]}), items=("chunk",))
    walk, whole, kept_out, blank, place = News(), fresh, False, False, state["back"]
    while (data := (yield from listing.page())) is not None:
        chunk, blank = as_list(ck.look(data, "chunk")), not data  # nothing at all where the walk begins anew
        if _is_no_page(data):  # what is behind it is left to a later run
            break
        kept = [event for event in chunk if _is_due(event, selection, room)]
        sound = [event for event in kept if is_event(event)]
        whole = whole and len(sound) == len(chunk) and not any(is_odd(one) for one in sound if one["type"] == REACTION)
        state = deepcopy(state)
        if len(sound) < len(kept) and place not in room["torn"]:
            state["torn"] = [*state.get("torn", ()), place][:_TORN]
        walk.note(state, sound)
        walk.owe(state, sound)
        kept = yield from _as_bundled(room, state, walk, kept)
        state["pinned"] = [] if not data else state["pinned"]
        state["pinned"] += [event for event in sound if event["type"] == PINS]
        kept_out = len(kept) < len(chunk)
        if kept_out:  # what came after `until` is left to a later run, from before this page
            state |= {"since": ck.look(data, "end") or state["since"], "latest": ""}
        place = ck.look(data, "end") or place
        state["back"] = state["torn"][0] if state.get("torn") else place
        yield ck.Batch("event", kept, room, checkpoint=state)
        last = sound[-_LAST:]
        if selection.since is not None and last and all(moment(event) < selection.since for event in last):
            yield from _pinned(room, state)
            return state
    if listing.problem or blank:
        yield ck.Gap(listing.problem or "the homeserver's answer says nothing")
        return None
    if kept_out or state.get("torn"):  # the room's first page, before which no place has a name, is read once more
        return state
    state = deepcopy(state)
    yield from _pinned(room, state)
    if whole and selection.since is None:  # reactions that are not there any more were taken back
        yield ck.Swept("event", {"community_id": room_id(room["home"], room["room"]), "kind": "reacted"})
    del state["back"], state["pinned"]
    yield ck.Batch("event", (), room, checkpoint=state)
    return state


def _pinned(room: Room, state: ck.Checkpoint) -> ck.Flow:
    """Tell which pins hold: that is clear only now, taken in oldest first."""
    news = News()
    news.take(state, state["pinned"][::-1])
    yield ck.Batch("act", list(news.acts.values()), room)


def _forwards(selection: ck.Selection, room: Room, before: ck.Checkpoint) -> ck.Flow:
    """Walk from where the last run stood to the newest event; the checkpoint moves when all of it is stored."""
    state, news, place = deepcopy(before), News(), before["since"]
    request = in_room(room["room"], "messages", dir="f", limit=_PAGE, **{"from": place})
    listing = ck.Listing(request, _PAGER, items=("chunk",))
    kept_out: str | None = None  # the place before the first page of which something was kept out
    while (data := (yield from listing.page())) is not None:
        if _is_no_page(data):
            yield ck.Gap(listing.problem or "the homeserver's answer says nothing")
            return
        chunk = as_list(ck.look(data, "chunk"))
        kept = [event for event in chunk if _is_due(event, selection, room)]
        sound = [event for event in kept if is_event(event)]
        if len(sound) < len(kept) and place not in room["torn"]:
            state["torn"] = [*state.get("torn", ()), place][:_TORN]
            kept_out = kept_out or place
        news.note(state, sound)
        news.owe(state, sound)
        news.take(state, sound)
        yield ck.Batch("event", (yield from _as_bundled(room, state, news, kept)), room)
        if len(kept) < len(chunk):
            kept_out = kept_out or place
            if not kept:
                break
        place = ck.look(data, "end") or place
    if listing.problem:  # the walk begins anew
        anew = _begun(room)
        anew["members"] = yield from _members(room)
        yield from _backwards(selection, room, anew, fresh=True)
        return
    state |= {"since": kept_out, "latest": ""} if kept_out else {"since": room["token"], "latest": room["latest"]}
    state["again"] = yield from _as_they_are_now(room, state, news, [*state["again"], *news.changed])
    yield ck.Batch("member", list(news.moves.values()), room)
    yield ck.Batch("act", list(news.acts.values()), room, checkpoint=state)


def _as_bundled(room: Room, state: ck.Checkpoint, news: News, events: list[JSON]) -> ck.Flow[list[JSON]]:
    """Put edits and redactions to the messages that they change, where the server does not."""
    sound = [event for event in events if is_event(event)]
    edited: dict[str, Event] = {}
    unknown: dict[str, ck.Request] = {}
    for event, edit in news.unbundled(state, sound):
        known = news.edits.get(event["event_id"])
        if known is not None and known["sender"] == event["sender"]:
            edited[event["event_id"]] = known
        else:
            unknown[event["event_id"]] = in_room(room["room"], "event", edit)
    for native, answer in zip(unknown, (yield from ck.ask_all(unknown.values())), strict=True):
        if isinstance(answer, CLOSED):  # it was taken back since
            continue
        if isinstance(answer, CommunityKitError):
            state["again"] = [*dict.fromkeys([*state["again"], native])]
            yield ck.Gap(f"a message that was changed: {answer}")
        elif is_event(answer.data):
            edited[native] = answer.data
    return [_put_together(event, edited, news) if is_event(event) else event for event in events]


def _put_together(event: Event, edited: dict[str, Event], news: News) -> Event:
    native = event["event_id"]
    event = with_redaction(event, news.redactions.get(native))
    return with_edit(event, edited[native]) if native in edited else event


def _as_they_are_now(room: Room, state: ck.Checkpoint, news: News, targets: Iterable[str]) -> ck.Flow[list[str]]:
    """Ask for older events again, all at once: they were edited, or deleted. Return those that are still owed."""
    asked, known = list(dict.fromkeys(targets)), {*state["again"]}
    state["again"] = []
    found: list[JSON] = []
    answers = yield from ck.ask_all(in_room(room["room"], "event", one) for one in asked)
    for target, answer in zip(asked, answers, strict=True):
        if isinstance(answer, CLOSED):
            yield ck.Gap("a message that was changed cannot be read any more")
        elif isinstance(answer, CommunityKitError):
            yield ck.Gap(f"a message that was changed: {answer}")
            state["again"].append(target)
        elif is_event(answer.data) and answer.data["type"] == PINS:
            news.take(state, [answer.data])
        else:
            news.note(state, [answer.data] if is_event(answer.data) else [])
            news.owe(state, [answer.data] if is_event(answer.data) and target not in known else [])
            found.append(answer.data)
    yield ck.Batch("event", (yield from _as_bundled(room, state, news, found)), room)
    owed: list[str] = state["again"]
    return owed
