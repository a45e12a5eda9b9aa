"""What there is to read: the tenant, users, teams, channels. Flows: nothing here sends anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from communitykit import CommunityKitError, CredentialError, PermissionMissingError, RetryableError, SettingsError
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
    as_list,
    as_text,
    ask,
    look,
    sound_and_odd,
)
from communitykit.connector.odata import odata_pager
from communitykit_teams.api.batches import batched
from communitykit_teams.api.checkpoint import TALK
from communitykit_teams.api.methods import PAGE, Graph, listed, segment
from communitykit_teams.ids import PLATFORM, community_id, is_guid

Steps = Flow[JSON]

_PEOPLE = frozenset({"member", "membership", "post", "event"})
_USER = (
    "id,displayName,mail,userPrincipalName,userType,accountEnabled,jobTitle,department,companyName,officeLocation,"
    "country,employeeId,employeeOrgData,preferredLanguage,createdDateTime"
)
_GROUP = "id,displayName,description,visibility,createdDateTime"
_TEAMS = "resourceProvisioningOptions/JSON(x:x eq 'Team')"
_OPEN = frozenset({"public"})
_NO_ID = "what stands there has no id"


def discover(selection: Selection) -> Flow:
    """List the tenant, its users, teams and channels; give the slices to read."""
    graph = Graph.of(selection.settings)
    network = yield from _tenant(graph, selection)
    if selection.kinds & _PEOPLE:
        yield from _users(graph, network)
    if selection.settings.usage and "measure" in selection.kinds:
        params = {"period": selection.settings.usage}
        yield Slice(
            f"usage/{selection.settings.usage}",
            network,
            ("measure",),
            label="usage report",
            params=params,
            reader="usage",
        )
    if selection.kinds - {"member", "measure"}:
        found = yield from _teams(graph, selection, network)
        yield from _channels(graph, selection, network, found)


def resolve(selection: Selection, network: str, member_ids: tuple[str, ...]) -> Flow:
    """Look up users that no list gave: those deleted from the directory stay stubs, as do people of other tenants."""
    if "member" not in selection.kinds:
        return
    graph = Graph.of(selection.settings)
    own = yield from _tenant(graph, selection, told=False)
    wanted = [one.rsplit(":", 1)[-1] for one in member_ids] if network == own else []
    requests = [
        graph.ask(f"users/{native}", "directory", {"select": _USER}, subject=f"user {native}")
        for native in wanted
        if is_guid(native)
    ]
    answers = yield from batched(requests, graph.together("directory"))
    found = [one.data for one in answers if isinstance(one, Response)]
    yield Batch("user", found, {"network": network, "origin": "api"})
    denied = [one for one in answers if isinstance(one, PermissionMissingError | RetryableError)]
    for text in dict.fromkeys(str(one) for one in denied):
        yield Gap(f"not looked up: {text}")


def _tenant(graph: Graph, selection: Selection, *, told: bool = True) -> Steps:
    """Learn the tenant's id and name; where the app may not ask, the settings must give the id."""
    given = str(selection.settings.tenant or "")
    try:
        answer = yield from ask(graph.ask("organization", "get", {"select": "id,displayName"}, subject="tenant"))
        found, odd = sound_and_odd(as_list(look(answer.data, "value")), lambda one: is_guid(one.get("id")))
    except PermissionMissingError:
        found, odd = [], []
    if not found and is_guid(given):
        found = [{"id": given.lower()}]
    if not found:
        raise SettingsError(
            "nothing tells the id of the tenant",
            platform=PLATFORM,
            subject="tenant",
            remedy="Give tenant as the id on the app's overview page, or grant Organization.Read.All.",
        )
    if told:
        yield Batch("organization", found[:1], {"origin": "api"})
        if odd:
            yield Gap("what tells the tenant holds what is no tenant", "partial")
    return str(found[0]["id"])


def _users(graph: Graph, network: str) -> Steps:
    """List all users; managers come along, so that nobody is asked for one by one."""
    query: dict[str, str | int] = {"top": PAGE, "select": _USER, "expand": "manager($select=id)"}
    request = graph.ask("users", "directory", query, subject="users", cost=2)
    context = {"network": network, "origin": "api", "listed": True}
    listing, count = Listing(request, odata_pager), 0
    while (data := (yield from listing.page())) is not None:
        rows = listed(data, "users")
        count += len(rows)
        yield Batch("user", rows, context)
    if listing.problem:
        yield Gap(f"not all users: {listing.problem}")
    elif count:  # a tenant without anybody is none: that nobody is listed has another reason
        # Who is at home elsewhere, and what is no person, stands in no directory of ours.
        yield Swept("member", {"kind": "person", "external": None}, network=network)


@dataclass(slots=True)
class _Teams:
    """The teams that may be read. `held` are ids of teams and channels that are there though nothing is told of them.

    `whole` says that all teams there are were listed.
    """

    shown: list[Mapping[str, JSON]]
    held: set[str]
    whole: bool


def _teams(graph: Graph, selection: Selection, network: str) -> Flow[_Teams]:
    """List the teams that were asked for: by their groups, which tell who may read them, else one by one."""
    found: dict[str, Mapping[str, JSON]] = {}
    failed: set[str] = set()
    query: dict[str, str | int] = {"top": PAGE, "select": _GROUP, "filter": _TEAMS}
    request = graph.ask("groups", "directory", query, subject="teams", cost=3)
    try:
        problem = yield from _walk(request, found)
    except PermissionMissingError:
        problem = yield from _walk(graph.ask("teams", "get", {"top": PAGE}, subject="teams"), found)
        requests = [
            graph.ask(f"teams/{native}", "get", {"select": f"{_GROUP},isArchived"}, subject=f"team {native}", on=native)
            for native in found
        ]
        answers = yield from batched(requests, graph.together("get"))
        for native, answer in zip(list(found), answers, strict=True):
            if isinstance(answer, Response):
                found[native] = answer.data
            else:
                yield Gap(f"team {found[native].get('displayName') or native} is left out: {answer}", "denied")
                del found[native]
                failed.add(native)
    if problem:
        yield Gap(f"not all teams: {problem}")
    teams = [one for one in found.values() if selection.include_private or _is_open(one.get("visibility"))]
    yield Batch("team", teams, {"network": network, "origin": "api"})
    held = failed.union(found).difference(str(one["id"]) for one in teams)
    if not problem:
        yield Swept("community", {"kind": "team"}, network=network, held=frozenset(held))
    return _Teams(teams, held, whole=not problem)


def _walk(request: Request, found: dict[str, JSON]) -> Flow[str | None]:
    listing = Listing(request, odata_pager)
    while (data := (yield from listing.page())) is not None:
        rows = listed(data, request.subject)
        named, odd = sound_and_odd(rows, _has_id)
        found.update({one["id"]: one for one in named})
        if odd:
            listing.problem = _NO_ID
    return listing.problem


def _channels(graph: Graph, selection: Selection, network: str, found: _Teams) -> Steps:
    """List the channels of all teams, twenty teams at a time, and give what there is to read of each."""
    teams, held = found.shown, found.held
    requests = [
        graph.ask(f"teams/{segment(str(team['id']))}/allChannels", "channels", subject=f"team {_name(team)}",
                  on=str(team["id"]))
        for team in teams
    ]  # fmt: skip
    seen: set[str] = set()
    together = graph.together("channels")
    for start in range(0, len(requests), together):
        answers = yield from batched(requests[start : start + together], together)
        for team, answer in zip(teams[start : start + together], answers, strict=True):
            if isinstance(answer, CredentialError):
                raise answer
            if isinstance(answer, CommunityKitError):
                status: Literal["partial", "denied"] = "partial" if isinstance(answer, RetryableError) else "denied"
                yield Gap(f"team {_name(team)} cannot be read: {answer}", status)
                held.add(str(team["id"]))
                continue
            told_of = look(answer.data, "value")
            problem = None if isinstance(told_of, list) else "the answer holds no list"
            channels, odd = sound_and_odd(as_list(told_of), _has_id)
            if odd:
                problem = _NO_ID
            if (following := odata_pager(answer.request, answer)) is not None:
                more, later = yield from _rest(following)
                channels, problem = channels + more, problem or later
            if not channels:
                problem = problem or "none is listed, and every team has one"
            if problem:
                yield Gap(f"not all channels of team {_name(team)}: {problem}")
                held.add(str(team["id"]))
            told = yield from _team(selection, network, team, channels, seen)
            held.update({str(one["id"]) for one in channels} - told)
    if found.whole:
        yield Swept("community", {"kind": "channel"}, network=network, held=frozenset(held))


def _rest(request: Request) -> Flow[tuple[list[dict[str, JSON]], str | None]]:
    found: dict[str, dict[str, JSON]] = {}
    problem = yield from _walk(request, found)
    return list(found.values()), problem


def _team(
    selection: Selection, network: str, team: Mapping[str, JSON], channels: list[dict[str, JSON]], seen: set[str]
) -> Steps:
    """Yield one team's slices, who is in it and its channels; return the ids of the channels that were told of."""
    native, told = str(team["id"]), set[str]()
    context = {"network": network, "team": native, "visibility": team.get("visibility"), "origin": "api"}
    named = selection.wants(str(team.get("displayName") or ""), native)
    wanted = [one for one in channels if selection.wants(one.get("displayName"), str(one["id"])) or named]
    if "membership" in selection.kinds and (named or wanted):
        params = {"team": native}
        community = community_id(network, native)
        yield Slice(
            f"members/{native}",
            network,
            ("membership", "member"),
            community,
            f"{_name(team)} members",
            params,
            "members",
        )
    shown = [one for one in wanted if _is_standard(one) or selection.include_private]
    if selection.kinds & TALK and selection.settings.messages == "export" and shown:
        whole = {"team": native, "channels": [str(one["id"]) for one in shown]}
        yield Slice(
            f"export/{native}", network, ("post", "event"), community_id(network, native), _name(team), whole, "export"
        )
    for channel in wanted:
        key = str(channel["id"])
        if key in seen or channel not in shown or not _is_hosted_by(native, channel):
            continue
        seen.add(key)
        home = channel.get("tenantId")
        if home and home != network:
            yield Gap(
                f"channel {_name(channel)} belongs to another tenant ({home}): its messages can be read there only",
                "skipped",
            )
            continue
        yield Batch("channel", [channel], context)
        told.add(key)
        yield from _slices(selection, network, native, f"{_name(team)} / {_name(channel)}", channel)
    return told


def _slices(selection: Selection, network: str, team: str, label: str, channel: Mapping[str, JSON]) -> Steps:
    native = str(channel["id"])
    community = community_id(network, native)
    params = {"team": team, "channel": native}
    if "membership" in selection.kinds and not _is_standard(channel):
        yield Slice(
            f"members/{native}", network, ("membership", "member"), community, f"{label} members", params, "members"
        )
    if selection.kinds & TALK and selection.settings.messages == "channels":
        yield Slice(f"messages/{native}", network, ("post", "event"), community, label, params, "messages")


def _is_hosted_by(team: str, channel: Mapping[str, JSON]) -> bool:
    """Tell whether a channel is the team's own: `@odata.id` of one that is shared with it names the host."""
    _, found, rest = str(channel.get("@odata.id") or "").partition("/teams/")
    return not found or rest.partition("/")[0].strip("'()").lower() == team.lower()


def _is_standard(channel: Mapping[str, JSON]) -> bool:
    """Tell whether a channel has its team's members; a kind that nobody has heard of is taken for closed."""
    return channel.get("membershipType") in (None, "standard")  # it may be a list, too


def _has_id(item: Mapping[str, JSON]) -> bool:
    return bool(as_text(item.get("id")))


def _is_open(visibility: object) -> bool:
    return str(visibility or "").lower() in _OPEN


def _name(item: Mapping[str, JSON]) -> str:
    return str(item.get("displayName") or item.get("id"))
