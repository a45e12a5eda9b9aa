"""The company's community and its groups become Communities. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from communitykit.connector import JSON, Draft, Rejected
from communitykit.connector.drafts import CommunityDraft
from communitykit_workplace.ids import community_id, member_id, native_id, ref
from communitykit_workplace.wire import Group

_PRIVACY: Mapping[str, Literal["public", "private", "secret"]] = {
    "OPEN": "public",
    "CLOSED": "private",
    "SECRET": "secret",
}


def community(item: Group, _context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate the company's community, the root of all groups.

    Raises Rejected when it has no id.
    """
    native = native_id(item.get("id"))
    if native is None:
        raise Rejected("no_id", "the community has no id")
    draft: CommunityDraft = {"record": "community", "id": community_id(native), "kind": "network", "gone": None}
    if item.get("name"):
        draft["name"] = item["name"]
    yield draft


def group(item: Group, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a group, which is there since it is listed.

    `context` may tell its `parent`, or the `community` that all groups are in.

    Raises Rejected when it has no id.
    """
    native = native_id(item.get("id"))
    if native is None:
        raise Rejected("no_id", "the group has no id")
    if item.get("is_community") is True:
        yield from community(item, context)
        return
    draft: CommunityDraft = {"record": "community", "id": community_id(native), "kind": "group", "gone": None}
    if item.get("name"):
        draft["name"] = item["name"]
    if "description" in item:
        draft["purpose"] = item["description"] or None
    privacy = item.get("privacy")
    if isinstance(privacy, str) and privacy.upper() in _PRIVACY:
        draft["privacy"] = _PRIVACY[privacy.upper()]
    if parent := ref(item.get("parent")) or native_id(context.get("parent")) or native_id(context.get("community")):
        draft["parent_id"] = community_id(parent)
    if isinstance(item.get("archived"), bool):
        draft["archived"] = item["archived"]
    if isinstance(item.get("is_workplace_default"), bool):
        draft["is_default"] = item["is_workplace_default"]
    if owner := ref(item.get("owner")):
        draft["owner_id"] = member_id(owner)
    members = item.get("members")
    told = (members.get("summary") or {}).get("total_count") if isinstance(members, dict) else members
    if isinstance(told, str) and told.isdecimal():
        told = int(told)
    if isinstance(told, int) and not isinstance(told, bool):
        draft["member_count"] = told
    if kind := item.get("purpose") or item.get("group_type"):
        draft["extra"] = {"group_purpose": kind}
    yield draft
