"""Yammer's archives: network data exports, and the door to them."""

from __future__ import annotations

from communitykit.connector import ArchiveDoor
from communitykit_yammer.archive.export import ArchiveOptions, as_of, detect, read

DOOR = ArchiveDoor(detect=detect, as_of=as_of, read=read, options=ArchiveOptions)
"""The declaration's part about archives."""

__all__ = ["DOOR"]
