"""The flow that reads a whole team by the export API (`getAllMessages`): roots and replies in one flat list."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, timedelta
from typing import Any

from communitykit.connector import Batch, Checkpoint, Gap, Listing, Selection, Slice, odata_pager
from communitykit_teams.methods import Graph, segment
from communitykit_teams.progress import moment, polled

Steps = Generator[Any, Any, None]
_OVERLAP = timedelta(days=1)


def read_export(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Steps:
    """Read what changed in a team since the last time, all of it at first.

    A team that is interrupted is read again from there: the list cannot be entered in its middle for long.
    """
    done = (checkpoint or {}).get("done")
    if (told := polled(done, selection)) is not None:
        yield Gap(told, "skipped", slice_.community_id)
        return
    graph = Graph.of(selection.settings)
    team = str(slice_.params["team"])
    since = moment(done) - _OVERLAP if done else selection.since
    params: dict[str, str | int] = {"top": 50}
    if since is not None:
        bounds = (since, selection.until)
        early, late = (one.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for one in bounds)
        params["filter"] = f"lastModifiedDateTime gt {early} and lastModifiedDateTime lt {late}"
    path = f"teams/{segment(team)}/channels/getAllMessages"
    request = graph.ask(path, "export", params, subject=f"team {slice_.label}")
    if graph.model:
        request = request.with_params(model=graph.model)
    context = {"network": slice_.network, "team": team, "origin": "api"}
    wanted = set(slice_.params.get("channels") or ())
    listing = Listing(request, odata_pager)
    while (data := (yield from listing.page())) is not None:
        items = [one for one in data.get("value") or () if isinstance(one, dict)]
        yield Batch("message", [one for one in items if not wanted or _channel(one) in wanted], context)
    if listing.problem:
        yield Gap(f"not all messages: {listing.problem}", community_id=slice_.community_id)
        return
    yield Batch("message", (), context, checkpoint={"v": 1, "done": selection.until.isoformat()})


def _channel(item: dict[str, Any]) -> str:
    return str((item.get("channelIdentity") or {}).get("channelId") or "")
