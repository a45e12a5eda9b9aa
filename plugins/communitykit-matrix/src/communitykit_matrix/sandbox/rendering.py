"""The company's rooms as timelines of events. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from communitykit.connector import JSON
from communitykit.sandbox import SECOND, Message, Notice, Person, Place, World
from communitykit_matrix.sandbox import naming

Event = dict[str, JSON]
Placed = tuple[int, Event]
"""When (microseconds), and what."""


def timeline(world: World, place: Place) -> list[Placed]:
    """Return everything that happened in a room, oldest first."""
    placed = [
        *_founding(world, place),
        *_stays(world, place),
        *_notices(world, place),
        *_pins(world, place),
    ]
    for message in world.messages(place):
        placed += _message(world, message)
    return sorted(placed, key=lambda one: (one[0], one[1]["event_id"]))


def bare(event: Event) -> Event:
    """Return an event without what its server could bundle with it."""
    kept = {name: value for name, value in event["unsigned"].items() if name not in {"m.relations", "redacted_because"}}
    return {**event, "unsigned": kept}


def state_of(events: list[Placed]) -> list[Event]:
    """Return a room's current state: the newest event of each type and key."""
    return list({(one["type"], one["state_key"]): one for _, one in events if "state_key" in one}.values())


def space_timeline(world: World, reader: Person, children: list[Place]) -> list[Placed]:
    """Return the space's events: the reader founded it, and every community but direct ones is in it."""
    at, who, key = world.start_us // SECOND * SECOND, naming.user(world, reader), "space"
    made = [
        _state(world, key, at, who, "m.room.create", {"room_version": "12", "type": "m.space"}),
        _state(world, key, at + 1000, who, "m.room.member", _joined(world, reader), state_key=who),
        _state(world, key, at + 2000, who, "m.room.name", {"name": naming.SPACE_NAME}),
        _state(world, key, at + 3000, who, "m.room.join_rules", {"join_rule": "public"}),
    ]
    for place in children:
        since = max(at + 4000, place.created_at + 5000)
        made.append(_state(world, key, since, who, "m.space.child", via(), state_key=naming.room(world, place)))
    return sorted(made, key=lambda one: (one[0], one[1]["event_id"]))


def via() -> Event:
    """Return the content of a space's child."""
    return {"via": [naming.HOME]}


def join_rule(world: World, place: Place) -> Event:
    """Return who may join: every second open room is open to whoever is in the space."""
    if place.privacy != "public":
        return {"join_rule": "invite"}
    if place.number % 2:
        return {"join_rule": "public"}
    return {"join_rule": "restricted", "allow": [{"type": "m.room_membership", "room_id": naming.space(world)}]}


def _event(world: World, event_id: str, at: int, sender: str, kind: str, content: Event) -> Event:
    return {
        "type": kind,
        "event_id": event_id,
        "sender": sender,
        "user_id": sender,
        "origin_server_ts": at // 1000,
        "content": content,
        "unsigned": {"age": (world.now_us - at) // 1000},
    }


def _state(
    world: World, place: object, at: int, sender: str, kind: str, content: Event, *, state_key: str = ""
) -> Placed:
    made = _event(world, naming.other(world, place, kind, state_key, at), at, sender, kind, content)
    return at, {**made, "state_key": state_key}


def _after(placed: Placed, before: Event | None) -> Placed:
    """Say what a state event took the place of."""
    at, made = placed
    return (at, {**made, "unsigned": {**made["unsigned"], "prev_content": before}}) if before is not None else placed


def _joined(world: World, person: Person) -> Event:
    return {"membership": "join", "displayname": world.account(person, "matrix").display_name, "avatar_url": None}


def _founding(world: World, place: Place) -> Iterator[Placed]:
    at, who = place.created_at // SECOND * SECOND, naming.user(world, world.people[place.creator])
    yield _state(world, place.number, at, who, "m.room.create", {"room_version": "12"})
    yield _state(world, place.number, at, who, "m.room.join_rules", join_rule(world, place))
    yield _state(world, place.number, at, who, "m.room.history_visibility", {"history_visibility": "shared"})
    if place.privacy != "direct":
        alias = f"#place{place.number}:{naming.HOME}"
        yield _state(world, place.number, at, who, "m.room.canonical_alias", {"alias": alias})
        names = [*place.previous_names, place.name]
        yield _state(world, place.number, at, who, "m.room.name", {"name": names[0]})
        yield _state(world, place.number, at, who, "m.room.topic", {"topic": place.purpose})


def _stays(world: World, place: Place) -> Iterator[Placed]:
    before: dict[int, Event] = {}
    for stay in sorted(place.stays, key=lambda one: one.since):
        person = world.people[stay.person]
        who, joined = naming.user(world, person), _joined(world, person)
        came = _state(world, place.number, stay.since, who, "m.room.member", joined, state_key=who)
        yield _after(came, before.get(stay.person))
        if stay.until is not None:
            left = {"membership": "leave"}
            went = _state(world, place.number, stay.until, who, "m.room.member", left, state_key=who)
            yield _after(went, joined)
            before[stay.person] = left


def _notices(world: World, place: Place) -> Iterator[Placed]:
    topic = place.purpose
    for item in world.scan(place):
        if not isinstance(item, Notice) or item.kind in {"joined", "left"}:
            continue
        who = naming.user(world, world.people[item.person])
        if item.kind == "renamed":
            named = _state(world, place.number, item.at, who, "m.room.name", {"name": item.detail})
            yield _after(named, {"name": item.previous})
        elif item.kind == "topic":
            yield _after(
                _state(world, place.number, item.at, who, "m.room.topic", {"topic": item.detail}), {"topic": topic}
            )
            topic = item.detail or ""
        else:
            content = {"body": "This room is closed", "replacement_room": ""}
            yield _state(world, place.number, item.at, who, "m.room.tombstone", content)


def _pins(world: World, place: Place) -> Iterator[Placed]:
    pins = [(one.pinned, naming.event(world, one)) for one in world.messages(place) if one.pinned is not None]
    pinned: list[str] = []
    for (person, at), target in sorted(pins, key=lambda pin: (pin[0][1], pin[1])):
        before, pinned = pinned, [*pinned, target]
        who = naming.user(world, world.people[person])
        yield _after(
            _state(world, place.number, at, who, "m.room.pinned_events", {"pinned": pinned}),
            {"pinned": before} if before else None,
        )


def _message(world: World, message: Message) -> Iterator[Placed]:
    author, target = naming.user(world, world.people[message.author]), naming.event(world, message)
    content = words(world, message)
    relates: Event = {}
    if message.root is not None:
        root = naming.event(world, world.root_of(message))
        answers = {"is_falling_back": True, "m.in_reply_to": {"event_id": root}}
        relates = {"m.relates_to": {"rel_type": "m.thread", "event_id": root, **answers}}
    made = _event(world, target, message.at, author, kind_of(message), {**content, **relates})
    if message.edited_at is not None:
        replaces = {"m.relates_to": {"rel_type": "m.replace", "event_id": target}}
        edit_id = naming.other(world, "edit", target, message.edited_at)
        new = {**_fallback(content), "m.new_content": content, **replaces}
        edit = _event(world, edit_id, message.edited_at, author, kind_of(message), new)
        made["unsigned"]["m.relations"] = {"m.replace": edit}
        yield message.edited_at, edit
    if message.deleted_at is not None:
        because = _event(
            world, naming.other(world, "gone", target), message.deleted_at, author, "m.room.redaction",
            {"redacts": target},
        )  # fmt: skip
        because["redacts"] = target
        made["content"], made["unsigned"] = {}, {"age": made["unsigned"]["age"], "redacted_because": because}
        yield message.deleted_at, because
    yield message.at, made
    for one in message.reactions:
        yield one.at, _reaction(world, target, one.person, one.emoji, one.at)
    for one in message.withdrawn:
        who = naming.user(world, world.people[one.person])
        taken = _reaction_id(world, target, one.person, one.emoji)
        gone = _event(world, naming.other(world, "undone", taken, one.at), one.at, who, "m.room.redaction", {})
        yield one.at, {**gone, "redacts": taken, "content": {"redacts": taken}}


def _reaction_id(world: World, target: str, person: int, emoji: str) -> str:
    return naming.other(world, "reaction", target, person, emoji)


def _reaction(world: World, target: str, person: int, emoji: str, at: int) -> Event:
    annotates = {"rel_type": "m.annotation", "event_id": target, "key": naming.emoji(emoji)}
    who = naming.user(world, world.people[person])
    return _event(world, _reaction_id(world, target, person, emoji), at, who, "m.reaction", {"m.relates_to": annotates})


def kind_of(message: Message) -> str:
    """Return the type of a message's event."""
    return "org.matrix.msc3381.poll.start" if message.options and not message.files else "m.room.message"


def words(world: World, message: Message) -> Event:
    """Return a message's content."""
    plain = naming.plain(world, message.segments)
    if message.options and not message.files:
        answers = [{"id": str(index), "org.matrix.msc1767.text": one} for index, one in enumerate(message.options)]
        poll = {"question": {"org.matrix.msc1767.text": plain}, "answers": answers, "max_selections": 1}
        return {"org.matrix.msc3381.poll.start": poll, "org.matrix.msc1767.text": plain}
    content: Event = {"msgtype": "m.text", "body": plain, "m.mentions": _mentioned(world, message)}
    html = naming.formatted(world, message.segments)
    if html is not None:
        content.update(format="org.matrix.custom.html", formatted_body=html)
    if message.files:
        file = message.files[0]
        info = {"mimetype": file.mime_type, "size": file.size}
        url = f"mxc://{naming.HOME}/{message.place}x{file.number}"
        content.update(msgtype="m.file", filename=file.name, url=url, info=info)
    return content


def _fallback(content: Event) -> Event:
    """What a client that knows no edits shows."""
    return {**content, "body": f"* {content['body']}"} if "body" in content else dict(content)


def _mentioned(world: World, message: Message) -> Event:
    people = [naming.user(world, world.people[one.ref]) for one in message.segments if one.kind == "person"]
    told: Event = {"user_ids": list(dict.fromkeys(people))} if people else {}
    return {**told, "room": True} if any(one.kind == "everyone" for one in message.segments) else told


def receipts(world: World, place: Place) -> Event:
    """Return the receipt of whoever read last: the founder, of the newest message."""
    last = max((one for one in world.messages(place) if one.live), key=lambda one: one.at, default=None)
    if last is None:
        return {"type": "m.receipt", "content": {}}
    read = {naming.user(world, world.people[place.creator]): {"ts": to_ms(min(last.at + 60_000_000, world.now_us))}}
    return {"type": "m.receipt", "content": {naming.event(world, last): {"m.read": read}}}


def to_ms(at: int) -> int:
    """Return a moment as the homeserver writes it."""
    return at // 1000
