"""How a slice is read: a feed, a group's members, an export, what Graph tells. Flows: nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping

from communitykit import ObjectUnavailableError, PermissionMissingError
from communitykit.connector import Batch, Checkpoint, Flow, Gap, Reader, Selection, Slice, Swept
from communitykit_yammer.api.checkpoint import Progress, kinds_of
from communitykit_yammer.api.exports import read_exports, windows_left
from communitykit_yammer.api.listing import NumberedListing
from communitykit_yammer.api.messages import Feed, is_quiet, read_feed
from communitykit_yammer.api.methods import FEED_PAGE, LIST_PAGE
from communitykit_yammer.api.tenant import read_members, read_report, read_roles
from communitykit_yammer.ids import number, parse_time
from communitykit_yammer.settings import YammerSettings


def _read_messages(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    return read_feed(_feed(slice_), Progress.load(checkpoint), selection)


def _read_members(selection: Selection, slice_: Slice, _checkpoint: Checkpoint | None) -> Flow:
    return read_members(selection, slice_) if slice_.params.get("connected") else _members(slice_)


def _read_roles(selection: Selection, slice_: Slice, _checkpoint: Checkpoint | None) -> Flow:
    return read_roles(selection, slice_)


def _read_report(selection: Selection, slice_: Slice, _checkpoint: Checkpoint | None) -> Flow:
    return read_report(selection, slice_)


def _estimate_messages(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Mapping[str, int]:
    """Tell about how many requests a feed takes: groups say how many messages they have."""
    progress, feed = Progress.load(checkpoint), _feed(slice_)
    if is_quiet(feed, progress, selection):
        return {"messages": 0}
    newest = progress.newest(kinds_of(selection))
    if newest is not None and progress.missing(selection, newest + 1) is None:
        full = {"other": progress.cut} if selection.settings.reactions == "full" and progress.cut else {}
        return {"messages": 1 + progress.recent // FEED_PAGE, **full}
    if feed.updates is None:
        return {}
    return {"messages": 1 + max(0, feed.updates - progress.seen) // FEED_PAGE}


def _estimate_members(_selection: Selection, slice_: Slice, _checkpoint: Checkpoint | None) -> Mapping[str, int]:
    """Tell about how many requests a list of members takes: groups say how many they have."""
    if slice_.params.get("connected"):
        return {"graph": 2}
    size = slice_.params.get("size")
    return {"other": 1 + (size if isinstance(size, int) else 0) // LIST_PAGE}


def _estimate_exports(selection: Selection, _slice: Slice, checkpoint: Checkpoint | None) -> Mapping[str, int]:
    return {"other": windows_left(selection, checkpoint)}


def _estimate_graph(_selection: Selection, _slice: Slice, _checkpoint: Checkpoint | None) -> Mapping[str, int]:
    return {"graph": 1}


def _feed(slice_: Slice) -> Feed:
    group = slice_.params.get("group")
    context = {"network": slice_.network, "origin": "api"}
    if group is None:
        return Feed("messages", "company feed", context, ungrouped=True)
    updates, latest = slice_.params.get("updates"), number(slice_.params.get("latest"))
    written = parse_time(slice_.params.get("latest_at"))
    return Feed(
        f"messages/in_group/{group}",
        f"group {slice_.label}",
        {**context, "group": group},
        slice_.community_id,
        updates if isinstance(updates, int) else None,
        (int(latest), written) if latest and written else None,
    )


def _members(slice_: Slice) -> Flow:
    group = slice_.params["group"]
    context = {"network": slice_.network, "group": group, "origin": "api"}
    listing = NumberedListing(
        f"users/in_group/{group}", subject=f"group {slice_.label}", key="users", counted=slice_.params.get("size")
    )
    try:
        while (rows := (yield from listing.rows())) is not None:
            yield Batch("user", rows, context)
            yield Batch("membership", [*rows, *listing.odd], context)
    except (PermissionMissingError, ObjectUnavailableError) as error:
        yield Gap(f"members are not read: {error}", "denied")
        return
    if listing.problem:
        yield Gap(listing.problem)
    if listing.whole:
        yield Swept("membership", {"community_id": slice_.community_id})


READERS: Mapping[str, Reader[YammerSettings]] = {
    "messages": Reader(_read_messages, _estimate_messages),
    "members": Reader(_read_members, _estimate_members),
    "export": Reader(read_exports, _estimate_exports),
    "roles": Reader(_read_roles, _estimate_graph),
    "reports": Reader(_read_report, _estimate_graph),
}
"""How slices are read, by the `reader` that discovery names."""
