"""What there is to read: workspaces, users, user groups, channels. Flows: nothing here sends anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from communitykit import (
    CommunityKitError,
    CredentialError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
)
from communitykit.connector import (
    JSON,
    Batch,
    Flow,
    Gap,
    Listing,
    Request,
    Response,
    Selection,
    Slice,
    Swept,
    as_mapping,
    as_text,
    ask,
    ask_all,
    look,
    required_list,
    sound_and_odd,
)
from communitykit.connector.payload import as_number, sound_texts
from communitykit_slack.api.channel import SIDE_BY_SIDE
from communitykit_slack.api.methods import LIST_LIMIT, ORG_METHODS, PAGER, USERS_LIMIT, call, page_of
from communitykit_slack.ids import SLACKBOT, bots_of, community_id, host_of
from communitykit_slack.visibility import allowed, stricter, told_by

_TALK = frozenset({"post", "event"})
_PEOPLE = frozenset({"member", "membership", "post", "event"})

# Labels of custom profile fields, as companies write them, and what they are here.
PROFILE_LABELS: dict[str, str] = {
    "department": "department",
    "dept": "department",
    "abteilung": "department",
    "division": "division",
    "business unit": "division",
    "organization": "organization",
    "organisation": "organization",
    "company": "organization",
    "manager": "manager_id",
    "supervisor": "manager_id",
    "reports to": "manager_id",
    "vorgesetzter": "manager_id",
    "location": "location",
    "office": "location",
    "office location": "location",
    "site": "location",
    "country": "country",
    "employee id": "employee_number",
    "employee number": "employee_number",
}
"""Which custom field is which, by its label in small letters."""


@dataclass(slots=True)
class _Workspace:
    """What discovery learns on its way."""

    team: str
    url: str
    name: str
    bot: bool
    org: bool = False
    users: dict[str, int] = field(default_factory=dict)  # active people of this workspace: when they last changed
    enterprise: str = ""
    me: str = ""
    guest: bool = False  # the token is a guest's, who is not shown every public channel

    @property
    def people(self) -> str:
        """The network of people's ids: all workspaces of an enterprise share it."""
        return self.enterprise or self.team

    @property
    def elsewhere(self) -> dict[str, JSON]:
        """What slices must be told of people's network: nothing where it is the workspace."""
        return {"people": self.people} if self.people != self.team else {}

    @property
    def context(self) -> dict[str, JSON]:
        return {"team": self.team, "people": self.people, "origin": "api", "url": self.url}

    def ask(self, method: str, *, subject: str = "", **form: str | int) -> Request:
        """Describe a call; a token of a whole organization must say which workspace it means."""
        extra = {"team_id": self.team} if self.org and method in ORG_METHODS else {}
        return call(method, self.team, subject=subject, **extra, **form)


def discover(selection: Selection) -> Flow:
    """List workspaces, users, channels and user groups; give the slices to read."""
    workspaces = yield from _workspaces()
    if not workspaces:
        yield Gap("the organization's token was approved for no workspace, so there is nothing to read", "denied")
    read: set[str] = set()
    bots: dict[str, str] = {}  # of all workspaces: a channel that several share is read in the first
    for workspace in workspaces:
        yield Batch("workspace", [{"id": workspace.team, "name": workspace.name}], workspace.context)
        if selection.kinds & _PEOPLE:
            yield from _told("users", _users(workspace, bots))
    for workspace in workspaces:
        if selection.kinds & {"community", "membership"}:
            yield from _told("user groups", _user_groups(workspace))
        if selection.settings.profiles and "member" in selection.kinds:
            yield from _told("custom profile fields (department, manager…)", _profile_slice(workspace))
        for kind in _channel_types(selection):
            yield from _told(f"{kind.replace('_', ' ')}s", _channels(workspace, selection, kind, read, bots))


def _told(what: str, steps: Flow) -> Flow:
    """Read one list; where that fails it is told, and the others go on.

    Raises CredentialError, which ends everything.
    """
    try:
        yield from steps
    except CredentialError:
        raise
    except CommunityKitError as error:
        if error.code != "plan_upgrade_required":  # a free workspace has no user groups, so nothing is missing
            status: Literal["denied", "partial"] = "denied" if isinstance(error, PermissionMissingError) else "partial"
            yield Gap(f"{what} are left out: {error}", status)


def resolve(selection: Selection, network: str, member_ids: tuple[str, ...]) -> Flow:  # noqa: ARG001 # people have one
    """Look up users and bots that no list gave: people of other companies, bots of integrations."""
    if "member" not in selection.kinds:
        return
    workspaces = yield from _workspaces()
    if not workspaces:
        return
    workspace = workspaces[0]
    wanted = [one.rsplit(":", 1)[-1] for one in member_ids]
    for start in range(0, len(wanted), SIDE_BY_SIDE):
        group = wanted[start : start + SIDE_BY_SIDE]
        answers = yield from ask_all(_whois(workspace, native) for native in group)
        known = [pair for pair in zip(group, answers, strict=True) if _is_answer(pair[1])]
        bots = [_bot(native, answer) for native, answer in known if native[0] == "B"]
        told = [one for native, one in known if native[0] != "B"]
        users = [look(one.data, "user") for one in told if isinstance(one, Response)]
        yield Batch("user", users, workspace.context)
        yield Batch("bot", bots, workspace.context)
        yield from _denied(answers)


def _workspaces() -> Flow[list[_Workspace]]:
    """Ask whose token it is: one workspace, or all that an organization's token may see."""
    me = (yield from ask(call("auth.test", subject="token"))).data
    bot, enterprise = bool(me.get("bot_id")), as_text(me.get("enterprise_id"))
    if not me.get("is_enterprise_install"):
        if not as_text(me.get("team_id")):
            raise ProtocolError("auth.test tells no workspace", subject="token", remedy="Check base_url and the token.")
        home = _Workspace(me["team_id"], as_text(me.get("url")), as_text(me.get("team")), bot, enterprise=enterprise)
        home.me = as_text(me.get("user_id"))
        return [home]
    found: list[_Workspace] = []
    listing = Listing(call("auth.teams.list", subject="workspaces", limit=LIST_LIMIT), PAGER)
    while (page := (yield from page_of(listing, "teams"))) is not None:
        teams, odd = sound_and_odd(page, _has_id)
        if odd:
            yield Gap("not all workspaces: something in their list has no id")
        found += [
            _Workspace(team["id"], "", str(team.get("name") or ""), bot, org=True, enterprise=enterprise)
            for team in teams
        ]
    return sorted(found, key=lambda workspace: workspace.team)  # what several share is read in the first


def _users(workspace: _Workspace, bots: dict[str, str]) -> Flow:
    """List the users of a workspace; `bots` grows by whose each bot id is."""
    listing = Listing(workspace.ask("users.list", subject="users", limit=USERS_LIMIT, include_locale="true"), PAGER)
    while (users := (yield from page_of(listing, "members"))) is not None:
        bots |= bots_of(users)
        for user in users:
            if _has_id(user):
                _note(workspace, user)
        yield Batch("user", users, workspace.context)
    if listing.problem:
        yield Gap(f"not all users: {listing.problem}")
    elif not workspace.guest:
        # Who leaves one workspace of an organization is in its list no more; who leaves the company stays in it.
        # A guest may be shown those alone whom it shares a channel with.
        yield Swept("membership", {"community_id": community_id(workspace.team, workspace.team)})


def _has_id(item: object) -> bool:
    return bool(as_text(as_mapping(item).get("id")))


def _note(workspace: _Workspace, user: Mapping[str, JSON]) -> None:
    native, home = str(user["id"]), as_text(user.get("team_id")) or workspace.team
    if native == workspace.me:
        workspace.guest = bool(user.get("is_restricted") or user.get("is_ultra_restricted"))
    if home in {workspace.team, workspace.enterprise} and not (
        user.get("deleted") or user.get("is_bot") or native == SLACKBOT
    ):
        workspace.users[native] = as_number(user.get("updated"))


def _user_groups(workspace: _Workspace) -> Flow:
    asked = {"include_users": "true", "include_disabled": "true", "include_count": "true"}
    answer = yield from ask(workspace.ask("usergroups.list", subject="user groups", **asked))
    for group in required_list(answer.data, "usergroups", subject="user groups"):
        yield Batch("user_group", [group], workspace.context)
        listed = as_mapping(group).get("users")
        if listed is not None and sound_texts(listed) is not None and _has_id(group):
            yield Swept("membership", {"community_id": community_id(workspace.team, group["id"])})


def _profile_slice(workspace: _Workspace) -> Flow:
    """Return a slice for custom profile fields, if the workspace has any that mean something here."""
    answer = yield from ask(workspace.ask("team.profile.get", subject="profile fields"))
    shown, odd = sound_and_odd(required_list(answer.data, "profile", "fields", subject="profile fields"), _has_id)
    if odd:
        yield Gap("not all custom profile fields: something in their list has no id")
    fields = {
        one["id"]: name for one in shown if (name := PROFILE_LABELS.get(as_text(one.get("label")).strip().casefold()))
    }
    if fields and workspace.users:
        params = {"fields": fields, "users": workspace.users, "org": workspace.org, **workspace.elsewhere}
        yield Slice("profiles", workspace.team, label="profiles", params=params, reader="profiles")


def _channel_types(selection: Selection) -> list[str]:
    wanted = ["public_channel"] if selection.kinds - {"member"} else []
    if wanted and selection.include_private:
        wanted.append("private_channel")
    if wanted and selection.include_direct:
        wanted += ["mpim", "im"]
    return wanted


def _channels(workspace: _Workspace, selection: Selection, kind: str, read: set[str], bots: Mapping[str, str]) -> Flow:
    """List the conversations of one kind, but for those that another workspace of the organization showed: `read`."""
    listing = Listing(workspace.ask("conversations.list", subject="channels", types=kind, limit=LIST_LIMIT), PAGER)
    seen, held = set[str](), set[str]()
    while (found := (yield from page_of(listing, "channels"))) is not None:
        listed, odd = sound_and_odd(found, _has_id)
        good = [one for one in listed if one["id"] not in read and _is_asked_for(selection, one)]
        channels = [one for one in good if selection.wants(as_text(one.get("name")), one["id"])]
        held.update(one["id"] for one in listed)  # what is listed is there, whether it is read or not
        yield Batch("channel", [*channels, *odd], workspace.context)
        for channel in channels:
            if channel["id"] not in seen:
                yield from _slices(workspace, selection, channel, bots)
            seen.add(channel["id"])
    read |= seen
    if listing.problem:
        yield Gap(f"not all channels: {listing.problem}")
    elif kind == "public_channel" and not held:
        yield Gap("no public channel is listed, and every workspace has one")
    elif kind == "public_channel" and _shows_all(workspace, selection):
        # Of other kinds a token sees those that it is in, so that leaving one looks like its end.
        within = {"kind": "channel", "privacy": "public"}
        yield Swept("community", within, network=workspace.team, held=frozenset(held))


def _shows_all(workspace: _Workspace, selection: Selection) -> bool:
    """Tell whether a whole list of public channels, as this run hands it on, leaves none of them out."""
    return not selection.communities and not workspace.guest


def _is_asked_for(selection: Selection, channel: Mapping[str, JSON]) -> bool:
    """Tell whether a conversation may be read, whichever list it stands in."""
    return allowed(selection, stricter(*told_by(channel)))


def _slices(workspace: _Workspace, selection: Selection, channel: Mapping[str, JSON], bots: Mapping[str, str]) -> Flow:
    native = str(channel["id"])
    host = host_of(channel, {"team": workspace.team, "people": workspace.people})
    community = community_id(host, native)
    direct = "direct" in told_by(channel)
    label = native if direct else str(channel.get("name") or native)  # a group's name is made of its members' names
    params: dict[str, JSON] = {
        "channel": native,
        "url": workspace.url,
        "org": workspace.org,
        **workspace.elsewhere,
    }
    if host != workspace.team:
        params["host"] = host
    # A bot reads only channels that it is in; asking would cost a request to hear so.
    closed = workspace.bot and channel.get("is_member") is False and not direct
    if selection.kinds & _TALK:
        shut = {"closed": True} if closed else {}
        told = {**params, **shut, **({"bots": bots} if bots else {})}
        key = f"messages/{native}"
        yield Slice(key, workspace.team, community_id=community, label=label, params=told, reader="messages")
    if "membership" in selection.kinds:
        sized = {**params, "size": channel.get("num_members") or 0}
        key, label = f"members/{native}", f"{label} members"
        yield Slice(key, workspace.team, community_id=community, label=label, params=sized, reader="members")


def _whois(workspace: _Workspace, native: str) -> Request:
    if native.startswith("B"):
        return workspace.ask("bots.info", subject=f"bot {native}", bot=native)
    return workspace.ask("users.info", subject=f"user {native}", user=native, include_locale="true")


def _bot(native: str, answer: Response | CommunityKitError) -> dict[str, JSON]:
    told = as_mapping(answer.data.get("bot")) if isinstance(answer, Response) else {}
    return {**told, "id": native}


def _is_answer(answer: Response | CommunityKitError) -> bool:
    """Tell whether it is known who somebody is, or that Slack does not know: what failed is asked for again."""
    return isinstance(answer, Response | ObjectUnavailableError | PermissionMissingError)


def _denied(answers: list[Response | CommunityKitError]) -> Flow:
    """Report what could not be looked up; users who are unknown to Slack itself stay stubs without a word."""
    problems = [one for one in answers if isinstance(one, CommunityKitError)]
    refused = {str(one): isinstance(one, PermissionMissingError) for one in problems}
    for text in dict.fromkeys(str(one) for one in problems if not isinstance(one, ObjectUnavailableError)):
        yield Gap(f"not looked up: {text}", "denied" if refused[text] else "partial")
