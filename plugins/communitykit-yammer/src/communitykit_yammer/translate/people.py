"""Users, bots, likers and group members become Members and Memberships. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from communitykit.connector import JSON, Draft, Rejected
from communitykit.connector import membership as in_community
from communitykit.connector.drafts import MemberDraft
from communitykit.connector.parts import unread_times
from communitykit_yammer.ids import community_id, kind_of, member_id, network_of, number, parse_time
from communitykit_yammer.wire import Liker, User

_PLAIN: Mapping[str, Literal["email", "job_title", "department", "location", "time_zone"]] = {
    "email": "email", "job_title": "job_title", "department": "department", "location": "location",
    "timezone": "time_zone",
}  # fmt: skip
_CERTAIN: Mapping[str, Literal["username", "url", "directory_id"]] = {
    "name": "username", "web_url": "url", "office_user_id": "directory_id",
}  # fmt: skip
_TIMES: Mapping[str, Literal["created_at", "deactivated_at"]] = {
    "activated_at": "created_at", "deactivated_at": "deactivated_at",
}  # fmt: skip
_ACTIVE = {"active": True, "suspended": False, "deleted": False, "soft_delete": False}
_ADMIN = ("admin", "verified_admin", "m365_yammer_admin")
_BOTS = frozenset({"bot", "guide"})
_GUEST = ("guest", "aad_guest")


def user(item: User, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a user, whole or a reference: what it does not hold stays untold.

    Whether somebody is active is left to the list of users, not to a reference beside a page (`context["reference"]`).

    Raises Rejected when there is no id.
    """
    if kind_of(item.get("type")) in _BOTS:
        yield from bot(item, context)
        return
    network, native = network_of(context, item), number(item.get("id"))
    if native is None:
        raise Rejected("no_id", "the user has no id")
    draft: MemberDraft = {"record": "member", "id": member_id(network, native), "kind": "person"}
    if item.get("full_name") or item.get("name"):
        draft["display_name"] = item.get("full_name") or item.get("name")
    told: Mapping[str, JSON] = item
    for wire, field in _CERTAIN.items():
        if told.get(wire):
            draft[field] = told[wire]
    for wire, plain in _PLAIN.items():
        if wire in told:
            draft[plain] = told[wire] or None
    odd = () if draft.get("email") else _write_to(draft, item)
    for wire, when in _TIMES.items():
        if moment := parse_time(told.get(wire)):
            draft[when] = moment
    if context.get("origin") == "archive":
        yield from unread_times(told, _TIMES, parse_time, native)
    _stand(draft, item, network)
    if context.get("reference") and draft.get("active"):
        del draft["active"]
    yield draft
    yield from (Rejected("odd_part", f"{part} has no shape that can be read", native=native) for part in odd)


def _stand(draft: MemberDraft, item: User, network: str) -> None:
    """Tell whether somebody administers the network, is a guest, at home elsewhere, active: as far as it is told."""
    if any(flag in item for flag in _ADMIN):
        draft["admin"] = any(_true(item.get(flag)) for flag in _ADMIN)
    if any(flag in item for flag in _GUEST):
        draft["guest"] = any(_true(item.get(flag)) for flag in _GUEST)
    if (home := number(item.get("network_id"))) is not None:
        draft["external"] = home != network
    if (active := _ACTIVE.get(item.get("state") or "")) is not None:
        draft["active"] = active


def bot(item: Mapping[str, JSON], context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a bot or a guide (the account that welcomes newcomers): `type` says which.

    Raises Rejected when there is no id.
    """
    network, native = network_of(context, item), number(item.get("id"))
    if native is None:
        raise Rejected("no_id", "the bot has no id")
    draft: MemberDraft = {
        "record": "member",
        "id": member_id(network, native, kind_of(item.get("type") or "bot")),
        "kind": "bot",
    }
    if name := item.get("full_name") or item.get("name"):
        draft["display_name"] = name
    yield draft


def liker(item: Liker, context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate somebody who reacted and whom the page describes nowhere else.

    Raises Rejected when there is no id.
    """
    network, native = network_of(context, {}), number(item.get("user_id"))
    if native is None:
        raise Rejected("no_id", "the liker has no id")
    draft: MemberDraft = {"record": "member", "id": member_id(network, native), "kind": "person"}
    if item.get("full_name"):
        draft["display_name"] = item["full_name"]
    if item.get("permalink"):
        draft["username"] = item["permalink"]
    if (home := number(item.get("network_id"))) is not None:
        draft["external"] = home != network
    yield draft


def membership(item: Mapping[str, JSON], context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a row of a group's members: who, and nothing of their role, which this API does not tell.

    Raises Rejected when the row or its context has no id.
    """
    network, native, group = network_of(context, item), number(item.get("id")), number(context.get("group"))
    if native is None or group is None:
        raise Rejected("no_id", "the row names no user, or its context no group")
    sort = kind_of(item.get("type"))
    kind = sort if sort in _BOTS else None
    yield in_community(community_id(network, group), member_id(network, native, kind), active=True)


def administrator(item: Mapping[str, JSON], context: Mapping[str, JSON]) -> Iterator[Draft]:
    """Translate a row of an export's list of administrators.

    Raises Rejected when there is no id.
    """
    network, native = network_of(context, {}), number(item.get("id"))
    if native is None:
        raise Rejected("no_id", "the row names nobody")
    yield {"record": "member", "id": member_id(network, native), "admin": True}


def _write_to(draft: MemberDraft, item: User) -> tuple[str, ...]:
    """Add the first address that is told beside; name the part that cannot be read, and may be what holds one."""
    contact: object = item.get("contact") or {}
    addresses = (contact.get("email_addresses") or ()) if isinstance(contact, Mapping) else None
    for one in addresses if isinstance(addresses, list | tuple) else [None]:
        address = one.get("address") if isinstance(one, Mapping) else 0
        if not isinstance(address, str | None):
            draft.pop("email", None)
            return ("contact",)
        if address:
            draft["email"] = address
            break
    return ()


def _true(value: object) -> bool:
    return value is True or str(value).lower() == "true"
