"""Members, SCIM users, group members and mere names become Members and Memberships. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal

from communitykit.connector import JSON, Draft, Rejected
from communitykit.connector import membership as in_community
from communitykit.connector.drafts import MemberDraft
from communitykit_workplace.edges import are_objects, rows
from communitykit_workplace.ids import (
    address,
    community_id,
    member_id,
    native_id,
    occurrence_id,
    parse_time,
    ref,
)
from communitykit_workplace.wire import Member, ScimUser

_Field = Literal["job_title", "department", "division", "organization", "location", "employee_number", "url"]
_PLAIN: Mapping[str, _Field] = {
    "title": "job_title", "department": "department", "division": "division", "organization": "organization",
    "primary_address": "location", "employee_number": "employee_number", "link": "url",
}  # fmt: skip
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ACCOUNT = {"account_invite_time": "invited", "account_claim_time": "claimed", "account_deactivate_time": "deactivated"}
_MAIL = frozenset({"value"})
_PLACE = frozenset({"formatted", "streetAddress", "locality", "region", "postalCode", "country", "type", "primary"})
_CENTRE = {"cost_center": "cost_center", "frontline": "frontline", "is_frontline": "frontline",
           "start_date": "start_date"}  # fmt: skip


def member(item: Member, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a member of the community ("Member"): what it does not hold stays untold.

    `context` may tell `active`, for lists of people who are, or were, and `scim`: that SCIM is read in the same run. It
    tells all of `extra` that the Graph does, and more; of two tellers each would take away what the other told.

    Raises Rejected when there is no id.
    """
    native = native_id(item.get("id"))
    if native is None:
        raise Rejected("no_id", "the member has no id")
    draft: MemberDraft = {"record": "member", "id": member_id(native), "kind": "person"}
    if name := _name(item):
        draft["display_name"] = name
    told: Mapping[str, JSON] = item
    for wire, field in _PLAIN.items():
        if wire in told:
            draft[field] = str(told[wire]) if told[wire] else None
    if "email" in item:
        draft["email"] = address(item["email"])
    if guid := _guid(item.get("external_id")):
        draft["directory_id"] = guid
    if language := item.get("work_locale") or item.get("locale"):
        draft["language"] = language
    odd = _manage(draft, item, native)
    if updated := parse_time(item.get("updated_time")):
        draft["updated_at"] = updated
    acts = {detail: moment for wire, detail in _ACCOUNT.items() if (moment := parse_time(item.get(wire)))}
    if "deactivated" in acts:
        draft["deactivated_at"] = acts["deactivated"]
    active = item.get("active", context.get("active"))
    if isinstance(active, bool):
        draft["active"] = active
    extra = {field: told[wire] for wire, field in _CENTRE.items() if told.get(wire) is not None}
    if state := _claim_state(item, active, acts):
        extra["claim_state"] = state
    if extra and not context.get("scim"):
        draft["extra"] = extra
    yield draft
    yield from odd
    yield from _account_acts(member_id(native), acts)


def profile(item: Mapping[str, JSON], _context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate somebody as posts name them, `{id, name}`: posts outlive members, so this may be all there is.

    Raises Rejected when there is no id.
    """
    native = native_id(item.get("id"))
    if native is None:
        raise Rejected("no_id", "nobody is named")
    draft: MemberDraft = {"record": "member", "id": member_id(native)}
    if item.get("name"):
        draft["display_name"] = item["name"]
    yield draft


def membership(item: Member, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a row of a group's members; `context` tells the `group`.

    Raises Rejected when the row or its context has no id.
    """
    native, group = native_id(item.get("id")), native_id(context.get("group"))
    if native is None or group is None:
        raise Rejected("no_id", "the row names nobody, or its context no group")
    draft = in_community(community_id(group), member_id(native), active=True)
    if context.get("role") in {"admin", "moderator"}:
        draft["role"] = "admin" if context["role"] == "admin" else "moderator"
    elif "role" in context or "administrator" in item:
        draft["role"] = "admin" if _flag(item.get("administrator")) else "member"
    if since := parse_time(item.get("joined")):
        draft["since"] = since
    yield draft


def scim_user(item: ScimUser, _context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a user of SCIM, of either version: the source of department, division and manager.

    Links and codes to claim an account are left where they are.

    Raises Rejected when there is no id.
    """
    native = native_id(item.get("id"))
    if native is None:
        raise Rejected("no_id", "the user has no id")
    enterprise = _extension(item, "enterprise")
    status = _extension(item, "accountstatusdetails")
    draft: MemberDraft = {"record": "member", "id": member_id(native), "kind": "person"}
    named = item.get("name") or {}
    if name := item.get("displayName") or named.get("formatted") or _joined(named):
        draft["display_name"] = name
    if "title" in item:
        draft["job_title"] = item["title"] or None
    if guid := _guid(item.get("externalId")):
        draft["directory_id"] = guid
    if item.get("timezone"):
        draft["time_zone"] = item["timezone"]
    if language := item.get("preferredLanguage") or item.get("locale"):
        draft["language"] = language
    odd = [*_write_to(draft, item, native), *_locate(draft, item, native)]
    if enterprise is not None:
        _place(draft, enterprise)
    frontline = _extension(item, "frontline") or {}
    told = {"active": item.get("active"), "frontline": frontline.get("is_frontline", frontline.get("frontline"))}
    flags = {name: _flag(one) for name, one in told.items() if one is not None}
    unread = [name for name, flag in flags.items() if flag is None]
    odd += [Rejected(f"odd_{name}", f"{name} is neither true nor false", native=native) for name in unread]
    if (active := flags.get("active")) is not None:
        draft["active"] = active
    extra = _scim_extra(item, enterprise, active, status)
    if flags.get("frontline") is not None:
        extra["frontline"] = flags["frontline"]
    if extra and not unread:  # how far the account is hangs on the flag, too
        draft["extra"] = extra
    yield draft
    yield from odd
    found = {
        detail: moment
        for wire, detail in (("inviteDate", "invited"), ("claimDate", "claimed"))
        if (moment := parse_time((status or {}).get(wire)))
    }
    yield from _account_acts(member_id(native), found)


def _account_acts(member: str, acts: Mapping[str, datetime]) -> Iterator[Draft]:
    for detail, moment in acts.items():
        yield {
            "record": "event",
            "id": occurrence_id("account_changed", member, member, detail=detail, at=moment),
            "kind": "account_changed",
            "actor_id": member,
            "target_id": member,
            "detail": detail,
            "occurred_at": moment,
            "time_source": "event",
            "active": True,
        }


def _manage(draft: MemberDraft, item: Member, native: str) -> list[Rejected]:
    """Tell somebody's manager, where managers are told at all; one that cannot be read may be the first."""
    if "managers" not in item:
        return []
    bosses = [native_id(one.get("id")) for one in rows(item["managers"])]
    if not are_objects(item["managers"]) or None in bosses:
        return [Rejected("odd_managers", "managers is no list of people", native=native)]
    draft["manager_id"] = member_id(bosses[0]) if bosses and bosses[0] else None
    return []


def _name(item: Member) -> str | None:
    return item.get("name") or _joined({"givenName": item.get("first_name"), "familyName": item.get("last_name")})


def _joined(named: Mapping[str, JSON]) -> str | None:
    return " ".join(part for part in (named.get("givenName"), named.get("familyName")) if part) or None


def _claim_state(item: Member, active: object, acts: Mapping[str, datetime]) -> str | None:
    """Tell how far somebody came with their account: the denominator of active use are those who claimed it."""
    if active is False or "deactivated" in acts:
        return "deactivated"
    if "claimed" in acts:
        return "claimed"
    if "account_claim_time" in item:
        return "invited" if "invited" in acts else "not invited"
    return None


def _place(draft: MemberDraft, enterprise: Mapping[str, JSON]) -> None:
    """Tell where somebody stands in the company; the manager's id is a number in version 1."""
    boss = enterprise.get("manager")
    native = native_id(boss.get("managerId") or boss.get("value")) if isinstance(boss, dict) else ref(boss)
    draft["department"] = enterprise.get("department") or None
    draft["division"] = enterprise.get("division") or None
    draft["organization"] = enterprise.get("organization") or None
    draft["employee_number"] = str(enterprise.get("employeeNumber") or "") or None
    draft["manager_id"] = member_id(native) if native else None


def _scim_extra(
    item: ScimUser, enterprise: Mapping[str, JSON] | None, active: object, status: Mapping[str, JSON] | None
) -> dict[str, JSON]:
    """Tell what the model has no name for: cost centre, first and last day, frontline, how far the account is."""
    extra: dict[str, JSON] = {}
    if enterprise is not None and enterprise.get("costCenter"):
        extra["cost_center"] = enterprise["costCenter"]
    terms = _extension(item, "starttermdates") or {}
    for wire, field in (("startDate", "start_date"), ("termDate", "term_date")):
        if moment := parse_time(terms.get(wire)):
            extra[field] = moment.date().isoformat()
    if status is not None:
        extra["claim_state"] = _scim_state(active, status)
    return extra


def _scim_state(active: object, status: Mapping[str, JSON]) -> str:
    if active is False:
        return "deactivated"
    if status.get("invited") is False:
        return "not invited"
    return "invited" if status.get("claimed") is False else "claimed"


def _extension(item: Mapping[str, JSON], word: str) -> dict[str, JSON] | None:
    """Find an extension by the word in its URN, which differs between the versions of SCIM."""
    for key, value in item.items():
        if key.startswith("urn:") and f":{word}:" in key.replace("_", "").lower() and isinstance(value, dict):
            return value
    return None


def _locate(draft: MemberDraft, item: ScimUser, native: str) -> Iterator[Rejected]:
    """Tell where somebody works, where addresses are told at all."""
    listed = item.get("addresses")
    if not _are_told(listed, _PLACE):
        yield Rejected("odd_addresses", "addresses is no list of addresses", native=native)
    elif listed is not None:
        found = rows(listed)
        best = next((one for one in found if one.get("primary")), found[0] if found else {})
        draft["location"] = best.get("formatted") or best.get("locality") or None
        draft["country"] = best.get("country") or None


def _are_told(listed: object, names: frozenset[str]) -> bool:
    """Tell whether a list of SCIM's can be read: each of its objects tells one of these; null is an empty one."""
    return listed is None or (
        isinstance(listed, list) and all(isinstance(one, dict) and names & one.keys() for one in listed)
    )


def _write_to(draft: MemberDraft, item: ScimUser, native: str) -> Iterator[Rejected]:
    """Tell somebody's e-mail address, where any is told at all: the user's name, if it is one, else one of a list."""
    listed = item.get("emails")
    if found := address(item.get("userName")):
        draft["email"] = found
    elif not _are_told(listed, _MAIL):
        yield Rejected("odd_emails", "emails is no list of addresses", native=native)
    elif "userName" in item or "emails" in item:
        shown = rows(listed)
        best = next((one for one in shown if one.get("primary")), shown[0] if shown else {})
        draft["email"] = address(best.get("value"))


def _guid(value: object) -> str | None:
    """Return an external id that is a directory's object id; others are of a system that nobody names."""
    return value if isinstance(value, str) and _GUID.fullmatch(value) else None


def _flag(value: object) -> bool | None:
    """Return a flag, which may be a word; None where it is neither."""
    return value if isinstance(value, bool) else _WORDS.get(str(value).strip().lower())


_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
