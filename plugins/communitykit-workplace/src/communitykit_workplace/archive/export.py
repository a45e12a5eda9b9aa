"""Archives of every kind: dumps of the Graph, SCIM, downloads of one's information, tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from weakref import WeakKeyDictionary

from communitykit.connector import Archive, Selection, Slice
from communitykit_workplace.archive.reading import STAGES, Reader, Step
from communitykit_workplace.archive.sorting import READ, Part, sort_parts
from communitykit_workplace.ids import NETWORK, parse_time

_SORTED: WeakKeyDictionary[Archive, list[Part]] = WeakKeyDictionary()
_CHUNK = 4 * 1024 * 1024
_DATED = re.compile(
    rb'"(?:created_time|updated_time|account_claim_time)"\s*:\s*"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000)"'
    rb'|"(?:timestamp|creation_timestamp|joined)"\s*:\s*(\d{10})\b'
    rb"|[;,'](20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+0000)[;,']"
)


def _parts(archive: Archive) -> list[Part]:
    """Sort an archive's files once: there may be hundreds of thousands of them."""
    found = _SORTED.get(archive)
    if found is None:
        found = _SORTED[archive] = list(sort_parts(archive))
    return found


def detect(archive: Archive) -> bool:
    """Tell whether anything in an archive can be read: by content, whatever the files are called."""
    return any(part.form in READ for part in _parts(archive))


def as_of(archive: Archive) -> datetime | None:
    """Return the newest moment that the archive speaks of: it has no date of its own."""
    newest: datetime | None = None
    for part in _parts(archive):
        if part.form not in READ:
            continue
        with archive.open(part.name) as file:
            before = b""
            while piece := file.read(_CHUNK):
                for match in _DATED.finditer(before + piece):
                    text = next(one for one in match.groups() if one)
                    moment = parse_time(text.decode())
                    if moment is not None and (newest is None or moment > newest):
                        newest = moment
                before = piece[-64:]
    return newest


def read(archive: Archive, selection: Selection) -> Iterator[Step]:
    """Read an archive in three goes: people, groups, and what was said in them."""
    yield Slice("archive", NETWORK, ("member", "community", "membership", "post", "event", "measure"))
    reader = Reader(archive, selection, _parts(archive))
    for stage in STAGES:
        yield from reader.stage(stage)
    yield from reader.gaps()
