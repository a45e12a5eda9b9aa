"""One page a group: a department's, a country's or a community's figures, beside those of everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from communitykit.errors import SettingsError
from communitykit.model.values import Value
from communitykit.report.answering import OTHERS
from communitykit.report.figures import Figure
from communitykit.report.page import Paper
from communitykit.report.plan import Asked
from communitykit.report.sections import course_chart, tile
from communitykit.report.words import collated

PER: Final = {"department": "department", "country": "country", "community": "place"}
"""What there may be a page for each of, and the dimension that it is."""
_TILES: Final[tuple[Asked, ...]] = (
    ("active_members", "interaction_window"),
    ("participation_split", "silent"),
    ("leader_participation", None),
    ("response_rate", None),
    ("unanswered_rate", None),
    ("time_to_first_response", "km_median"),
    ("replies_per_thread", "mean"),
    ("curiosity", None),
)
_COURSES: Final[tuple[Asked, ...]] = (("active_members", "interaction_window"), ("response_rate", None))
GROUP_METRICS: Final = frozenset(metric for metric, _ in _TILES)
"""What stands in such a page."""


def check(per: str) -> str:
    """Return the dimension of what there is to be a page for each of.

    Raises SettingsError where there are no such pages.
    """
    if per not in PER:
        raise SettingsError(f"there are no pages per {per!r}", remedy=f"Take {', '.join(PER)}.")
    return PER[per]


def group_pages(paper: Paper, per: str) -> Iterator[tuple[str, str, dict[str, Value]]]:
    """Yield, by group, what its file is called without its ending, the group's name, and its section.

    Groups too small to be told apart have no page; of a figure that rests on too few people stands that alone.
    """
    dimension, words = check(per), paper.words
    found: dict[str, list[Figure]] = {}
    courses: dict[str, list[list[Figure]]] = {}
    for metric, variant in _TILES:
        if dimension in paper.definition(metric).dimensions:
            for one in paper.figures.ask(metric, by=[dimension], variant=variant):
                if one.group and one.group not in OTHERS:
                    found.setdefault(one.group, []).append(one)
    for metric, variant in _COURSES if paper.figures.window.whole_months else ():
        if dimension in paper.definition(metric).dimensions:
            by_group: dict[str, list[Figure]] = {}
            for one in paper.figures.ask(metric, by=[dimension, "month"], variant=variant):
                by_group.setdefault(one.group or "", []).append(one)
            for group, course in by_group.items():
                courses.setdefault(group, []).append(course)
    taken: set[str] = set()
    for group in sorted(found, key=lambda one: collated(paper.group(dimension, one))):
        name = paper.group(dimension, group)
        charts = [course_chart(paper, course) for course in courses.get(group, ())]
        yield (
            _file(per, name, taken),
            name,
            {
                "id": "group",
                "title": words.say("report.section.group.title"),
                "texts": [words.say("report.section.group.text")],
                "tiles": [tile(paper, one) for one in found[group]],
                "charts": [one for one in charts if one],
                "tables": [],
                "points": [],
            },
        )


def _file(per: str, name: str, taken: set[str]) -> str:
    """Return a file's name that no other page has, of letters and digits."""
    stem = f"{per}-{re.sub(r'[^a-z0-9]+', '-', collated(name)).strip('-') or 'group'}"
    number, made = 1, stem
    while made in taken:
        number += 1
        made = f"{stem}-{number}"
    taken.add(made)
    return made
