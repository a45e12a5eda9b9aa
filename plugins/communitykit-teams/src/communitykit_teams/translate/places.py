"""Tenants, teams and channels become Communities. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from communitykit.connector import JSON, Draft
from communitykit.connector.drafts import CommunityDraft
from communitykit_teams.ids import community_id, native_id, network_of, parse_time
from communitykit_teams.wire import Channel, Organization, Team

_VISIBILITY: Mapping[str, Literal["public", "private", "secret"]] = {
    "public": "public",
    "private": "private",
    "hiddenmembership": "secret",
}


def organization(item: Organization, _context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate the tenant."""
    native = native_id(item)
    draft: CommunityDraft = {"record": "community", "id": community_id(native, native), "kind": "network"}
    draft["gone"] = None
    if item.get("displayName"):
        draft["name"] = item["displayName"]
    yield draft


def team(item: Team, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a team, or the group behind it. What a payload does not tell stays untold.

    Raises Rejected when it has no id, or no tenant is known.
    """
    native, network = native_id(item), network_of(context)
    if "@removed" in item:
        yield _removed(network, native)
        return
    draft = _there(network, native, item)
    draft["kind"], draft["parent_id"] = "team", community_id(network, network)
    if privacy := _VISIBILITY.get(str(item.get("visibility") or "").lower()):
        draft["privacy"] = privacy
    yield draft


def channel(item: Channel, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a channel. A standard one is as open as its team; private and shared ones have members of their own.

    Raises Rejected when it has no id, or no tenant is known.
    """
    native, network = native_id(item), network_of(context)
    if "@removed" in item:
        yield _removed(network, native)
        return
    draft = _there(network, native, item)
    draft["kind"] = "channel"
    if context.get("team"):
        draft["parent_id"] = community_id(network, context["team"])
    kind = str(item.get("membershipType") or "")
    visibility = _VISIBILITY.get(str(context.get("visibility") or "").lower())
    if kind in {"private", "shared"}:
        draft["privacy"] = "private"
    elif visibility is not None:
        draft["privacy"] = visibility
    if kind:
        draft["extra"] = {"membershipType": kind}
    yield draft


def _removed(network: str, native: str) -> CommunityDraft:
    """Describe a team or channel that was deleted: only its id is told."""
    return {"record": "community", "id": community_id(network, native), "gone": "deleted"}


def _there(network: str, native: str, item: Mapping[str, JSON]) -> CommunityDraft:
    """Describe what teams and channels have in common."""
    told: CommunityDraft = {"record": "community", "id": community_id(network, native), "gone": None}
    if "displayName" in item:
        told["name"] = item["displayName"] or None
    if "description" in item:
        told["purpose"] = item["description"] or None
    if "createdDateTime" in item:
        told["created_at"] = parse_time(item["createdDateTime"])
    if isinstance(item.get("isArchived"), bool):
        told["archived"] = item["isArchived"]
    if item.get("webUrl"):
        told["url"] = item["webUrl"]
    return told
