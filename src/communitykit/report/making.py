"""The report, made: a store's analysis tables, their figures, what stands out, and a page a language."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from communitykit.analysis import Analysis, Key, analyse
from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.errors import SettingsError
from communitykit.model.values import Value
from communitykit.report.answering import Finding, answer
from communitykit.report.figures import Figures
from communitykit.report.groups import GROUP_METRICS, check, group_pages
from communitykit.report.page import Paper, render
from communitykit.report.sections import filled, unread
from communitykit.report.words import Words
from communitykit.sinks.permissions import make_folder
from communitykit.sinks.targets import check as check_target
from communitykit.sinks.targets import write_text
from communitykit.store import Store

DATA_FILE: Final = "figures.json"
"""Every figure of the report, for other programs and for the next report to compare with."""
_KIND: Final = "report"
_SECTION_ORDER: Final = ("answer", "adoption", "animation", "leaders", "champions", "silos", "communities")


@dataclass(frozen=True, slots=True)
class Report:
    """What was made.

    Attributes:
        pages: The pages' files by language.
        data: The file of all figures.
        findings: What the answer says, by language: one sentence, too, where nothing stands out.
        groups: The files of pages for one group.
    """

    pages: Mapping[str, Path]
    data: Path
    findings: Mapping[str, tuple[str, ...]]
    groups: tuple[Path, ...] = ()


def make_report(  # noqa: PLR0913 # the options of one call
    store: Path | str,
    to: Path | str,
    *,
    languages: Sequence[str] = ("en",),
    per: Sequence[str] = (),
    k: int = 5,
    zone: str = "UTC",
    since: date | None = None,
    until: date | None = None,
    overwrite: bool = False,
    clock: Clock = SYSTEM_CLOCK,
) -> Report:
    """Write a report of a store: one self-contained HTML file a language, and its figures as JSON.

    Args:
        store: The activity store.
        to: The folder; it is made. A report that is there already is what the new one is compared with.
        languages: `en`, `fr`.
        per: `department`, `country`, `community`: one more page for each of those.
        k: No figure rests on fewer people.
        zone: The reporter's zone: what a day is.
        since: The first day. Default: the last whole months, twelve at most.
        until: The day after the last.
        overwrite: Replace pages that were changed by hand, too, and other files of these names.
        clock: Where the time comes from.

    Raises:
        SettingsError: There is no such language or zone, the window holds no day of the record, or what would be
            replaced is no page as a report wrote it: then nothing is written.
        StoreError: The store cannot be read.
    """
    spoken = [Words(one) for one in dict.fromkeys(languages)]
    for one in per:
        check(one)
    folder, data = Path(to), Path(to) / DATA_FILE
    pages = {words.language: folder / f"report.{words.language}.html" for words in spoken}
    if folder.exists() and not folder.is_dir():
        raise SettingsError("this is no folder", subject=str(to), remedy="Name the folder that the pages go into.")
    for file in (*pages.values(), data):  # before the work
        check_target(file, _KIND, inputs=[Path(store)], overwrite=overwrite)
    with opened(store, zone=zone, clock=clock) as (analysis, places):
        figures = Figures(analysis, k=k, since=since, until=until)
        findings = answer(figures)
        before = _earlier(data)
        told: dict[str, tuple[str, ...]] = {}
        texts, groups = dict[Path, str](), list[Path]()
        for words in spoken:
            names = {key: name or words.say("report.section.communities.private") for key, name in places.items()}
            paper = Paper(words, figures, names, Path(store).name)
            said = tuple(paper.finding(one)["text"] for one in findings)
            told[words.language] = said or (words.say("report.no_answer"),)
            context = _context(paper, findings, before, store=Path(store).name, today=clock.now())
            texts[pages[words.language]] = render(context, words)
            for one in per:
                made = _group_pages(paper, one, folder, store=Path(store).name, today=clock.now())
                texts |= made
                groups += made
        texts[data] = json.dumps(_as_data(figures, findings, clock.now()), default=str, indent=1)
    make_folder(folder)
    for file in texts:  # all of them before the first is written
        check_target(file, _KIND, inputs=[Path(store)], overwrite=overwrite)
    for file, text in texts.items():
        write_text(file, text, _KIND, inputs=[Path(store)], overwrite=overwrite)
    return Report(pages, data, told, tuple(groups))


@contextmanager
def opened(
    store: Path | str, *, zone: str = "UTC", clock: Clock = SYSTEM_CLOCK
) -> Iterator[tuple[Analysis, dict[str, str | None]]]:
    """Open a store as analysis tables that are gone afterwards, and what its communities are called by their number.

    A community that is not public has no name.

    Raises SettingsError where there is no such zone, StoreError where the store cannot be read.
    """
    key = Key.random()
    with tempfile.TemporaryDirectory(prefix="communitykit-") as folder:
        path = Path(folder) / "analysis.duckdb"
        analyse(store, path, key=key, zone=zone, clock=clock)
        with Store(store) as record:
            rows = record.sql("SELECT id, name, privacy, platform FROM communities").to_pylist()
        alike = Counter(row["name"] for row in rows)
        names: dict[str, str | None] = {}
        for row in rows:
            public = row["privacy"] in {None, "public"}
            names[str(key.of("place", row["id"]))] = _called(row, alone=alike[row["name"]] == 1) if public else None
        with Analysis(path) as analysis:
            yield analysis, names


def _called(community: dict[str, Value], *, alone: bool) -> str:
    """Return a community's name, with its platform where another has the same name."""
    if not community["name"]:
        return str(community["id"])
    return str(community["name"]) if alone else f"{community['name']} ({community['platform']})"


def report_data(
    store: Path | str,
    *,
    k: int = 5,
    zone: str = "UTC",
    since: date | None = None,
    until: date | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> dict[str, Value]:
    """Return every figure of a report as plain data, for other front ends; see `make_report`.

    Raises SettingsError and StoreError as `make_report` does.
    """
    with opened(store, zone=zone, clock=clock) as (analysis, places):
        figures = Figures(analysis, k=k, since=since, until=until)
        findings = answer(figures)
        for _ in filled(
            Paper(Words("en"), figures, {key: name or key for key, name in places.items()}, Path(store).name)
        ):
            pass
        return _as_data(figures, findings, clock.now())


def _as_data(figures: Figures, findings: Sequence[Finding], made_at: datetime) -> dict[str, Value]:
    """Return every figure of a report as plain data."""
    return {
        "made_at": made_at.isoformat(timespec="seconds"),
        "since": figures.window.since.isoformat(),
        "until": figures.window.until.isoformat(),
        "k": figures.k,
        "about": figures.about,
        "answer": [{"rule": one.rule, "values": dict(one.values), "is_partial": one.is_partial} for one in findings],
        "figures": [one.as_data() for one in figures.all()],
    }


def _context(
    paper: Paper, findings: Sequence[Finding], before: Mapping[str, object] | None, *, store: str, today: datetime
) -> dict[str, Value]:
    words, window = paper.words, paper.figures.window
    sections = [*filled(paper), _changes(paper, before), unread(paper)]
    ids = [*_SECTION_ORDER, "changes", "unread", "glossary"]
    metrics = list(dict.fromkeys(one.metric for one in paper.figures.all()))
    return {
        **_frame(paper, store=store, today=today),
        "title": words.say("report.title", month=words.month(window.latest[0])),
        "contents": [{"id": one, "title": words.say(f"report.section.{one}.title")} for one in ids],
        "findings": [paper.finding(one) for one in findings],
        "sections": sections,
        "glossary": paper.glossary(metrics),
    }


def _group_pages(paper: Paper, per: str, folder: Path, *, store: str, today: datetime) -> dict[Path, str]:
    """Return one page for each group, by its file."""
    words, window, made = paper.words, paper.figures.window, {}
    for stem, name, section in group_pages(paper, per):
        context = {
            **_frame(paper, store=store, today=today),
            "title": words.say("report.title_group", group=name, month=words.month(window.latest[0])),
            "contents": [
                {"id": one, "title": words.say(f"report.section.{one}.title")} for one in ("group", "glossary")
            ],
            "findings": None,
            "sections": [section],
            "glossary": paper.glossary(sorted(GROUP_METRICS)),
        }
        made[folder / f"{stem}.{words.language}.html"] = render(context, words)
    return made


def _frame(paper: Paper, *, store: str, today: datetime) -> dict[str, Value]:
    """Return what every page has above and below."""
    words, window = paper.words, paper.figures.window
    return {
        "subtitle": words.say(
            "report.subtitle",
            since=words.day(window.since, year=True),
            until=words.day(window.until - timedelta(days=1), year=True),
            k=paper.figures.k,
        ),
        "footer": words.say("report.footer", store=store, day=words.day(today.date(), year=True)),
    }


def _changes(paper: Paper, before: Mapping[str, Value] | None) -> dict[str, Value]:
    """Return what changed among the figures of the last month and the window since the report that was there."""
    words, base = paper.words, "report.section.changes"
    section: dict[str, Value] = {"id": "changes", "title": words.say(f"{base}.title"), "texts": [], "tiles": []}
    section |= {"charts": [], "tables": [], "points": []}
    if before is None:
        section["texts"] = [words.say(f"{base}.first")]
        return section
    day = words.day(datetime.fromisoformat(before["made_at"]).date(), year=True)
    earlier = {_key(one): one for one in before["figures"] if _is_headline(one)}
    for one in paper.figures.all():
        then = earlier.get(_key(one.as_data()))
        if not _is_headline(one.as_data()) or then is None or then["value"] is None or one.value is None:
            continue
        was, now = paper.number(one.metric, then["value"]), paper.shown(one)
        if was != now:
            title = f"{paper.title(one.metric)} ({paper.label(one)})"
            section["points"].append(words.say(f"{base}.line", title=title, before=was, after=now))
    section["texts"] = [words.say(f"{base}.{'text' if section['points'] else 'same'}", day=day)]
    return section


def _key(one: Mapping[str, Value]) -> tuple[Value, ...]:
    days = date.fromisoformat(str(one["until"])) - date.fromisoformat(str(one["since"]))
    return one["metric"], one["variant"], tuple(one["parameters"].items()), days.days > 31  # noqa: PLR2004 # a month


def _is_headline(one: Mapping[str, object]) -> bool:
    return not one["groups"] and one["period"] is None


def _earlier(path: Path) -> Mapping[str, Value] | None:
    """Return the figures of the report that is there; None without one.

    Raises SettingsError for a file that is none of ours.
    """
    if not path.exists():
        return None
    try:
        told: Mapping[str, Value] = json.loads(path.read_text(encoding="utf-8"))
        fit = {"made_at", "figures"} <= set(told)
    except (ValueError, TypeError):
        fit = False
    if not fit:
        raise SettingsError("is not a report's figures", subject=str(path), remedy="Remove it, or name another folder.")
    return told
