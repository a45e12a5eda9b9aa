"""Safe looks into payloads: what has another shape than expected is as good as absent. Pure.

A payload is any JSON, whatever a platform promises: `as_mapping(item).get("user")` never trips, `item["user"]["id"]`
does. Where a list has to be there, for its absence would look like the end of everything, take `required_list`; where
its items have to be objects, `sound_and_odd`: what is none was there all the same, and is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from communitykit.connector.flow import Rejected
from communitykit.errors import ProtocolError
from communitykit.model.values import JSON

_WORDS: dict[type, str] = {
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    type(None): "null",
}


def as_mapping(value: object) -> dict[str, JSON]:
    """Return an object as it is, and an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[JSON]:
    """Return a list as it is, and an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def as_text(value: object) -> str:
    """Return a text as it is, and "" in place of anything else."""
    return value if isinstance(value, str) else ""


def as_number(value: object) -> int:
    """Return a whole number as it is, and 0 in place of anything else: booleans are no numbers."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def as_mappings(value: object) -> list[dict[str, JSON]]:
    """Return the objects among a list's items; what is no list has none."""
    return [one for one in as_list(value) if isinstance(one, dict)]


def sound_and_odd(
    items: Iterable[JSON], is_sound: Callable[[dict[str, JSON]], object] = bool
) -> tuple[list[dict[str, JSON]], list[JSON]]:
    """Return the objects among items that are sound (not empty, unless something else is asked), and all the others.

    The others are never dropped: handed on in a Batch they become Issues, and no sweep takes away what they may be.
    """
    sound: list[dict[str, JSON]] = []
    odd: list[JSON] = []
    for one in items:
        (sound if isinstance(one, dict) and is_sound(one) else odd).append(one)
    return sound, odd


def each_object(items: Iterable[JSON], where: str) -> list[JSON | Rejected]:
    """Return a list's items with a Rejected in place of each that is no object, saying which of `where` it is.

    In a Batch it becomes an Issue: a file of an archive that holds such is named, and nothing is dropped unseen.
    """
    return [
        one if isinstance(one, dict) else Rejected("malformed", f"{where}, item {number}: {what_it_is(one)}")
        for number, one in enumerate(items, 1)
    ]


def what_it_is(value: object) -> str:
    """Return what stands where an object belongs, in words, and nothing of its content."""
    return f"{_WORDS.get(type(value), 'a value')}, no object"


def as_texts(value: object) -> list[str]:
    """Return the texts among a list's items, without empty ones; what is no list has none."""
    return [one for one in as_list(value) if isinstance(one, str) and one]


def sound_texts(value: object) -> list[str] | None:
    """Return a list's texts without empty ones; None where it is no list, or holds what is no text.

    What would be made of it is left out then, so that what was known stays. Nothing at all is a list of none.
    """
    told = [] if value is None else value
    if not isinstance(told, list) or not all(one is None or isinstance(one, str) for one in told):
        return None
    return [one for one in told if one]


def odd_flags(item: Mapping[str, JSON], names: Iterable[str]) -> list[str]:
    """Return those of these names under which something else stands than true, false or null."""
    return [name for name in names if not isinstance(item.get(name), bool | None)]


def look(value: object, *path: str) -> JSON:
    """Return what stands under names, one inside the other; None where one of them is missing or no object."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def required_list(data: object, *path: str, subject: str = "") -> list[JSON]:
    """Return the list that stands under names, one inside the other, as it must; without names `data` itself is it.

    Its items are any JSON. `subject` names the object in the error ("channel C061").

    Raises ProtocolError where it is missing or no list: an empty list would mean that there is nothing more, so the
    walk would end, remember that it had read all, and what it never saw would count as vanished.
    """
    value = look(data, *path)
    if isinstance(value, list):
        return value
    where = f"under {'.'.join(path)!r}" if path else "as a whole"
    kind = "nothing" if value is None else f"a value of type {type(value).__name__}"
    raise ProtocolError(
        f"the answer must hold a list {where} and holds {kind}",
        subject=subject or None,
        remedy="Nothing is taken as read; run again, and report it if it stays so.",
    )
