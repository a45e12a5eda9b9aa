"""How far a run is, shown as fits where it runs."""

from __future__ import annotations

import io
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from communitykit import Coverage, Member, connect, from_records, pull, read_archive
from communitykit.cli import progress
from communitykit.doors.options import ReadOptions
from communitykit.how_far import HowFar, Told
from communitykit.http.operations import Meter, Wait
from communitykit.progress import LINE_SECONDS, Bars, Cell, Lines, bar, showing, usual
from communitykit.reading.slices import Closed, Opened, Waiting
from communitykit.sandbox import World, serve
from communitykit.shown import Table, as_html, as_text
from communitykit_slack.sandbox import SlackPlatform

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
STEERING = "<script>alert(1)</script>\x1b[2J&\u202e"
RUN = (
    Opened("x:n:a", "a"),
    Opened("x:n:b", "b"),
    Waiting("slack", Wait(AT + timedelta(seconds=90), error="no connection to a:1: Connection refused"), 2),
    Closed("x:n:a", Coverage(run_id="r", slice="x:n:a", status="complete"), Meter()),
)


def test_what_is_waited_for_is_told_until_it_is_over() -> None:
    now = [AT]
    tally = HowFar(now=lambda: now[0])
    for event in RUN:
        tally.take(event)
    came = "0 records (0 posts), 2 requests"
    why = "slack: no connection to a:1: Connection refused; asked again at 12:01:30 UTC"
    assert str(tally) == f"{came}; {why}"
    tally.take(Waiting("slack", Wait(AT + timedelta(seconds=100), asked=True), 3))
    assert str(tally) == "0 records (0 posts), 3 requests; slack asks to wait until 12:01:40 UTC"
    tally.take(Waiting("slack", Wait(AT + timedelta(seconds=110)), 3))
    assert str(tally) == "0 records (0 posts), 3 requests; slack waits until 12:01:50 UTC"
    now[0] += timedelta(seconds=111)
    assert str(tally) == "0 records (0 posts), 3 requests"


def found(number: int) -> Closed:
    coverage = Coverage(run_id="r", slice="x:-:discover", status="complete")
    return Closed(coverage.slice, coverage, Meter(requests=4), found=number)


def test_no_whole_is_named_before_every_source_has_told_all_that_it_found() -> None:
    tally = HowFar(sources=2)
    for event in (*RUN, found(2)):
        tally.take(event)
        assert (tally.whole, tally.slices.partition(" read")[2]) == (None, ", more may be found")
    assert "value=" not in bar("x", tally)
    tally.take(found(7))
    assert (tally.done, tally.whole, tally.slices) == (1, 9, "1 of 9 slices read")
    assert 'value="1" max="9"' in bar("x", tally)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=3), st.randoms())
def test_a_whole_that_is_named_comes_true(sources: list[int], random: Any) -> None:
    tally, parts = HowFar(sources=len(sources)), []
    for source, number in enumerate(sources):
        discovered, begun = random.randint(0, number), [Opened(f"x:{source}:{one}", "") for one in range(number)]
        parts.append([*begun[:discovered], found(number), *begun[discovered:]])
    events = [event for source in parts for event in source]
    events += [Closed(one.slice, RUN[-1].coverage, Meter()) for one in events if isinstance(one, Opened)]
    for event in events:
        tally.take(event)
        assert tally.whole in {None, sum(sources)}
    assert (tally.done, tally.whole) == (sum(sources), sum(sources))


def test_a_pull_knows_the_whole_once_all_is_found(tmp_path: Path) -> None:
    told: list[tuple[int, int | None, int]] = []

    class Watched(Lines):
        def show(self, tally: HowFar) -> None:
            told.append((tally.done, tally.whole, tally.posts))

    world, platform = World(seed=1, size="tiny", platforms=("slack",)), SlackPlatform()
    with (
        serve(world, platform) as server,
        connect("slack", **server.settings) as session,
        showing(Watched(), sources=1) as tell,
    ):
        result = pull(session, tmp_path / "a.duckdb", progress=tell)
    ends = len([one for one in result.coverage if one.slice.partition(":")[2].startswith("T")])
    wholes = {whole for _, whole, _ in told}
    assert wholes == {None, ends}
    assert told[-1] == (ends, ends, sum(counts.get("posts", 0) for counts in result.tally.counts()))


def test_lines_are_few() -> None:
    seconds, written = [0.0], []
    with showing(Lines(lambda line, fields: written.append((line, fields)), now=lambda: seconds[0])) as tell:
        for event in RUN * 100:
            tell(event)
        assert written == []
        seconds[0] = LINE_SECONDS + 1
        tell(RUN[0])
        tell(RUN[0])
    assert len(written) == 1
    line, fields = written[0]
    assert line == "… 1 slice read, more may be found: 0 records (0 posts), 2 requests"
    assert fields == {
        "records": 0, "posts": 0, "requests": 2, "slices_read": 1, "slices": None, "seconds_left": None
    }  # fmt: skip


def test_how_long_it_still_takes_is_told_once_the_whole_is_known() -> None:
    now = [AT]
    tally = HowFar(now=lambda: now[0], sources=1)
    for event in (*RUN, found(4)):
        tally.take(event)
    assert (tally.seconds_left, tally.slices) == (None, "1 of 4 slices read")  # it has only begun
    for seconds, words in ((20, "60 s"), (45, "2 min"), (4000, "3 h")):
        now[0] = AT + timedelta(seconds=seconds)
        assert tally.seconds_left == 3 * seconds
        assert tally.slices == f"1 of 4 slices read, about {words} left"
        assert tally.fields()["seconds_left"] == 3 * seconds
    for one in "bcd":
        tally.take(Opened(f"x:n:{one}", one))
        tally.take(Closed(f"x:n:{one}", RUN[-1].coverage, Meter()))
    assert (tally.seconds_left, tally.slices) == (None, "4 of 4 slices read")


def shown(
    width: int, title: str, *events: Any, passed: float = 6.0, since: float = 0.0, stops: bool = False, **counts: Any
) -> list[str]:
    """Return the lines of a terminal that shows a run of one source that told these events so many seconds ago."""
    tally, seconds = HowFar(now=lambda: AT, sources=1), [0.0]
    for event in events:
        tally.take(event)
    for name, value in counts.items():
        setattr(tally, name, value)
    console, stopping = Console(file=io.StringIO(), width=width, force_terminal=True), threading.Event()
    now = AT + timedelta(seconds=since)
    bars = Bars(title, console, now=lambda: seconds[0], clock=lambda: now, stopping=stopping.is_set)
    bars.show(tally)
    seconds[0] = passed
    if stops:  # no event comes any more
        stopping.set()
    drawn = Console(file=io.StringIO(), width=width, force_terminal=True, color_system="standard")
    drawn.print(bars.drawn())
    bars.end(tally)
    return Text.from_ansi(drawn.file.getvalue()).plain.splitlines()  # type: ignore[attr-defined] # it is a StringIO


@pytest.mark.parametrize("width", [40, 50, 60, 80, 120, 200])
@pytest.mark.parametrize("title", ["slack", "slack, teams, yammer, workplace: an export of many years.zip", "社" * 40])
@pytest.mark.parametrize("is_whole", [False, True])
def test_a_bar_keeps_its_place_however_narrow_the_terminal_is(width: int, title: str, *, is_whole: bool) -> None:
    line, *rest = shown(width, title, *RUN, *([found(9)] if is_whole else []))
    assert max(map(cell_len, (line, *rest))) <= width - len("^C^C")  # which terminals write behind it
    below = " ".join(map(str.strip, rest))
    assert sum(one in "━╸╺╌" for one in line) >= 9
    assert ("1 of 9 slices" if is_whole else "1 slice read") in line
    assert title[:2] in line
    assert "asked again in 90 s" in below
    assert "slack: no connection to a:1: Connection refused" in below


@pytest.mark.parametrize("width", [40, 44, 50, 60, 70, 80, 100, 120, 160])
@pytest.mark.parametrize("waiting", [False, True])
def test_no_figure_is_cut_however_narrow_the_terminal_is(width: int, *, waiting: bool) -> None:
    events = (*RUN[:2], found(25), *RUN[3:], *RUN[2 : 2 + waiting])
    line, *rest = shown(width, "slack", *events, records=1_196, posts=100, _told=Counter(x=1_000))
    below = " ".join(map(str.strip, rest))
    assert line.endswith(("1 of 25 slices read", "1 of 25 slices"))
    why = "slack: no connection to a:1: Connection refused; asked again in 90 s"
    came = f"1,196 records (100 posts), {'1,002' if waiting else '1,000'} requests"
    whole = {f"{one}, 6 s so far" for one in (came, "1,196 records (100 posts)", "1,196 records")}
    beside = {f"{why} {dot}{one}" for one in {*whole, "1,196 records"} for dot in ("· ", "")}
    assert below in (beside if waiting else whole)
    assert len(rest) == 1 or waiting


def test_a_reason_of_many_lines_gives_way_to_who_is_waited_for_and_until_when() -> None:
    waits = Waiting("slack", Wait(AT + timedelta(seconds=90), error="no connection: " + "refused " * 20), 2)
    assert shown(40, "slack", waits)[1:] == ["  slack waits 90 s", "  0 records (0 posts), 6 s so far"]


@pytest.mark.parametrize("width", [40, 60, 120])
def test_a_wait_counts_down_beside_what_came_though_nothing_is_told_meanwhile(width: int) -> None:
    waits = Waiting("slack", Wait(AT + timedelta(seconds=150), asked=True), 14)
    for since, left in ((0, "2 min 30 s"), (29.5, "2 min 1 s"), (31, "119 s"), (149.5, "1 s")):
        below = shown(width, "slack", waits, since=since, records=2_981, posts=7)[1:]
        assert f"slack asks to wait {left}" in below[0]
        assert "2,981 records" in below[-1]
    assert "wait" not in str(shown(width, "slack", waits, since=150, records=2_981))


def test_a_long_wait_is_told_by_the_clock_of_who_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "XXX-3")
    time.tzset()
    waits = Waiting("slack", Wait(AT + timedelta(minutes=70)), 14)
    below = shown(120, "slack", waits)[1]
    monkeypatch.undo()
    time.tzset()
    assert "slack waits 1 h 10 min, until 16:10" in below


@pytest.mark.parametrize("width", [40, 120])
def test_a_bar_says_at_once_that_the_run_stops(width: int) -> None:
    line, *rest = shown(width, "slack", *RUN, records=2_981, posts=7, stops=True)
    assert "slack" in line
    assert [one.partition(" (")[0] for one in rest] == ["  Stopping… · 2,981 records"]


def test_while_slices_are_read_and_none_is_done_they_are_found() -> None:
    tally = HowFar(sources=1)
    for event in (*RUN[:3], found(135)):
        tally.take(event)
    assert tally.slices == "135 slices found"
    tally.take(RUN[3])
    assert tally.slices == "1 of 135 slices read"


@pytest.mark.parametrize("width", [40, 50, 60, 80])
def test_what_is_left_is_told_before_what_is_past(width: int) -> None:
    told = Told(("6 of 25 slices",), ("9,586 records (618 posts)", "9,586 records"), "about 9 s left", ())
    line = next(one for one in told.details("60 s") if len(one) <= width - 7)
    assert line.startswith("9,586 records")
    assert line.endswith(", about 9 s left")
    assert ("60 s so far" in line) == (width > 45)


def test_slices_that_were_left_when_a_run_stopped_are_not_read() -> None:
    tally, ends = HowFar(sources=1), []
    world, platform = World(seed=1, size="tiny", platforms=("slack",)), SlackPlatform()
    with serve(world, platform) as server, connect("slack", **server.settings, concurrency=1) as session:

        def tell(event: Any) -> None:  # in the thread that reads
            tally.take(event)
            ends.extend([event] if isinstance(event, Closed) and event.slice.startswith("slack:T") else [])
            if tally.done >= 2:
                session.stop()

        session.read(ReadOptions(), state={}, run_id="r", emit=tell)
    left = [one for one in ends if "the run was stopped" in (one.coverage.reason or "")]
    assert left
    assert tally.slices == f"{len(ends) - len(left)} of {len(ends)} slices read"
    assert (tally.fields()["slices_read"], tally.whole) == (len(ends) - len(left), len(ends))


@pytest.mark.parametrize("records", [0, 2_500])
def test_records_that_were_not_gone_through_are_not_read(records: int) -> None:
    tally, source = HowFar(sources=1), from_records([])
    tally.take(found(1))
    source.stop() if records else None
    source._records = [Member(id=f"x:n:member:{n}") for n in range(records)]
    source.read(ReadOptions(), state={}, run_id="r", emit=tally.take)
    assert tally.slices == ("1 slice found" if records else "1 of 1 slice read")


def test_no_time_is_left_of_a_run_that_was_stopped() -> None:
    now = [AT]
    tally = HowFar(now=lambda: now[0], sources=1)
    for event in (*RUN, found(4)):
        tally.take(event)
    now[0] += timedelta(seconds=20)
    assert tally.seconds_left == 60
    tally.take(Closed("x:n:b", RUN[-1].coverage, Meter(), unread=True))
    assert (tally.seconds_left, tally.slices) == (None, "1 of 4 slices read")


def test_a_notebook_has_a_bar_without_widgets(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def display(shown: Any, *, display_id: bool) -> Any:
        assert display_id
        drawn.append(shown._repr_html_())
        return SimpleNamespace(update=lambda html: drawn.append(html._repr_html_()))

    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    shown = usual(STEERING)
    assert isinstance(shown, Cell)
    with showing(shown) as tell:
        for event in RUN:
            tell(event)
    assert len(drawn) == 2  # it is not drawn at every event
    assert 'value="1" max="1"' in drawn[-1]
    assert "<script" not in drawn[-1]
    assert "\x1b" not in drawn[-1]
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=object))  # IPython's terminal
    assert isinstance(usual("x"), Lines)


def test_a_terminal_has_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", SimpleNamespace(isatty=lambda: True, write=len, flush=lambda: None))
    shown = usual("x")
    assert isinstance(shown, Bars)
    shown.end(HowFar())
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert isinstance(usual("x"), Lines)


def test_pull_shows_what_it_is_told_to(exports: dict[str, Path], tmp_path: Path, capsys: Any) -> None:
    with read_archive("slack", exports["slack"]) as archive:
        result = pull(archive, tmp_path / "a.duckdb", progress=True)
        assert capsys.readouterr() == ("", "")  # no terminal, and no ten seconds
        assert "slack" in repr(archive)
    shown = repr(result)
    assert shown.startswith("PullResult: ")
    assert "What came:" in shown
    assert str(result.tally.new["posts"]) in shown
    assert "<table>" in result._repr_html_()


class _Read(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.slow
@given(st.text())
def test_no_word_of_a_platform_is_markup(word: str) -> None:
    tables = [Table("t", ("a", "b"), [(word, 1), (None, 2)])]
    read = _Read()
    read.feed(as_html(word, tables) + bar(word, HowFar()))
    read.close()
    assert read.tags <= {"div", "p", "strong", "table", "caption", "thead", "tbody", "tr", "th", "td", "progress"}
    assert all(ord(one) >= 32 or one == "\n" for one in as_text(word, tables))


def test_steps_leave_nothing_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(progress, "errors", Console(file=screen, width=40, force_terminal=True, highlight=False))
    with progress.steps() as tell:
        assert tell is not None
        tell("a long step", 1, 2)
        tell("short", 2, 2)
    assert screen.getvalue() == "\r\x1b[2K1 of 2: a long step\r\x1b[2K2 of 2: short\r\x1b[2K"
    monkeypatch.setattr(progress, "errors", Console(file=screen))
    with progress.steps() as tell:
        assert tell is None
