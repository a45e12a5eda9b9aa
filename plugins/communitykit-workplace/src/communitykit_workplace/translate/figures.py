"""Rows of employee and insights exports become Members and Measures. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Literal

from communitykit.connector import JSON, Draft, Rejected, Swept, make_id
from communitykit.connector.drafts import MemberDraft
from communitykit_workplace.ids import (
    NETWORK,
    PLATFORM,
    address,
    content_key,
    local_id,
    member_id,
    native_id,
    parse_time,
)
from communitykit_workplace.secrets import plain_name

_Field = Literal[
    "display_name", "job_title", "department", "division", "organization", "location", "employee_number"
]  # fmt: skip
_FIELDS: Mapping[str, _Field] = {
    "fullname": "display_name", "name": "display_name", "jobtitle": "job_title", "title": "job_title",
    "department": "department", "division": "division", "organisation": "organization", "organization": "organization",
    "location": "location", "employeeid": "employee_number", "employeenumber": "employee_number",
}  # fmt: skip
_ABOUT = {"frontline": "frontline", "source": "source", "startdate": "start_date"}
_KNOWN = frozenset(
    {*_FIELDS, *_ABOUT, "email", "id", "claimed", "claimerd", "claimdate", "claimlink", "status", "inviteddate",
     "managerfullname", "manageremail", "manageremployeeid", "managerid", "phonenumber", "admin", "creationdata",
     "creationdate", "hasprofile", "loginapprovalenabled", "activitysummaryfordate", "username", "externalid",
     "administrator", "userid", "firstname", "lastname", "active", "invited", "accesscode", "division", "locale"}
)  # fmt: skip
_PERIODS = (("28days", 28), ("7days", 7), ("week", 7), ("day", 1), ("month", 30))
_DAYS = frozenset({"date", "day", "ds", "activitysummaryfordate"})
_EMPLOYEES = content_key("employees")[:12]
_YES, _NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})


def employee(item: Mapping[str, JSON], context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a row of an employee export: the person, and a figure for each column that is none of theirs.

    `id` and `manager_id` were put there by whoever joined the row with other files; without them the person is known
    among employee exports only, by address or number, which are theirs alone in a company.

    Raises Rejected when the row names nobody.
    """
    cells = {plain_name(name): value for name, value in item["cells"].items()}
    native = native_id(item.get("id"))
    mail = address(cells.get("email"))
    number = str(cells.get("employeeid") or "")
    key = mail or number
    if native is None and not key:
        raise Rejected("no_id", "the row has neither an id nor an address")
    kept = [local_id("member", _EMPLOYEES, content_key(one.lower())) for one in (mail, number) if one]
    member = member_id(native) if native else kept[0]
    if native:  # what was kept while nothing told the id ends
        yield from (Swept("member", {"id": one}) for one in kept)
    draft: MemberDraft = {"record": "member", "id": member, "kind": "person"}
    for column, field in _FIELDS.items():
        if cells.get(column) not in {None, ""}:
            draft.setdefault(field, str(cells[column]))
    if "email" in cells:
        draft["email"] = mail
    if boss := native_id(item.get("manager_id")):
        draft["manager_id"] = member_id(boss)
    extra: dict[str, JSON] = {field: cells[column] for column, field in _ABOUT.items() if cells.get(column)}
    if native is None:
        extra["local"] = True
    state = str(cells.get("status") or "").strip().lower()
    if state:
        extra["claim_state"] = state
    if state == "deactivated":
        draft["active"] = False
    if extra:
        draft["extra"] = {name: str(value) if not isinstance(value, bool) else value for name, value in extra.items()}
    yield draft
    yield from _measures(item["cells"], member, key, str(context.get("table") or "employees"), member.rsplit(":", 1)[1])


def figures(item: Mapping[str, JSON], context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a row of an insights export that is about no person: a figure for each column with a number.

    Raises Rejected when there is none.
    """
    cells = item["cells"]
    key = content_key(label_key(cells), *([item["nth"]] if item.get("nth") else []))
    label = next(iter(_labels(cells).values()), None)
    found = list(_measures(cells, None, label, str(context.get("table") or "insights"), key))
    if not found:
        raise Rejected("empty", "the row has no figure")
    yield from found


def label_key(cells: Mapping[str, JSON]) -> str:
    """Return a key of what a row is about: everything in it but figures and the day."""
    return content_key(_labels(cells))


def _labels(cells: Mapping[str, JSON]) -> dict[str, str]:
    return {
        plain_name(name): str(value)
        for name, value in cells.items()
        if plain_name(name) not in _DAYS and value not in {None, ""} and _figure(name, value) is None
    }


def _measures(
    cells: Mapping[str, JSON], member: str | None, label: str | None, table: str, about: str
) -> Iterator[Draft]:
    end = _day(cells)
    subject = next((str(value) for name, value in cells.items() if plain_name(name) in {"group", "groupname"}), label)
    for name, value in cells.items():
        number = _figure(name, value)
        if number is None:
            continue
        plain = plain_name(name)
        length = next((days for word, days in _PERIODS if word in plain), None)
        start = end - timedelta(days=length - 1) if end and length else None
        key = content_key(table, plain, end.isoformat() if end else None, about)
        yield {
            "record": "measure",
            "id": make_id(PLATFORM, NETWORK, "measure", key),
            "subject_id": member,
            "subject_label": subject,
            "name": str(name),
            "period_start": start,
            "period_end": end,
            "value": number,
        }


def _figure(name: str, value: object) -> float | None:
    if plain_name(name) in _KNOWN or plain_name(name) in _DAYS:
        return None
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        return float(value)
    text = str(value or "").strip().lower()
    if text in _YES or text in _NO:
        return float(text in _YES)
    try:
        return float(text.replace(",", "").rstrip("%")) if text else None
    except ValueError:
        return None


def _day(cells: Mapping[str, JSON]) -> date | None:
    for name, value in cells.items():
        if plain_name(name) in _DAYS:
            if isinstance(value, date):
                return date(value.year, value.month, value.day)
            moment = parse_time(value)
            if moment:
                return moment.date()
            try:
                return date.fromisoformat(str(value)[:10])
            except ValueError:
                return None
    return None
