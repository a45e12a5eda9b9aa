"""How a slice is read: a channel, a team by export, members, the usage report. Flows: nothing is sent here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from communitykit.connector import Batch, Checkpoint, Flow, Gap, Listing, Reader, Selection, Slice, Swept, ask
from communitykit.connector.odata import odata_pager
from communitykit.connector.usage import is_concealed, report_rows
from communitykit_teams.api.checkpoint import Progress, polled
from communitykit_teams.api.export import read_export
from communitykit_teams.api.messages import read_messages
from communitykit_teams.api.methods import PAGE, Graph, listed, segment
from communitykit_teams.api.threads import Channel
from communitykit_teams.settings import TeamsSettings

_REPORT = "getTeamsUserActivityUserDetail"


def _messages(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    return read_messages(_channel(selection, slice_), Progress.load(checkpoint, selection.kinds), selection)


def _estimate_messages(selection: Selection, _slice: Slice, checkpoint: Checkpoint | None) -> Mapping[str, int]:
    """Tell about how many requests a channel takes; one that was never read does not say how long it is."""
    if polled((checkpoint or {}).get("done"), selection) is not None:
        return {}
    return {"messages": 1} if Progress.load(checkpoint, selection.kinds).high else {}


def _channel(selection: Selection, slice_: Slice) -> Channel:
    params = slice_.params
    context = {"network": slice_.network, "team": params["team"], "channel": params["channel"], "origin": "api"}
    return Channel(
        graph=Graph.of(selection.settings),
        team=str(params["team"]),
        native=str(params["channel"]),
        community_id=str(slice_.community_id),
        label=slice_.label,
        context=context,
    )


Steps = Callable[[Selection[TeamsSettings], Slice, Checkpoint], Flow]


def _daily(steps: Steps, selection: Selection[TeamsSettings], slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    """Read a listing once a day, as Microsoft asks."""
    if (told := polled((checkpoint or {}).get("done"), selection)) is not None:
        yield Gap(told, "skipped", option="force")
        return
    done = {"v": 1, "done": selection.until.isoformat()}
    yield from steps(selection, slice_, done)


def _once_a_day(budget: str, selection: Selection, checkpoint: Checkpoint | None) -> Mapping[str, int]:
    return {} if polled((checkpoint or {}).get("done"), selection) is not None else {budget: 1}


def _members(selection: Selection, slice_: Slice, done: Checkpoint) -> Flow:
    """List who is in a team, or in a private or shared channel with members of its own."""
    graph, team, channel = Graph.of(selection.settings), str(slice_.params["team"]), slice_.params.get("channel")
    path = f"teams/{segment(team)}/" + (f"channels/{segment(str(channel))}/allMembers" if channel else "members")
    native = str(channel or team)
    request = graph.ask(path, "members", {"top": PAGE}, subject=slice_.label, on=native)
    context = {"network": slice_.network, "community": native, "origin": "api"}
    listing = Listing(request, odata_pager)
    while (data := (yield from listing.page())) is not None:
        yield Batch("member", listed(data, request.subject), context)
    if listing.problem:
        yield Gap(f"not all members: {listing.problem}")
        return
    yield Swept("membership", {"community_id": slice_.community_id})
    yield Batch("member", (), context, checkpoint=done)


def _usage(selection: Selection, slice_: Slice, done: Checkpoint) -> Flow:
    """Read the usage report: Graph redirects to a CSV file that wants no credential."""
    period = slice_.params["period"]
    request = Graph.of(selection.settings).ask(
        f"reports/{_REPORT}(period='{period}')", "reports", subject="usage report"
    )
    response = yield from ask(replace(request, expect="text"))
    rows = list(report_rows(response.data))
    yield Batch("usage", rows, {"network": slice_.network, "report": _REPORT, "origin": "api"}, checkpoint=done)
    if any(is_concealed(row.get("User Principal Name") or "") for row in rows):
        yield Gap(
            "the report conceals who its users are, so its figures belong to nobody: an administrator can show names "
            "under 'Settings > Org settings > Reports' of the Microsoft 365 admin center"
        )


def _read_members(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    return _daily(_members, selection, slice_, checkpoint)


def _estimate_members(selection: Selection, _slice: Slice, checkpoint: Checkpoint | None) -> Mapping[str, int]:
    return _once_a_day("members", selection, checkpoint)


def _read_usage(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Flow:
    return _daily(_usage, selection, slice_, checkpoint)


def _estimate_usage(selection: Selection, _slice: Slice, checkpoint: Checkpoint | None) -> Mapping[str, int]:
    return _once_a_day("reports", selection, checkpoint)


READERS: Mapping[str, Reader[TeamsSettings]] = {
    "messages": Reader(_messages, _estimate_messages),
    "export": Reader(read_export),
    "members": Reader(_read_members, _estimate_members),
    "usage": Reader(_read_usage, _estimate_usage),
}
"""How slices are read, by the `reader` that discovery names."""
