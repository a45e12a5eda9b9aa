"""Rows of usage reports become Measures. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from communitykit.connector import JSON, Draft, Rejected, make_id
from communitykit.connector.usage import is_concealed
from communitykit_teams.ids import PLATFORM, is_guid, member_id

_NOT_A_FIGURE = frozenset({"User Id", "User Principal Name", "Tenant Display Name", "Report Refresh Date"})
_NUMBER = re.compile(r"\d+(\.\d+)?")


def usage_row(item: Mapping[str, str], context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a row of `getTeamsUserActivityUserDetail`: one Measure for each column that is a number.

    A concealed name is no member: the figure stays, marked, under the text that stands for it.

    Raises Rejected when the row tells neither of whom it speaks nor of which day.
    """
    network, report = str(context.get("network") or ""), str(context.get("report") or "usage")
    name, native = item.get("User Principal Name") or "", item.get("User Id") or ""
    subject, refreshed = native or name, _day(item.get("Report Refresh Date"))
    if not network or not subject or refreshed is None:
        raise Rejected("incomplete", "the row names no user, or no refresh date")
    period = item.get("Report Period") or ""
    concealed = is_concealed(name) or (bool(name) and "@" not in name)
    days = int(period) if period.isdecimal() else None
    told = False
    for column, text in item.items():
        if column in _NOT_A_FIGURE or column == "Report Period" or not _NUMBER.fullmatch(text):
            continue
        told = True
        yield {
            "record": "measure",
            "id": make_id(PLATFORM, network, "measure", report, subject, column, period or "-", refreshed.isoformat()),
            "subject_id": member_id(network, native) if is_guid(native) and not concealed else None,
            "subject_label": name or native,
            "name": column,
            "period_start": refreshed - timedelta(days=days - 1) if days else None,
            "period_end": refreshed,
            "value": float(text),
            "concealed": concealed,
        }
    if not told:
        raise Rejected("no_figures", "no column of the row is a number")


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
