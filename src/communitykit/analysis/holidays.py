"""Which days people work, by country: the library `holidays` knows their public holidays (extra `analysis`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from communitykit.model.values import Value

_WEEKEND = 5


class Worked(NamedTuple):
    """Whether people work on a day in a country."""

    country: str
    day: date
    works: bool


def working_days(countries: Iterable[str], first: date, last: date) -> tuple[list[Worked], list[str]]:
    """Return whether each day is worked, by country, both ends included; and the countries that are not known.

    A country is a code (`FR`, `FRA`) or an English name (`France`); there weekends are as in that country. Where
    `holidays` is not installed no country is known.
    """
    worked, unknown = [], []
    for country in sorted(set(countries)):
        found = _calendar(country, first.year, last.year)
        if found is None:
            unknown.append(country)
        else:
            worked += [Worked(country, day, _works(found, day)) for day in _days(first, last)]
    return worked, unknown


def _works(found: Value, day: date) -> bool:
    return day.weekday() not in getattr(found, "weekend", {5, 6}) and day not in found


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _calendar(country: str, first: int, last: int) -> Value:
    try:
        import holidays  # noqa: PLC0415 # an extra
    except ImportError:
        return None
    code = _codes().get(_plain(country))
    return None if code is None else holidays.country_holidays(code, years=range(first, last + 1))


@cache
def _codes() -> dict[str, str]:
    from holidays.registry import COUNTRIES  # noqa: PLC0415 # an extra

    codes: dict[str, str] = {}
    for name, (_, two, *others) in COUNTRIES.items():
        codes |= {_plain(one): two for one in (name, two, *others)}
    return codes


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
