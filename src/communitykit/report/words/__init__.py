"""What is said, in every language: one catalogue a language, plurals, numbers and dates by Babel.

A catalogue is `LANGUAGE.toml`: keys are dotted, a text has `{name}` where a value goes, and a table with the plural
categories of Unicode (`one`, `other`…) is chosen by the value `n`. French is written with plain spaces and
apostrophes: those that it sets are put in here (`typeset`).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Final, Literal

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from communitykit.errors import SettingsError
from communitykit.model.values import Value

LANGUAGES: Final = ("en", "fr")
PERCENT: Final = "%"
_HIGH = re.compile(r"[ \u00a0\u202f](?=[;?!%](?!\w))")
_WIDE = re.compile(r"[ \u202f](?=[:»](?!\w))|(?<=«)[ \u202f]")
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_SOON = timedelta(days=2)
_COUNTRY_CODE: Final = 2
"""Letters of a country's code; the catalogue has regions by number, too."""


class Words:
    """A language's catalogue, and how values are written in it.

    Raises:
        SettingsError: There is no catalogue of that language.
    """

    def __init__(self, language: str) -> None:
        """Open it."""
        if language not in LANGUAGES:
            raise SettingsError(f"there is no language {language!r}", remedy=f"Take {' or '.join(LANGUAGES)}.")
        self.language = language
        self.locale = Locale.parse(language)
        self._texts = catalogue(language)

    def __contains__(self, key: str) -> bool:
        """Tell whether there is such a text."""
        return key in self._texts

    def say(self, key: str, **values: Value) -> str:
        """Return a text with its values; strings go in as they are, all else as the language writes it."""
        text = self._texts[key]
        if not isinstance(text, str):
            category = self.locale.plural_form(values["n"])
            text = text.get(category, text["other"])
        return text.format_map({name: self.show(value) for name, value in values.items()})

    def show(self, value: object) -> str:
        """Return a value as the language writes it.

        Numbers have their separators, days their month's name, lists their conjunction, lengths of time one unit.
        """
        if isinstance(value, str):
            return value
        if isinstance(value, timedelta):
            return self.length(value)
        if isinstance(value, datetime):
            return self.day(value.date())
        if isinstance(value, date):
            return self.day(value)
        if isinstance(value, Sequence):
            return format_list([self.show(one) for one in value], locale=self.locale)
        if isinstance(value, int | float):
            return self.number(value)
        raise TypeError(type(value))

    def number(self, value: float, digits: int = 1) -> str:
        """Return a number with at most so many decimals."""
        return format_decimal(round(value, digits), locale=self.locale)

    def percent(self, value: float, digits: int = 0) -> str:
        """Return a share of 1 in per cent."""
        shown = format_percent(value, locale=self.locale, format=f"#,##0{'.' if digits else ''}{'0' * digits}%")
        return shown if self.language != "fr" else shown.replace(PERCENT, "\u202f%").replace("\u00a0\u202f", "\u202f")

    def day(self, value: date, *, year: bool = False) -> str:
        """Return a day; the first of a month is `1er` in French."""
        pattern = {"en": "d MMMM", "fr": "d MMMM"}[self.language] + (" y" if year else "")
        shown = format_date(value, pattern, locale=self.locale)
        return f"1er{shown[1:]}" if self.language == "fr" and value.day == 1 else shown

    def moment(self, value: datetime) -> str:
        """Return a day and the time of day, in UTC."""
        at = value.astimezone(UTC)
        return f"{self.day(at.date())}, {at:%H:%M} UTC"

    def month(self, value: date) -> str:
        """Return a month and its year."""
        return format_date(value, "MMMM y", locale=self.locale)

    def short_month(self, value: date) -> str:
        """Return a month in few letters, January with its year."""
        return format_date(value, "MMM" if value.month > 1 else "MMM y", locale=self.locale)

    @property
    def axis(self) -> str:
        """How a chart writes shares, as a Vega expression."""
        shown = "format(datum.value, '.0%')"
        return shown if self.language == "en" else f"replace({shown}, '%', '\u202f%')"

    def country(self, value: str) -> str:
        """Return a country's name: from its code, from its English name, or as it is told."""
        named = self.locale.territories
        code = value if value in named and not value.isdigit() else _countries().get(value.casefold())
        return value if code is None else named.get(code, value)

    def length(self, value: timedelta) -> str:
        """Return a length of time in the one unit that tells most: minutes, hours, days, weeks."""
        granularity: Literal["day", "hour", "minute"]
        granularity = "day" if value >= _SOON else "hour" if value >= timedelta(hours=1) else "minute"
        whole = value if granularity != "day" else timedelta(days=value.days)
        threshold = 28 if granularity == "day" else 48
        return format_timedelta(whole, granularity=granularity, threshold=threshold, locale=self.locale)


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, str]:
    """Return the codes of countries by their English names: rosters have either."""
    return {
        name.casefold(): code for code, name in Locale.parse("en").territories.items() if len(code) == _COUNTRY_CODE
    }


def typeset(language: str, text: str) -> str:
    r"""Return a text with the spaces and apostrophes that its language sets.

    French spaces do not break: narrow ones before `; ? ! %`, whole ones before `:` and inside `« »`.

    >>> typeset("fr", "Qu'est-ce ? Rien : « ça »") == "Qu\u2019est-ce\u202f? Rien\u00a0: «\u00a0ça\u00a0»"
    True
    """
    if language != "fr":
        return text
    return _APOSTROPHE.sub("\u2019", _WIDE.sub("\u00a0", _HIGH.sub("\u202f", text)))


def collated(text: str) -> str:
    """Return what a text is sorted by: accents and capitals count for nothing.

    >>> sorted(["Israël", "Étape", "est"], key=collated)
    ['est', 'Étape', 'Israël']
    """
    return "".join(one for one in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(one))


@lru_cache(maxsize=8)
def catalogue(language: str) -> Mapping[str, str | Mapping[str, str]]:
    """Return a language's texts by dotted key; plurals as a table."""
    text = (resources.files(__name__) / f"{language}.toml").read_text(encoding="utf-8")
    return dict(_flat("", tomllib.loads(text), language))


def _flat(before: str, table: Mapping[str, Value], language: str) -> list[tuple[str, Value]]:
    found: list[tuple[str, Value]] = []
    for name, value in table.items():
        key = f"{before}{name}"
        if isinstance(value, str):
            found.append((key, typeset(language, value)))
        elif "other" in value:
            found.append((key, {form: typeset(language, text) for form, text in value.items()}))
        else:
            found += _flat(f"{key}.", value, language)
    return found
