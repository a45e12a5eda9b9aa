"""Where in an archive the export lies: beside a stray file, one folder deeper, in a zip inside the zip."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from communitykit.connector.archive import Archive, Nested
from communitykit.connector.declaration import Connector
from communitykit.errors import ArchiveError

_MOST = 200
"""Folders that are looked into: exports of years have thousands, and none of them is an export of its own."""
_DEEPEST = 3
_ZIPS: tuple[Nested, ...] = ("wrapped", True)
"""How zips inside are opened: first those that a whole export may be in, whose own attachments stay closed."""


def located(connector: Connector, archive: Archive, path: str | Path) -> Archive:
    """Return the archive, or what of it is the one export that lies inside.

    Raises ArchiveError when it is no export, or when there are several; the archive is closed then.
    """
    door = connector.archive
    if door is None or door.detect(archive):
        return archive
    found: dict[str, Archive] = {}
    if not door.nested and any(name.lower().endswith(".zip") for name in archive.names()):
        with suppress(ArchiveError):  # what lies inside is damaged, or no zip: the archive is judged without it
            for nested in _ZIPS:
                whole = Archive(path, nested=nested)
                archive.close()
                archive = whole
                if not any(".zip/" in name.lower() for name in archive.names()) and door.detect(archive):
                    return archive  # one zip held all there is
    for place in _places(archive):
        inside = archive.within(place)
        with suppress(ArchiveError):  # a file in it that cannot be read: it may still be named by the user
            if not any(place.startswith(f"{one}/") for one in found) and door.detect(inside):
                found[place] = inside
    if len(found) == 1:
        return next(iter(found.values()))
    archive.close()
    if found:
        raise ArchiveError(
            f"there are {len(found)} exports of {connector.title} in it: {', '.join(sorted(found))}",
            platform=connector.name,
            subject=archive.name,
            remedy="Unpack it, and import them one after the other.",
        )
    raise ArchiveError(
        f"this does not look like an export of {connector.title}",
        platform=connector.name,
        subject=archive.name,
        remedy="Give the zip as it was downloaded, or the folder that it unpacks to.",
    )


def _places(archive: Archive) -> Iterator[str]:
    """Yield the folders (and the zips that were opened as such), the outer ones first."""
    places: dict[str, None] = {}
    for depth in range(1, _DEEPEST + 1):
        for name in archive.names():
            parts = name.split("/")
            if len(parts) > depth:
                places["/".join(parts[:depth])] = None
            if len(places) >= _MOST:
                break
    yield from places
