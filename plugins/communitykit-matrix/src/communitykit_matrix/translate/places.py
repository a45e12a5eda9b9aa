"""Rooms and spaces. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from communitykit.connector import JSON, Draft, Rejected
from communitykit_matrix.ids import member_id, room_id
from communitykit_matrix.wire import moment, text


def translate_room(item: JSON, context: JSON) -> Iterator[Draft]:
    """A room or space; what could not be read of it is left out, so that what was known of it stays.

    One of which it is not known who may read it is not named, either.

    Raises Rejected for what a space's list holds and is none.
    """
    if not isinstance(item, dict) or not isinstance(item.get("room_id"), str):
        raise Rejected("no_id", "a room without an id")
    home, create, told = context["home"], item.get("create"), dict[str, JSON]()
    if item["privacy"] is not None:
        told["privacy"] = item["privacy"]
    if item["privacy"] == "direct" or item.get("room_type"):
        told["kind"] = "direct" if item["privacy"] == "direct" else "space"
    elif item["privacy"] is not None and ("room_type" in item or "create" not in item):
        told["kind"] = "channel"
    if "parent" in item:
        told["parent_id"] = room_id(home, item["parent"]) if item["parent"] else None
    made = {"created_at": moment(create), "creator_id": member_id(create["sender"])} if create else {}
    yield {
        "record": "community", "id": room_id(home, item["room_id"]), "url": f"https://matrix.to/#/{item['room_id']}",
        **told, **made, **({"archived": item["archived"]} if "archived" in item else {}),
        **(_named(item) if item["privacy"] is not None else {}),
    }  # fmt: skip


def _named(item: JSON) -> dict[str, JSON]:
    """Return what a room is called, as far as it can be read: a summary leaves out what a room does not have."""
    name = text(item.get("name")) or text(item.get("canonical_alias"))
    told: dict[str, JSON] = {"name": name} if name or "create" not in item or "name" in item else {}
    return told | ({"topic": text(item.get("topic")) or None} if "create" not in item or "topic" in item else {})
