"""What `pull` and `import` share: running with progress, and the summary at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from communitykit.cli import interrupts
from communitykit.cli.interrupts import stopping
from communitykit.cli.output import LOG, Exit, console, error_data, print_json, print_table, say, warn, warn_of
from communitykit.cli.progress import shown
from communitykit.cli.shared import ASKED
from communitykit.clock import SYSTEM_CLOCK
from communitykit.errors import SettingsError, StoreBusyError, StoreError
from communitykit.printable import counted, several
from communitykit.result import (
    COUNTED,
    OF_ARCHIVES,
    OF_SOURCES,
    OPTIONS,
    PullResult,
    erased_in_words,
    in_words_of,
    not_looked_at,
    outcome,
    told_by_source,
)

if TYPE_CHECKING:
    from communitykit.config import NamedSource, UnopenedSource
    from communitykit.doors.options import RecordsKeywords
    from communitykit.doors.source import Source
    from communitykit.model.values import JSON

_AGAIN = "the same command again to go on from there."
DEMO = "demo"
"""The word in a store's `meta` that says that its content is the demonstration's."""


def run(
    sources: Sequence[Source],
    to: Path,
    *,
    title: str,
    as_json: bool,
    max_time: float | None = None,
    compact: bool = True,
    **ask: Unpack[RecordsKeywords],
) -> tuple[PullResult, Exit]:
    """Pull with progress, print the summary, give the exit code; raises as `read`."""
    from communitykit.doors.options import ReadOptions  # noqa: PLC0415 # imported only when used

    result, archives = read(sources, to, title=title, max_time=max_time, compact=compact, **ask)
    since, until = ReadOptions(since=ask.get("since"), until=ask.get("until")).window(result.started_at)
    if as_json:
        window = {"since": since, "until": until}
        print_json({**as_data(result, to), "window": window, **({"archives": archives} if archives else {})})
        warn_of_end(result)
    else:
        for found in archives:
            say(f"Found: {found}.")
        if _began(result):
            say(f"Asked for what was written {in_words(since, until)}.")
        print_summary(result, to)
    return result, code(result)


def read(
    sources: Sequence[Source],
    to: Path,
    *,
    title: str,
    max_time: float | None = None,
    compact: bool = True,
    **ask: Unpack[RecordsKeywords],
) -> tuple[PullResult, list[str]]:
    """Pull with progress; return the result, and what archives turned out to be.

    Raises SettingsError for the demonstration's store: real data would be mixed with a fictional company. Raises
    StoreBusyError as `pull`: at once, though the run that reads a source already has the store open. A StoreError that
    ends a run which had begun is the last of the result's `errors`: what was kept until then is told with it.
    """
    from communitykit.doors.source import identities  # noqa: PLC0415 # imported only when used
    from communitykit.pulling import pull_at  # noqa: PLC0415 # same
    from communitykit.store.at_work import refuse_taken  # noqa: PLC0415 # duckdb is imported only when used
    from communitykit.store.duckdb_errors import telling  # noqa: PLC0415 # same

    refuse_taken(to, identities(sources))
    with telling(to, "open it"):
        there = to.exists()
    if there and _is_demo(to):
        raise SettingsError(
            f"{to} holds the demo's fictional company", remedy="Delete it, or give another file with --to."
        )
    remarks: list[str] = []
    try:
        with (
            stopping() as stop,
            shown(title, sources=len(sources), quiet=console.quiet, stopping=stop.is_set) as progress,
        ):
            run: dict[str, Any] = {"max_time": max_time, "stop": stop, "compact": compact, "remarks": remarks}
            result = pull_at(sources, to, ask, clock=SYSTEM_CLOCK, progress=progress, **run)
    except StoreError as error:
        if not isinstance(error.result, PullResult) or ASKED["debug"]:
            raise
        result = error.result
    for remark in remarks if not LOG.shows_warnings else ():
        warn(f"Look at this: {remark}")
    return result, [found for one in sources for found in _found(one)]


def read_named(
    sources: Sequence[NamedSource],
    unopened: Sequence[UnopenedSource],
    to: Path,
    *,
    silent: bool,
    max_time: float | None = None,
    compact: bool = True,
    **ask: Unpack[RecordsKeywords],
) -> tuple[PullResult, list[str], dict[str, JSON]]:
    """Pull sources of a configuration; return the result, what archives turned out to be, and each source's window.

    Those that could not be opened are sources of the run that bring nothing.
    """
    now = datetime.now(UTC)
    windows: dict[str, JSON] = {}
    for one in sources:
        if one.name != "roster":
            since, until = one.options.window(now)
            windows[one.name] = {"since": since, "until": until, "asked_since": one.cut.asked if one.cut else since}
            if not silent:
                say(f"{one.name}: what was written {in_words(since, until)}.{f' {one.cut}' if one.cut else ''}")
    for left in unopened:
        if left.name != "roster":
            begin, end = left.window or (None, None)
            windows[left.name] = {"since": begin, "until": end, "asked_since": left.cut.asked if left.cut else begin}
    chosen: list[Source] = [*unopened, *sources]
    title = ", ".join([*(one.name for one in sources), *(one.name for one in unopened)])
    result, archives = read(chosen, to, title=title, max_time=max_time, compact=compact, **ask)
    for found in [] if silent else archives:
        say(f"Found: {found}.")
    return result, archives, windows


def _found(source: Source) -> list[str]:
    told: list[str] = getattr(getattr(source, "session", source), "found", [])
    return told


def in_words(since: datetime | None, until: datetime) -> str:
    """Return a window in words: `from 2026-02-01 to 2026-03-01 UTC, 28 days`."""
    if since is None:
        return f"up to {_moment(until)} UTC"
    length = until - since
    unit, one = ("days", timedelta(days=1)) if length >= timedelta(days=2) else ("hours", timedelta(hours=1))
    return f"from {_moment(since)} to {_moment(until)} UTC, {round(length / one, 1):,.10g} {unit}"


def _moment(when: datetime) -> str:
    when = when.astimezone(UTC)
    return f"{when:%Y-%m-%d}" if when.time() == time() else f"{when:%Y-%m-%d %H:%M}"


def code(result: PullResult) -> Exit:
    """Return the exit code that a result stands for: talk that no run reads unless it is asked for costs nothing.

    A source that failed is not made well by the run's time being over, or it would fail unseen every night.
    """
    if result.errors and isinstance(result.errors[-1], StoreError):  # what ended it, though it was being stopped
        return Exit.BUSY if isinstance(result.errors[-1], StoreBusyError) else Exit.FAILED
    if result.interrupted and (interrupts.code() is not None or not result.errors):
        return Exit.INTERRUPTED
    if result.errors:
        return Exit.FAILED
    return Exit.COMPLETE if result.complete else Exit.PARTIAL


def as_data(result: PullResult, to: Path) -> dict[str, JSON]:
    """Return the result as plain data; `store` is None where none was made, since nothing came.

    `journal` is the file that belongs to the store, too, where there was no room to fold it in; else None.
    """
    tally = result.tally
    return {
        "run_id": result.run_id,
        "store": str(to) if to.exists() else None,  # into which nothing came
        "journal": _journal(to),
        "complete": result.complete,
        "interrupted": result.interrupted,
        "started_at": result.started_at,
        "ended_at": result.ended_at,
        "new": tally.new,
        "changed": tally.changed,
        "deleted": tally.deleted,
        "vanished": tally.vanished,
        "requests": result.requests,
        "retries": result.retries,
        "waited_seconds": round(result.waited, 3),
        "by_source": {
            name: {
                **dict(zip(COUNTED, one.tally.counts(), strict=True)),
                "unchanged": one.unchanged,
                "requests": one.requests,
                "retries": one.retries,
            }
            for name, one in result.by_source.items()
        },
        "ignored": result.ignored,
        "looked_back": result.looked_back,
        "erased_before": result.erased_before,
        "coverage": [one.model_dump(mode="json") for one in result.coverage],
        "issues": [one.model_dump(mode="json") for one in result.issues],
        "errors": [error_data(error) for error in result.errors],
    }


def _journal(to: Path) -> str | None:
    beside = to.resolve()
    beside = beside.with_name(f"{beside.name}.wal")
    return str(beside) if beside.exists() and beside.stat().st_size else None


def _began(result: PullResult) -> bool:
    """Tell whether a run came as far as to read: not one whose token is missing, or whose archive is none."""
    return bool(result.came or result.requests or not result.errors)


def print_summary(result: PullResult, to: Path, *, asked_by: Mapping[str, str] = OPTIONS) -> None:
    """Print what was new, what changed, what it took, and what was left out and why.

    `asked_by` says how who reads it asks for what was left out.
    """
    tally = result.tally
    tables = ("members", "communities", "memberships", "posts", "events", "measures")
    rows = [(name, *(count.get(name, 0) for count in tally.counts())) for name in tables]
    print_table(str(to), ("record", *COUNTED), [row for row in rows if any(row[1:])])
    if not any(any(row[1:]) for row in rows) and not result.errors:
        say(f"{to}: nothing new, nothing changed.")
    print_table("By source", ("source", *OF_SOURCES), told_by_source(result.by_source))
    seconds = (result.ended_at - result.started_at).total_seconds() if result.ended_at else 0.0
    asked = f"{counted(result.requests, 'request')}, {result.retries:,} repeated, {result.waited:.1f} s waited, "
    if _began(result):
        say(f"{asked if result.requests else ''}{seconds:.1f} s in all.")  # an archive is asked nothing
    if result.ignored:
        ignored = ", ".join(f"{number:,} {kind}" for kind, number in sorted(result.ignored.items()))
        say(f"Knowingly ignored: {ignored}.")
    for sentence in not_looked_at(result.looked_back, result.looked_until):
        say(sentence)
    if result.erased_before is not None:
        say(f"{erased_in_words(result.erased_before)} A pull with an earlier --since lets it in.")
    if console.quiet:
        warn_of_missing(result, asked_by=asked_by)
    else:
        _print_left_out(result, asked_by)
        warn_of_end(result, asked_by=asked_by)


def warn_of_end(result: PullResult, *, asked_by: Mapping[str, str] = OPTIONS) -> None:
    """Print on the error stream what failed, and that it was stopped: also where standard output is one document."""
    for error in result.errors:
        warn_of(error, {option: words for option, words in asked_by.items() if option in OF_ARCHIVES})
    if result.interrupted and not console.quiet:
        how = "Stopped" if interrupts.code() is not None else "Stopped, since --max-time is over"
        warn(f"{how}. {'What was committed is kept; run' if result.came else 'Nothing had come; run'} {_AGAIN}")


def warn_of_missing(result: PullResult, *, asked_by: Mapping[str, str] = OPTIONS) -> None:
    """Print on the error stream what was asked for and is not there, for whoever reads nothing else."""
    warn_of_end(result, asked_by=asked_by)
    for reason, fields in result.lacking:
        warn(f"Not read: {in_words_of(reason, asked_by)}", **fields)


def _is_demo(to: Path) -> bool:
    from communitykit.store import Store  # noqa: PLC0415 # duckdb is imported only when used

    with Store(to) as store:
        return store.sql("SELECT 1 FROM meta WHERE key = ?", [DEMO]).num_rows > 0


def _print_left_out(result: PullResult, asked_by: Mapping[str, str]) -> None:
    grouped: dict[tuple[str, str], int] = {}
    errors = {str(error) for error in result.errors}  # they are said below
    for one in result.coverage:
        for reason in several(one.reason or "") if one.status != "complete" else ():
            if reason not in errors:
                key = (outcome(one.status, one.by_policy), in_words_of(reason, asked_by))
                grouped[key] = grouped.get(key, 0) + 1
    print_table(
        "Left out", ("status", "slices", "why"), [(status, number, why) for (status, why), number in grouped.items()]
    )
    reasons: dict[tuple[str, str, str], int] = {}
    for issue in result.issues:
        cause = (issue.reason, issue.wire_kind, issue.detail or "")
        reasons[cause] = reasons.get(cause, 0) + 1
    print_table(
        "Issues",
        ("reason", "payload", "number", "detail"),
        [(why, kind, n, d) for (why, kind, d), n in reasons.items()],
    )
