"""Yammer, simulated: the fictional company as a network, over HTTP, as data exports, and in Microsoft Graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from communitykit.connector import JSON, Budget, make_id
from communitykit.sandbox import Circle, Desk, Door, Message, Person, Place, Platform, Segment, Site, World, from_us
from communitykit_yammer.sandbox import naming
from communitykit_yammer.sandbox.desk import CLIENT_ID, YammerDesk

__all__ = ["CLIENT_ID", "YammerPlatform"]

_PERSONAL = frozenset({"username", "email", "job_title", "department", "location", "time_zone", "admin", "guest"})
"""What the list of users tells, and mere references do not."""
_KINDS = frozenset({"question", "poll", "announcement", "praise"})


class YammerPlatform(Platform):
    """Yammer. See `YammerDesk` for the options of a site."""

    name: ClassVar[str] = "yammer"
    place_kind: ClassVar[str] = "group"
    joint: ClassVar[bool] = True
    budgets: ClassVar[Mapping[str, Budget]] = {
        "messages": Budget(10, 30), "other": Budget(10, 30), "graph": Budget(10, 30),
    }  # fmt: skip
    visibility: ClassVar[tuple[str, ...]] = ("privacy",)
    cursor_field: ClassVar[tuple[str, ...]] = (
        "older_than",
        "page",
        "$skiptoken",
    )
    listings: ClassVar[tuple[str, ...]] = ("messages", "users", "value")
    written_at: ClassVar[str] = "created_at"
    counted: ClassVar[Mapping[str, tuple[str, ...]]] = {"names": ("count",)}
    optional: ClassVar[frozenset[str]] = frozenset(
        {
            "auto_activated", "birth_date", "can_broadcast", "chat_client_sequence", "client_type", "client_url",
            "color",
            "content_excerpt", "delegate_id", "download_url", "expertise", "external_urls", "feed_desc", "feed_name",
            "first_name", "group_created_id", "hire_date", "interests", "last_name", "liked_message_ids", "moderated",
            "mugshot_url", "network_domains", "owner_id", "plain", "previous_companies", "published_at", "real_type",
            "requested_poll_interval", "rich", "schools", "settings", "show_in_directory", "summary",
            "supplemental_reply", "url", "verified_admin", "older_available",
        }
    )  # fmt: skip
    archive_styles: ClassVar[tuple[str, ...]] = ("modern", "legacy", "networks")
    tight: ClassVar[Mapping[str, JSON]] = {"rows": 6, "page": 10}
    all_lists: ClassVar[Mapping[str, JSON]] = {"graph": True}
    renewing: ClassVar[Mapping[str, JSON]] = {"entra": True}

    def open(self, site: Site) -> Desk:
        """Set the network up."""
        return YammerDesk(site)

    def settings(self, site: Site) -> dict[str, JSON]:
        """Return addresses and token; with `entra` the means to refresh it, with `graph` a token for Graph, too."""
        desk = site.desk
        found: dict[str, JSON] = {"base_url": f"{site.url}/api/v1/", "token": site.token}
        if isinstance(desk, YammerDesk):
            found.update(graph_url=f"{site.url}/graph/v1.0/", login_url=f"{site.url}/login/")
            if desk.entra:
                found.update(refresh_token=desk.refresh_tokens[0], client_id=CLIENT_ID)
            if site.options.get("graph"):
                found.update(graph=True, graph_token=desk.issue("graph").token)
        return found

    def login(self, site: Site) -> dict[str, JSON]:
        """Return addresses, and the app as a public client."""
        addresses = {name: value for name, value in self.settings(site).items() if name.endswith("_url")}
        return {**addresses, "client_id": CLIENT_ID}

    def network(self, world: World, person: Person | None = None) -> str:  # noqa: ARG002 # all ids are of one network
        """Return the network that is read: ids are all of it."""
        return str(naming.network(world))

    def member_id(self, world: World, person: Person, *, told: bool = True) -> str:  # noqa: ARG002 # same
        """Return a member's id."""
        kind = ("bot",) if person.kind == "bot" else ()
        return make_id("yammer", self.network(world), "member", *kind, str(naming.user(world, person)))

    def community_id(self, world: World, place: Place) -> str:
        """Return a community's id."""
        return make_id("yammer", self.network(world), "community", str(naming.group(world, place)))

    def post_id(self, world: World, message: Message) -> str:
        """Return a post's id."""
        return make_id("yammer", self.network(world), "post", str(naming.message(message.place, message.at)))

    def membership_id(self, world: World, place: Place | Circle, person: Person) -> str:
        """Return a membership's id; there are no groups of people."""
        if isinstance(place, Circle):
            raise TypeError("Yammer has no groups of people")
        kind = ("bot",) if person.kind == "bot" else ()
        inside, who = str(naming.group(world, place)), str(naming.user(world, person))
        return make_id("yammer", self.network(world), "membership", inside, *kind, who)

    def body(self, world: World, message: Message) -> tuple[str, str]:
        """Return the body with its tokens."""
        return naming.parsed(world, message.segments), "plain"

    def plain(self, world: World, message: Message, segments: Sequence[Segment]) -> str:  # noqa: ARG002 # same
        """Return the plain text."""
        return naming.plain(world, segments)

    def kind_of(self, message: Message) -> str:
        """Return the kind; Yammer tells all of them apart."""
        return message.kind if message.kind in _KINDS else "post"

    def lists(self, person: Person) -> bool:
        """Users are listed while they are active; bots and people of other networks never."""
        return person.kind in {"employee", "guest"} and person.active

    def adjust(self, world: World, record: str, fields: dict[str, JSON], subject: JSON, door: Door) -> dict[str, JSON]:
        """Leave out what Yammer does not tell, or not through that door."""
        if record == "post":
            return self._post(world, fields, subject, door)
        if record == "community":
            return {name: value for name, value in fields.items() if name != "archived"}
        hidden = {"directory_id"} if door == "api" else {"username", "time_zone", "guest"}
        if door == "api" and (subject.kind in {"external", "bot"} or not subject.active):
            hidden |= _PERSONAL
        found = {name: value for name, value in fields.items() if name not in hidden}
        if "time_zone" in found:
            found["time_zone"] = naming.rails_zone(found["time_zone"])
        return found

    def _post(self, world: World, fields: dict[str, JSON], message: Message, door: Door) -> dict[str, JSON]:
        hidden = {"broadcast"} | ({"edited_at"} if door == "api" else {"replies"})
        found = {name: value for name, value in fields.items() if name not in hidden}
        found["created_at"] = from_us(naming.whole_second(message.at))
        found["mentions"] = tuple(one for one in fields["mentions"] if one[0] in {"member", "community"})
        parent = naming.parent_of(world, message)
        found["parent_id"] = self.post_id(world, parent) if parent is not None else None
        return found

    def more(self, world: World, door: Door) -> Iterator[tuple[str, str, dict[str, JSON]]]:  # noqa: ARG002 # same
        """Return the network itself."""
        network = self.network(world)
        yield (
            "community",
            make_id("yammer", network, "community", "network"),
            {"kind": "network", "name": "Aurora Instruments"},
        )

    def write_archive(self, world: World, path: Path, *, style: str = "modern", private: bool = False) -> Path:  # noqa: ARG002 # exports always hold everything
        """Write a network data export."""
        from communitykit_yammer.sandbox.export import write  # noqa: PLC0415 # only for those who export

        return write(world, path, style=style)
