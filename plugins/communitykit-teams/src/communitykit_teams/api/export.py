"""The flow that reads a whole team by the export API (`getAllMessages`): roots and replies in one flat list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from communitykit.connector import JSON, Batch, Checkpoint, Flow, Gap, Listing, Selection, Slice
from communitykit.connector.odata import odata_pager
from communitykit_teams.api.checkpoint import TALK, moment, polled
from communitykit_teams.api.methods import Graph, listed, segment

Steps = Flow
_OVERLAP = timedelta(days=1)
_VERSION = 2
"""1 did not say which channels were handed on, nor what of them: what it says is read again."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when (None: the beginning) until when a channel was handed on."""

    low: datetime | None
    high: datetime

    def covers(self, selection: Selection) -> bool:
        """Tell whether no more of the past is asked for than was read."""
        return self.low is None or (selection.since is not None and selection.since >= self.low)


def read_export(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Steps:
    """Read what changed in a team since the last time; all of it where a channel was not yet read so far back.

    A team that is interrupted is read again from there: the list cannot be entered in its middle for long.
    """
    kinds = selection.kinds & TALK
    known, wanted = _load(checkpoint, kinds), [str(one) for one in slice_.params.get("channels") or ()]
    held = {native: span for native in wanted if (span := known.get(native)) and span.covers(selection)}
    if wanted and len(held) == len(wanted):
        read = min(span.high for span in held.values())
        if (told := polled(read.isoformat(), selection)) is not None:
            yield Gap(told, "skipped", option="force")
            return
        since: datetime | None = read - _OVERLAP
    else:
        since = selection.since
    graph = Graph.of(selection.settings)
    team = str(slice_.params["team"])
    params: dict[str, str | int] = {"top": 50}
    if since is not None:
        bounds = (min([since, *(span.high - _OVERLAP for span in held.values())]), selection.until)
        early, late = (one.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for one in bounds)
        params["filter"] = f"lastModifiedDateTime gt {early} and lastModifiedDateTime lt {late}"
    path = f"teams/{segment(team)}/channels/getAllMessages"
    request = graph.ask(path, "export", params, subject=f"team {slice_.label}")
    if graph.model:
        request = request.with_params(model=graph.model)
    context = {"network": slice_.network, "team": team, "origin": "api"}
    listing = Listing(request, odata_pager)
    while (data := (yield from listing.page())) is not None:
        items = listed(data, request.subject)
        yield Batch("message", [one for one in items if not wanted or _channel(one) in {None, *wanted}], context)
    if listing.problem:
        yield Gap(f"not all messages: {listing.problem}")
        return
    read_now = {
        native: Span(held[native].low if native in held else selection.since, selection.until) for native in wanted
    }
    yield Batch("message", (), context, checkpoint=_save(known | read_now, kinds))


def _load(checkpoint: Checkpoint | None, kinds: frozenset[str]) -> dict[str, Span]:
    """Read which channels were handed on, with all these kinds of records."""
    if not checkpoint or checkpoint.get("v") != _VERSION:
        return {}
    try:
        if not kinds <= set(checkpoint["kinds"]):
            return {}
        return {
            str(native): Span(moment(low) if low else None, moment(high))
            for native, (low, high) in checkpoint["channels"].items()
        }
    except (AttributeError, KeyError, TypeError, ValueError):  # not understood: it is read again
        return {}


def _save(spans: Mapping[str, Span], kinds: frozenset[str]) -> Checkpoint:
    kept = {native: [one.low.isoformat() if one.low else None, one.high.isoformat()] for native, one in spans.items()}
    return {"v": _VERSION, "channels": kept, "kinds": sorted(kinds)}


def _channel(item: JSON) -> str | None:
    """Return the channel that a message names; None where none can be read: its translation says what is wrong."""
    told = item.get("channelIdentity") if isinstance(item, Mapping) else None
    native = told.get("channelId") if isinstance(told, Mapping) else None
    return native if isinstance(native, str) else None
