"""What a homeserver sends, as far as it is read, in the client-server specification's words. Pure.

Anybody in a room can send anything, and servers hand it on: so flows look at events through the readers here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeAlias, TypeGuard

from communitykit.connector import JSON, Rejected, as_mapping, look

POLLS = ("m.poll", "m.poll.start", "org.matrix.msc3381.poll.start")
MESSAGES = frozenset({"m.room.message", "m.sticker", "m.room.encrypted", *POLLS})
PINS, MEMBER, REACTION = "m.room.pinned_events", "m.room.member", "m.reaction"
VOTES = {"m.poll.response": "m.selections", "org.matrix.msc3381.poll.response": "org.matrix.msc3381.poll.response"}
"""What votes are called, and where each says what was chosen."""
_END_OF_TIME = 253_402_300_800_000  # the year 10,000, in milliseconds

Event: TypeAlias = dict[str, JSON]
"""A ClientEvent: `type`, `event_id`, `sender`, `content`, `unsigned`, `origin_server_ts` (ms); `state_key` in state."""


def is_event(value: JSON) -> TypeGuard[Event]:
    """Tell whether this has what every event has, in the right form."""
    if not isinstance(value, dict) or not all(isinstance(value.get(name), str) and value[name] for name in _ALWAYS):
        return False
    return is_time(value.get("origin_server_ts"))


_ALWAYS = ("type", "event_id", "sender")


def is_time(value: object) -> bool:
    """Tell whether this is a time in milliseconds."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _END_OF_TIME


def text(value: object) -> str | None:
    """Return text as it is, and anything else as None."""
    return value if isinstance(value, str) else None


def content(event: Event) -> dict[str, JSON]:
    """Return an event's content; empty where it has none."""
    return as_mapping(event.get("content"))


def odd_parts(content: dict[str, JSON]) -> list[str]:
    """Name the parts of a message's content that stand there and cannot be read."""
    odd = [name for name, shape in _SHAPES.items() if not isinstance(content.get(name), shape | None)]
    mentions = content.get("m.mentions", {})
    if "m.mentions" not in odd and not _are_texts(as_mapping(mentions).get("user_ids", [])):
        odd.append("m.mentions")
    if "m.mentions" in content and mentions is None:
        odd.append("m.mentions")
    asked: JSON = next((content[name] for name in POLLS if name in content), {})
    question, answers = as_mapping(asked).get("question"), as_mapping(asked).get("answers")
    if not isinstance(asked, dict) or (question and words(question) is None):
        odd.append("question")
    if not isinstance(asked, dict) or not isinstance(answers, list | None) or not all(map(_is_answer, answers or ())):
        odd.append("poll")
    return odd


def _are_texts(value: JSON) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _is_answer(value: JSON) -> bool:
    """Tell whether this is an answer of a poll whose words, where it has any, can be read."""
    return isinstance(value, dict) and (words(value) is not None or not any(value.get(name) for name in _FORMS))


_FORMS = ("m.text", "org.matrix.msc1767.text", "body")


def words(block: JSON) -> str | None:
    """Return the words of a text block, in any of the forms that polls have had."""
    if isinstance(block, dict):
        block = next((block[name] for name in _FORMS if block.get(name)), None)
    return words(block[0]) if isinstance(block, list) and block else text(block)


def chosen(event: Event) -> JSON:
    """Return the answers that a vote chose: a list of texts, unless they cannot be read; none where it says nothing."""
    said = content(event).get(VOTES[event["type"]])
    return said.get("answers", said) if isinstance(said, dict) else said


_SHAPES: dict[str, type[str | dict[str, JSON]]] = {"body": str, "formatted_body": str, "m.mentions": dict}


def is_odd(event: Event) -> bool:
    """Tell whether an event holds what cannot be read: another look may show it whole. One taken back is empty."""
    kind, told, found = event["type"], event.get("content", {}), relation(event)
    if kind in VOTES and told != {} and not _are_texts(chosen(event) or []):
        return True
    if kind in {REACTION, *VOTES} and told != {}:
        return text(found.get("event_id")) is None or (kind == REACTION and text(found.get("key")) is None)
    if kind == MEMBER and told != {}:
        return text(content(event).get("membership")) is None
    if not isinstance(told, dict) or (kind == PINS and not _are_texts(told.get("pinned", []))):
        return True
    return kind in MESSAGES and bool(odd_parts(told) or odd_parts(new_content(event)))


def relation(event: Event) -> dict[str, JSON]:
    """Return what an event says it relates to (`m.relates_to`); empty where it says nothing that can be read."""
    return as_mapping(content(event).get("m.relates_to"))


def new_content(event: Event) -> dict[str, JSON]:
    """Return what a message says since the edit that a server bundles with it; empty where there is none."""
    edit = bundled(event)
    return as_mapping(content(edit).get("m.new_content")) if is_event(edit) else {}


def previous(event: Event) -> dict[str, JSON]:
    """Return the content that a state event took the place of; empty for the first of its kind."""
    return as_mapping(look(event, "unsigned", "prev_content"))


def bundled(event: Event, what: str = "m.replace") -> Event:
    """Return the event that a server bundles with another one which it changes; empty where it does not."""
    unsigned = as_mapping(event.get("unsigned"))
    return as_mapping(
        unsigned.get(what) if what == "redacted_because" else as_mapping(unsigned.get("m.relations")).get(what)
    )


def moment(event: Event, name: str = "origin_server_ts") -> datetime:
    """Return when an event was sent, or another time in milliseconds; raises Rejected where that is no time."""
    if not is_time(event[name]):
        raise Rejected("bad_time", f"{name} is no number of milliseconds")
    return datetime.fromtimestamp(event[name] / 1000, UTC)
