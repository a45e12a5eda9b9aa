"""How a slice is read: a feed, the members of groups, their events, the knowledge library, SCIM. Flows only."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from communitykit import CommunityKitError, CursorError, ObjectUnavailableError, PermissionMissingError
from communitykit.connector import Batch, Checkpoint, Flow, Gap, Listing, Request, Selection, Slice, Swept
from communitykit_workplace import discovery, fields
from communitykit_workplace.access import authorize, preflight
from communitykit_workplace.asking import completed, gather, paced, profiles
from communitykit_workplace.discovery import denied
from communitykit_workplace.edges import rows
from communitykit_workplace.feed import Feed, read_feed
from communitykit_workplace.ids import community_id
from communitykit_workplace.methods import PAGE, graph, graph_pager, scim
from communitykit_workplace.progress import Progress
from communitykit_workplace.secrets import cleaned

__all__ = ["authorize", "discover", "preflight", "read", "resolve"]

Steps = Generator[Any, Any, None]
Group = dict[str, str]


def discover(selection: Selection) -> Flow:
    """List what there is to read."""
    yield from paced(discovery.discover(selection))


def resolve(selection: Selection, network: str, member_ids: tuple[str, ...]) -> Flow:
    """Look up members whom no list gave."""
    yield from paced(discovery.resolve(selection, network, member_ids))


def read(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    """Read one slice."""
    yield from paced(_read(selection, slice_, checkpoint))


def _read(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    what = slice_.key.split("/", 1)[0]
    if what == "feed":
        params = slice_.params
        feed = Feed(params["group"], slice_.label, str(slice_.community_id), params.get("updated"))
        yield from read_feed(feed, Progress.load(checkpoint), selection)
    elif what == "members":
        yield from _members(selection, slice_)
    elif what == "events":
        yield from _events(selection, slice_)
    elif what == "library":
        yield from _library(slice_)
    else:
        yield from _scim(selection)


def _pages(
    selection: Selection, requests: list[tuple[Group, Request]]
) -> Generator[Any, Any, list[tuple[Group, list[dict[str, Any]] | None, bool, list[Gap]]]]:
    """Ask the next page of each group's list; what could not be asked is a Gap, and its list ends."""
    answers = yield from gather([request for _, request in requests], batch=selection.settings.batch)
    found: list[tuple[Group, list[dict[str, Any]] | None, bool, list[Gap]]] = []
    for index, (group, request) in enumerate(list(requests)):
        answer, where = answers[index], community_id(group["id"])
        if isinstance(answer, CommunityKitError):
            gap = Gap(f"{request.subject}: {answer}", denied(answer), where)  # type: ignore[arg-type] # one of the two
            found.append((group, None, True, [gap]))
            continue
        try:
            following = graph_pager(request, answer)
        except CursorError as error:
            found.append((group, rows(answer.data), True, [Gap(str(error), "partial", where)]))
            continue
        if following is not None and following.params == request.params:
            gap = Gap("the platform gave the same cursor twice", "partial", where)
            found.append((group, rows(answer.data), True, [gap]))
            continue
        if following is not None:
            requests[index] = (group, following)
        found.append((group, rows(answer.data), following is None, []))
    return found


def _members(selection: Selection, slice_: Slice) -> Steps:
    """Read who is in each group: the lists of 50 groups go into one request."""
    pending = [
        (group, graph(f"{group['id']}/members", subject=f"members of {group['name']}", fields=fields.MEMBERSHIP,
                      limit=PAGE))
        for group in slice_.params["groups"]
    ]  # fmt: skip
    known: set[str] = set()
    whole = {group["id"] for group, _ in pending}
    while pending:
        pages = yield from _pages(selection, pending)
        still: list[tuple[Group, Request]] = []
        for (group, found, ended, gaps), (_, following) in zip(pages, pending, strict=True):
            yield from gaps
            whole -= {group["id"]} if gaps else set()
            context = {"group": group["id"], "origin": "api"}
            named = [{"id": str(one.get("id")), "name": str(one.get("name") or "")} for one in found or ()]
            fresh = [one for one in named if one["name"] and one["id"] not in known]
            known.update(one["id"] for one in fresh)
            yield Batch("profile", fresh, context)
            yield Batch("membership", found or [], context)
            if not ended:
                still.append((group, following))
        pending = still
    for native in sorted(whole):
        yield Swept("membership", {"community_id": community_id(native)})


def _events(selection: Selection, slice_: Slice) -> Steps:
    """Read the events of each group, with who answered their invitations."""
    pending = [
        (group, graph(f"{group['id']}/events", subject=f"events of {group['name']}", fields=fields.EVENT, limit=PAGE))
        for group in slice_.params["groups"]
    ]
    known: set[str] = set()
    while pending:
        pages = yield from _pages(selection, pending)
        still: list[tuple[Group, Request]] = []
        for (group, found, ended, gaps), (_, following) in zip(pages, pending, strict=True):
            yield from gaps
            context = {"group": group["id"], "origin": "api"}
            problems = yield from completed(found or [], batch=selection.settings.batch)
            for problem in problems:
                yield Gap(problem, "partial", community_id(group["id"]))
            yield from profiles(found or [], known, context)
            yield Batch("event", found or [], context)
            if not ended:
                still.append((group, following))
        pending = still


def _library(slice_: Slice) -> Steps:
    """Read the knowledge library; where there is none, that is no loss."""
    context = {"community": slice_.params["root"], "origin": "api"}
    path = "community/knowledge_library_categories"
    listing = Listing(graph(path, subject="knowledge library", fields=fields.PAGE, limit=PAGE), graph_pager)
    try:
        while (data := (yield from listing.page())) is not None:
            yield Batch("page", rows(data), context)
    except ObjectUnavailableError:
        return
    except PermissionMissingError as error:
        yield Gap(f"the knowledge library: {error}", "denied")
    if listing.problem:
        yield Gap(listing.problem)


def _scim(selection: Selection) -> Steps:
    """Read SCIM's users, page by page; how many one page has is the server's choice."""
    base = selection.settings.scim_base
    start, context = 1, {"origin": "api"}
    while True:
        data = (yield scim(base, start=start)).data
        found = [one for one in data.get("Resources") or () if isinstance(one, dict)] if isinstance(data, dict) else []
        yield Batch("scim_user", [cleaned(one) for one in found], context)
        start += len(found)
        if not found or start > int(data.get("totalResults") or 0):
            return
