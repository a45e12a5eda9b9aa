"""What there is: accounts, rooms, what their spaces hold, and how far people have read. Flows only."""

from __future__ import annotations

import json
from collections.abc import Iterator

import communitykit.connector as ck
from communitykit import errors
from communitykit.connector import JSON, Flow, as_list, as_mapping, as_text, sound_and_odd
from communitykit.connector.payload import as_mappings, as_texts
from communitykit_matrix.api.access import NO_ACCOUNTS
from communitykit_matrix.api.methods import CLOSED, USERS, WHO, in_room
from communitykit_matrix.ids import home_of, room_id
from communitykit_matrix.wire import Event, content, is_event, is_time, text

_TOLD = (
    ("create", "type", "room_type"), ("name", "name", "name"), ("canonical_alias", "alias", "canonical_alias"),
    ("topic", "topic", "topic"), ("join_rules", "join_rule", "join_rule"),
)  # fmt: skip
_STATE = ["m.space.parent", *(f"m.room.{name}" for name in ("tombstone", "encryption", *(one[0] for one in _TOLD)))]
_FILTER = {  # the newest event of a room tells whether there is news: a quiet one takes no request
    "presence": {"types": []}, "account_data": {"types": ["m.direct"]},
    "room": {"state": {"types": _STATE}, "timeline": {"limit": 1}, "ephemeral": {"types": ["m.receipt"]}},
}  # fmt: skip


def discover(selection: ck.Selection) -> ck.Flow:
    """List accounts, rooms and receipts; give a slice for each room."""
    answer = yield WHO
    home, now = home_of(_user(answer.data)), int(answer.fetched_at.timestamp() * 1000)
    context = {"home": home, "bots": selection.settings.bots}
    listed = selection.settings.accounts == "auto" and (yield from _accounts(context))
    # Synapse repeats its answer for two minutes, unless the time-out is another one; a first /sync never waits for it.
    params = {"filter": json.dumps(_FILTER), "timeout": str(int(selection.until.timestamp() * 1000) % 100_000)}
    data = (yield ck.Request("_matrix/client/v3/sync", params=params, subject="the list of rooms")).data
    if (token := text(ck.look(data, "next_batch"))) is None:
        raise errors.ProtocolError("the answer is no list of rooms", platform="matrix", remedy="Run again later.")
    shown_in = ck.look(data, "rooms", "join") or {}
    if not isinstance(ck.look(data, "rooms") or {}, dict) or not isinstance(shown_in, dict):
        raise errors.ProtocolError("the answer is no list of rooms", platform="matrix", remedy="Run again later.")
    joined = {name: as_mapping(part) for name, part in shown_in.items() if name.startswith("!")}
    if torn := [name for name, part in shown_in.items() if _torn(part, "state", "timeline", "ephemeral")]:
        yield ck.Gap(f"{ck.counted(len(torn), 'room')} cannot be read whole (the first is {torn[0]})")
    rooms = {name: _room(name, shown_in[name]) for name in joined}
    yield from _spaces(rooms)
    marked = [content(one) for one in _events(data, "account_data") if one.get("type") == "m.direct"]
    direct = {room for told in marked for names in told.values() for room in as_texts(names)}
    if unsure := _torn(data, "account_data") or not all(_names_rooms(told) for told in marked):
        yield ck.Gap("which rooms are direct talk cannot be read, so no private ones are read either")
    private = selection.include_private and (selection.include_direct or not unsure)
    asked = {"public": True, "private": private, "direct": selection.include_direct}
    for name, room in rooms.items():
        openness = "direct" if name in direct else _openness(room, rooms)
        room["privacy"] = None if unsure and openness == "private" else openness
    shown = [one for one in rooms.values() if asked[one["privacy"] or "private"]]
    wanted = [one for one in shown if selection.wants(one.get("name"), one.get("canonical_alias"), one["room_id"])]
    yield ck.Batch("room", wanted, context)
    if closed := [room for room in wanted if room["room_id"] not in joined]:
        yield ck.Gap(f"closed to this account: {ck.counted(len(closed), 'room')} of the spaces; let it join", "denied")
    for room in [room for room in wanted if room not in closed]:
        part, own = joined[room["room_id"]], {**context, "room": room["room_id"], "listed": listed}
        yield ck.Batch("act", list(_receipts(part)), own)
        latest = [as_text(one.get("event_id")) for one in _events(part, "timeline")]
        more = {"encrypted": room["encrypted"], "token": token, "latest": latest[-1] if latest else ""}
        network, community = home_of(own["room"], home), room_id(home, own["room"])
        label, params = room.get("name") or own["room"], {**own, **more} | {"asked": now}
        key = f"room/{own['room']}"
        yield ck.Slice(key, network, community_id=community, label=label, params=params, reader="room")


def _user(data: JSON) -> str:
    user = text(as_mapping(data).get("user_id"))
    if user is None:
        raise errors.ProtocolError("the answer names no account", platform="matrix", remedy="Check base_url.")
    return user


def _events(part: JSON, name: str) -> list[Event]:
    """Return the events of a part of /sync; `_torn` tells of what is none."""
    return as_mappings(ck.look(part, name, "events"))


def _names_rooms(told: dict[str, JSON]) -> bool:
    """Tell whether an `m.direct` can be read: by account, lists of rooms."""
    return all(isinstance(rooms, list) and len(as_texts(rooms)) == len(rooms) for rooms in told.values())


def _torn(part: JSON, *names: str) -> bool:
    """Tell whether a part of /sync, or something in one of its lists, is none.

    A part that a server leaves out holds nothing.
    """
    lists = [ck.look(part, name, "events") for name in names if ck.look(part, name) is not None]
    return not isinstance(part, dict) or any(
        not isinstance(one, list)
        or any(not isinstance(event, dict) or text(event.get("type")) is None for event in one)
        for one in lists
    )


def _accounts(context: dict[str, JSON]) -> Flow[bool]:
    """List the homeserver's accounts where the token may; tell whether it did."""
    try:
        listing = ck.Listing(USERS, ck.cursor_pager(("next_token",), param="from"), items=("users",), total=("total",))
        yield from listing.batches("user", "users", context)
    except CLOSED:
        yield ck.Gap(NO_ACCOUNTS, "skipped")
        return False
    except errors.CredentialError:
        raise
    except errors.CommunityKitError as error:  # rooms know less of people: they must not overrule the list
        yield ck.Gap(f"not all accounts: {error}")
    return True


def _room(name: str, part: JSON) -> dict[str, JSON]:
    """Put together what a room's state says, in a summary's words; what the timeline brought is the newest of it.

    What cannot be read is left out: nothing is known of it, and nothing is concluded from what a list that cannot be
    read does not show. Where that is the timeline's, all but how the room began may be out of date.
    """
    newer = [event for event in _events(part, "timeline") if "state_key" in event]
    state = {kind: one for one in [*_events(part, "state"), *newer] if (kind := text(one.get("type")))}
    if _torn(part, "timeline"):
        state = {kind: one for kind, one in state.items() if kind == "m.room.create"}
    torn, told = _torn(part, "state", "timeline"), dict[str, JSON]()
    for kind, field, to in _TOLD:
        event = state.get(f"m.room.{kind}")
        said = content(event).get(field) if event else None
        readable = isinstance(event.get("content"), dict) if event else not torn
        told |= {to: said} if readable and (said is None or isinstance(said, str)) else {}
    told |= _parent(state["m.space.parent"]) if "m.space.parent" in state else {} if torn else {"parent": None}
    create, archived = state.get("m.room.create"), "m.room.tombstone" in state
    told |= {"archived": archived} if archived or not torn else {}
    told["create"] = create if is_event(create) else None
    return {**told, "encrypted": "m.room.encryption" in state, "room_id": name}


def _parent(event: Event) -> dict[str, JSON]:
    """Return the space that a room says it is in; None where it took that back, nothing where it cannot be read."""
    if event.get("content") == {}:
        return {"parent": None}
    space = text(event.get("state_key")) if content(event) else None
    return {} if space is None else {"parent": space}


def _openness(room: dict[str, JSON], rooms: dict[str, dict[str, JSON]]) -> str | None:
    """Tell whether a room is public or private; None where that cannot be read, and it is treated as private then."""
    rule = _rule(room)
    if rule is not None and rule.endswith("restricted"):  # it is as open as the space that it is in
        rule = _rule(rooms.get(room["parent"], _UNTOLD)) if "parent" in room else None
    return None if rule is None else "public" if rule == "public" else "private"


def _rule(room: dict[str, JSON]) -> str | None:
    return "" if room.get("join_rule", 0) is None else text(room.get("join_rule"))


_UNTOLD: dict[str, JSON] = {"join_rule": None}
"""A summary may leave out how a room is joined."""


def _spaces(rooms: dict[str, dict[str, JSON]]) -> ck.Flow:
    """Ask what is below each space: parents, and rooms that the account is not in. Sub-spaces come with their space.

    Where that cannot be read of one, a room that no other holds may be in it: its place is left out, not told as none.
    """
    walked: set[str] = set()
    parents: dict[str, str] = {}
    whole = all("room_type" in room for room in rooms.values())
    for space in [name for name, room in rooms.items() if room.get("room_type") == "m.space"]:
        pager, found = ck.cursor_pager(("next_batch",), param="from"), list[dict[str, JSON]]()
        listing = ck.Listing(in_room(space, "hierarchy", version="v1", limit=50), pager, items=("rooms",))
        problem = None
        try:
            while space not in walked and (rows := (yield from listing.rows())) is not None:
                shown, odd = sound_and_odd(rows, lambda one: text(one.get("room_id")))
                found += shown
                if odd:
                    whole = False
                    yield ck.Batch("room", odd)
        except errors.CredentialError:
            raise
        except errors.CommunityKitError as error:  # its rooms are known without it, but those that are closed
            problem = str(error)
        for one in found:
            listed = one.pop("children_state", None)
            below, odd = sound_and_odd(as_list(listed), _is_child)
            if odd or not isinstance(listed, list | None):
                whole = False
                yield ck.Gap(f"what is in the space {one['room_id']}: its list is none, or holds what is none")
            parents |= {child["state_key"]: one["room_id"] for child in below if content(child).get("via")}
            rooms.setdefault(one["room_id"], {**_UNTOLD, "parent": None, **one})
            walked.add(one["room_id"])
        if problem := problem or listing.problem:
            whole = False
            yield ck.Gap(problem)
    for name, room in rooms.items():
        if name in parents:
            room["parent"] = parents[name]
        elif not whole and room.get("parent") is None:
            room.pop("parent", None)


def _is_child(event: dict[str, JSON]) -> bool:
    """Tell whether an `m.space.child` can be read; one whose content is empty was taken out."""
    return isinstance(event.get("content"), dict) and bool(text(event.get("state_key")))


def _receipts(part: dict[str, JSON]) -> Iterator[dict[str, JSON]]:
    """Return read receipts (`m.receipt`) one by one, as acts: somebody has read up to a message.

    One that cannot be read names nobody.
    """
    for event in _events(part, "ephemeral"):
        if not isinstance(event.get("content"), dict):
            yield {"target": None}
        for target, kinds in content(event).items():
            read = ck.look(kinds, "m.read")
            if not isinstance(kinds, dict) or not isinstance(read or {}, dict):
                yield {"target": target}
            for user, told in as_mapping(read).items():
                if target.startswith("$") and user.startswith("@") and isinstance(told, dict):
                    at = told.get("ts") if is_time(told.get("ts")) else None
                    yield {"kind": "viewed", "sender": user, "target": target, "key": None, "ts": at}
                else:
                    yield {"target": target}
