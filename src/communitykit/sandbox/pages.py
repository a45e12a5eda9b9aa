"""What stands on a page: a list of objects, or objects by their ids. Both are changed in place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from communitykit.connector.payload import look
from communitykit.model.values import JSON

Items: TypeAlias = list[JSON] | dict[str, JSON]
"""The objects of a page, in its order: `[{…}, …]`, or `{"p1": {…}, …}` where they stand by id."""


def items_at(data: JSON, paths: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], Items]:
    """Return what stands at the paths and is a page's: lists, and objects that hold nothing but objects.

    What leads to another of the paths is no page, though it may look like objects by id.
    """
    told = {path: look(data, *path) for path in paths}
    found = {path: value for path, value in told.items() if isinstance(value, list) or _is_by_id(value)}
    return {path: value for path, value in found.items() if not any(path == one[: len(path)] != one for one in found)}


def last_of(items: Items) -> JSON:
    """Return the last entry: of objects by id it is the pair of id and object."""
    return list(items.items())[-1] if isinstance(items, dict) else items[-1]


def put_first(items: Items, entry: JSON) -> None:
    """Put an entry, as `last_of` gives them, before the others, unless it is there."""
    if isinstance(items, list):
        items[:0] = [] if entry in items else [entry]
    elif entry[0] not in items:
        rest = dict(items)
        items.clear()
        items |= {entry[0]: entry[1], **rest}


def entries(items: Items) -> list[tuple[str | int, JSON]]:
    """Return what stands on a page, each with its place or the id that it stands under."""
    return list(items.items()) if isinstance(items, dict) else list(enumerate(items))


def is_own(data: JSON, path: tuple[str, ...], items: Items) -> bool:
    """Tell whether these are the answer's own items, not a copy: what is done to a copy changes no answer."""
    return (look(data, *path) if path else data) is items


def _is_by_id(value: JSON) -> bool:
    return isinstance(value, Mapping) and all(isinstance(one, Mapping) for one in value.values())
