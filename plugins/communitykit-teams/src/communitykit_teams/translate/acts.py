"""Reactions to a message become events; who comes and goes is told by `system_messages`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from communitykit.connector import JSON, Draft, Rejected, Swept, in_part, reacted
from communitykit.connector.drafts import EventDraft
from communitykit.connector.parts import as_rejected
from communitykit_teams.ids import Location, parse_time
from communitykit_teams.wire import HistoryItem, Message, Reaction


def reactions(item: Message, native: str, place: Location) -> Iterator[Draft]:
    """Translate reactions, one event per person and reaction, and those that the history says were taken back.

    An odd one costs itself alone, and one of nobody may be anybody's: then it is not said that the list is whole, so
    that none of the others vanishes.
    """
    post_id, given, history = place.post(native), _listed(item, "reactions"), _listed(item, "messageHistory")
    whole, held = given is not None, set[str]()
    for one in given or ():
        try:
            event = _reaction(one, post_id, place)
        except Exception as error:  # noqa: BLE001 # as in `in_part`: one reaction never costs the rest
            whole = False
            yield as_rejected(native, error)
            continue
        whole = whole and event.get("actor_id") is not None
        held.add(event["id"])
        yield event
    for change in history or ():
        for draft in in_part(native, _withdrawn(change, post_id, place)):
            if isinstance(draft, dict) and draft["id"] in held:
                continue
            held.update([draft["id"]] if isinstance(draft, dict) else ())
            yield draft
    for name, found_list in (("reactions", given), ("messageHistory", history)):
        if found_list is None and item.get(name) is not None:
            yield Rejected("no_list", f"{name} is no list", native=native)
    if whole:
        yield Swept("event", {"kind": "reacted", "target_id": post_id})


def reactions_counted(item: Message) -> dict[str, int] | None:
    """Return how many reacted, by reaction; None where one stands there that cannot be read."""
    given: JSON = item.get("reactions")
    if given is None:
        return {}
    if not isinstance(given, list):
        return None
    counted: dict[str, int] = {}
    for one in given:
        if not isinstance(one, dict) or not _is_named(one):
            return None
        name = _name(cast("Reaction", one))
        counted[name] = counted.get(name, 0) + 1
    return counted


def _name(item: Reaction) -> str:
    """Return what a reaction is called: the platform's own text, a custom one by its name or its picture's id."""
    kind = str(item["reactionType"])
    if kind != "custom":
        return kind
    picture = str(item.get("reactionContentUrl") or "").split("/hostedContents/", 1)
    return item.get("displayName") or (picture[1].split("/", 1)[0] if len(picture) > 1 else kind)


def _is_named(item: Mapping[str, JSON]) -> bool:
    kind: object = item.get("reactionType")
    return isinstance(kind, str) and bool(kind)


def _listed(item: Mapping[str, JSON], name: str) -> list[JSON] | None:
    """Return a list of a payload; None where none stands there, which is another thing than an empty one."""
    found = item.get(name)
    return found if isinstance(found, list) else None


def _withdrawn(change: HistoryItem, post_id: str, place: Location) -> Iterator[Draft]:
    """Describe a reaction that was taken back; when that was done is not when somebody reacted."""
    if "reactionremoved" in str(change.get("actions") or "").lower():
        event = _reaction(change.get("reaction") or Reaction(), post_id, place)
        event.pop("occurred_at", None)
        event.pop("time_source", None)
        yield {**event, "active": False}


def _reaction(item: Reaction, post_id: str, place: Location) -> EventDraft:
    """Describe a reaction; of nobody where nobody is named, which Graph sometimes leaves out.

    Raises Rejected when it tells no type.
    """
    if not _is_named(item):
        raise Rejected("odd_reaction", "a reaction tells no type")
    actor = place.named(item.get("user"))
    at = parse_time(item.get("createdDateTime"))
    return reacted(_name(item), target=post_id, actor=actor, community=place.community_id, at=at)
