"""The answer first: what stands out, by public rules (`answers.toml`) from the figures. Where nothing does, none."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from math import sqrt
from typing import Any, Final

from communitykit.analysis.together import FEW
from communitykit.model.values import Value
from communitykit.privacy.audit import OTHER
from communitykit.report.figures import Figure, Figures

Rule = Mapping[str, Any]
OTHERS: Final = (FEW, OTHER)
"""What groups are called that are too small to be told apart: in the analysis tables, and in figures."""

_LATEST: Final = """
SELECT CAST(place_id AS VARCHAR), max(day) FROM (SELECT place_id, day FROM threads UNION ALL
    SELECT place_id, day FROM answers) WHERE place_id IS NOT NULL GROUP BY place_id
"""
"""The day of each community's last post, of what `dormant_communities` counts."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that stands out.

    Attributes:
        rule: Of `answers.toml`; its words are under `report.answer.RULE`.
        section: Where the report shows it.
        values: What its sentence shows: groups, shares of 1, first days of months; `posted_on` is the day itself.
        figures: What it rests on.
    """

    rule: str
    section: str
    values: Mapping[str, Value]
    figures: tuple[Figure, ...] = field(repr=False)

    @property
    def is_partial(self) -> bool:
        """Whether something of it was not read whole."""
        return any(one.coverage != "complete" for one in self.figures)


@cache
def answer_rules() -> tuple[Rule, ...]:
    """Return the rules in their order."""
    text = (resources.files("communitykit.report") / "answers.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["rule"])


def answer(figures: Figures, rules: Iterable[Rule] | None = None) -> list[Finding]:
    """Return what stands out, in the rules' order."""
    return [one for rule in (answer_rules() if rules is None else rules) for one in _KINDS[rule["kind"]](figures, rule)]


def _months(figures: Figures, rule: Rule, by: Sequence[str] = ()) -> dict[str | None, list[Figure]]:
    """Return the course of a metric by group: whole months, oldest first; nothing where there are none."""
    if not figures.window.whole_months:
        return {}
    found: dict[str | None, list[Figure]] = {}
    for one in figures.ask(rule["metric"], by=[*by, "month"], variant=rule.get("variant")):
        found.setdefault(one.group, []).append(one)
    return {group: sorted(course, key=lambda one: one.since) for group, course in found.items()}


def _trend(figures: Figures, rule: Rule) -> Iterator[Finding]:
    """The last third of the months against the first, over everybody."""
    course = [one for one in _months(figures, rule).get(None, []) if one.denominator]
    before, after = _ends(course)
    if not before:
        return
    share_before, share_after = _share(before), _share(after)
    change = (share_after - share_before) * rule["direction"]
    if change >= rule["least"] * share_before and _z(before, after) * rule["direction"] >= rule["z"]:
        values = {"before": share_before, "after": share_after, "since": after[0].since}
        yield Finding(rule["name"], rule["section"], values, (*before, *after))


def _shift(figures: Figures, rule: Rule) -> Iterator[Finding]:
    """A group whose share moved far, and twice as far as everybody else's."""
    months = figures.window.months if figures.window.whole_months else []
    third = len(months) // 3
    if not third:
        return
    windows = ((months[0][0], months[third - 1][1]), (months[-third][0], months[-1][1]))
    told: set[str] = set()
    for by in rule["by"]:
        early, late = (
            {
                one.group: one
                for one in figures.ask(rule["metric"], by=[by], since=since, until=until, variant=rule["variant"])
                if one.group and one.group not in OTHERS and one.denominator
            }
            for since, until in windows
        )
        moves = {group: _share([late[group]]) - _share([early[group]]) for group in early if group in late}
        for group, moved in moves.items():
            others = sorted(other for name, other in moves.items() if name != group)
            usual = others[len(others) // 2] if others else 0.0
            before, after = [early[group]], [late[group]]
            far = moved * rule["direction"] >= max(rule["points"], 2 * abs(usual))
            if far and _z(before, after) * rule["direction"] >= rule["z"] and group not in told:
                told.add(group)
                values = {"group": group, "by": by, "before": _share(before), "after": _share(after)}
                yield Finding(rule["name"], rule["section"], values, (*before, *after))


def _absent(figures: Figures, rule: Rule) -> Iterator[Finding]:
    """A group that hardly takes part, though people do."""
    (whole,) = figures.ask(rule["metric"], variant=rule["variant"])
    if whole.value is None or whole.value < rule["usual"]:
        return
    for by in rule["by"]:
        for one in figures.ask(rule["metric"], by=[by], variant=rule["variant"]):
            if (
                one.group
                and one.group not in OTHERS
                and one.value is not None
                and one.value <= rule["share"] * whole.value
            ):
                values = {"group": one.group, "by": by, "share": one.value, "usual": whole.value}
                yield Finding(rule["name"], rule["section"], values, (one, whole))


def _stopped(figures: Figures, rule: Rule) -> Iterator[Finding]:
    """A course that was high and has been low since some month, to the end."""
    course = [one for one in _months(figures, rule).get(None, []) if one.value is not None]
    for at in range(2, len(course) - rule["months"] + 1):
        usual = sum(one.value or 0.0 for one in course[:at]) / at
        rest = course[at:]
        if usual >= rule["before"] and all((one.value or 0.0) <= rule["share"] * usual for one in rest):
            share = sum(one.value or 0.0 for one in rest) / len(rest)
            values = {"since": rest[0].since, "before": usual, "after": share}
            yield Finding(rule["name"], rule["section"], values, tuple(course))
            return


def _silo(figures: Figures, rule: Rule) -> Iterator[Finding]:
    """A department most of whose ties stay inside, far beyond what its size would give."""
    sizes = {
        one.group: one.denominator
        for one in figures.ask("active_members", by=["department"], variant="interaction_window")
        if one.group and one.denominator
    }
    everybody = sum(sizes.values())
    for one in figures.ask(rule["metric"], by=["department"]):
        size = sizes.get(one.group or "")
        if one.variant != one.group or one.value is None or not one.denominator or not size or everybody <= size:
            continue
        chance = (size - 1) / (everybody - 1)
        deviation = sqrt(chance * (1 - chance) / one.denominator)
        inside, outside = one.value, 1 - one.value
        if (
            inside >= min(1.0, rule["times"] * chance)
            and outside <= rule["outside"] * (1 - chance)
            and deviation
            and (inside - chance) / deviation >= rule["z"]
        ):
            values = {"group": one.group, "share": inside, "chance": chance}
            yield Finding(rule["name"], rule["section"], values, (one,))


def _asleep(figures: Figures, rule: Rule) -> Iterator[Finding]:
    """A community that was awake for months and has been quiet from some month on, to the end of the record."""
    if not figures.window.whole_months:
        return
    latest = dict(figures.record.connection.execute(_LATEST).fetchall())
    courses: dict[str | None, list[Figure]] = {}
    for one in figures.ask(rule["metric"], by=["place", "month"], quiet_days=rule["quiet_days"]):
        courses.setdefault(one.group, []).append(one)
    for place, course in courses.items():
        ordered = sorted(course, key=lambda one: one.since)
        quiet = 0
        while quiet < len(ordered) and ordered[-1 - quiet].value == 1:
            quiet += 1
        awake = ordered[: len(ordered) - quiet]
        if quiet and len(awake) >= rule["months"] and all(one.value == 0 for one in awake[-rule["months"] :]):
            values = {"place": place, "posted_on": latest[place]}
            if values["posted_on"] >= figures.window.until:  # it woke in the month that is not over
                continue
            yield Finding(rule["name"], rule["section"], values, tuple(ordered))


def _ends(course: Sequence[Figure]) -> tuple[list[Figure], list[Figure]]:
    """Return the first and the last third of a course; nothing of a short one."""
    third = len(course) // 3
    return (list(course[:third]), list(course[-third:])) if third else ([], [])


def _share(figures: Iterable[Figure]) -> float:
    told = list(figures)
    total = sum(one.denominator or 0.0 for one in told)
    return sum(one.numerator or 0.0 for one in told) / total if total else 0.0


def _z(before: Sequence[Figure], after: Sequence[Figure]) -> float:
    """Return the difference of two shares in standard deviations, one month counting for its people once."""
    sizes = [sum(one.denominator or 0.0 for one in part) / len(part) for part in (before, after)]
    shares = [_share(before), _share(after)]
    pooled = (shares[0] * sizes[0] + shares[1] * sizes[1]) / (sizes[0] + sizes[1])
    deviation = sqrt(pooled * (1 - pooled) * (1 / sizes[0] + 1 / sizes[1]))
    return (shares[1] - shares[0]) / deviation if deviation else 0.0


_KINDS: Final[dict[str, Callable[[Figures, Rule], Iterator[Finding]]]] = {
    "trend": _trend,
    "shift": _shift,
    "absent": _absent,
    "stopped": _stopped,
    "silo": _silo,
    "asleep": _asleep,
}
