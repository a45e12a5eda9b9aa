"""Microsoft Graph's payloads become records; people are joined by address, communities by their node id. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Literal

from communitykit.connector import JSON, Draft, Rejected, as_text, make_id, membership
from communitykit.connector.drafts import CommunityDraft, MemberDraft
from communitykit.connector.usage import is_concealed
from communitykit_yammer.ids import (
    NETWORK,
    PLATFORM,
    addresses_of,
    community_id,
    member_id,
    network_of,
    rest_id,
)
from communitykit_yammer.translate.places import PRIVACY
from communitykit_yammer.wire import GraphCommunity

_FIELDS: Mapping[str, Literal["display_name", "email", "job_title", "location"]] = {
    "displayName": "display_name", "mail": "email", "jobTitle": "job_title", "officeLocation": "location",
}  # fmt: skip

_ABOUT = frozenset(
    {
        "Report Refresh Date", "Report Date", "Report Period", "User Principal Name", "Display Name", "User State",
        "State Change Date", "Last Activity Date", "Assigned Products", "Group Display Name", "Is Deleted",
        "Owner Principal Name", "Group Type", "Office 365 Connected", "Network Display Name",
    }
)  # fmt: skip
"""Columns that say what a row is about; all others are figures."""


def community(item: GraphCommunity, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a community: its node id holds the number that REST knows it by.

    Raises Rejected when it does not.
    """
    network, native = network_of(context, {}), rest_id(item.get("id"))
    if native is None:
        raise Rejected("no_id", "the community's id is no node id")
    draft: CommunityDraft = {
        "record": "community",
        "id": community_id(network, native),
        "kind": "group",
        "parent_id": community_id(network, NETWORK),
        "gone": None,
    }
    if item.get("displayName"):
        draft["name"] = item["displayName"]
    if "description" in item:
        draft["purpose"] = item["description"] or None
    if (privacy := PRIVACY.get(item.get("privacy") or "")) is not None:
        draft["privacy"] = privacy
    if item.get("groupId"):
        draft["extra"] = {"m365_group_id": item["groupId"]}
    yield draft


def role(item: Mapping[str, JSON], context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a role, kept as the group of those who have it.

    Raises Rejected when it has no id.
    """
    network = network_of(context, {})
    if not as_text(item.get("id")):
        raise Rejected("no_id", "the role has no id")
    yield {
        "record": "community",
        "id": community_id(network, "role", str(item["id"])),
        "kind": "user_group",
        "name": item.get("displayName") or None,
        "parent_id": community_id(network, NETWORK),
        "gone": None,
    }


def member(item: Mapping[str, JSON], context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a member of a Microsoft 365 group or of a role.

    `context`: `people` (users by address), `group` and `role`, None where that is not known. Who has no Yammer account
    is kept by the directory id.

    Raises Rejected when there is no id.
    """
    network, entra = network_of(context, {}), as_text(item.get("id"))
    if not entra:
        raise Rejected("no_id", "the member has no directory id")
    people: Mapping[str, str] = context.get("people") or {}
    native = next((people[one] for one in addresses_of(item) if one in people), None)
    who = member_id(network, native) if native else member_id(network, entra, "directory")
    draft: MemberDraft = {"record": "member", "id": who, "directory_id": entra}
    if native is None:
        for wire, field in _FIELDS.items():
            if wire in item:
                draft[field] = item[wire] or None
        draft["kind"] = "person"
    yield draft
    group = str(context["group"]).split("/")
    if context.get("role", "") is None:
        yield membership(community_id(network, *group), who, active=True)
        return
    role: Literal["owner", "member"] = "owner" if context.get("role") == "owner" else "member"
    yield membership(community_id(network, *group), who, role=role, active=True)


def report_user(item: Mapping[str, str], context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a row about a person: one Measure for each figure ("Read Count" is the only reads figure there is)."""
    network = network_of(context, {})
    label = item.get("User Principal Name") or item.get("Display Name") or ""
    native = (context.get("people") or {}).get(label.lower())
    yield from _measures(item, context, label, member_id(network, native) if native else None)


def report_group(item: Mapping[str, str], context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a row about a group, which is told by its name only: joined where one group alone has that name."""
    network = network_of(context, {})
    label = item.get("Group Display Name") or ""
    native = (context.get("groups") or {}).get(label)
    yield from _measures(item, context, label, community_id(network, native) if native else None)


def report_network(item: Mapping[str, str], context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a row about the whole network on one day, or over the period."""
    network = network_of(context, {})
    yield from _measures(item, context, "", community_id(network, NETWORK))


def _measures(item: Mapping[str, str], context: Mapping[str, JSON], label: str, subject: str | None) -> Iterator[Draft]:
    network, report = network_of(context, {}), str(context.get("report") or "report")
    end = _day(item.get("Report Date")) or _day(item.get("Report Refresh Date"))
    if end is None:
        raise Rejected("no_date", "the row does not say which day it is of")
    days = int(item["Report Period"]) if str(item.get("Report Period") or "").isdecimal() else 1
    start = end if item.get("Report Date") else end - timedelta(days=days - 1)
    concealed = bool(label) and is_concealed(label)
    for column, text in item.items():
        value = _figure(text)
        if column in _ABOUT or not column:
            continue
        yield {
            "record": "measure",
            "id": make_id(PLATFORM, network, "measure", report, end.isoformat(), str(days), label or NETWORK, column),
            "subject_id": None if concealed else subject,
            "subject_label": label or None,
            "name": column,
            "period_start": start,
            "period_end": end,
            "value": value,
            "concealed": concealed,
        }


def _figure(text: str) -> float | None:
    """Read a figure; empty cells are no zero, and "Yes" and "No" are 1 and 0."""
    cell = text.strip().lower()
    if cell in {"yes", "no", "true", "false"}:
        return float(cell in {"yes", "true"})
    try:
        return float(cell)
    except ValueError:
        return None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
