"""The definitions: one question a file, its head in comment lines, its SQL below.

A head line is `-- key: text`; a line that begins with three blanks after the dashes goes on with the one before. What
people read is there in English (`title`) and French (`title.fr`; in definitions of one's own English stands in for it).
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

from sqlglot import exp

from communitykit.errors import SettingsError
from communitykit.metrics import bounds, syntax
from communitykit.model.values import Value

LANGUAGES: Final = ("en", "fr")
UNITS: Final = ("share", "ratio", "index", "hours", "count", "points")
POPULATIONS: Final[dict[str, dict[str, str]]] = {
    "members": {
        "en": "eligible people who were there on a day of the period: no bots, guests or external accounts",
        "fr": "personnes éligibles présentes au moins un jour de la période, hors robots, invités et comptes externes",
    },
    "contributors": {
        "en": "eligible people with a contribution in the window",
        "fr": "personnes éligibles ayant contribué au moins une fois dans la période",
    },
    "leaders": {
        "en": "eligible people whom the leader rule names",
        "fr": "personnes éligibles désignées comme dirigeants par la règle en vigueur",
    },
    "newcomers": {
        "en": "eligible people who took part for the first time in the period, as the definition says",
        "fr": "personnes éligibles qui participent pour la première fois dans la période, au sens de la définition",
    },
    "threads": {
        "en": "threads opened in the period, those of bots apart",
        "fr": "fils ouverts dans la période, hors robots",
    },
    "messages": {
        "en": "posts and replies of the period, those of bots apart",
        "fr": "messages et réponses de la période, hors robots",
    },
    "communities": {
        "en": "communities that exist at the period's end; containers, archived and deleted ones apart",
        "fr": "communautés existant en fin de période, hors conteneurs, communautés archivées ou supprimées",
    },
    "ties": {
        "en": "pairs of eligible people of whom one answered, reacted to or mentioned the other in the period",
        "fr": "paires de personnes éligibles dont l'une a répondu à l'autre, réagi à ses messages ou l'a mentionnée",
    },
}
RESTS_ON: Final[dict[str, tuple[str, ...]]] = {
    "all": ("*",),
    "contributions": ("posted", "replied", "reacted", "mentioned", "shared", "praised", "voted"),
    "posts": ("posted", "replied"),
    "responses": ("posted", "replied", "reacted"),
    "ties": ("replied", "reacted", "mentioned"),
    "views": ("viewed",),
    "none": (),
}
NEEDS: Final[dict[str, str]] = {
    "views": "views_not_told",
    "viewers": "viewers_not_told",
    "reactions": "reactions_not_told",
    "text": "text_not_told",
    "departments": "attribute_not_told",
    "managers": "managers_not_told",
    "leaders": "leaders_not_told",
}
"""What a figure may need to be told, and the reason that stands in its place where it is not."""

_TEXTS = ("title", "question", "definition", "silence")
_REQUIRED = frozenset({*_TEXTS, "unit", "population", "source", "dimensions", "rests_on"})
_FRENCH = frozenset({*(f"{one}.fr" for one in _TEXTS), "source.fr"})
_KEYS = frozenset({*_REQUIRED, *_FRENCH, "variants", "parameters", "trailing", "needs", "adds"})
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TRAILING = re.compile(r"-?(\$[a-z_]+|[0-9]+)")
_BUILT_IN = frozenset({"observed_us"})


@dataclass(frozen=True, slots=True)
class Definition:
    """One question, how it is answered, and what has to be known to read the answer.

    Attributes:
        name: The file's name without `.sql`.
        title: By language.
        question: By language.
        unit: One of `UNITS`.
        population: One of `POPULATIONS`: over whom or what.
        definition: By language: the formula in words; `$name` is a parameter.
        source: By language: where the definition is from; one text for all where it is names alone.
        dimensions: By what it can be asked, grains as `period`.
        variants: The rows that a period has; empty where there is one.
        parameters: Their defaults by name.
        trailing: Lengths in days of windows that end with the period; names of parameters are resolved.
        needs: By need (`NEEDS`), the variants that have it, as a pattern.
        rests_on: Of `RESTS_ON`, on which acts' times it rests: by that, the variants that do, as a pattern.
        adds: Whether counts of two groups add up to those of both; `adds: no` in a head says they do not.
        silence: By language: what happens where platforms do not tell; `$name` is a parameter.
        sql: As it stands in the file, without the head.
    """

    name: str
    title: Mapping[str, str]
    question: Mapping[str, str]
    unit: str
    population: str
    definition: Mapping[str, str]
    source: Mapping[str, str]
    dimensions: tuple[str, ...]
    variants: tuple[str, ...]
    parameters: Mapping[str, syntax.Value]
    trailing: tuple[str, ...]
    needs: Mapping[str, str]
    rests_on: Mapping[str, str]
    adds: bool
    silence: Mapping[str, str]
    sql: str

    def query(self) -> exp.Query:
        """Return the parsed SQL; it is not to be changed."""
        return _parsed(self.sql, self.name)

    def lengths(self, parameters: Mapping[str, syntax.Value]) -> tuple[int, ...]:
        """Return the trailing windows' lengths in days; below zero, those that end where the period begins."""
        return tuple(_length(one, parameters) for one in self.trailing)

    def settle(self, given: Mapping[str, object]) -> dict[str, syntax.Value]:
        """Return the parameters with what was given in place of defaults.

        Raises:
            SettingsError: There is no such parameter, or the value is of another type.
        """
        settled = dict(self.parameters)
        for name, value in given.items():
            if name not in settled:
                known = ", ".join(settled) or "none"
                raise SettingsError(f"has no parameter {name!r}", subject=self.name, remedy=f"It has: {known}.")
            settled[name] = _as_type_of(settled[name], value, f"{self.name}: {name}")
        return settled

    def rests_on_of(self, variant: str | None) -> str:
        """Return on which acts' times one of its rows rests: a key of `RESTS_ON`."""
        return next((one for one, pattern in self.rests_on.items() if fnmatchcase(variant or "", pattern)), "none")

    def needs_of(self, variant: str | None) -> tuple[str, ...]:
        """Return what one of its rows needs to be told."""
        return tuple(need for need, pattern in self.needs.items() if fnmatchcase(variant or "", pattern))


@lru_cache(maxsize=256)
def _parsed(sql: str, name: str) -> exp.Query:
    return syntax.parse(sql, name)


@cache
def _built_in() -> dict[str, Definition]:
    folder = resources.files("communitykit.metrics") / "sql"
    files = sorted((one for one in folder.iterdir() if one.name.endswith(".sql")), key=lambda one: one.name)
    return {one.name[:-4]: read_definition(one.name[:-4], one.read_text(encoding="utf-8")) for one in files}


def catalogue(folder: Path | str | None = None) -> dict[str, Definition]:
    """Return the definitions by name: the library's, and those of a folder of one's own.

    Args:
        folder: Holds `NAME.sql` files under the same rules.

    Raises:
        SettingsError: A definition is wrong, takes a name of the library's, or there is no such folder.
    """
    return {**_built_in(), **{path.stem: _own(path) for path in _files(folder)}}


def _files(folder: Path | str | None) -> list[Path]:
    if folder is None:
        return []
    if not Path(folder).is_dir():
        raise SettingsError(f"there is no folder {str(folder)!r}", remedy="Name one that holds NAME.sql files.")
    return sorted(Path(folder).glob("*.sql"))


def _own(path: Path) -> Definition:
    if path.stem in _built_in():
        raise SettingsError("is the name of a definition of communitykit", subject=path.stem, remedy="Rename it.")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise SettingsError("is not UTF-8", subject=path.name, remedy="Save it as UTF-8.") from None
    return read_definition(path.stem, text)


def is_built_in(definition: Definition) -> bool:
    """Tell whether a definition is the library's, and none of a folder of one's own."""
    return _built_in().get(definition.name) is definition


def find(name: str, folder: Path | str | None = None) -> Definition:
    """Return one definition; what is wrong with others of the folder is not asked.

    Raises:
        SettingsError: There is none of that name, or it is wrong.
    """
    own = {path.stem: path for path in _files(folder)}
    if name in own:
        return _own(own[name])
    if name not in _built_in():
        known = [*_built_in(), *own]
        words = {word.rstrip("s") for word in name.lower().split("_") if word}
        alike = [one for one in known if words & {word.rstrip("s") for word in one.split("_")}]
        close = list(dict.fromkeys([*get_close_matches(name, known, n=3), *alike]))[:5]
        meant = f"Did you mean {', '.join(close[:-1])}{' or ' if close[:-1] else ''}{close[-1]}? " if close else ""
        remedy = f"{meant}`communitykit metrics list`, or catalogue() in Python, has all {len(known)}."
        raise SettingsError(f"there is no metric {name!r}", remedy=remedy)
    return _built_in()[name]


def read_definition(name: str, text: str) -> Definition:
    """Read and check one definition.

    Raises:
        SettingsError: Its head lacks something or says something unknown, or its SQL is refused.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError("is no name: small letters, digits and _ only", subject=name)
    head, sql = _split(name, text)
    missing = [key for key in sorted(_REQUIRED) if not head.get(key)]
    unknown = [key for key in head if key not in _KEYS]
    if missing or unknown:
        what = f"lacks {', '.join(missing)}" if missing else f"has the unknown {', '.join(unknown)}"
        raise SettingsError(f"its head {what}", subject=name, remedy=f"A head has: {', '.join(sorted(_KEYS))}.")
    head.setdefault("adds", "yes")
    wrong = [
        f"its {key} {value!r} is none of {', '.join(choices)}"
        for key, values, choices in _choices(name, head)
        for value in values
        if value not in choices
    ]
    if wrong:
        raise SettingsError("; ".join(wrong), subject=name)
    both = {key: {"en": head[key], "fr": head.get(f"{key}.fr", head[key])} for key in _TEXTS}
    made = Definition(
        name=name,
        **both,
        unit=head["unit"],
        population=head["population"],
        source={"en": head["source"], "fr": head.get("source.fr", head["source"])},
        dimensions=_listed(head["dimensions"]),
        variants=_listed(head.get("variants", "")),
        parameters={key: _value(text) for key, text in _pairs(name, head.get("parameters", ""), "=").items()},
        trailing=_listed(head.get("trailing", "")),
        needs=_pairs(name, head.get("needs", ""), ":"),
        rests_on=_pairs(name, head["rests_on"], ":"),
        adds=head["adds"] == "yes",
        sql=sql,
    )
    _check(made)
    return made


def _choices(name: str, head: Mapping[str, str]) -> Iterator[tuple[str, Collection[str], Collection[str]]]:
    """Yield what a head says of closed lists, and the lists."""
    yield "adds", (head["adds"],), ("yes", "no")
    yield "unit", (head["unit"],), UNITS
    yield "population", (head["population"],), POPULATIONS
    yield "dimensions", _listed(head["dimensions"]), ("period", *syntax.DIMENSIONS)
    yield "needs", _pairs(name, head.get("needs", ""), ":"), NEEDS
    yield "rests_on", _pairs(name, head["rests_on"], ":"), RESTS_ON


def _check(made: Definition) -> None:
    for text in (*made.definition.values(), *made.silence.values()):
        for name in set(re.findall(r"\$([a-z_]+)", text)) - set(made.parameters):
            raise SettingsError(f"its text names ${name}, which is no parameter of it", subject=made.name)
    if "period" not in made.dimensions:
        raise SettingsError("its dimensions lack period", subject=made.name)
    for one in made.trailing:
        if not _TRAILING.fullmatch(one) or ("$" in one and one.lstrip("-$") not in made.parameters):
            raise SettingsError(f"its trailing {one} is neither a number of days nor a parameter", subject=made.name)
    query = made.query()
    bounds.hold(query, made.name)
    named = query.named_selects
    variant = ("variant",) if made.variants else ()
    for column in (*syntax.OUTPUT, *variant):
        if column not in named:
            raise SettingsError(f"its SELECT gives no {column}", subject=made.name)
    wanted = {one.name for one in query.find_all(exp.Placeholder)}
    for name in wanted - set(made.parameters) - _BUILT_IN:
        raise SettingsError(f"uses ${name}, which its head does not name", subject=made.name)
    attribute = {"attribute"} if any(one.name == "attribute" for one in query.find_all(exp.Anonymous)) else set()
    for name in set(made.parameters) - wanted - attribute - {one.lstrip("-$") for one in made.trailing}:
        raise SettingsError(f"never uses its parameter {name}", subject=made.name)


def _split(name: str, text: str) -> tuple[dict[str, str], str]:
    head: dict[str, str] = {}
    lines, last = text.splitlines(), ""
    for at, line in enumerate(lines):
        if not line.startswith("--"):
            return head, "\n".join(lines[at:]).strip() + "\n"
        if line.startswith("--   ") and last:
            head[last] += " " + line[5:].strip()
            continue
        key, colon, value = line[2:].partition(":")
        last = key.strip()
        if not colon or last in head:
            raise SettingsError(f"its head's line {at + 1} is not `-- key: text`, or there twice", subject=name)
        head[last] = value.strip()
    raise SettingsError("is a head without SQL", subject=name)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


def _pairs(name: str, text: str, sign: str) -> dict[str, str]:
    found = {}
    for one in text.split(";"):
        key, told, value = (part.strip() for part in one.partition(sign))
        if not key:
            continue
        if not told and sign == "=":
            raise SettingsError(f"its {one.strip()!r} is not `name = value`", subject=name)
        found[key] = value or "*"
    return found


def _length(text: str, parameters: Mapping[str, syntax.Value]) -> int:
    sign, name = (-1, text[1:]) if text.startswith("-") else (1, text)
    return sign * int(parameters[name[1:]] if name.startswith("$") else name)


def _value(text: str) -> syntax.Value:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _as_type_of(default: syntax.Value, value: Value, where: str) -> syntax.Value:
    try:
        given = type(default)(value)
        if isinstance(default, int) and given != float(value):
            raise ValueError(value)  # noqa: TRY301 # as of any text that is no number
    except (TypeError, ValueError, OverflowError):
        wanted = "a whole number" if isinstance(default, int) else "a number"
        raise SettingsError(f"{value!r} is not {wanted}", subject=where) from None
    if isinstance(given, int | float) and not (math.isfinite(given) and given >= 0):
        raise SettingsError(f"{value!r} is below 0, or no number at all", subject=where)
    return given
