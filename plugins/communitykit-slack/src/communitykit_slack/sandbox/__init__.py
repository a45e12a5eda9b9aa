"""Slack, simulated: the fictional company as a workspace, over HTTP, as export archives, and as signed events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from communitykit.connector import JSON, Budget, make_id
from communitykit.sandbox import Circle, Desk, Door, Message, Person, Place, Platform, Segment, Site, World
from communitykit_slack.sandbox import naming, rules
from communitykit_slack.sandbox.desk import CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET, SlackDesk

if TYPE_CHECKING:
    from communitykit.sandbox import Change

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "SIGNING_SECRET", "SlackPlatform"]


_PROFILE = frozenset({"department", "manager_id", "division", "location", "employee_number"})
"""What stands in the workspace's own profile fields, whose labels only the API tells."""


class SlackPlatform(Platform):
    """Slack. See `SlackDesk` for the options of a site."""

    name: ClassVar[str] = "slack"
    place_kind: ClassVar[str] = "channel"
    visibility: ClassVar[tuple[str, ...]] = ("is_private", "is_mpim", "is_im", "is_group", "is_channel")
    cursor_path: ClassVar[tuple[str, ...]] = ("response_metadata", "next_cursor")
    listings: ClassVar[tuple[str, ...]] = ("messages", "channels", "members")
    counted: ClassVar[Mapping[str, tuple[str, ...]]] = {"users": ("count",)}
    optional: ClassVar[frozenset[str]] = frozenset(
        {
            "avatar_hash", "client_msg_id", "color", "context_team_id", "image_72", "is_locked", "num_members",
            "parent_conversation", "pending_shared", "phone", "reply_users", "skype", "subscribed", "tz_label",
            "tz_offset", "unlinked", "upload", "status_emoji", "status_text", "who_can_share_contact_card",
        }
    )  # fmt: skip
    archive_styles: ClassVar[tuple[str, ...]] = ("modern", "legacy")
    tight: ClassVar[Mapping[str, JSON]] = {"page": 3, "messages": 24}
    read_by_post: ClassVar[tuple[str, ...]] = (
        "auth.test",
        "*.get",
        "*.history",
        "*.info",
        "*.list",
        "*.members",
        "*.replies",
    )
    renewing: ClassVar[Mapping[str, JSON]] = {"rotation": True}

    def limits(self, options: Mapping[str, JSON]) -> Mapping[str, Budget]:
        """Return every method's limit."""
        return rules.budgets(restricted=bool(options.get("restricted")))

    def open(self, site: Site) -> Desk:
        """Set the workspace up."""
        return SlackDesk(site)

    def settings(self, site: Site) -> dict[str, JSON]:
        """Return address and token; with rotation the means to refresh it too."""
        found: dict[str, JSON] = {"base_url": f"{site.url}/api/", "token": site.token}
        if isinstance(site.desk, SlackDesk) and site.desk.rotation:
            refresh = min(site.desk.refresh_tokens)
            found.update(refresh_token=refresh, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
        return found

    def login(self, site: Site) -> dict[str, JSON]:
        """Return the address, and the app that Slack's own page would ask about."""
        return {"base_url": f"{site.url}/api/", "client_id": CLIENT_ID}

    def network(self, world: World, person: Person | None = None) -> str:  # noqa: ARG002
        """Return the workspace."""
        return naming.team(world)

    def member_id(self, world: World, person: Person, *, told: bool = True) -> str:  # noqa: ARG002
        """Return a member's id: whoever is met here has one id, strangers too."""
        return make_id("slack", naming.team(world), "member", naming.user(world, person))

    def community_id(self, world: World, place: Place) -> str:
        """Return a channel's id."""
        return make_id("slack", naming.team(world), "community", naming.channel(world, place))

    def circle_id(self, world: World, circle: Circle) -> str:
        """Return a user group's id."""
        return make_id("slack", naming.team(world), "community", naming.usergroup(world, circle))

    def post_id(self, world: World, message: Message) -> str:
        """Return a post's id."""
        place = world.places[message.place]
        return make_id("slack", naming.team(world), "post", naming.channel(world, place), naming.ts(message.at))

    def membership_id(self, world: World, place: Place | Circle, person: Person) -> str:
        """Return a membership's id."""
        inside = naming.channel(world, place) if isinstance(place, Place) else naming.usergroup(world, place)
        return make_id("slack", naming.team(world), "membership", inside, naming.user(world, person))

    def body(self, world: World, message: Message) -> tuple[str, str]:
        """Return the text as Slack keeps it: empty where a bot says everything in blocks or attachments."""
        author = world.people[message.author]
        if author.kind == "bot" and (author.solo or message.at // 10 % 2):
            return "", "mrkdwn"
        return naming.mrkdwn(world, message, naming.segments_of(message)), "mrkdwn"

    def plain(self, world: World, message: Message, segments: Sequence[Segment]) -> str:
        """Return the plain text."""
        shown = naming.segments_of(message) if segments is message.segments else segments
        return naming.plain(world, message, shown)

    def adjust(self, world: World, record: str, fields: dict[str, JSON], subject: JSON, door: Door) -> dict[str, JSON]:
        """Leave out what Slack does not tell of deactivated people, strangers and bots, or through that door."""
        if record == "post" and door == "webhook" and naming.is_disguised(world, subject):
            bot = naming.bot(world, world.people[subject.author])
            return {**fields, "author_id": make_id("slack", naming.team(world), "member", bot)}
        if record != "member":
            return fields
        hidden: set[str] = set()
        if not subject.active:
            hidden |= _PROFILE | {"guest", "admin", "time_zone"}
        if subject.kind in {"external", "bot"}:
            hidden |= _PROFILE | {"email"}
        if subject.kind == "bot" and subject.solo:
            hidden |= {"username", "job_title", "time_zone", "admin"}
        if door != "api":
            hidden |= _PROFILE
        return {name: value for name, value in fields.items() if name not in hidden}

    def more(self, world: World, door: Door) -> Iterator[tuple[str, str, dict[str, JSON]]]:
        """Return the workspace itself, who is in it and as what, and Slackbot."""
        network = naming.team(world)
        workspace = make_id("slack", network, "community", network)
        told = {"kind": "workspace", "name": "Aurora Instruments"} if door == "api" else {"kind": "workspace"}
        yield "community", workspace, told
        for person in world.people:
            if "slack" in person.platforms and person.active and naming.has_account(person):
                user = naming.user(world, person)
                yield (
                    "membership",
                    make_id("slack", network, "membership", network, user),
                    {"community_id": workspace, "member_id": self.member_id(world, person), "role": _role(person)},
                )
        if door == "api":
            yield "member", make_id("slack", network, "member", naming.SLACKBOT), {"display_name": "Slackbot"}

    def write_archive(self, world: World, path: Path, *, style: str = "modern", private: bool = False) -> Path:
        """Write an export like the official one."""
        from communitykit_slack.sandbox.export import write  # noqa: PLC0415 # only for those who export

        return write(world, path, legacy=style == "legacy", private=private)

    def sent_at(self, headers: Mapping[str, str], body: bytes) -> datetime:  # noqa: ARG002
        """Return the time that the signature covers."""
        return datetime.fromtimestamp(int(headers["X-Slack-Request-Timestamp"]), UTC)

    def deliveries(
        self, world: World, changes: Iterable[Change], *, secret: str = SIGNING_SECRET, duplicates: int = 0
    ) -> Iterator[tuple[dict[str, str], bytes]]:
        """Return the Events API's deliveries."""
        from communitykit_slack.sandbox.events import deliver  # noqa: PLC0415 # only for those who listen

        return deliver(world, changes, secret=secret, duplicates=duplicates)


def _role(person: Person) -> str:
    """Return what somebody is in the workspace: the first person founded it."""
    if person.number == 0:
        return "owner"
    if person.admin:
        return "admin"
    return "guest" if person.kind == "guest" else "member"
