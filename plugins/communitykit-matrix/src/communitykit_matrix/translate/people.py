"""Accounts, and who is in which room. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from communitykit.connector import JSON, Draft, Ignored, Rejected
from communitykit.connector.payload import odd_flags
from communitykit_matrix.ids import home_of, member_id, room_id
from communitykit_matrix.wire import Event, moment, previous, text
from communitykit_matrix.wire import content as content_of

_FED_BY = {"is_guest": "guest", "admin": "admin", "deactivated": "active", "erased": "extra"}


def translate_user(item: JSON, context: JSON) -> Iterator[Draft]:
    """An account in Synapse's list (admin API, "List Accounts")."""
    account = _account(item["name"], item.get("displayname"), context, is_bot=item.get("user_type") == "bot")
    odd = odd_flags(item, _FED_BY)
    account |= {"guest": bool(item.get("is_guest")), "admin": bool(item.get("admin"))}
    account |= {"active": not item.get("deactivated"), "extra": {"erased": True} if item.get("erased") else None}
    account |= {"created_at": moment(item, "creation_ts")} if item.get("creation_ts") else {}
    yield {field: told for field, told in account.items() if field not in {_FED_BY[name] for name in odd}}
    yield from (Rejected("odd_part", f"{name} is neither true nor false", native=item["name"]) for name in odd)


def _account(user: str, shown: str | None, context: JSON, *, is_bot: bool = False) -> dict[str, JSON]:
    bot = is_bot or any(fnmatchcase(user, pattern) for pattern in context["bots"].split())
    said = {"kind": "bot" if bot else "person", "username": user[1:].partition(":")[0], "display_name": shown}
    return {"record": "member", "id": member_id(user), **said}


def translate_member(item: Event, context: JSON) -> Iterator[Draft]:
    """A room's member event that holds now: who is in it since when, and who was."""
    there, before = content_of(item).get("membership"), previous(item).get("membership")
    if not isinstance(there, str):
        raise Rejected("no_membership", "the event does not say whether somebody is in the room")
    home, room, user = context["home"], context["room"], item["state_key"]
    yield from known_by_room(item, context)
    since = {} if before == "join" else {"since": moment(item), "until": None}
    told = {"active": True, **since} if there == "join" else {"active": False, "until": moment(item)}
    who = {"community_id": room_id(home, room), "member_id": member_id(user)}
    made = {"record": "membership", "id": room_id(home, room, "membership", room, user), **who, **told}
    yield made if "join" in {there, before} else Ignored("membership")


def known_by_room(item: Event, context: JSON) -> Iterator[Draft]:
    """Return the account where the homeserver's own list does not: people of other servers, or no list at all."""
    user, content = item["state_key"], content_of(item)
    outside = home_of(user) != context["home"]
    if content.get("membership") == "join" and (outside or not context["listed"]):
        yield _account(user, text(content.get("displayname")), context) | ({"external": True} if outside else {})
