"""Slack's archives: which forms there are, and the door that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from communitykit.connector import Archive, ArchiveDoor, Selection
from communitykit_slack.archive import export, slackdump
from communitykit_slack.archive.export import ArchiveOptions, Step
from communitykit_slack.archive.parts import parts_of


def detect(archive: Archive) -> bool:
    """Tell whether an archive is one of Slack's: an export, or slackdump's database, chunks or dump."""
    return bool(parts_of(archive)) or slackdump.detect(archive)


def as_of(archive: Archive) -> datetime | None:
    """Return when an archive was true."""
    return slackdump.as_of(archive) if slackdump.detect(archive) else export.as_of(archive)


def read(archive: Archive, selection: Selection) -> Iterator[Step]:
    """Read an archive in its own form; where slackdump's own archive lies beside an export, it knows more.

    Raises ArchiveError when nothing tells the workspace's id.
    """
    return slackdump.read(archive, selection) if slackdump.detect(archive) else export.read(archive, selection)


DOOR = ArchiveDoor(detect=detect, as_of=as_of, read=read, options=ArchiveOptions, nested="wrapped")
"""The declaration's part about archives."""

__all__ = ["DOOR", "ArchiveOptions"]
