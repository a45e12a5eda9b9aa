"""Workplace, simulated: the fictional company over the Graph API and SCIM, and as archives of every kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
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
    Reaction,
    Segment,
    Site,
    World,
)
from communitykit_workplace.sandbox import naming, rendering
from communitykit_workplace.sandbox.desk import WorkplaceDesk

__all__ = ["WorkplacePlatform"]

_NAMED = frozenset({"display_name"})
"""What is told of people of other companies and of bots."""
_SCIM_ONLY = frozenset({"country", "time_zone"})
"""What a dump of the Graph does not tell."""


class WorkplacePlatform(Platform):
    """Workplace. See `WorkplaceDesk` for the options of a site."""

    name: ClassVar[str] = "workplace"
    place_kind: ClassVar[str] = "group"
    budgets: ClassVar[Mapping[str, Budget]] = {}
    visibility: ClassVar[tuple[str, ...]] = ("privacy",)
    cursor_field: ClassVar[tuple[str, ...]] = ("__paging_token", "after", "startIndex")
    cursor_path: ClassVar[tuple[str, ...]] = ("paging", "next")
    listings: ClassVar[tuple[str, ...]] = ("data", "Resources")
    written_at: ClassVar[str] = "created_time"
    optional: ClassVar[frozenset[str]] = frozenset(
        {"status_type", "permalink_url", "like_count", "icon", "caption", "description_tags", "purpose", "cursors",
         "is_official_group", "preferredLanguage", "unshimmed_url", "noreply_count", "interested_count"}
    )  # fmt: skip
    precision: ClassVar[int] = SECOND
    archive_styles: ClassVar[tuple[str, ...]] = ("graph", "lists", "scim")
    lossy_styles: ClassVar[tuple[str, ...]] = ("download", "scripts", "tables")
    """Styles of archives that have no ids, or lose whole kinds of record: the plugin's own tests say what they tell."""
    tight: ClassVar[Mapping[str, JSON]] = {"nested": 4, "page": 6}
    read_by_post: ClassVar[tuple[str, ...]] = ("graph",)
    all_lists: ClassVar[Mapping[str, JSON]] = {"batches": False}

    def open(self, site: Site) -> Desk:
        """Set the community up."""
        return WorkplaceDesk(site)

    def settings(self, site: Site) -> dict[str, JSON]:
        """Return addresses, token and the app's secret."""
        desk = site.desk
        found: dict[str, JSON] = {"base_url": f"{site.url}/graph/", "scim_url": f"{site.url}/scim/v2/"}
        found["token"] = site.token
        if isinstance(desk, WorkplaceDesk):
            found["app_secret"] = desk.secret
        return found

    def network(self, world: World, person: Person | None = None) -> str:  # noqa: ARG002 # ids are unique everywhere
        """Return the network of all ids."""
        return "graph"

    def member_id(self, world: World, person: Person, *, told: bool = True) -> str:  # noqa: ARG002 # same
        """Return a member's id."""
        return make_id("workplace", "graph", "member", naming.user(world, person))

    def community_id(self, world: World, place: Place) -> str:
        """Return a group's id."""
        return make_id("workplace", "graph", "community", naming.group(world, place))

    def post_id(self, world: World, message: Message) -> str:
        """Return a post's or comment's id."""
        return make_id("workplace", "graph", "post", naming.message(world, message))

    def membership_id(self, world: World, place: Place | Circle, person: Person) -> str:
        """Return a membership's id; groups of people are not read."""
        if isinstance(place, Circle):
            raise TypeError("groups of people are not read")
        return make_id("workplace", "graph", "membership", naming.group(world, place), naming.user(world, person))

    def body(self, world: World, message: Message) -> tuple[str, str]:
        """Return the message, and how it is to be read."""
        return naming.body(world, message), naming.formatting(message).lower().removesuffix("text")

    def plain(self, world: World, message: Message, segments: Sequence[Segment]) -> str:
        """Return the plain text."""
        return naming.plain(world, message, segments)

    def kind_of(self, message: Message) -> str:
        """Return the kind: of all varieties Workplace tells polls apart."""
        return "poll" if message.options else "post"

    def lists(self, person: Person) -> bool:
        """People of the company are listed, deactivated ones too."""
        return person.kind in {"employee", "guest"}

    def reaction(self, emoji: str) -> str:
        """Return the platform's reaction."""
        return naming.reaction(emoji)

    def reactions(self, message: Message) -> Sequence[Reaction]:
        """Return one reaction of each person."""
        return naming.reactions(message)

    def shows(self, world: World, message: Message) -> bool:
        """A post takes its comments with it, and a comment its replies."""
        parent = naming.parent_of(world, message)
        return message.live and world.root_of(message).live and (parent is None or parent.live)

    def next_page(self, call: Call, cursor: str) -> str:
        """Write a cursor into an address."""
        until = f"until={call.fields['until']}&" if "until" in call.fields else ""
        further = self.further(call.fields) or "__paging_token"
        return f"https://graph.workplace.com{call.path.removeprefix('/graph')}?{until}{further}={cursor}"

    def adjust(self, world: World, record: str, fields: dict[str, JSON], subject: JSON, door: Door) -> dict[str, JSON]:
        """Leave out what Workplace does not tell, or not through that door."""
        if record == "post":
            return self._post(world, fields, subject)
        if record == "community":
            return {name: value for name, value in fields.items() if name != "created_at"}
        hidden = {"external"} | (_SCIM_ONLY if door == "archive" else set())
        if subject.kind in {"external", "bot"}:
            return {name: value for name, value in fields.items() if name in _NAMED}
        return {name: value for name, value in fields.items() if name not in hidden}

    def _post(self, world: World, fields: dict[str, JSON], message: Message) -> dict[str, JSON]:
        found = {name: value for name, value in fields.items() if name not in {"broadcast", "edited_at"}}
        found["mentions"] = tuple(one for one in fields["mentions"] if one[0] in {"member", "community"})
        if message.root is None:
            found["replies"] = len(naming.thread(message))
        parent = naming.parent_of(world, message)
        found["parent_id"] = self.post_id(world, parent) if parent is not None else None
        return found

    def more(self, world: World, door: Door) -> Iterator[tuple[str, str, dict[str, JSON]]]:  # noqa: ARG002 # every door
        """Return the community itself, its event, and the pages of its knowledge library."""
        root = make_id("workplace", "graph", "community", naming.community(world))
        yield "community", root, {"kind": "network", "name": "Aurora Instruments"}
        for place in world.on(self.name):
            if place.default:
                event = rendering.event_node(world, place).fields
                where = self.community_id(world, place)
                told = {"title": event["name"], "community_id": where, "text": event["description"]}
                yield "post", make_id("workplace", "graph", "post", event["id"]), told
        (book,) = rendering.page_nodes(world)
        for page in (book, *book.edges["subcategories"]()):
            if page.fields["status"] == "PUBLISHED":
                told = {"title": page.fields["title"], "kind": "article", "body": page.fields["content"]}
                yield "post", make_id("workplace", "graph", "post", page.fields["id"]), {**told, "community_id": root}

    def write_archive(self, world: World, path: Path, *, style: str = "graph", private: bool = False) -> Path:  # noqa: ARG002 # dumps hold everything
        """Write an archive."""
        from communitykit_workplace.sandbox.dumps import write  # noqa: PLC0415 # only for those who write one

        return write(world, path, style=style)
