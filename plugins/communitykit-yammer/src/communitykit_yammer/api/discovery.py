"""What there is to read: the network, its users, its groups. Flows: nothing here sends anything."""

from __future__ import annotations

from collections.abc import Mapping

from communitykit import (
    CommunityKitError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
    TransientError,
)
from communitykit.connector import (
    JSON,
    Batch,
    Flow,
    Gap,
    Response,
    Selection,
    Slice,
    Swept,
    as_list,
    as_mapping,
    as_text,
    ask,
    ask_all,
    counted,
    parse_id,
    sound_and_odd,
)
from communitykit_yammer.api.found import Found
from communitykit_yammer.api.listing import NumberedListing
from communitykit_yammer.api.methods import rest
from communitykit_yammer.api.tenant import communities, tenant_slices
from communitykit_yammer.ids import community_id, number

Steps = Flow[JSON]

_TALK = frozenset({"post", "event"})
_SIDE_BY_SIDE = 8
_TOLD = ("public", "private")  # no set: a payload may hold a list in its place


def discover(selection: Selection) -> Flow:
    """List the network, its users and groups; give the slices to read."""
    row = yield from _network(selection)
    if row is None:
        return
    found = Found(str(number(row.get("id"))))
    yield Batch("network", [row], found.context)
    yield from _users(selection, found)
    if selection.settings.graph:
        yield from communities(selection, found)
    if selection.kinds - {"member", "measure"}:
        yield from _groups(selection, found, private=False)
        if selection.include_private:
            yield from _groups(selection, found, private=True)
    if selection.settings.company_feed and selection.kinds & _TALK:
        yield Slice(
            "messages/company",
            found.network,
            ("post", "event"),
            label="company feed",
            params={"feed": True},
            reader="messages",
        )
    if selection.settings.export_since is not None:
        yield Slice(
            "export",
            found.network,
            ("post", "event", "member", "community"),
            label="network data export",
            reader="export",
        )
    if selection.settings.graph:
        yield from tenant_slices(selection, found)


def resolve(selection: Selection, network: str, member_ids: tuple[str, ...]) -> Flow:
    """Look up users whom no list gave: those who left, and people of other networks."""
    if "member" not in selection.kinds:
        return
    context = {"network": network, "origin": "api"}
    natives = [parts[0] for one in member_ids if len(parts := parse_id(one).native) == 1]
    for start in range(0, len(natives), _SIDE_BY_SIDE):
        group = natives[start : start + _SIDE_BY_SIDE]
        answers = yield from ask_all(rest(f"users/{native}", subject=f"user {native}") for native in group)
        yield Batch("user", [answer.data for answer in answers if isinstance(answer, Response)], context)
        yield from _denied(answers)


def _network(selection: Selection) -> Steps:
    """Find the network that is meant: the one of the settings, or the token owner's primary one."""
    data = (yield from ask(rest("networks/current", subject="networks"))).data
    rows, odd = sound_and_odd(as_list(data), lambda row: number(row.get("id")))
    if odd:
        yield Batch("network", odd, {"origin": "api"})
    wanted = selection.settings.network
    for row in rows:
        if number(row["id"]) == wanted or row.get("permalink") == wanted:
            return row
    if wanted is not None:
        yield Gap(f"the token does not see the network {wanted}: Entra tokens see the home network only", "denied")
        return None
    if not rows:
        yield Gap("the token sees no network, so there is nothing to read", "denied")
        return None
    return next((row for row in rows if row.get("is_primary")), rows[0])


def _users(selection: Selection, found: Found) -> Steps:
    if not selection.kinds & {"member", "membership", "post", "event", "measure"}:
        return
    listing, unnamed = NumberedListing("users", subject="users"), False
    try:
        while (rows := (yield from listing.rows())) is not None:
            if selection.settings.graph:
                for row in rows:
                    if address := as_text(row.get("email")):
                        found.people[address.lower()] = str(row["id"])
                    unnamed = unnamed or not address
            unnamed = unnamed or bool(listing.odd)
            yield Batch("user", [*rows, *listing.odd], found.context)
    except (PermissionMissingError, ObjectUnavailableError) as error:
        yield Gap(f"users are not read: {error}", "denied")
        return
    except (TransientError, ProtocolError) as error:
        yield Gap(f"not all users are read: {error}")
        return
    if listing.problem:
        yield Gap(listing.problem)
    found.everybody = listing.whole and not unnamed
    if listing.whole:  # active users of the network are listed; bots and people of other networks never are
        yield Swept("member", {"kind": "person", "external": False}, network=found.network)


def _groups(selection: Selection, found: Found, *, private: bool) -> Steps:
    """List groups: all public ones are in the plain list, private ones only in that of the token owner's own.

    A group that does not say which it is counts as private, in whichever list it stands.
    """
    listing = (
        NumberedListing("groups", subject="groups", mine="true")
        if private
        else NumberedListing("groups", subject="groups", showAllCompanyGroup="true")
    )
    untold: list[str] = []
    while (rows := (yield from listing.rows())) is not None:
        untold += [str(row["id"]) for row in rows if row.get("privacy") not in _TOLD]
        rows = [row for row in rows if _is_of(row, selection, private=private) and str(row["id"]) not in found.given]
        rows = [row for row in rows if selection.wants(*_names(row), number(row["id"]))]
        yield Batch("group", [*rows, *listing.odd], found.context)
        for row in rows:
            yield from _slices(selection, found, row)
    if listing.problem:
        yield Gap(listing.problem)
    if listing.whole and not selection.communities and not private:
        # Private groups may be known from elsewhere, and hidden from this token.
        # Numbers are groups; storylines, All Company and conversations have other ids, and no listing holds them.
        held = frozenset(untold)
        yield Swept("community", {"kind": "group", "privacy": "public"}, network=found.network, lowest=1, held=held)
    if untold and not selection.include_private:
        said = counted(len(untold), "group does not say whether it is", "groups do not say whether they are")
        reason = f"{said} private: taken for private (the first is {untold[0]}); ask for them with include_private"
        yield Gap(reason, "skipped", option="include_private")


def _is_of(row: Mapping[str, JSON], selection: Selection, *, private: bool) -> bool:
    """Tell whether a row of the list of public groups, or of the owner's own, is to be read."""
    if row.get("privacy") in _TOLD:
        return bool((row["privacy"] == "private") == private)
    return selection.include_private


def _slices(selection: Selection, found: Found, row: Mapping[str, JSON]) -> Steps:
    native = str(number(row["id"]))
    found.given.add(native)
    label = next(iter(_names(row)), native)
    where = community_id(found.network, native)
    stats = as_mapping(row.get("stats"))
    found.groups[label] = native if label not in found.groups else ""  # a name that two have joins nothing
    if selection.kinds & _TALK:
        params = {"group": native, "updates": stats.get("updates")}
        params |= {"latest": stats.get("last_message_id"), "latest_at": stats.get("last_message_at")}
        yield Slice(f"messages/{native}", found.network, ("post", "event"), where, label, params, "messages")
    if "membership" in selection.kinds:
        params = {"group": native, "size": row.get("members", stats.get("members"))}
        if native in found.connected:
            params |= {"connected": found.connected[native], "people": found.people, "everybody": found.everybody}
        yield Slice(
            f"members/{native}", found.network, ("membership", "member"), where, f"{label} members", params, "members"
        )


def _names(row: Mapping[str, JSON]) -> list[str]:
    """Return what a group is called, its name first."""
    return [name for name in (row.get("full_name"), row.get("name")) if isinstance(name, str) and name]


def _denied(answers: list[Response | CommunityKitError]) -> Steps:
    """Report what could not be looked up; people whom Yammer itself no longer knows stay stubs without a word."""
    problems = [one for one in answers if isinstance(one, PermissionMissingError)]
    for text in dict.fromkeys(str(one) for one in problems):
        yield Gap(f"not looked up: {text}")
