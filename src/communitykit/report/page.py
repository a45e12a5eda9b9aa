"""The report's page: figures, findings and charts as one HTML file that fetches nothing and runs nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from shlex import quote
from typing import Final

from babel.lists import format_list
from jinja2 import Environment, StrictUndefined

from communitykit.metrics.catalogue import POPULATIONS, Definition, find
from communitykit.model.values import Value
from communitykit.report.answering import OTHERS, Finding
from communitykit.report.figures import Figure, Figures
from communitykit.report.words import Words, collated, typeset

_TABLES: Final = "analysis.duckdb"
_DASH: Final = "\N{NO-BREAK SPACE}\N{EN DASH} "


@dataclass(frozen=True, slots=True)
class Paper:
    """What every part of a page needs: its words, its figures, and what communities are called."""

    words: Words
    figures: Figures
    places: Mapping[str, str]
    store: str

    def called(self, one: Figure) -> str:
        """Return what a tile is called: no two of a page are called the same."""
        key = f"report.called.{one.metric}.{one.variant}"
        return self.words.say(key) if key in self.words else self.title(one.metric)

    def title(self, metric: str) -> str:
        """Return what a metric is called."""
        return typeset(self.words.language, self.definition(metric).title[self.words.language])

    def definition(self, metric: str) -> Definition:
        """Return a metric's definition."""
        return find(metric)

    def shown(self, one: Figure) -> str:
        """Return a figure's value as the language writes it, or why there is none."""
        if one.suppressed:
            return self.words.say("report.hidden")
        if one.value is None:
            if one.metric == "time_to_first_response" and one.denominator:
                return self.words.say("report.never")
            key = f"report.reason.{one.reason}"
            return self.words.say(key) if key in self.words else self.words.say("report.none")
        return self.number(one.metric, one.value)

    def number(self, metric: str, value: float) -> str:
        """Return a value in its metric's unit."""
        unit = self.definition(metric).unit
        if unit == "share":
            return self.words.percent(value)
        if unit == "hours":
            return self.words.show(timedelta(hours=value))
        return self.words.number(value, 2 if unit in {"ratio", "index"} else 1)

    def span(self, since: date, until: date) -> str:
        """Return a window in words: a month by its name, else its first and last day."""
        last = until - timedelta(days=1)
        if since.day == 1 and until.day == 1 and (until - since).days <= 31:  # noqa: PLR2004 # a month
            return self.words.month(since)
        if since.day == 1 and until.day == 1:
            return f"{self.words.month(since)}{_DASH}{self.words.month(last)}"
        return f"{self.words.day(since, year=True)}{_DASH}{self.words.day(last, year=True)}"

    def label(self, one: Figure) -> str:
        """Return what a tile's figure is of."""
        key = f"report.variant.{one.variant or 'default'}"
        key = key if key in self.words else "report.variant.default"
        return self.words.say(key, span=self.span(one.since, one.until))

    def facts(self, one: Figure) -> list[tuple[str, str]]:
        """Return what has to be known to read a figure."""
        words, language = self.words, self.words.language
        told = []
        if one.numerator is not None and one.denominator is not None and not one.suppressed:
            told.append(("value", f"{words.number(one.numerator)} / {words.number(one.denominator)}"))
        told.append(("population", typeset(language, POPULATIONS[one.definition.population][language])))
        if (behind := self.persons(one)) is not None:
            told.append(("persons", words.number(behind)))
        told += [
            (
                "window",
                f"{words.day(one.since, year=True)}{_DASH}{words.day(one.until - timedelta(days=1), year=True)}",
            ),
            ("k", words.number(self.figures.k)),
            ("coverage", words.say(f"report.coverage.{one.coverage}")),
            ("platforms", one.platforms or words.say("report.none")),
        ]
        if one.inferred:
            told.append(("inferred", words.percent(one.inferred)))
        told.append(("run", self.command(one)))
        return [(words.say(f"report.fact.{name}"), text) for name, text in told]

    def persons(self, one: Figure) -> int | None:
        """Return how many people a figure rests on; None where they are hidden, and where it is of communities."""
        return None if one.definition.population == "communities" else one.persons

    def group(self, dimension: str, value: str | None) -> str:
        """Return what a group is called."""
        if value is None:
            return self.words.say("report.nobody")
        if value in OTHERS:
            return self.words.say("report.others")
        if dimension == "is_leader":
            return self.words.say("report.yes" if value == "true" else "report.no")
        if dimension == "country":
            return self.words.country(value)
        return self.places.get(value, value) if dimension == "place" else value

    def command(self, one: Figure) -> str:
        """Return the commands that measure a figure again, typed where the store is."""
        zone = self.figures.about.get("zone", "UTC")
        parts = [f"communitykit analyse {quote(self.store)} --to {_TABLES} --zone {zone} &&"]
        parts.append(f"communitykit metrics run {one.metric} --from {_TABLES}")
        by = [*one.groups, *(["month"] if one.period else [])]
        if by:
            parts.append(f"--by {','.join(by)}")
        if one.variant is not None:
            parts.append(f"--variant {one.variant}")
        parts.append(f"--since {one.since} --until {one.until} --k {self.figures.k}")
        parts += [f"--set {name}={value}" for name, value in one.parameters.items()]
        return " ".join(parts)

    def finding(self, one: Finding) -> dict[str, str]:
        """Return a finding as its sentence."""
        values: dict[str, Value] = dict(one.values)
        for name, value in values.items():
            if isinstance(value, float):
                values[name] = self.words.percent(value)
            elif isinstance(value, date):
                values[name] = self.words.day(value, year=True) if name == "posted_on" else self.words.month(value)
        if "place" in values:
            values["place"] = self.places.get(values["place"], values["place"])
        return {
            "text": self.words.say(f"report.answer.{one.rule}", **values),
            "section": one.section,
            "link": self.words.say(f"report.link.{one.section}"),
            "partial": self.words.say("report.caveat") if one.is_partial else "",
        }

    def glossary(self, metrics: Sequence[str]) -> list[dict[str, Value]]:
        """Return each metric's question, formula, source and SQL."""
        language, told = self.words.language, []
        asked: dict[tuple[str, str], set[Value]] = {}
        for figure in self.figures.all():
            for name, value in figure.definition.settle(figure.parameters).items():
                asked.setdefault((figure.metric, name), set()).add(value)
        for name in metrics:
            one = self.definition(name)
            values = {key: asked.get((name, key), {value}) for key, value in one.parameters.items()}
            facts = [
                ("definition", typeset(language, formula(one, self.words, values))),
                ("source", typeset(language, one.source[language])),
                ("population", typeset(language, POPULATIONS[one.population][language])),
                ("unit", self.words.say(f"report.unit.{one.unit}")),
                ("silence", typeset(language, formula(one, self.words, values, silence=True))),
            ]
            told.append(
                {
                    "name": name,
                    "title": self.title(name),
                    "question": typeset(language, one.question[language]),
                    "facts": [(self.words.say(f"report.fact.{key}"), text) for key, text in facts],
                    "sql": one.sql.strip(),
                }
            )
        return sorted(told, key=lambda one: collated(str(one["title"])))


def formula(one: Definition, words: Words, values: Mapping[str, Collection[Value]], *, silence: bool = False) -> str:
    """Return a definition for who only reads it: values where its parameters stand, without its rows' names.

    With `silence`, what happens where platforms do not tell.
    """
    text = (one.silence if silence else one.definition)[words.language]
    for name, told in values.items():
        text = re.sub(rf"\${name}\b", format_list([words.show(v) for v in sorted(told)], "or", words.locale), text)
    if words.language == "en":  # there the rows' names are words
        return text
    rows = "|".join(map(re.escape, one.variants))
    return re.sub(rf" \((?:{rows})(?:, (?:{rows}))*…?\)", "", text) if rows else text


def render(context: Mapping[str, object], words: Words) -> str:
    """Return the page."""
    style = _text("style.css").strip()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page: str = _template().render(
        **context, say=words.say, language=words.language, style=style, style_hash=f"sha256-{digest}"
    )
    return page


@cache
def _template() -> Value:
    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(_text("page.html.j2"))


def _text(name: str) -> str:
    return (resources.files("communitykit.report") / name).read_text(encoding="utf-8")
