"""Slack's Enterprise Grid, simulated: the fictional company as an organization of two workspaces.

Every fourth channel is the laboratory's, every fifth is shared by both; people are at home in one workspace and users
of every other that they have a channel in. The app is installed for the whole organization.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from communitykit.connector import JSON, make_id
from communitykit.sandbox import Change, Circle, Desk, Door, Message, Person, Place, Site, World
from communitykit_slack.sandbox import SlackPlatform, naming
from communitykit_slack.sandbox.desk import SlackDesk
from communitykit_slack.sandbox.rules import Refused

_NAMED = frozenset({"bots.info", "conversations.list", "usergroups.list", "users.conversations", "users.list"})
"""Methods that an organization's token must tell which workspace it means."""
_LABORATORY, _SHARED, _ELSEWHERE = 4, 5, 3


class SlackGrid(SlackPlatform):
    """Slack as an organization of two workspaces. It gives no exports and no deliveries."""

    archive_styles = ()

    def write_archive(self, world: World, path: Path, *, style: str = "", private: bool = False) -> Path:
        """Raise NotImplementedError: an organization's export has a form of its own."""
        raise NotImplementedError

    def deliveries(
        self, world: World, changes: Iterable[Change], *, secret: str = "", duplicates: int = 0
    ) -> Iterator[tuple[dict[str, str], bytes]]:
        """Raise NotImplementedError: these are not simulated."""
        raise NotImplementedError

    def open(self, site: Site) -> Desk:
        """Set the organization up."""
        return GridDesk(site)

    def network(self, world: World, person: Person | None = None) -> str:  # noqa: ARG002
        """Return the organization, which is where people's ids are at home."""
        return enterprise(world)

    def member_id(self, world: World, person: Person, *, told: bool = True) -> str:  # noqa: ARG002
        """Return a member's id: one for all workspaces."""
        return make_id("slack", enterprise(world), "member", naming.user(world, person))

    def community_id(self, world: World, place: Place) -> str:
        """Return a channel's id, in the workspace that hosts it."""
        return make_id("slack", host(world, place), "community", naming.channel(world, place))

    def circle_id(self, world: World, circle: Circle) -> str:
        """Return a user group's id."""
        return make_id("slack", owner(world, circle), "community", naming.usergroup(world, circle))

    def post_id(self, world: World, message: Message) -> str:
        """Return a post's id."""
        place = world.places[message.place]
        return make_id("slack", host(world, place), "post", naming.channel(world, place), naming.ts(message.at))

    def membership_id(self, world: World, place: Place | Circle, person: Person) -> str:
        """Return a membership's id."""
        user = naming.user(world, person)
        if isinstance(place, Place):
            return make_id("slack", host(world, place), "membership", naming.channel(world, place), user)
        return make_id("slack", owner(world, place), "membership", naming.usergroup(world, place), user)

    def adjust(self, world: World, record: str, fields: dict[str, JSON], subject: JSON, door: Door) -> dict[str, JSON]:
        """Name the workspace that a channel belongs to; one that is shared belongs to whichever shows it first."""
        if record == "community" and isinstance(subject, Place):
            first = min(workspaces(world)) if shared(subject) else host(world, subject)
            fields["parent_id"] = make_id("slack", first, "community", first)
        return super().adjust(world, record, fields, subject, door)

    def more(self, world: World, door: Door) -> Iterator[tuple[str, str, dict[str, JSON]]]:
        """Return both workspaces, who is in each, and Slackbot."""
        teams = _teams_by_user(world)
        for record, key, fields in super().more(world, door):
            if record == "member":
                yield record, make_id("slack", enterprise(world), "member", naming.SLACKBOT), fields
            elif record == "community":
                for team, name in workspaces(world).items():
                    yield record, make_id("slack", team, "community", team), {**fields, "name": name}
            else:
                user = key.rsplit("/", 1)[-1]
                for team in teams[user]:
                    told = {"community_id": make_id("slack", team, "community", team)}
                    member = make_id("slack", enterprise(world), "member", user)
                    yield (
                        record,
                        make_id("slack", team, "membership", team, user),
                        {**fields, **told, "member_id": member},
                    )


class GridDesk(SlackDesk):
    """Answers an organization's token; `team` is the workspace that a call names, if it names one."""

    team = ""

    def look(self) -> None:
        """Notice that the world changed, and who is a user of which workspace now."""
        if self._seen != self.world.version:
            self._teams = _teams_by_user(self.world)
        super().look()

    def identity(self) -> dict[str, JSON]:
        """Tell whose installation this is."""
        told = enterprise(self.world)
        return {"team_id": told, "enterprise_id": told, "is_enterprise_install": True}

    def within(self, name: str, fields: Mapping[str, JSON]) -> SlackDesk:
        """Return the desk of the workspace that a call names.

        Raises Refused where one must be named and is not, or is none that approved the app.
        """
        team = str(fields.get("team_id") or "")
        if not team:
            if name in _NAMED:
                raise Refused("missing_argument")
            return self
        if team not in workspaces(self.world):
            raise Refused("team_access_not_granted")
        within = copy.copy(self)
        within.team = team
        within.places = {key: one for key, one in self.places.items() if shared(one) or host(self.world, one) == team}
        within.users = {key: one for key, one in self.users.items() if team in self._teams.get(key, ())}
        return within

    def teams(self) -> dict[str, str]:
        """Return both workspaces."""
        return workspaces(self.world)

    def circles(self) -> Sequence[Circle]:
        """Return the groups of users of this workspace."""
        return [one for one in self.world.circles if not self.team or owner(self.world, one) == self.team]

    def user(self, person: Person, *, locale: bool = False) -> dict[str, JSON]:
        """Render a user, with the workspaces of the organization that they are in."""
        found = super().user(person, locale=locale)
        if person.kind == "external":
            return found
        found["team_id"] = found["profile"]["team"] = home(self.world, person)
        found["enterprise_user"] = {
            "id": found["id"],
            "enterprise_id": enterprise(self.world),
            "enterprise_name": "Aurora Instruments",
            "is_admin": False,
            "is_owner": False,
            "teams": list(self._teams[found["id"]]),
        }
        return found

    def channel(self, place: Place, *, count: bool = True) -> dict[str, JSON]:
        """Render a channel, with who shares it."""
        found = super().channel(place, count=count)
        found["context_team_id"] = self.team or host(self.world, place)
        if shared(place):
            teams = sorted(workspaces(self.world))
            found.update(is_shared=True, is_org_shared=True, shared_team_ids=teams, internal_team_ids=teams)
        if place.privacy != "direct":
            found["conversation_host_id"] = host(self.world, place)
        return found


def enterprise(world: World) -> str:
    """Return the organization's id."""
    return naming.native("E", world.seed, "organization")


def workspaces(world: World) -> dict[str, str]:
    """Return the workspaces that approved the app, id → name."""
    return {naming.team(world): "Aurora Instruments", _laboratory(world): "Aurora Laboratory"}


def shared(place: Place) -> bool:
    """Tell whether both workspaces have a channel."""
    return place.privacy == "public" and place.number % _SHARED == 0


def host(world: World, place: Place) -> str:
    """Return the workspace that a channel belongs to."""
    if place.privacy == "direct":
        return min(workspaces(world))  # every workspace lists it, the first that is asked is taken
    return _laboratory(world) if not shared(place) and place.number % _LABORATORY == 1 else naming.team(world)


def owner(world: World, circle: Circle) -> str:
    """Return the workspace of a group of users."""
    return sorted(workspaces(world))[circle.number % 2]


def home(world: World, person: Person) -> str:
    """Return the workspace where somebody is at home."""
    there = person.kind == "employee" and person.number % _ELSEWHERE == _ELSEWHERE - 1
    return _laboratory(world) if there else naming.team(world)


def _laboratory(world: World) -> str:
    return naming.native("T", world.seed, "laboratory")


def _teams_by_user(world: World) -> dict[str, dict[str, None]]:
    found = {
        naming.user(world, person): {home(world, person): None}
        for person in world.people
        if "slack" in person.platforms and naming.has_account(person)
    }
    for place in world.on("slack"):
        for number in place.present() if not shared(place) and place.privacy != "direct" else ():
            user = naming.user(world, world.people[number])
            if user in found:
                found[user].setdefault(host(world, place))
    return found
