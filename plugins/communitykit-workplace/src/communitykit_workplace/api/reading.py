"""How a slice is read: a feed, the members of groups, their events, the knowledge library, SCIM. Flows only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from communitykit import CommunityKitError, CursorError, ObjectUnavailableError, PermissionMissingError
from communitykit.connector import (
    JSON,
    Batch,
    Checkpoint,
    Flow,
    Gap,
    Listing,
    Pages,
    Reader,
    Request,
    Selection,
    Slice,
    Swept,
    as_mapping,
)
from communitykit_workplace.api import discovery, fields
from communitykit_workplace.api.asking import completed, gather, paced
from communitykit_workplace.api.checkpoint import Progress
from communitykit_workplace.api.discovery import denied
from communitykit_workplace.api.messages import Feed
from communitykit_workplace.api.messages import read_feed as _read_on
from communitykit_workplace.api.methods import PAGE, graph, graph_pager, scim, scim_pager
from communitykit_workplace.edges import listed, profiles, rows
from communitykit_workplace.ids import community_id
from communitykit_workplace.secrets import cleaned
from communitykit_workplace.settings import WorkplaceSettings

Group = dict[str, str]


def discover(selection: Selection) -> Flow:
    """List what there is to read."""
    yield from paced(discovery.discover(selection))


def resolve(selection: Selection, network: str, member_ids: tuple[str, ...]) -> Flow:
    """Look up members whom no list gave."""
    yield from paced(discovery.resolve(selection, network, member_ids))


def _feed(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    """Read a group's feed on from where its checkpoint says."""
    params = slice_.params
    feed = Feed(params["group"], slice_.label, str(slice_.community_id), params.get("updated"))
    return _read_on(feed, Progress.load(checkpoint), selection)


@dataclass(slots=True)
class _List:
    """A list of one group's, as it is walked beside those of other groups."""

    group: Group
    request: Request
    pages: Pages = field(default_factory=lambda: Pages(graph_pager))
    found: list[JSON] = field(default_factory=list)


def _pages(selection: Selection, lists: list[_List]) -> Flow[list[tuple[_List, list[JSON], bool, list[Gap]]]]:
    """Ask the next page of each group's list; what could not be asked is a Gap, and its list ends."""
    answers = yield from gather([one.request for one in lists], batch=selection.settings.batch)
    found: list[tuple[_List, list[JSON], bool, list[Gap]]] = []
    for one, answer in zip(lists, answers, strict=True):
        if isinstance(answer, CommunityKitError):
            gap = Gap(f"{one.request.subject}: {answer}", denied(answer))
            found.append((one, [], True, [gap]))
            continue
        told = listed(answer.data)
        if not isinstance(as_mapping(answer.data).get("data"), list):
            found.append((one, told, True, [Gap(f"{one.request.subject}: the answer is no list", "partial")]))
            continue
        try:
            following = one.pages.next(answer)
        except CursorError as error:
            found.append((one, told, True, [Gap(str(error), "partial")]))
            continue
        one.request = following or one.request
        found.append((one, told, following is None, []))
    return found


def _members(selection: Selection, slice_: Slice, _checkpoint: Checkpoint | None) -> Flow:
    """Read who is in each group: the lists of 50 groups go into one request.

    A list is handed on when it has ended, and what it did not hold is gone only where it was walked whole.
    """
    pending = [
        _List(group, graph(f"{group['id']}/members", subject=f"members of {group['name']}", fields=fields.MEMBERSHIP,
                           limit=PAGE))
        for group in slice_.params["groups"]
    ]  # fmt: skip
    known: set[str] = set()
    cut_short: set[str] = set()
    while pending:
        pages = yield from _pages(selection, pending)
        for one, found, _, gaps in pages:
            yield from gaps
            one.found += found
            cut_short |= {one.group["id"]} if gaps else set()
        for one in [one for one, _, ended, _ in pages if ended]:
            native, context = one.group["id"], {"group": one.group["id"], "origin": "api"}
            named = [{"id": str(row.get("id")), "name": str(row.get("name") or "")} for row in rows(one.found)]
            fresh = [row for row in named if row["name"] and row["id"] not in known]
            known.update(row["id"] for row in fresh)
            yield Batch("profile", fresh, context)
            yield Batch("membership", one.found, context)
            if native not in cut_short:
                yield Swept("membership", {"community_id": community_id(native)})
        pending = [one for one, _, ended, _ in pages if not ended]


def _events(selection: Selection, slice_: Slice, _checkpoint: Checkpoint | None) -> Flow:
    """Read the events of each group, with who answered their invitations."""
    pending = [
        _List(group, graph(f"{group['id']}/events", subject=f"events of {group['name']}", fields=fields.EVENT,
                           limit=PAGE))
        for group in slice_.params["groups"]
    ]  # fmt: skip
    known: set[str] = set()
    while pending:
        pages = yield from _pages(selection, pending)
        for one, found, _, gaps in pages:
            yield from gaps
            context = {"group": one.group["id"], "origin": "api"}
            problems = yield from completed(rows(found), batch=selection.settings.batch)
            for problem in problems:
                yield Gap(problem, "partial")
            yield from profiles(rows(found), known, context)
            yield Batch("event", found, context)
        pending = [one for one, _, ended, _ in pages if not ended]


def _library(_selection: Selection, slice_: Slice, _checkpoint: Checkpoint | None) -> Flow:
    """Read the knowledge library; where there is none, that is no loss."""
    context = {"community": slice_.params["root"], "origin": "api"}
    path = "community/knowledge_library_categories"
    listing = Listing(
        graph(path, subject="knowledge library", fields=fields.PAGE, limit=PAGE), graph_pager, items=("data",)
    )
    try:
        while (data := (yield from listing.page())) is not None:
            yield Batch("page", listed(data), context)
    except ObjectUnavailableError:
        return
    except PermissionMissingError as error:
        yield Gap(f"the knowledge library: {error}", "denied")
    if listing.problem:
        yield Gap(listing.problem)


def _scim(selection: Selection, _slice: Slice, _checkpoint: Checkpoint | None) -> Flow:
    """Read SCIM's users, page by page; how many one page has is the server's choice."""
    listing = Listing(scim(selection.settings.scim_base), scim_pager, items=("Resources",), total=("totalResults",))
    while (found := (yield from listing.rows())) is not None:
        yield Batch("scim_user", [cleaned(one) if isinstance(one, dict) else one for one in found], {"origin": "api"})
    if listing.problem:
        yield Gap(f"not all SCIM users: {listing.problem}")


def read_feed(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    """Read a group's feed on from where its checkpoint says, as fast as the mirror allows."""
    return paced(_feed(selection, slice_, checkpoint))


def read_members(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    """Read who is in each group, as fast as the mirror allows."""
    return paced(_members(selection, slice_, checkpoint))


def read_events(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    """Read the events of each group, as fast as the mirror allows."""
    return paced(_events(selection, slice_, checkpoint))


def read_library(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    """Read the knowledge library, as fast as the mirror allows."""
    return paced(_library(selection, slice_, checkpoint))


def read_scim(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    """Read SCIM's users, as fast as the mirror allows."""
    return paced(_scim(selection, slice_, checkpoint))


READERS: Mapping[str, Reader[WorkplaceSettings]] = {
    "feed": Reader(read_feed),
    "members": Reader(read_members),
    "events": Reader(read_events),
    "library": Reader(read_library),
    "scim": Reader(read_scim),
}
"""How slices are read, by the `reader` that discovery names."""
