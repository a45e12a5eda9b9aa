"""Rows of a roster become members. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

from communitykit.connector import JSON, Draft, Ignored, Rejected, as_text
from communitykit.connector.declaration import Context
from communitykit_directory.ids import member_id
from communitykit_directory.wire import Row, flag, is_here, is_outside, mails

_PLAIN = {
    "employee_number": "employee_number", "directory_id": "directory_id", "username": "username",
    "job_title": "job_title", "department": "department", "division": "division", "organization": "organization",
    "site": "location", "country": "country", "language": "language",
}  # fmt: skip
"""Fields of a row that are fields of a member as they are."""


def column(_item: JSON, _context: Context) -> Iterator[Draft]:
    """Pass a column over that tells nothing that is read."""
    yield Ignored("column")


def row(item: Row, context: Context) -> Iterator[Draft]:
    """Translate somebody: what the roster has no column for stays untold, what is empty in it is told to be empty.

    Raises Rejected when nothing in the row says who it is.
    """
    place, fields, native = str(item.get("place") or "?"), item.get("fields"), item.get("id")
    if isinstance(native, str) and (odd := item.get("why")):
        yield Rejected(item.get("reason") or "malformed", f"{place}: {odd}", native=native)
        return
    if not native or not isinstance(native, str):
        why = item.get("why") or "neither an employee number, nor a directory id, nor an address"
        raise Rejected(item.get("reason") or "no_id", f"{place}: {why}")
    if not isinstance(fields, Mapping):
        raise Rejected("malformed", f"{place}: no fields")
    told = {name: as_text(value) or "" for name, value in fields.items()}
    draft: dict[str, JSON] = {"record": "member", "id": member_id(context["network"], native), "kind": "person"}
    draft |= {field: told[name] or None for name, field in _PLAIN.items() if name in told}
    draft |= _names(told)
    extra: dict[str, JSON] = {}
    if "email" in told or "addresses" in told:
        addresses = mails(f"{told.get('email', '')} {told.get('addresses', '')}")
        draft["email"] = addresses[0] if addresses else None
        extra["addresses"] = list(dict.fromkeys(addresses))[1:]
    if "manager_id" in item:
        boss = item["manager_id"]
        draft["manager_id"] = member_id(context["network"], boss) if boss else None
    if "employment" in told:
        draft["external"] = is_outside(told["employment"])
    if "leader" in told:
        extra["leader"] = flag(told["leader"])
    if told.get("accounts"):
        extra["accounts"] = told["accounts"].replace(",", " ").replace(";", " ").split()
    days: dict[str, date | None] = {}
    for name in ("start_date", "end_date"):
        if name in told:
            days[name] = _day(told[name])
            extra[name] = days[name].isoformat() if days[name] else None  # type: ignore[union-attr] # just looked at
            if told[name] and days[name] is None:
                yield Rejected("no_date", f"{place}: {name} is no date that is understood", native=native)
    yield from _not_understood(told, place, native)
    draft |= _standing(told, days.get("start_date"), days.get("end_date"), date.fromisoformat(context["today"]))
    if extra:
        draft["extra"] = extra
    yield draft


def _not_understood(told: Mapping[str, str], place: str, native: str) -> Iterator[Rejected]:
    """Yield what is told of somebody and understood by nobody."""
    if told.get("email") and not mails(told["email"]):
        yield Rejected("no_address", f"{place}: the address is none", native=native)
    if told.get("status") and is_here(told["status"]) is None:
        yield Rejected("unknown_status", f"{place}: the status says neither active nor left", native=native)


def _names(told: Mapping[str, str]) -> dict[str, str | None]:
    if told.get("name"):
        return {"display_name": told["name"]}
    parts = [told[name] for name in ("given_name", "family_name") if told.get(name)]
    return {"display_name": " ".join(parts) or None} if {"name", "given_name", "family_name"} & told.keys() else {}


def _standing(told: Mapping[str, str], began: date | None, ended: date | None, today: date) -> dict[str, JSON]:
    """Tell whether somebody works here: not where the last day is past or the status says so.

    Who began after their last day came back.
    """
    left = ended is not None and ended < today and not (began is not None and began > ended)
    active = is_here(told.get("status", "")) is not False and not left
    gone = datetime(ended.year, ended.month, ended.day, tzinfo=UTC) if ended and not active else None
    return {"active": active, "deactivated_at": gone}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
