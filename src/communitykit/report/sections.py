"""The report's sections, filled: figures, courses, groups, departments, communities, and what was not read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from shlex import quote
from typing import Final

from communitykit.analysis import joined
from communitykit.analysis.together import put_together
from communitykit.model.values import Value
from communitykit.report import charts
from communitykit.report.answering import OTHERS
from communitykit.report.figures import Figure
from communitykit.report.page import Paper
from communitykit.report.plan import SECTIONS, Section
from communitykit.report.words import collated
from communitykit.store.answers import first_row

_MOST_PLACES: Final = 40
_MOST_GROUPS: Final = 14
_NOTHING: Final = "\N{EN DASH}"
_NOBODYS: Final = (None, *OTHERS)
_FAR: Final = 2.0
"""So many standard deviations from what chance gives are no chance."""
_POLICY: Final = "not_asked_for"
"""Why private and direct talk is not there: no run reads it unless it is asked to, and nothing public is missing."""
_QUIET_DAYS: Final = (30, 90)
"""From when on a community is drowsy, and asleep."""


def filled(paper: Paper) -> Iterator[dict[str, Value]]:
    """Yield the sections that the plan names, in its order."""
    for plan in SECTIONS:
        section = _empty(paper, plan.name)
        section["tiles"] = [tile(paper, one) for one in _tiles(paper, plan)]
        section["charts"] = [*_courses(paper, plan), *_groups(paper, plan), *_mixes(paper, plan)]
        if plan.name == "silos":
            section["texts"] += _chance(paper)
            section["charts"] += _crossing(paper)
        if plan.name == "adoption":
            section["texts"] += _benchmark(paper)
        if plan.name == "communities":
            _communities(paper, section)
        yield section


def _empty(paper: Paper, name: str) -> dict[str, Value]:
    say, key = paper.words.say, f"report.section.{name}.text"
    texts = [say(key, store=quote(paper.store))] if key in paper.words and name != "changes" else []
    title = say(f"report.section.{name}.title")
    return {"id": name, "title": title, "texts": texts, "tiles": [], "charts": [], "tables": [], "points": []}


def _tiles(paper: Paper, plan: Section) -> Iterator[Figure]:
    for metric, variant in plan.tiles:
        one = paper.figures.latest(metric, variant)
        if one is not None:
            yield one
    for metric, variant in plan.wide:
        yield from paper.figures.ask(metric, variant=variant)[:1]


def tile(paper: Paper, one: Figure) -> dict[str, Value]:
    """Return a figure as a tile."""
    return {
        "title": paper.called(one),
        "shown": paper.shown(one),
        "told": one.value is not None,
        "label": paper.label(one),
        "facts": paper.facts(one),
    }


def _courses(paper: Paper, plan: Section) -> Iterator[dict[str, Value]]:
    for metric, variant in plan.courses if paper.figures.window.whole_months else ():
        chart = course_chart(paper, paper.figures.ask(metric, by=["month"], variant=variant))
        if chart:
            yield chart


def course_chart(paper: Paper, figures: Sequence[Figure]) -> dict[str, Value] | None:
    """Return a metric's course, month by month; None where no month has a value."""
    words, course = paper.words, sorted(figures, key=lambda one: one.since)
    told = [one for one in course if one.value is not None]
    if not told:
        return None
    metric, share = told[0].metric, told[0].definition.unit == "share"
    title = words.say("report.course_title", title=paper.title(metric))
    ends = {"first": paper.shown(told[0]), "last": paper.shown(told[-1])}
    alike = len({paper.shown(one) for one in told}) == 1
    form = "course" if len(told) == 1 or ends["first"] != ends["last"] else f"course_{'same' if alike else 'ends'}"
    months = {"since": words.month(told[0].since), "until": words.month(told[-1].since)}
    points = [(words.short_month(one.since), one.value) for one in course]
    rows = [(words.month(one.since), one) for one in course]
    return {
        "title": title,
        "sentence": words.say(f"report.{form}", n=len(told), title=paper.title(metric), **ends, **months),
        "svg": charts.line(points, words.axis if share else "datum.label", share=share),
        "table": _figures_table(paper, title, words.say("report.month"), rows),
    }


def _groups(paper: Paper, plan: Section) -> Iterator[dict[str, Value]]:
    words = paper.words
    for metric, variant, dimension in plan.groups:
        rows = [
            (paper.group(dimension, one.group), one)
            for one in paper.figures.ask(metric, by=[dimension], variant=variant)
        ]
        told = [row for row in rows if row[1].value is not None]
        told.sort(key=lambda row: (row[1].group in _NOBODYS, -(row[1].value or 0), collated(row[0])))
        if len(told) < 2:  # noqa: PLR2004 # nothing to compare
            continue
        name = words.say(f"report.dimension.{dimension}")
        span = paper.span(told[0][1].since, told[0][1].until)
        title = words.say("report.groups_title", title=paper.title(metric), dimension=name, span=span)
        named = [row for row in told if row[1].group not in _NOBODYS]
        yield {
            "title": title,
            "sentence": " ".join(
                [_compared(paper, named or told), *_together(paper, dimension, [one for _, one in rows])]
            ),
            "svg": charts.bars([(name, one.value or 0.0, paper.shown(one)) for name, one in told[:_MOST_GROUPS]]),
            "table": _figures_table(
                paper, title, words.say("report.group"), [*told, *(row for row in rows if row[1].value is None)]
            ),
        }


def _together(paper: Paper, dimension: str, rows: Iterable[Figure]) -> list[str]:
    """Say which groups were put together, where some were."""
    words, record = paper.words, paper.figures.record
    found = put_together(paper.figures.about, record.connection, dimension, {one.group for one in rows})
    groups = {one for several in found.values() for one in several}
    if not groups:
        return []
    names = sorted((paper.group(dimension, one) for one in groups if one is not None), key=collated)
    named, rest = names[:_MOST_GROUPS], len(names[_MOST_GROUPS:])
    named += [words.say("report.together_more", n=rest)] if rest else []
    untold = words.say("report.together_untold", dimension=words.say(f"report.dimension.{dimension}"))
    return [words.say("report.together", groups=[*named, *([untold] if None in groups else [])])]


def _compared(paper: Paper, rows: Sequence[tuple[str, Figure]]) -> str:
    """Say which groups are highest and lowest: all of those that share a place."""
    most, least = paper.shown(rows[0][1]), paper.shown(rows[-1][1])
    if most == least:
        return paper.words.say("report.alike", most=most)
    highest, lowest = ([name for name, one in rows if paper.shown(one) == shown] for shown in (most, least))
    return paper.words.say("report.groups", highest=highest, most=most, lowest=lowest, least=least)


def _mixes(paper: Paper, plan: Section) -> Iterator[dict[str, Value]]:
    words = paper.words
    for metric in plan.mixes:
        rows = [(words.say(f"report.variant.{one.variant}"), one) for one in paper.figures.ask(metric)]
        told = [(name, one) for name, one in rows if one.value is not None]
        if not told:
            continue
        span = paper.span(rows[0][1].since, rows[0][1].until)
        title = words.say("report.mix_title", title=paper.title(metric), span=span)
        highest, most = max(told, key=lambda row: row[1].value or 0)
        yield {
            "title": title,
            "sentence": words.say("report.mix", highest=highest, most=paper.shown(most)),
            "svg": charts.bars([(name, one.value or 0.0, paper.shown(one)) for name, one in told]),
            "table": _figures_table(paper, title, words.say("report.group"), rows),
        }


def _figures_table(paper: Paper, title: str, first: str, rows: Sequence[tuple[str, Figure]]) -> dict[str, Value]:
    say = paper.words.say
    names = ("value", "persons", "coverage")
    body = [
        [
            name,
            paper.shown(one),
            _NOTHING if (behind := paper.persons(one)) is None else paper.words.number(behind),
            say(f"report.coverage.{one.coverage}"),
        ]
        for name, one in rows
    ]
    return {
        "title": title,
        "columns": [first, say("report.value"), *(say(f"report.fact.{one}") for one in names[1:])],
        "rows": body,
    }


def _chance(paper: Paper) -> list[str]:
    """Say whether departments talk with one another as chance would have it."""
    words, base = paper.words, "report.section.silos.chance"
    told = {one.variant: one for one in paper.figures.ask("ei_index") if one.value is not None}
    if not {"observed", "expected", "z"} <= set(told):
        return []
    z = told["z"].value or 0.0
    form = "as" if abs(z) < _FAR else "more" if z > 0 else "less"
    values = {name: paper.shown(told[name]) for name in ("observed", "expected")}
    return [words.say(f"{base}_{form}", **values)]


def _crossing(paper: Paper) -> Iterator[dict[str, Value]]:
    """Yield who talks with whom. A row or column with one hidden cell hides another: what is left would tell it."""
    words = paper.words
    cells = {
        (one.group, one.variant): one
        for one in paper.figures.ask("ties_between", by=["department"])
        if one.group and one.variant
    }
    called = {name: paper.group("department", name) for pair in cells for name in pair if name}
    names = sorted(called, key=lambda name: (name in OTHERS, collated(called[name])))
    if len(names) < 2:  # noqa: PLR2004 # nobody to talk with
        return
    hidden = _complemented({pair for pair, one in cells.items() if one.suppressed}, cells, names)
    mark = words.say("report.crossing_hidden")
    drawn, body = [], []
    for row in names:
        told = [called[row]]
        for column in names:
            one = cells.get((row, column))
            shown = mark if (row, column) in hidden else words.percent(one.value if one and one.value else 0.0)
            value = None if (row, column) in hidden else (one.value if one else 0.0)
            drawn.append({"row": called[row], "column": called[column], "value": value, "shown": shown})
            told.append(shown)
        body.append(told)
    title, heads = words.say("report.crossing_title"), [called[name] for name in names]
    yield {
        "title": title,
        "sentence": " ".join(
            [words.say("report.crossing", hidden=mark), *_together(paper, "department", cells.values())]
        ),
        "svg": charts.crossing(drawn, heads),
        "table": {"title": title, "columns": [words.say("report.dimension.department"), *heads], "rows": body},
    }


def _complemented(hidden: set[Value], cells: dict[Value, Figure], names: Sequence[str]) -> set[Value]:
    """Return the hidden cells with so many more that no row or column has one alone; both halves of a pair together."""
    hidden = hidden | {(column, row) for row, column in hidden}
    while True:
        for name in names:
            line = [pair for pair in hidden if pair[0] == name]
            if len(line) == 1:
                rest = [(name, other) for other in names if (name, other) in cells and (name, other) not in hidden]
                if rest:
                    smallest = min(rest, key=lambda pair: (cells[pair].numerator or 0, pair))
                    hidden |= {smallest, (smallest[1], smallest[0])}
                    break
        else:
            return hidden


def _communities(paper: Paper, section: dict[str, Value]) -> None:
    figures, words = paper.figures, paper.words
    quiet = [
        {one.group: one for one in figures.ask("dormant_communities", by=["place"], quiet_days=days)}
        for days in _QUIET_DAYS
    ]
    threads = {one.group: one for one in figures.ask("response_rate", by=["place"])}
    about = {
        str(row[0]): row[1:]
        for row in figures.record.connection.execute(
            "SELECT place_id, members, owners, platform FROM places"
        ).fetchall()
    }
    sizes = {place: members if members and members >= figures.k else 0 for place, (members, *_) in about.items()}
    states: dict[str, str] = {}
    for place in quiet[0]:
        if place is not None:
            drowsy, asleep = (one[place].value if place in one else None for one in quiet)
            states[place] = "asleep" if asleep else "drowsy" if drowsy else "awake"
    counts = Counter(states.values())
    shown = {state: words.number(counts[state]) for state in ("awake", "drowsy", "asleep")}
    section["texts"].append(words.say("report.section.communities.counts", n=len(states), **shown))
    order = sorted(states, key=lambda place: (-sizes[place], collated(paper.group("place", place))))
    rows = []
    for place in order[:_MOST_PLACES]:
        members, owners, platform = about[place]
        one = threads.get(place)
        rows.append(
            [
                paper.group("place", place),
                platform,
                words.say(f"report.section.communities.{states[place]}"),
                _size(paper, members),
                words.say(f"report.section.communities.{'owner' if owners else 'no_owner'}"),
                _NOTHING if one is None or one.denominator is None else words.number(one.denominator),
                _NOTHING if one is None else paper.shown(one),
            ]
        )
    names = ("name", "platform", "state", "members", "owners", "threads", "answered")
    columns = [words.say(f"report.section.communities.{name}") for name in names]
    if rows:
        section["tables"].append(
            {"title": words.say("report.section.communities.table"), "columns": columns, "rows": rows}
        )
    if len(order) > _MOST_PLACES:
        section["points"].append(words.say("report.section.communities.more", n=len(order) - _MOST_PLACES))


def _size(paper: Paper, members: int | None) -> str:
    """Return how many members a community has, unless they are so few that it is about persons."""
    if members is None:
        return _NOTHING
    return paper.words.say("report.hidden") if 0 < members < paper.figures.k else paper.words.number(members)


def _benchmark(paper: Paper) -> list[str]:
    """Compare with the one published figure of the same definition and window: half a year, no votes among the acts."""
    figures, words = paper.figures, paper.words
    months = figures.window.months
    half = 6
    votes = first_row(figures.record.connection, "SELECT count(*) FROM acts WHERE kind = 'voted'")
    if not figures.window.whole_months or len(months) < half or (votes and votes[0]):
        return []
    since = months[-half][0]
    (own,) = figures.ask("active_members", variant="interaction_window", since=since)
    if own.value is None:
        return []
    shares = {"average": words.percent(0.27), "aim": words.percent(0.38)}
    figure = words.say("report.section.benchmark.swoop_active", **shares)
    told = f"{paper.shown(own)}, {paper.span(own.since, own.until)}"
    source = "SWOOP Analytics, Interactive Users (support.swoopanalytics.com, 14342265685401)"
    return [words.say("report.section.benchmark.text", source=source, year="2026", figure=figure, own=told)]


def unread(paper: Paper) -> dict[str, Value]:
    """Return what was not read, and what it does to the figures."""
    words, figures = paper.words, paper.figures
    section = _empty(paper, "unread")
    rows = figures.record.connection.execute(
        "SELECT platform, CASE WHEN status <> 'complete' THEN coalesce(reason, 'unread') END AS reason, count(*) "
        "FROM coverage GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    base = "report.section.unread"
    whole = True
    for platform in figures.record.platforms:
        mine = [row[1:] for row in rows if row[0] == platform]
        total = sum(number for _, number in mine)
        read = sum(number for reason, number in mine if reason in {None, _POLICY})
        if not total:
            section["points"].append(words.say(f"{base}.untold", platform=platform))
        elif read == total:
            section["points"].append(words.say(f"{base}.complete", platform=platform, n=total))
        else:
            reasons = Counter({reason: number for reason, number in mine if reason not in {None, _POLICY}})
            listed = [
                f"{words.say(f'{base}.reason.{reason}')} ({words.number(number)})"
                for reason, number in reasons.most_common()
            ]
            section["points"].append(words.say(f"{base}.line", platform=platform, n=read, whole=total, reasons=listed))
        whole = whole and bool(total) and read == total
    partial = sum(one.coverage != "complete" and one.value is not None for one in figures.all())
    if whole:
        section["texts"].append(words.say(f"{base}.all"))
    if any(reason == _POLICY for _, reason, _ in rows):
        section["texts"].append(words.say(f"{base}.policy"))
    if partial:
        section["texts"].append(words.say(f"{base}.effect", n=partial))
        section["texts"].append(words.say(f"{base}.lookback"))
    if figures.about.get("people") == "accounts":
        section["points"].append(words.say(f"{base}.accounts"))
    if figures.about.get("roster") == "no":
        section["points"].append(words.say(f"{base}.roster"))
    together = joined(figures.about)
    if together.is_mostly_alone:
        told = {"n": together.only_in_roster, "whole": together.in_roster}
        section["points"].append(words.say(f"{base}.alone", **told))
    if together.refusing:
        key, number = together.refusing
        section["points"].append(words.say(f"{base}.{key}", n=number))
    acts = first_row(figures.record.connection, "SELECT avg(CASE WHEN at_is_inferred THEN 1 ELSE 0 END) FROM acts")
    if acts and acts[0]:
        section["points"].append(words.say(f"{base}.inferred", share=words.percent(acts[0])))
    return section
