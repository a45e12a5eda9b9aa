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

_MINUTE = 60


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
    about = "at least" if one.unknown else "about"
    more = f"; {counted(one.unknown, 'slice')} of unknown length" if one.unknown else ""
    return f"{about} {counted(sum(one.requests.values()), 'request')}{_least(one.seconds)}{more}"


def _least(seconds: float) -> str:
    """Say how long the platform's limits make it last, where that is worth a word."""
    if seconds < 1:
        return ""
    length = f"{seconds / _MINUTE:,.1f} minutes" if seconds >= _MINUTE else f"{seconds:.0f} s"
    return f", at least {length} at the platform's limits"
