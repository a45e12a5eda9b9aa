"""Users of SCIM 2.0 (RFC 7643) as rows. Payloads in, fields of rows out. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from communitykit.connector import JSON, as_mapping
from communitykit_directory.wire import flag, plain

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ENTERPRISE = ":enterprise:2.0:user"


def is_user(item: object) -> bool:
    """Tell whether an object is a user: it has a name to log in with, and no members."""
    return isinstance(item, Mapping) and isinstance(item.get("userName"), str) and "members" not in item


def is_group(item: object) -> bool:
    """Tell whether an object is a group, which tells nothing of who works here."""
    if not isinstance(item, Mapping):
        return False
    schemas = item.get("schemas")
    return "members" in item or (isinstance(schemas, list) and any(str(one).endswith(":Group") for one in schemas))


def fields_of(item: Mapping[str, JSON]) -> dict[str, str]:
    """Return what a user tells as the fields of a row; `key` is its id, for managers to be found by."""
    company = next((as_mapping(value) for name, value in item.items() if name.lower().endswith(_ENTERPRISE)), {})
    name, place = as_mapping(item.get("name")), _best(item.get("addresses"))
    mails = [text for one in _all(item.get("emails")) if (text := _text(one.get("value")))]
    own = _text(_best(item.get("emails")).get("value"))
    told = {
        "name": _text(item.get("displayName")) or _text(name.get("formatted")),
        "given_name": _text(name.get("givenName")),
        "family_name": _text(name.get("familyName")),
        "username": _text(item.get("userName")),
        "email": own or (_text(item.get("userName")) if "@" in _text(item.get("userName")) else ""),
        "addresses": " ".join([*mails, _text(item.get("userName"))]),
        "job_title": _text(item.get("title")),
        "language": _text(item.get("preferredLanguage")),
        "site": _text(place.get("locality")) or _text(place.get("formatted")),
        "country": _text(place.get("country")),
        "key": _text(item.get("id")),
    }
    if "userType" in item:
        told["employment"] = _text(item["userType"])
    if company:
        told |= {
            "employee_number": _text(company.get("employeeNumber")),
            "department": _text(company.get("department")),
            "division": _text(company.get("division")),
            "organization": _text(company.get("organization")),
            "manager": _text(as_mapping(company.get("manager")).get("value")),
        }
    if "active" in item:  # Microsoft Entra sends the words "True" and "False"
        here = flag(plain(item["active"]))
        told["status"] = plain(item["active"]) if here is None else "active" if here else "inactive"
    external = _text(item.get("externalId"))
    if _GUID.fullmatch(external):
        told["directory_id"] = external
    return told


def _all(value: object) -> list[Mapping[str, JSON]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _best(value: object) -> Mapping[str, JSON]:
    """Return the entry of a list that is the primary one, else that of work, else the first."""
    found = _all(value)
    primary = [one for one in found if one.get("primary") is True]
    work = [one for one in found if one.get("type") == "work"]
    return next(iter([*primary, *work, *found]), {})


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
