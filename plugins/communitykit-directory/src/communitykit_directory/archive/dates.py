"""Days as rosters write them: ISO, with dots or slashes, as Excel's serial numbers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal

Order = Literal["dmy", "mdy"]
_ISO = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:[T ].*)?")
_PARTS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?:[ T].*)?")
_SERIAL = re.compile(r"\d{5}(?:\.0+)?")
_EXCEL = date(1899, 12, 30)
_MIDDLE, _CENTURY = 70, 100
_MONTHS = 12


def order_of(texts: Iterable[str]) -> Order | None:
    """Return which of day and month comes first in a column; None where nothing tells.

    Dots mean days first; else the first date that has a number above twelve tells.
    """
    for text in texts:
        if found := _PARTS.fullmatch(text):
            if found[2] == "." or int(found[1]) > _MONTHS:
                return "dmy"
            if int(found[3]) > _MONTHS:
                return "mdy"
    return None


def order_of_all(columns: Iterable[Iterable[str]]) -> Order | None:
    """Return what all columns of a table that tell say of the order; None where they differ, or none tells."""
    orders = {order for texts in columns if (order := order_of(texts)) is not None}
    return orders.pop() if len(orders) == 1 else None


def said(option: str) -> Order | None:
    """Return the order that an option names; None for one that leaves it to the file."""
    return "dmy" if option == "dmy" else "mdy" if option == "mdy" else None


def iso(text: str, order: Order | None) -> str:
    """Return a day as `2026-03-02`; a text that is none, or whose order is not known, as it is."""
    if found := _ISO.fullmatch(text):
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    elif found := _PARTS.fullmatch(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        if order is None and first != second:
            return text
        day, month = (second, first) if order == "mdy" else (first, second)
        if year < _CENTURY:
            year += 2000 if year < _MIDDLE else 1900
    elif _SERIAL.fullmatch(text):
        return (_EXCEL + timedelta(days=int(float(text)))).isoformat()
    else:
        return text
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return text


def is_day(text: str) -> bool:
    """Tell whether a text is two numbers and a year, as `03/04/2026`: a day, in one order or the other."""
    return _PARTS.fullmatch(text) is not None
