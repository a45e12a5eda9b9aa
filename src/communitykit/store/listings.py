"""Listings that show nothing at all: people and communities of a company do not go all together."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from communitykit.model import Coverage
from communitykit.model.ids import is_local, parse_id
from communitykit.store.windows import Walked, matching

_LISTED = {"community": "communities", "member": "members"}
"""What platforms list whole, and how it is called."""


def without_empty(
    connection: duckdb.DuckDBPyConnection, walked: Sequence[Walked], run_id: str
) -> tuple[list[Walked], list[Coverage]]:
    """Return the windows without listings that hold nothing of all that is stored, and what is to be said of those.

    A platform that answers an empty list (a permission that was taken away, a search index that is built anew) does not
    mean that a whole company is gone. Windows that were walked together share one `seen`, and are judged together.
    """
    listings: dict[tuple[str, int], list[Walked]] = {}
    for one in walked:
        if one.record in _LISTED and "id" not in one.within:  # what ends one record by its id is no listing
            listings.setdefault((one.record, id(one.seen)), []).append(one)
    empty: set[tuple[str, int]] = set()
    said: list[Coverage] = []
    for listing, windows in listings.items():
        known = {key: windows[number] for number, key, _ in matching(connection, windows) if not is_local(key)}
        if known and not any(_is_there(key, one) for key, one in known.items()):
            empty.add(listing)
            said.append(_told(windows[0], len(known), run_id))
    return [one for one in walked if (one.record, id(one.seen)) not in empty], said


def _is_there(key: str, one: Walked) -> bool:
    return key in one.seen or key in one.unread or not one.unread.isdisjoint(parse_id(key).native)


def _told(one: Walked, known: int, run_id: str) -> Coverage:
    name = _LISTED[one.record]
    return Coverage(
        run_id=run_id,
        slice=f"{one.network}{name}",
        status="partial",
        reason=f"Of {known:,} {name} that are stored none was listed, which has another reason than that all are gone: "
        "they stay as they are. See whether the token may still list them.",
    )
