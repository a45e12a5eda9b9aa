"""What a pull would take, before it is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from communitykit.cli.output import print_json, say
from communitykit.cli.progress import waits_told
from communitykit.doors.api import Estimate, Session
from communitykit.doors.options import ReadOptions
from communitykit.model.values import JSON
from communitykit.printable import counted


def print_estimate(plans: Sequence[tuple[Session, Mapping[str, JSON]]], to: Path, *, as_json: bool) -> None:
    """List slices without reading them, and print the requests and the least time that they need."""
    state: Mapping[str, JSON] = {}
    if to.exists():
        from communitykit.store import Store  # noqa: PLC0415 # duckdb is imported only when used
        from communitykit.store.rows import checkpoints  # noqa: PLC0415 # same

        with Store(to) as store:
            state = checkpoints(store.arrow("checkpoints"))
    with waits_told(*(session for session, _ in plans)):
        estimates = [session.estimate(ReadOptions(**ask), state) for session, ask in plans]
    if as_json:
        print_json(
            {
                "estimates": [
                    {
                        "connector": one.connector,
                        "slices": one.slices,
                        "unknown": one.unknown,
                        "requests": one.requests,
                        "seconds": one.seconds,
                    }
                    for one in estimates
                ]
            }
        )
        return
    for one in estimates:
        say(f"{one.connector}: {counted(one.slices, 'slice')}, {_length(one)}.")
    say("It may be stopped at any time, and goes on from there.")


def _length(one: Estimate) -> str:
    """Say how long reading takes, as far as anything tells."""
    if one.slices and one.unknown == one.slices:
        return "and nothing tells how many requests they take"
    told = f"about {counted(sum(one.requests.values()), 'request')}, at least {one.seconds / 60:,.1f} minutes"
    more = f"; {counted(one.unknown, 'slice')} of unknown length" if one.unknown else ""
    return f"{told} at the platform's limits{more}"
