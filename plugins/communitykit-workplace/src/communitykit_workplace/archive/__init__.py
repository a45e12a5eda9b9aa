"""Workplace's archives: dumps of the Graph, SCIM, downloads of one's information, tables; the door to them all."""

from __future__ import annotations

from communitykit.connector import ArchiveDoor
from communitykit_workplace.archive.export import as_of, detect, read

DOOR = ArchiveDoor(detect=detect, as_of=as_of, read=read, nested=True)
"""The declaration's part about archives."""

__all__ = ["DOOR"]
