"""Working out the truth of a world for given capabilities: what each door of a platform must tell. Pure.

The core decides over its own closed vocabulary, so a connector cannot hide what it loses; the platform supplies ids and
how bodies look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime

from communitykit.connector.declaration import Capabilities
from communitykit.model import make_event_id, parse_id
from communitykit.sandbox.changes import Change
from communitykit.sandbox.messages import Message, Segment
from communitykit.sandbox.people import Person
from communitykit.sandbox.places import Notice, Place
from communitykit.sandbox.platform import Platform
from communitykit.sandbox.times import SECOND, from_us
from communitykit.sandbox.truth import COMPARED_EVENTS, Fields, Truth, occurrence
from communitykit.sandbox.world import Door, World

_NOTICES = {
    "joined": "joined",
    "left": "left",
    "renamed": "community_changed",
    "topic": "community_changed",
    "archived": "community_changed",
}


def project(
    world: World,
    capabilities: Capabilities,
    platform: Platform,
    *,
    door: Door = "api",
    private: bool = False,
    direct: bool = False,
    unreadable: AbstractSet[int] = frozenset(),
    changes: Iterable[Change] | None = None,
) -> Truth:
    """Compute the truth of one platform's part of the world, as told through a door.

    `private` and `direct` say what was asked for; `unreadable` holds numbers of communities whose posts no one lets
    us read. With `changes` (webhooks) only what they touch is in it, and `exact` is off.
    """
    return _Projector(world, capabilities, platform, door, private=private, direct=direct, unreadable=unreadable).run(
        changes
    )


class _Projector:
    def __init__(
        self,
        world: World,
        capabilities: Capabilities,
        platform: Platform,
        door: Door,
        *,
        private: bool,
        direct: bool,
        unreadable: AbstractSet[int],
    ) -> None:
        self.world = world
        self.capabilities = capabilities
        self.platform = platform
        self.door: Door = door
        self.features = capabilities.features
        self.events = {
            "api": capabilities.events,
            "archive": capabilities.archive_events,
            "webhook": capabilities.webhook_events,
        }[door]
        shown = {"public", *(("private",) if private else ()), *(("direct",) if direct else ())}
        self.places = [place for place in world.on(platform.name) if platform.privacy(place) in shown]
        self.readable = [place for place in self.places if place.number not in unreadable]
        told = {"archive": capabilities.archive_records, "webhook": capabilities.webhook_records}.get(door)
        kinds = capabilities.records if told is None else told
        self.truth = Truth(
            records={kind: {} for kind in sorted(kinds) if kind not in {"measure", "coverage", "issue"}},
            events=frozenset(self.events & COMPARED_EVENTS),
        )
        self.referenced: set[int] = set()

    def run(self, changes: Iterable[Change] | None) -> Truth:
        for person in self.world.people:
            if self.platform.name in person.platforms:
                told, hidden = (self.platform.member_id(self.world, person, told=told) for told in (True, False))
                if told != hidden:
                    self.truth.aliases[hidden] = told
        if changes is not None:
            self.truth.exact = False
            self._touched(list(changes))
            return self.truth
        platform = self.platform
        for place in self.readable:
            for message in self.world.messages(place):
                self._post(place, message)
            for item in self.world.scan(place):
                if isinstance(item, Notice):
                    self._notice(item)
            if platform.tells_every_stay:
                self._stays(place)
        for place in self.places:
            self._community(place)
            self._memberships(place)
        self._circles()
        self._members()
        for record, key, fields in self.platform.more(self.world, self.door):
            self._put(record, key, fields)
        return self.truth

    def _put(self, record: str, key: str, fields: Fields) -> None:
        if record in self.truth.records:
            self.truth.records[record][key] = fields

    def _member_id(self, person: int) -> str:
        self.referenced.add(person)
        return self.platform.member_id(self.world, self.world.people[person])

    def _post(self, place: Place, message: Message) -> None:
        key = self.platform.post_id(self.world, message)
        if not self.platform.shows(self.world, message):
            self.truth.gone.add(key)
            return
        self._put(
            "post", key, self.platform.adjust(self.world, "post", self._post_fields(place, message), message, self.door)
        )
        if "reacted" in self.events and "reaction_actors" in self.features:
            for reaction in self.platform.reactions(message):
                self._reaction(place, key, reaction.person, reaction.emoji, reaction.at)
        if message.pinned and "pinned" in self.events:
            by = self._member_id(message.pinned[0])
            event = make_event_id(self.platform.name, parse_id(key).network, "pinned", target=key, actor=by)
            where = self.platform.community_id(self.world, place)
            told = {"kind": "pinned", "actor_id": by, "target_id": key, "community_id": where}
            self._put("event", event, told)

    def _reaction(self, place: Place, post: str, person: int, emoji: str, at: int) -> None:
        actor = self._member_id(person)
        network = parse_id(post).network
        name = self._reaction_name(emoji)
        event = make_event_id(self.platform.name, network, "reacted", target=post, actor=actor, detail=name)
        timed = "webhook_reaction_times" if self.door == "webhook" else "reaction_times"
        fields: Fields = {
            "kind": "reacted",
            "actor_id": actor,
            "target_id": post,
            "community_id": self.platform.community_id(self.world, place),
            "detail": name,
            "occurred_at": self._time(at) if timed in self.features else None,
            "time_source": "event" if timed in self.features else "none",
        }
        self._put("event", event, fields)

    def _reaction_name(self, emoji: str) -> str | None:
        """Where the type of a reaction is not told, a person has reacted or has not."""
        return self.platform.reaction(emoji) if "reaction_types" in self.features else None

    def _post_fields(self, place: Place, message: Message) -> Fields:
        world, platform = self.world, self.platform
        body, body_format = platform.body(world, message)
        root = platform.post_id(world, world.root_of(message)) if message.root is not None else None
        fields: Fields = {
            "community_id": platform.community_id(world, place),
            "author_id": self._member_id(message.author),
            "text": platform.plain(world, message, message.segments),
            "body": body,
            "body_format": body_format,
            "mentions": tuple(self._mentions(message)),
            "created_at": self._time(message.at),
            "edited_at": self._time(message.edited_at) if message.edited_at is not None else None,
            "kind": platform.kind_of(message),
        }
        if "threads" in self.features:
            fields.update(root_id=root, parent_id=root, broadcast=message.broadcast)
            if message.root is None and self.door != "webhook":
                fields["replies"] = len(message.living())
        if "pins" in self.features and self.door == "api":
            fields["pinned"] = message.pinned is not None
        if "files" in self.features:
            fields["files"] = tuple(sorted(file.name for file in message.files))
        return fields

    def _mentions(self, message: Message) -> Iterator[tuple[str, str | None]]:
        for segment in message.segments:
            if segment.kind == "everyone":
                yield "everyone", None
            elif segment.kind in {"person", "circle", "place"}:
                yield self._mention(segment)

    def _mention(self, segment: Segment) -> tuple[str, str | None]:
        if segment.kind == "person":
            return "member", self._member_id(segment.ref)
        if segment.kind == "circle":
            return self.platform.circle_mention, self.platform.circle_id(self.world, self.world.circles[segment.ref])
        return "community", self.platform.community_id(self.world, self.world.places[segment.ref])

    def _notice(self, notice: Notice) -> None:
        kind = _NOTICES.get(notice.kind, "community_changed")
        if kind in self.events and not (self.platform.tells_every_stay and kind in {"joined", "left"}):
            self._occurrence(kind, self.world.places[notice.place], notice.person, notice.at)

    def _stays(self, place: Place) -> None:
        for stay in place.stays:
            for kind, at in (("joined", stay.since), ("left", stay.until)):
                if at is not None and kind in self.events:
                    self._occurrence(kind, place, stay.person, at)

    def _time(self, at: int) -> datetime:
        """Return a moment as finely as the platform tells it."""
        return from_us(at // self.platform.precision * self.platform.precision)

    def _occurrence(self, kind: str, place: Place, person: int, at: int) -> None:
        community = self.platform.community_id(self.world, place)
        actor = self._member_id(person)
        moment = from_us(at)
        key = occurrence(kind, community, actor, moment)
        self._put("event", key, {"kind": kind, "actor_id": actor, "community_id": community})

    def _community(self, place: Place) -> None:
        network = self.platform.network(self.world)
        parents = [key for record, key, _ in self.platform.more(self.world, self.door) if record == "community"]
        fields: Fields = {
            "kind": "direct" if place.privacy == "direct" else self.platform.place_kind,
            "privacy": self.platform.privacy(place),
            "created_at": from_us(place.created_at // SECOND * SECOND),
        }
        if place.privacy != "direct":
            fields.update(name=place.name, archived=place.archived)
        if "hierarchy" in self.features and parents and network:
            fields["parent_id"] = parents[0]
        key = self.platform.community_id(self.world, place)
        self._put("community", key, self.platform.adjust(self.world, "community", fields, place, self.door))

    def _memberships(self, place: Place) -> None:
        community = self.platform.joined_id(self.world, place)
        since = {stay.person: stay.since for stay in place.stays if stay.until is None}
        for number in place.present():
            key = self.platform.membership_id(self.world, place, self.world.people[number])
            if key is None:
                continue
            fields: Fields = {"community_id": community, "member_id": self._member_id(number)}
            if "membership_times" in self.features:
                fields["since"] = self._time(since[number])
            self._put("membership", key, fields)

    def _circles(self) -> None:
        if "user_groups" not in self.features or self.door != "api":
            return
        for circle in self.world.circles:
            community = self.platform.circle_id(self.world, circle)
            if community is None:
                continue
            self._put("community", community, {"kind": "user_group", "name": circle.name})
            for number in circle.members:
                person = self.world.people[number]
                key = self.platform.membership_id(self.world, circle, person)
                if key is not None and self.platform.name in person.platforms:
                    self._put("membership", key, {"community_id": community, "member_id": self._member_id(number)})

    def _members(self) -> None:
        for person in self.world.people:
            if person.removed:
                self.truth.optional.add(self.platform.member_id(self.world, person))
            if self.platform.name not in person.platforms:
                continue
            key = self.platform.member_id(self.world, person)
            if self.platform.lists(person) or (self.door == "api" and person.number in self.referenced):
                self._put("member", key, self._member_fields(person))
            else:
                self.truth.optional.add(key)

    def _member_fields(self, person: Person) -> Fields:
        world = self.world
        account = world.account(person, self.platform.name)
        manager = self.platform.member_id(world, world.people[person.manager]) if person.manager is not None else None
        known: Fields = {
            "username": account.username,
            "email": account.email,
            "job_title": person.title,
            "department": person.department,
            "division": person.division,
            "location": person.site.city,
            "country": person.site.country,
            "manager_id": manager,
            "employee_number": person.employee_number,
            "directory_id": person.directory_id,
            "time_zone": person.site.time_zone,
            "admin": person.admin,
        }
        fields: Fields = {"display_name": account.display_name}
        fields.update({name: value for name, value in known.items() if name in self.capabilities.member_fields})
        if "bots" in self.features:
            fields["kind"] = "bot" if person.kind == "bot" else "person"
        if "guests" in self.features and person.kind != "bot":
            fields["guest"] = person.kind == "guest"
        if person.kind == "external":
            fields["external"] = True
        if "deactivated" in self.features:
            fields["active"] = person.active
        return self.platform.adjust(world, "member", fields, person, self.door)

    def _touched(self, changes: list[Change]) -> None:
        """Work out what the deliveries about changes tell, and nothing else."""
        places = {place.number: place for place in self.readable}
        for change in changes:
            if change.platform != self.platform.name or (change.place is not None and change.place not in places):
                continue
            place = places[change.place] if change.place is not None else None
            person = self.world.people[change.person] if change.person is not None else None
            if change.message is not None and place is not None:
                self._touched_post(change, place, change.message)
            elif change.kind in {"joined", "left"} and place is not None and change.kind in self.events:
                self._occurrence(change.kind, place, change.person or 0, change.at)
            elif change.kind in {"hired", "profile", "departed"} and person is not None:
                self._put("member", self.platform.member_id(self.world, person), self._member_fields(person))

    def _touched_post(self, change: Change, place: Place, message: Message) -> None:
        post = self.platform.post_id(self.world, message)
        kind = change.kind.removeprefix("reply_")
        if kind == "deleted":
            self.truth.gone.add(post)
        elif kind in {"posted", "replied", "edited"} and message.live:
            fields = self.platform.adjust(self.world, "post", self._post_fields(place, message), message, self.door)
            self._put("post", post, fields)
        elif kind == "reacted" and "reacted" in self.events and message.live:
            self._reaction(place, post, change.person or 0, change.emoji or "", change.at)
        elif kind == "unreacted":
            actor = self.platform.member_id(self.world, self.world.people[change.person or 0])
            network = parse_id(post).network
            name = self._reaction_name(change.emoji or "")
            self.truth.gone.add(
                make_event_id(self.platform.name, network, "reacted", target=post, actor=actor, detail=name)
            )
