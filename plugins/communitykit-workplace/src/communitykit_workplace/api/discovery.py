"""What there is to read: the community, its groups and people. Flows: nothing here sends anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from communitykit import (
    CommunityKitError,
    CredentialError,
    ProtocolError,
)
from communitykit.connector import (
    JSON,
    Batch,
    Flow,
    Gap,
    Listing,
    Response,
    Selection,
    Slice,
    Swept,
    as_text,
    ask,
    counted,
    parse_id,
)
from communitykit.connector.asking import status_of
from communitykit_workplace.api import fields
from communitykit_workplace.api.asking import gather
from communitykit_workplace.api.methods import PAGE, graph, graph_pager
from communitykit_workplace.edges import is_odd, is_whole, listed, rows
from communitykit_workplace.ids import NETWORK, community_id, native_id, parse_time
from communitykit_workplace.secrets import cleaned

_TALK = frozenset({"post", "event"})
_PUBLIC = "OPEN"
_DATA = ("data",)
"""Where a list stands in its pages."""


def discover(selection: Selection) -> Flow:
    """List the community, its people and its groups; give the slices to read."""
    root = (yield from ask(graph("community", subject="community", fields="id,name"))).data
    native = native_id(root.get("id")) if isinstance(root, dict) else None
    if native is None:
        raise ProtocolError("the answer names no community", subject="community", remedy="Check base_url.")
    context = {"community": native, "origin": "api"}
    has_scim = selection.settings.scim_base is not None and "member" in selection.kinds
    yield Batch("community", [root], context)
    if selection.kinds & {"member", "membership", "post", "event"}:
        yield from _people({**context, "scim": has_scim})
    if has_scim:
        yield Slice(f"scim/{native}", NETWORK, ("member", "event"), label="SCIM users", reader="scim")
    wanted: list[dict[str, str]] = []
    if selection.kinds - {"member", "measure"}:
        wanted = yield from _groups(selection, context)
    if wanted and "membership" in selection.kinds:
        params = {"groups": wanted}
        yield Slice(
            f"members/{native}", NETWORK, ("membership",), label="group members", params=params, reader="members"
        )
    if selection.kinds & _TALK:
        if wanted:
            params = {"groups": wanted}
            yield Slice(f"events/{native}", NETWORK, ("post", "event"), label="events", params=params, reader="events")
        if not selection.communities:
            yield Slice(
                f"library/{native}",
                NETWORK,
                ("post",),
                label="knowledge library",
                params={"root": native},
                reader="library",
            )


def resolve(selection: Selection, _network: str, member_ids: tuple[str, ...]) -> Flow:
    """Look up members whom no list gave, and no post named: by id, 50 in one request."""
    if "member" not in selection.kinds:
        return
    natives = [parse_id(one).native[0] for one in member_ids]
    asked = [graph(native, subject=f"member {native}", fields=fields.PERSON) for native in natives]
    for start in range(0, len(asked), PAGE):
        answers = yield from gather(asked[start : start + PAGE], batch=selection.settings.batch)
        yield Batch("profile", [one.data for one in answers if isinstance(one, Response)], {"origin": "api"})


def _people(context: dict[str, JSON]) -> Flow:
    """List members, and those who were deactivated; either list may be closed to the integration."""
    for path, params, active in (
        ("community/members", {}, None),
        ("community/organization_members", {"inactive": 1}, False),
    ):
        told = context if active is None else {**context, "active": active}
        listing = Listing(
            graph(path, subject=path, fields=fields.MEMBER, limit=PAGE, **params), graph_pager, items=_DATA
        )
        try:
            while (data := (yield from listing.page())) is not None:
                found = [cleaned(one) if isinstance(one, dict) else one for one in listed(data)]
                yield Batch("member", found, told)
        except CommunityKitError as error:
            yield Gap(f"not all people: {error}", denied(error))
        if listing.problem:
            yield Gap(listing.problem)


def _groups(selection: Selection, context: dict[str, JSON]) -> Flow[list[dict[str, str]]]:
    """List groups with their subgroups; give those to read."""
    wanted: list[dict[str, str]] = []
    seen: set[str] = set()
    withheld: set[str] = set()
    unknown = 0
    problems: list[Gap] = []
    listing = Listing(
        graph("community/groups", subject="groups", fields=fields.GROUP, limit=PAGE), graph_pager, items=_DATA
    )
    while (data := (yield from _page(listing, problems))) is not None:
        found = list(_flat(rows(data), str(context["community"] or "")))
        if is_odd(data) or any(_is_torn(one) for one in listed(data)):
            problems.append(Gap("the list of groups holds what is none"))
        for owner in [one for row in rows(data) for one in _cut_groups(row)]:
            yield from _further(owner, found, problems)
        for native, (row, parent) in _placed(found, str(context["community"] or "")).items():
            if not _is_wanted(row, selection):
                withheld.add(community_id(native))
                unknown += not as_text(row.get("privacy"))
                continue
            if native in seen and parent == context["community"]:
                continue
            yield Batch("group", [row], {**context, "parent": parent})
            if native in seen:  # its parent was not known before
                continue
            seen.add(native)
            label = str(row.get("name") or native)
            wanted.append({"id": native, "name": label})
            if selection.kinds & _TALK:
                updated = parse_time(row.get("updated_time"))
                params = {"group": native, "updated": int(updated.timestamp()) if updated else None}
                yield Slice(f"feed/{native}", NETWORK, ("post", "event"), community_id(native), label, params, "feed")
    yield from problems
    if unknown:
        said = counted(unknown, "group does not say whether it is", "groups do not say whether they are")
        reason = f"{said} private: ask for them with include_private"
        yield Gap(reason, "skipped", option="include_private")
    if not problems and not selection.communities and context["community"]:
        yield from _swept(str(context["community"]), seen, withheld, private=selection.include_private)
    return wanted


def _swept(root: str, seen: set[str], withheld: set[str], *, private: bool) -> Iterator[Swept]:
    """Sweep what is in the community or in one of its groups: a store may hold another company's groups, too."""
    # One that has become private is listed still; it is not handed on, and has not vanished.
    held = frozenset(withheld)
    for parent in [community_id(root), *sorted(community_id(native) for native in seen), *sorted(withheld)]:
        for privacy in ("public", "private", "secret", None) if private else ("public",):
            within = {"kind": "group", "privacy": privacy, "parent_id": parent}
            yield Swept("community", within, network=NETWORK, with_replies=True, held=held)


def _page(listing: Listing, problems: list[Gap]) -> Flow[JSON]:
    """Ask a list's next page; one that fails is told, and ends this list alone."""
    try:
        data = yield from listing.page()
    except CommunityKitError as error:
        problems.append(Gap(str(error), denied(error)))
        return None
    if data is None and listing.problem:
        problems.append(Gap(listing.problem))
    return data


def _is_torn(row: JSON) -> bool:
    """Tell whether something in the list of groups, or among a group's subgroups, is none."""
    if not isinstance(row, dict) or native_id(row.get("id")) is None:
        return True
    edge = row.get("groups")
    return is_odd(edge) or any(_is_torn(one) for one in listed(edge))


def _flat(found: list[dict[str, JSON]], parent: str) -> Iterator[tuple[dict[str, JSON], str]]:
    """Return groups and subgroups, each with the native id of what it is in."""
    for row in found:
        yield row, parent
        yield from _flat(rows(row.get("groups")), native_id(row.get("id")) or parent)


def _placed(found: list[tuple[dict[str, JSON], str]], root: str) -> dict[str, tuple[dict[str, JSON], str]]:
    """Return each group once, in the group that it is in rather than in the community that all are in."""
    best: dict[str, tuple[dict[str, JSON], str]] = {}
    for row, parent in found:
        native = native_id(row.get("id"))
        if native is not None and (native not in best or best[native][1] == root):
            best[native] = (row, parent)
    return best


def _cut_groups(row: dict[str, JSON], depth: int = 0) -> Iterator[str]:
    """Name the groups whose subgroups go on, or lie deeper than was asked for."""
    native, edge = native_id(row.get("id")), row.get("groups")
    unasked = edge is None and depth == fields.GROUP_LEVELS
    if native and (unasked or (isinstance(edge, dict) and not is_whole(edge))):
        yield native
    for below in rows(edge):
        yield from _cut_groups(below, depth + 1)


def _further(owner: str, found: list[tuple[dict[str, JSON], str]], problems: list[Gap]) -> Flow:
    listing = Listing(
        graph(f"{owner}/groups", subject=f"subgroups of {owner}", fields=fields.GROUP), graph_pager, items=_DATA
    )
    while (data := (yield from _page(listing, problems))) is not None:
        found += _flat(rows(data), owner)
        if is_odd(data) or any(_is_torn(one) for one in listed(data)):
            problems.append(Gap(f"the subgroups of {owner} hold what is none"))


def _is_wanted(row: dict[str, JSON], selection: Selection) -> bool:
    private = as_text(row.get("privacy")).upper() != _PUBLIC  # what does not say is private
    name = as_text(row.get("name")) or None
    return (selection.include_private or not private) and selection.wants(name, native_id(row.get("id")))


def denied(error: CommunityKitError) -> Literal["partial", "denied"]:
    """Say how a Gap stands that an error made.

    Raises the error when it ends everything.
    """
    if isinstance(error, CredentialError):
        raise error
    return status_of(error)
