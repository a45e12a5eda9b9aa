"""Slack's archives: which forms there are, and the door that reads them."""

from __future__ import annotations

from communitykit.connector import ArchiveDoor
from communitykit_slack.archive.export import ArchiveOptions, as_of, detect, read

DOOR = ArchiveDoor(detect=detect, as_of=as_of, read=read, options=ArchiveOptions, nested="wrapped")
"""The declaration's part about archives."""

__all__ = ["DOOR", "ArchiveOptions"]
