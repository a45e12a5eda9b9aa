"""Matrix, simulated: the fictional company as a homeserver, with a space that holds its rooms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from communitykit.connector import JSON, Budget, make_id
from communitykit.sandbox import (
    SECOND,
    Call,
    Circle,
    Desk,
    Door,
    Message,
    Person,
    Place,
    Platform,
    Segment,
    Site,
    World,
    from_us,
    occurrence,
)
from communitykit_matrix.sandbox import naming, rendering
from communitykit_matrix.sandbox.desk import LIMITS, NAME, PASSWORD, MatrixDesk

__all__ = ["MatrixPlatform"]


class MatrixPlatform(Platform):
    """A homeserver. See `MatrixDesk` for the options of a site."""

    name: ClassVar[str] = "matrix"
    place_kind: ClassVar[str] = "channel"
    budgets: ClassVar[Mapping[str, Budget]] = LIMITS
    visibility: ClassVar[tuple[str, ...]] = ("join_rule",)
    cursor_field: ClassVar[str] = "from"
    cursor_path: ClassVar[tuple[str, ...]] = ("end",)
    listings: ClassVar[tuple[str, ...]] = ("chunk", "users", "rooms", "rooms.join")
    written_at: ClassVar[str] = "origin_server_ts"
    precision: ClassVar[int] = 1000
    tells_every_stay: ClassVar[bool] = True
    account: ClassVar[tuple[str, str] | None] = (NAME, PASSWORD)
    optional: ClassVar[frozenset[str]] = frozenset({"age", "avatar_url", "limited", "num_joined_members", "user_id"})
    tight: ClassVar[Mapping[str, JSON]] = {"page": 12, "accounts": 4}

    def open(self, site: Site) -> Desk:
        """Set the homeserver up."""
        return MatrixDesk(site)

    def settings(self, site: Site) -> dict[str, JSON]:
        """Return the address and a token."""
        return {"base_url": site.url, "token": site.token}

    def login(self, site: Site) -> dict[str, JSON]:
        """Return the address."""
        return {"base_url": site.url}

    def network(self, world: World, person: Person | None = None) -> str:  # noqa: ARG002 # a homeserver's name is fixed
        """Return the homeserver."""
        return naming.HOME if person is None else naming.home(person)

    def member_id(self, world: World, person: Person, *, told: bool = True) -> str:  # noqa: ARG002 # it is always told
        """Return an account's id: it names its homeserver."""
        return make_id("matrix", naming.home(person), "member", naming.user(world, person))

    def community_id(self, world: World, place: Place) -> str:
        """Return a room's id."""
        return make_id("matrix", naming.HOME, "community", naming.room(world, place))

    def post_id(self, world: World, message: Message) -> str:
        """Return a message's id."""
        return make_id("matrix", naming.HOME, "post", naming.event(world, message))

    def membership_id(self, world: World, place: Place | Circle, person: Person) -> str | None:
        """Return a membership's id; there are no groups of people."""
        if isinstance(place, Circle):
            return None
        return make_id("matrix", naming.HOME, "membership", naming.room(world, place), naming.user(world, person))

    def lists(self, person: Person) -> bool:
        """Tell whether the homeserver has the account."""
        return person.kind != "external"

    def reaction(self, emoji: str) -> str:
        """Return a reaction's key."""
        return naming.emoji(emoji)

    def kind_of(self, message: Message) -> str:
        """Tell polls apart."""
        return "poll" if message.options and not message.files else "post"

    def body(self, world: World, message: Message) -> tuple[str, str]:
        """Return the formatted body, or the plain one where there is none."""
        content = rendering.words(world, message)
        html = content.get("formatted_body")
        return (html, "html") if html else (naming.plain(world, message.segments), "plain")

    def plain(self, world: World, message: Message, segments: Sequence[Segment]) -> str:  # noqa: ARG002 # same for all
        """Return the plain body."""
        return naming.plain(world, segments)

    def cursor_at(self, call: Call) -> tuple[str, ...]:
        """Return where an answer names the next page: each listing has a word of its own."""
        if call.path.endswith("/users"):
            return ("next_token",)
        return ("next_batch",) if call.path.endswith("/hierarchy") else ("end",)

    def adjust(self, world: World, record: str, fields: dict[str, JSON], subject: JSON, door: Door) -> dict[str, JSON]:  # noqa: ARG002
        """Cut down the truth: no groups, no reply count kept, nothing of other servers' accounts but their names."""
        if record == "community" and subject.privacy == "direct":
            return {**fields, "parent_id": None}
        if record == "member" and subject.kind == "external":
            return {name: value for name, value in fields.items() if name not in {"active", "admin", "guest"}}
        if record != "post":
            return fields
        told = {name: value for name, value in fields.items() if name not in {"broadcast", "replies"}}
        mentions = (
            ()
            if self.kind_of(subject) == "poll"
            else tuple(one for one in fields["mentions"] if one[0] != "user_group")
        )
        return {**told, "mentions": mentions}

    def more(self, world: World, door: Door) -> Iterator[tuple[str, str, dict[str, JSON]]]:  # noqa: ARG002
        """Return the space, and its founder's being in it."""
        space = make_id("matrix", naming.HOME, "community", naming.space(world))
        yield "community", space, {"kind": "space", "name": naming.SPACE_NAME, "privacy": "public"}
        reader = naming.reader(world)
        member = self.member_id(world, reader)
        membership = make_id("matrix", naming.HOME, "membership", naming.space(world), naming.user(world, reader))
        yield "membership", membership, {"community_id": space, "member_id": member}
        joined = occurrence("joined", space, member, from_us(world.start_us // SECOND * SECOND))
        yield "event", joined, {"kind": "joined", "actor_id": member, "community_id": space}
