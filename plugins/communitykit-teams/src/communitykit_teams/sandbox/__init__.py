"""Microsoft Teams, simulated: the fictional company as a tenant, over Microsoft Graph and as change notifications."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal
from urllib.parse import quote, urlencode

from communitykit.connector import JSON, Budget, make_id
from communitykit.sandbox import (
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
)
from communitykit_teams.sandbox import naming, rendering
from communitykit_teams.sandbox.desk import CLIENT_ID, CLIENT_SECRET, LIMITS, TeamsDesk

if TYPE_CHECKING:
    from communitykit.sandbox import Change

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "TeamsPlatform"]

CLIENT_STATE = "sandbox-client-state"


class TeamsPlatform(Platform):
    """Microsoft Teams. Public communities are teams of one channel; the rest are channels of everybody's team.

    See `TeamsDesk` for the options of a site.
    """

    name: ClassVar[str] = "teams"
    place_kind: ClassVar[str] = "channel"
    budgets: ClassVar[Mapping[str, Budget]] = LIMITS
    visibility: ClassVar[tuple[str, ...]] = ("visibility", "membershipType")
    cursor_field: ClassVar[str] = "$skiptoken"
    cursor_path: ClassVar[tuple[str, ...]] = ("@odata.nextLink",)
    circle_mention: ClassVar[Literal["user_group", "tag"]] = "tag"
    listings: ClassVar[tuple[str, ...]] = ("value",)
    written_at: ClassVar[str] = "createdDateTime"
    optional: ClassVar[frozenset[str]] = frozenset(
        {"etag", "isFavoriteByDefault", "locale", "summary", "teamsAppId", "thumbnailUrl", "webUrl", "internalId"}
    )
    tight: ClassVar[Mapping[str, JSON]] = {"page": 3, "messages": 4, "expand": 3}
    read_by_post: ClassVar[tuple[str, ...]] = ("$batch", "token")
    renewing: ClassVar[Mapping[str, JSON]] = {"lifetime": 3599}

    def open(self, site: Site) -> Desk:
        """Set the tenant up."""
        return TeamsDesk(site)

    def settings(self, site: Site) -> dict[str, JSON]:
        """Return addresses and the app registration."""
        return {
            "base_url": f"{site.url}/v1.0/",
            "login_url": f"{site.url}/",
            "tenant": naming.tenant(site.world),
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }

    def login(self, site: Site) -> dict[str, JSON]:
        """Return addresses, and the app as a public client."""
        return {name: value for name, value in self.settings(site).items() if name != "client_secret"}

    def network(self, world: World, person: Person | None = None) -> str:
        """Return the tenant."""
        return naming.tenant(world) if person is None else naming.home(world, person)

    def member_id(self, world: World, person: Person, *, told: bool = True) -> str:
        """Return a member's id: people of other tenants belong there, where that is told."""
        network = naming.home(world, person) if told else naming.tenant(world)
        return make_id("teams", network, "member", naming.user(world, person))

    def community_id(self, world: World, place: Place) -> str:
        """Return a channel's id."""
        return make_id("teams", naming.tenant(world), "community", naming.channel(world, place))

    def joined_id(self, world: World, place: Place) -> str:
        """Return what people are members of: the team, or the channel where that has members of its own."""
        native = naming.team(world, place) if naming.standard(place) else naming.channel(world, place)
        return make_id("teams", naming.tenant(world), "community", native)

    def circle_id(self, world: World, circle: Circle) -> str:
        """Return a tag's id."""
        return make_id("teams", naming.tenant(world), "tag", naming.tag(world, circle))

    def post_id(self, world: World, message: Message) -> str:
        """Return a post's id."""
        place = world.places[message.place]
        native = naming.number(message)
        return make_id("teams", naming.tenant(world), "post", naming.channel(world, place), native)

    def membership_id(self, world: World, place: Place | Circle, person: Person) -> str | None:
        """Return a membership's id; apps are installed, not members, and members of tags are not told."""
        if person.kind == "bot" or isinstance(place, Circle):
            return None
        inside = naming.team(world, place) if naming.standard(place) else naming.channel(world, place)
        return make_id("teams", naming.tenant(world), "membership", inside, naming.user(world, person))

    def privacy(self, place: Place) -> str:
        """Return who may read a channel: a shared one is for those who were added to it."""
        return "private" if place.privacy == "public" and place.shared else place.privacy

    def lists(self, person: Person) -> bool:
        """Tell whether somebody is in the directory; apps are not."""
        return person.kind in {"employee", "guest"}

    def reaction(self, emoji: str) -> str:
        """Return a reaction's name."""
        return naming.reaction(emoji)

    def kind_of(self, message: Message) -> str:
        """Tell announcements apart."""
        return "announcement" if message.kind == "announcement" else "post"

    def body(self, world: World, message: Message) -> tuple[str, str]:
        """Return the body as Teams keeps it."""
        return rendering.body(world, message)

    def plain(self, world: World, message: Message, segments: Sequence[Segment]) -> str:
        """Return the plain text: what the body says, and what a card says beyond it."""
        lines = rendering.card_lines(world, message)
        person = world.people[message.author]
        said = "" if person.kind == "bot" and person.solo else naming.plain(world, segments, message.at)
        return "\n".join(line for line in (said, *lines) if line)

    def next_page(self, call: Call, cursor: str) -> str:
        """Write the address of the next page."""
        return page_link(f"http://{call.headers.get('host', '')}", call, cursor)

    def adjust(self, world: World, record: str, fields: dict[str, JSON], subject: JSON, door: Door) -> dict[str, JSON]:  # noqa: ARG002
        """Complete or cut down the truth: channels have teams; apps and strangers are known by their messages only."""
        if record == "community":
            parent = make_id("teams", naming.tenant(world), "community", naming.team(world, subject))
            return {**fields, "parent_id": parent}
        if record == "post":
            return {name: value for name, value in fields.items() if name != "broadcast"}
        if record != "member":
            return fields
        if subject.kind == "bot":
            return {name: value for name, value in fields.items() if name in {"kind", "display_name"}}
        if subject.kind == "external":
            shown = {"kind", "display_name", "external", *(("email",) if _is_listed(world, subject) else ())}
            told = {name: value for name, value in fields.items() if name in shown}
            return {**told, "directory_id": naming.user(world, subject)}
        return {**fields, "username": naming.principal_name(subject)}

    def more(self, world: World, door: Door) -> Iterator[tuple[str, str, dict[str, JSON]]]:  # noqa: ARG002
        """Return the tenant and its teams."""
        network = naming.tenant(world)
        own = make_id("teams", network, "community", network)
        yield "community", own, {"kind": "network", "name": "Aurora Instruments"}
        for place in world.on("teams"):
            if naming.standard(place):
                told = {"kind": "team", "name": place.name, "privacy": "public", "parent_id": own}
                yield "community", make_id("teams", network, "community", naming.team(world, place)), told

    def receiving(self, secret: str) -> str:
        """Return the client state with the private key of the certificate."""
        from communitykit_teams.sandbox.notifications import receiving  # noqa: PLC0415 # only for those who listen

        return receiving(secret)

    def tampered(self, body: bytes) -> bytes:
        """Change the encrypted data: the rest of a notification is protected by the client state alone."""
        data = json.loads(body)
        content = data["value"][0]["encryptedContent"]
        content["data"] = ("A" if content["data"][0] != "A" else "B") + content["data"][1:]
        return json.dumps(data).encode()

    def deliveries(
        self, world: World, changes: Iterable[Change], *, secret: str = CLIENT_STATE, duplicates: int = 0
    ) -> Iterator[tuple[dict[str, str], bytes]]:
        """Return change notifications with encrypted resource data."""
        from communitykit_teams.sandbox.notifications import deliver  # noqa: PLC0415 # only for those who listen

        return deliver(world, changes, secret=secret, duplicates=duplicates)


def page_link(url: str, call: Call, cursor: str) -> str:
    """Write a request's own address with another cursor."""
    fields = {name: str(value) for name, value in call.fields.items() if name != "$skiptoken"}
    return f"{url}{quote(call.path, safe='/:@$()=')}?{urlencode({**fields, '$skiptoken': cursor})}"


def _is_listed(world: World, person: Person) -> bool:
    """Tell whether somebody from elsewhere is in a shared channel now."""
    return any(person.number in place.present() for place in world.on("teams") if place.shared)
