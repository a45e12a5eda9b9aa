"""A fictional company on simulated platforms, read by the real connectors over HTTP on this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from communitykit.cli import reading
from communitykit.cli.aside import Aside
from communitykit.cli.interrupts import stopping
from communitykit.cli.output import console, error_data, print_json, say
from communitykit.cli.progress import shown
from communitykit.cli.shared import ASKED
from communitykit.cli.show import show
from communitykit.cli.simulated import platform_of, simulated
from communitykit.clock import SYSTEM_CLOCK
from communitykit.connector.declaration import Connector
from communitykit.connector.registry import registry
from communitykit.doors.api import connect
from communitykit.doors.archive import read_archive
from communitykit.doors.options import RecordsKeywords
from communitykit.doors.source import Source, new_run_id
from communitykit.errors import SettingsError, StoreError
from communitykit.model.values import JSON
from communitykit.people import Options, Resolution, resolve
from communitykit.people.accounts import ROSTER
from communitykit.printable import counted
from communitykit.pulling import pull_at
from communitykit.reading.slices import Progress
from communitykit.result import PullResult
from communitykit.sandbox import SIZES, World, project, serve
from communitykit.sandbox.roster import write_roster
from communitykit.sandbox.vocabulary import DOMAIN
from communitykit.sinks.permissions import make_folder
from communitykit.sinks.targets import write_text
from communitykit.store import Store
from communitykit.store.connection import mark
from communitykit.store.making import remove
from communitykit.testing.reading import current

_LANGUAGES = ("en", "fr")
_MONTH = timedelta(days=30)
_LATER = ("late_replies", "edits", "deletions", "reply_changes")
"""Features without which a later run does not find everything that has changed."""
_POSTS = 1_000
"""About how many posts each platform holds, however many are installed."""


def run_demo(to: Path, *, as_json: bool) -> None:
    """Pull a small world from every connector that has a sandbox, let a month pass, pull again, and report.

    Raises SettingsError when the store already exists, so that a demonstration never touches real data.
    """
    if to.exists() and not _is_ours(to):
        raise SettingsError(
            f"{to} exists, and the demo would mix its fictional company into it", remedy="Give another file with --to."
        )
    remove(to)
    mark(to, reading.DEMO, "a fictional company")
    with Aside() as aside:
        read = _read(to, as_json=as_json)
        people = _tell_people(read.world, to, read.connectors)
        folder = to.with_name(f"{to.stem}-report")
        aside.ask(to, folder, _LANGUAGES)
        held = current(to)
        truth = [_hold_against_the_truth(read.world, one, held) for one in read.connectors.values()]
        briefs, brief = _brief(to, folder)
        if not as_json:
            _say_what_is_there(to, read, people, truth)
        made = aside.made()
    if as_json:
        told = _pulled({"first": read.first, "second": read.second}, to)
        told |= {"happened": read.happened, "people": asdict(people), "report": dict(made.pages), "briefs": briefs}
        print_json({**told, "truth": {one.name: {"current": one.current, "differences": one.wrong} for one in truth}})
        return
    say("\nThe answer of its report:")
    for sentence in made.findings[_LANGUAGES[0]]:
        say(f"  - {sentence}")
    say(f"\n{brief}")
    for path in (*made.pages.values(), *briefs.values()):
        say(f"Written: {path}")
    say(f'Look for yourself: communitykit browse {to}, or duckdb.sql("FROM activity") on the file.')


@dataclass(frozen=True, slots=True)
class Read:
    """The company as it is after both pulls, the connectors that read it, and what the pulls came to."""

    world: World
    connectors: dict[str, Connector]
    first: PullResult
    second: PullResult
    happened: int


def _read(to: Path, *, as_json: bool) -> Read:
    """Serve the company, pull it, let a month pass, and pull again."""
    found = simulated()
    size = replace(SIZES["small"], posts=_POSTS * len(found))
    world = World(seed=1, size=size, now=datetime.now(UTC) - _MONTH, platforms=tuple(found))
    with ExitStack() as stack:
        sessions = []
        for name, connector in found.items():
            server = stack.enter_context(serve(world, platform_of(connector)))
            if not as_json:
                say(f"A fictional company's {connector.title} answers at {server.url}.")
            # A month passes below; a look-back of the usual month would only just not reach what was there before.
            wider: dict[str, JSON] = {"lookback": "90d"} if "lookback" in connector.settings.model_fields else {}
            sessions.append(stack.enter_context(connect(name, **server.settings, **wider)))
        first = _pull(sessions, to, "First pull", as_json=as_json, force=False)
        changes = world.advance(days=_MONTH.days, reach=2 * _MONTH)
        if not as_json:
            say(f"\nA month passes: {counted(len(changes), 'thing happens', 'things happen')}.\n")
        # The month passed in the company alone: to a polling rule it is still the same day.
        second = _pull(sessions, to, "Second pull", as_json=as_json, force=True)
    return Read(world, found, first, second, len(changes))


def _say_what_is_there(to: Path, read: Read, people: Resolution, truth: list[Held]) -> None:
    saved = read.first.requests - read.second.requests
    say(f"The second pull sent {read.second.requests:,} requests, {saved:,} fewer than the first.\n")
    show(to, as_json=False)
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in people.kinds.items())
    say(f"\n{people.joined} {counted(people.people, 'person', 'people')} ({kinds}).")
    say(f"{people.in_roster:,} of them are in the company's roster.")
    name, number = _somebody(to)
    accounts = f"{counted(number, 'account')}"
    say(f'{name} has {accounts}: `communitykit people show "{name}" {to}` says what makes them one person\'s.')
    say("\nWhat is current, held against the company itself:")
    for one in truth:
        say(f"  {one}")


def _run(
    sources: Sequence[Source],
    to: Path,
    options: RecordsKeywords,
    *,
    progress: Callable[[Progress], None] | None = None,
    stop: Event | None = None,
) -> PullResult:
    """Pull as the demonstration's own run: noted before it begins, since one that is killed is its own, too."""
    run_id = new_run_id()
    mark(to, reading.DEMO, run_id)
    return pull_at(sources, to, options, clock=SYSTEM_CLOCK, progress=progress, stop=stop, run_id=run_id)


def _pull(sessions: Sequence[Source], to: Path, title: str, *, as_json: bool, force: bool) -> PullResult:
    ended = False
    try:
        with stopping() as stop, shown(title, quiet=console.quiet, stopping=stop.is_set) as progress:
            result = _run(sessions, to, {"force": force}, progress=progress, stop=stop)
    except StoreError as error:
        if not isinstance(error.result, PullResult) or ASKED["debug"]:
            raise
        result, ended = error.result, True
    if not as_json:
        say(f"{title}:")
        reading.print_summary(result, to)
    else:
        reading.warn_of_end(result)
    if result.interrupted or ended:
        if as_json:
            print_json(_pulled({title.partition(" ")[0].lower(): result}, to))
        import typer  # noqa: PLC0415 # here alone

        raise typer.Exit(reading.code(result))
    return result


def _pulled(results: dict[str, PullResult], to: Path) -> dict[str, JSON]:
    """Return pulls as plain data, below whether one was stopped and all that went wrong."""
    told: dict[str, JSON] = {
        "interrupted": any(one.interrupted for one in results.values()),
        "errors": [error_data(error) for one in results.values() for error in one.errors],
    }
    return told | {name: reading.as_data(one, to) for name, one in results.items()}


def _tell_people(world: World, to: Path, found: dict[str, Connector]) -> Resolution:
    """Import the company's roster, where the connector for rosters is installed, and make persons of all accounts.

    In this company everybody's handle is the first half of their address, on every platform.
    """
    if ROSTER in registry().connectors:
        with tempfile.TemporaryDirectory() as folder:
            roster = Path(folder) / f"hr-{world.now:%Y-%m-%d}.csv"
            write_roster(world, roster)
            with read_archive(ROSTER, roster, whole=True) as archive:
                _run([archive], to, {})
    return resolve(to, Options(handles=dict.fromkeys(found, DOMAIN)))


def _somebody(to: Path) -> tuple[str, int]:
    """Return the name that nobody shares of who has most accounts, and how many those are."""
    with Store(to) as store:
        (row,) = store.sql(
            """SELECT name, accounts FROM people WHERE kind = 'person' AND name IS NOT NULL
            QUALIFY count(*) OVER (PARTITION BY name) = 1 ORDER BY accounts DESC, name LIMIT 1"""
        ).to_pylist()
    return row["name"], row["accounts"]


def _brief(to: Path, folder: Path) -> tuple[dict[str, Path], str]:
    """Write the brief in each language; return its files, and what the first of them says."""
    from communitykit import report  # noqa: PLC0415 # charts are imported only when used

    make_folder(folder)
    briefs = {}
    found = {language: report.brief(to, language=language) for language in _LANGUAGES}
    for language, one in found.items():
        briefs[language] = folder / f"brief.{language}.html"
        write_text(briefs[language], report.as_html(one), "brief", inputs=[to])
    return briefs, report.as_text(found[_LANGUAGES[0]])


@dataclass(frozen=True, slots=True)
class Held:
    """How much is current of one platform, how much of it is not as it is there, and what was not claimed to be."""

    name: str
    title: str
    current: int
    wrong: int
    unclaimed: tuple[str, ...]

    def __str__(self) -> str:
        """One line."""
        if not self.wrong:
            return f"{self.title}: all {self.current:,} things are as they are there."
        why = f": without {', '.join(self.unclaimed)}, later runs do not find all" if self.unclaimed else ""
        return f"{self.title}: {self.wrong:,} of {self.current:,} things are not as they are there{why}."


def _hold_against_the_truth(world: World, connector: Connector, held: dict[str, list[dict[str, JSON]]]) -> Held:
    """Compare what is current of one platform with what a perfect reader would know of it."""
    rows = {kind: [row for row in found if row["id"].startswith(f"{connector.name}:")] for kind, found in held.items()}
    claimed = connector.capabilities
    wrong = project(world, claimed, platform_of(connector)).compare(rows)
    unclaimed = tuple(name.replace("_", " ") for name in _LATER if name not in claimed.features)
    return Held(connector.name, connector.title, sum(map(len, rows.values())), len(wrong), unclaimed)


def _is_ours(to: Path) -> bool:
    """Tell whether a demonstration made the store, and nothing but demonstrations ever ran into it."""
    with Store(to) as store:
        marks = set(store.sql("SELECT value FROM meta WHERE key = ?", [reading.DEMO])["value"].to_pylist())
        return bool(marks) and marks.issuperset(store.sql("SELECT run_id FROM runs")["run_id"].to_pylist())
