"""Networks and groups become Communities. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from communitykit.connector import JSON, Draft, Rejected, parse_id
from communitykit.connector.drafts import CommunityDraft
from communitykit.connector.payload import odd_flags
from communitykit_yammer.ids import (
    ALL_COMPANY,
    NETWORK,
    community_id,
    kind_of,
    member_id,
    network_of,
    number,
    parse_time,
)
from communitykit_yammer.wire import Group, Network

PRIVACY: Mapping[str, Literal["public", "private"]] = {"public": "public", "private": "private"}
"""What groups and communities call themselves."""


def network(item: Network, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a network.

    Raises Rejected when it has no id.
    """
    native = number(item.get("id")) or number(context.get("network"))
    if native is None:
        raise Rejected("no_id", "the network has no id")
    draft: CommunityDraft = {"record": "community", "id": community_id(native, NETWORK), "kind": "network"}
    if item.get("name"):
        draft["name"] = item["name"]
    if item.get("web_url"):
        draft["url"] = item["web_url"]
    if created := parse_time(item.get("created_at")):
        draft["created_at"] = created
    yield draft


def group(item: Group, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a group.

    Raises Rejected when it has no id.
    """
    home, native = network_of(context, item), number(item.get("id"))
    if native is None:
        raise Rejected("no_id", "the group has no id")
    draft: CommunityDraft = {
        "record": "community",
        "id": community_id(home, native),
        "kind": "group",
        "parent_id": community_id(home, NETWORK),
        "gone": "deleted" if item.get("deleted") else None,
    }
    if item.get("full_name") or item.get("name"):
        draft["name"] = item.get("full_name") or item.get("name")
    if "description" in item:
        draft["purpose"] = item["description"] or None
    if (privacy := PRIVACY.get(item.get("privacy") or "")) is not None:
        draft["privacy"] = privacy
    if created := parse_time(item.get("created_at")):
        draft["created_at"] = created
    sort = kind_of(item.get("creator_type"))
    if sort and (creator := number(item.get("creator_id"))):
        draft["creator_id"] = member_id(home, creator, sort)
    odd = odd_flags(item, ["company_group"])
    if "company_group" in item and not odd:
        draft["is_default"] = bool(item["company_group"])
    if item.get("web_url"):
        draft["url"] = item["web_url"]
    members = item.get("members", (item.get("stats") or {}).get("members"))
    if isinstance(members, int) and not isinstance(members, bool):
        draft["member_count"] = members
    yield draft
    for name in odd:
        yield Rejected("odd_part", f"{name} is neither true nor false", native=native)


def special(where: str) -> CommunityDraft | None:
    """Describe the place of an id that is no group's, which no listing holds: a feed, a storyline, a conversation."""
    parts = parse_id(where)
    kind = parts.native[0]
    if number(kind):
        return None
    draft: CommunityDraft = {
        "record": "community",
        "id": where,
        "kind": "direct" if kind == "conversation" else "group",
        "parent_id": community_id(parts.network, NETWORK),
        "privacy": "direct" if kind == "conversation" else "public",
        "gone": None,
    }
    if kind == ALL_COMPANY:
        draft["name"], draft["is_default"] = "All Company", True
    elif kind == "storyline":
        draft["owner_id"] = member_id(parts.network, parts.native[1])
    return draft
