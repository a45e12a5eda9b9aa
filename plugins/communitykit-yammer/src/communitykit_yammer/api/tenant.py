"""What Microsoft Graph knows of the network: communities, who is in them, roles, usage reports. Flows."""

from __future__ import annotations

from collections.abc import Mapping

from communitykit import ObjectUnavailableError, PermissionMissingError
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
    as_text,
    ask,
    ask_all,
    sound_and_odd,
)
from communitykit.connector.odata import odata_pager
from communitykit.connector.usage import is_concealed, report_rows
from communitykit_yammer.api.found import Found
from communitykit_yammer.api.methods import graph
from communitykit_yammer.ids import addresses_of, community_id, rest_id

Steps = Flow[JSON]

REPORTS = {
    "getYammerActivityUserDetail": "report_user",
    "getYammerGroupsActivityDetail": "report_group",
    "getYammerActivityCounts": "report_network",
    "getYammerDeviceUsageUserDetail": "report_user",
    "getYammerGroupsActivityGroupCounts": "report_network",
}
"""Usage reports that are read, and what sort of payload their rows are."""

_MEMBER_FIELDS = "id,displayName,mail,userPrincipalName,jobTitle,officeLocation"
_TOP = 999
_SIDE_BY_SIDE = 8


def communities(selection: Selection, found: Found) -> Steps:
    """List communities and learn which Microsoft 365 group stands behind each."""
    base = selection.settings.graph_base
    try:
        listing = _listing(graph(base, "employeeExperience/communities", subject="communities"))
        while (page := (yield from listing.rows())) is not None:
            rows, odd = sound_and_odd(page)
            shown = [row for row in rows if row.get("privacy") == "public" or selection.include_private]
            shown = [row for row in shown if selection.wants(row.get("displayName"), rest_id(row.get("id")))]
            yield Batch("graph_community", [*shown, *odd], found.context)
            for row in rows:
                if (native := rest_id(row.get("id"))) and (group := as_text(row.get("groupId"))):
                    found.connected[native] = group
        if listing.problem:
            yield Gap(f"not all communities are known to Microsoft Graph: {listing.problem}")
    except (PermissionMissingError, ObjectUnavailableError) as error:
        yield Gap(f"communities are read without Microsoft Graph: {error}", "denied")


def tenant_slices(selection: Selection, found: Found) -> Steps:
    """Return the slices that Graph alone tells: roles, and one for each usage report."""
    people = {"people": found.people, "everybody": found.everybody, "groups": found.groups}
    if "membership" in selection.kinds:
        yield Slice(
            "roles", found.network, ("community", "membership", "member"), label="roles", params=people, reader="roles"
        )
    if "measure" in selection.kinds and selection.settings.reports != "off":
        for name in REPORTS:
            yield Slice(
                f"reports/{name}",
                found.network,
                ("measure",),
                label=name,
                params={**people, "report": name},
                reader="reports",
            )


def read_members(selection: Selection, slice_: Slice) -> Steps:
    """Read who is in a community's Microsoft 365 group, and who owns it."""
    params, base = slice_.params, selection.settings.graph_base
    context = {"network": slice_.network, "group": params["group"], "people": params["people"], "origin": "api"}
    group = f"groups/{params['connected']}"
    owners, strangers, unnamed = set[str](), 0, False
    try:
        for what, role in (("owners", "owner"), ("members", "member")):
            wanted = {"$select": _MEMBER_FIELDS, "$top": _TOP}
            request = graph(base, f"{group}/{what}", subject=f"{slice_.label} ({what})", **wanted)  # type: ignore[arg-type] # names with $
            listing = _listing(request)
            while (page := (yield from listing.rows())) is not None:
                rows, odd = sound_and_odd(page, lambda one: as_text(one.get("id")))
                rows = [row for row in rows if row["id"] not in owners]
                owners |= {row["id"] for row in rows} if role == "owner" else set()
                known = _known(rows, params)
                strangers += len(rows) - len(known)
                # Who is an owner that cannot be read may be anybody: of nobody is it told then that they are none.
                unnamed = unnamed or (role == "owner" and bool(odd))
                told = None if unnamed and role == "member" else role
                yield Batch("graph_member", [*known, *odd], {**context, "role": told})
            if listing.problem:
                yield Gap(f"not all {what}: {listing.problem}")
                return
    except (PermissionMissingError, ObjectUnavailableError) as error:
        yield Gap(f"members are not read: {error}", "denied")
        return
    if strangers:
        reason = f"who {strangers} of the members are on Yammer is not known, so they are left out: run again"
        yield Gap(reason)
        return
    yield Swept("membership", {"community_id": community_id(slice_.network, params["group"])})


def read_roles(selection: Selection, slice_: Slice) -> Steps:
    """Read who has which role (network administrator, corporate communicator…)."""
    base, params = selection.settings.graph_base, slice_.params
    context = {"network": slice_.network, "people": params["people"], "origin": "api"}
    try:
        roles, odd, problem = yield from _all(graph(base, "employeeExperience/roles", subject="roles"), "id")
        if problem:
            yield Gap(f"not all roles: {problem}")
        yield Batch("graph_role", [*roles, *odd], context)
        for role in roles:
            path = f"employeeExperience/roles/{role['id']}/members"
            request = graph(base, path, subject=f"role {role.get('displayName')}")
            rows, odd, problem = yield from _all(request, "userId")
            accounts = yield from _accounts(base, [str(row["userId"]) for row in rows])
            known = _known(accounts, params)
            about = {**context, "group": f"role/{role['id']}", "role": "member"}
            yield Batch("graph_member", [*known, *odd], about)
            if len(known) < len(rows):
                problem = f"who {len(rows) - len(known)} of them are on Yammer is not known"
            if problem:
                yield Gap(f"not everybody with the role {role.get('displayName')}: {problem}")
                continue
            yield Swept("membership", {"community_id": community_id(slice_.network, "role", str(role["id"]))})
    except (PermissionMissingError, ObjectUnavailableError) as error:
        yield Gap(f"roles are not read: {error}", "denied")


def read_report(selection: Selection, slice_: Slice) -> Steps:
    """Read one usage report."""
    name = str(slice_.params["report"])
    path = f"reports/{name}(period='{selection.settings.reports}')"
    request = graph(selection.settings.graph_base, path, subject=f"report {name}")
    try:
        response = yield from ask(Request(request.url, costs=request.costs, subject=request.subject, expect="text"))
    except (PermissionMissingError, ObjectUnavailableError) as error:
        yield Gap(f"the report is not read: {error}", "denied")
        return
    rows = list(report_rows(response.data))
    context = {"network": slice_.network, "report": name, "origin": "api"}
    context |= {"people": slice_.params["people"], "groups": slice_.params["groups"]}
    yield Batch(REPORTS[name], rows, context)
    if any(is_concealed(value) for row in rows for column, value in row.items() if column.endswith("Name")):
        yield Gap(
            "the report conceals who it is about: its figures are kept without a subject. An administrator may turn "
            "'Display concealed user, group, and site names in all reports' off in the Microsoft 365 admin centre."
        )


def _listing(request: Request) -> Listing:
    return Listing(request, odata_pager, items=("value",))


def _all(request: Request, named: str) -> Flow[tuple[list[dict[str, JSON]], list[JSON], str | None]]:
    """Return a whole list's rows, what among them has no text under `named`, and why it ended early, if it did."""
    listing, found = _listing(request), list[JSON]()
    while (rows := (yield from listing.rows())) is not None:
        found += rows
    return *sound_and_odd(found, lambda one: as_text(one.get(named))), listing.problem


def _known(rows: list[dict[str, JSON]], params: Mapping[str, JSON]) -> list[dict[str, JSON]]:
    """Return those of whom it is known who they are on Yammer, or that they are not there.

    The others are nobody: under another id they would be somebody a second time.
    """
    people: Mapping[str, str] = params["people"]
    named = [(row, addresses_of(row)) for row in rows]
    return [row for row, names in named if names and (params["everybody"] or any(one in people for one in names))]


def _accounts(base: str, users: list[str]) -> Flow[list[dict[str, JSON]]]:
    """Learn the addresses behind directory ids; who cannot be looked up has none."""
    known: list[dict[str, JSON]] = []
    for start in range(0, len(users), _SIDE_BY_SIDE):
        group = users[start : start + _SIDE_BY_SIDE]
        answers = yield from ask_all(
            graph(base, f"users/{user}", subject=f"user {user}", **{"$select": _MEMBER_FIELDS}) for user in group
        )
        known += [one.data for one in answers if isinstance(one, Response) and isinstance(one.data, dict)]
    return known
