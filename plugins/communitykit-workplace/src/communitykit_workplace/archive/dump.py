"""The objects in a JSON file of a dump, whatever its layout: pages, lists, lists after lists, by id, batches. Pure."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from communitykit.connector import JSON
from communitykit.connector.json_stream import JSONItem, json_items
from communitykit.connector.payload import what_it_is
from communitykit_workplace.ids import native_id


class Objects:
    """The objects of a file, to be gone through once; `more` then tells whether its page names a next one."""

    def __init__(self, items: Iterable[JSONItem]) -> None:
        """Begin before the first."""
        self._items = items
        self.more = False
        self.odd: list[str] = []
        """What stands in lists of objects and is none: the how manieth, and what it is."""

    def __iter__(self) -> Iterator[dict[str, JSON]]:
        """Return the objects one by one.

        Raises ValueError where the file is no JSON.
        """
        whole: dict[str, JSON] = {}
        document = number = 0
        for found in self._items:
            if found.document != document:
                yield from _single(whole)
                whole, document, number = {}, found.document, 0
            if found.key in {None, "data", "Resources"} and found.is_item:
                number += 1
                if not isinstance(found.value, dict):
                    self.odd.append(f"item {number}: {found.problem or what_it_is(found.value)}")
                yield from _unbatched(found.value)
            elif found.key == "paging":
                self.more = isinstance(found.value, dict) and bool(found.value.get("next"))
            elif found.is_item:
                whole.setdefault(str(found.key), []).append(found.value)
            elif found.key is not None and found.key not in {"data", "Resources", "summary"}:
                if native_id(found.key) and isinstance(found.value, dict):
                    yield {"id": found.key, **found.value}
                else:
                    whole[found.key] = found.value
        yield from _single(whole)


def _single(whole: dict[str, JSON]) -> Iterator[dict[str, JSON]]:
    """Return the one object of a document that is no list; what is said around a list is none."""
    if whole and "totalResults" not in whole and (native_id(whole.get("id")) or len(whole) > 1 or "error" in whole):
        yield from _unbatched(whole)


def _unbatched(value: JSON) -> Iterator[dict[str, JSON]]:
    """Return an object, or those in the answer to a part of a batch, whose body is JSON in a text."""
    if not isinstance(value, dict):
        return
    if isinstance(value.get("body"), str) and "code" in value:
        try:
            found = list(json_items(io.BytesIO(value["body"].encode())))
        except ValueError:
            return
        whole = {one.key: one.value for one in found if one.key is not None and not one.is_item}
        if "id" in whole:
            yield whole
        for one in found:
            if one.is_item and one.key in {None, "data"} and isinstance(one.value, dict):
                yield one.value
        return
    yield value
