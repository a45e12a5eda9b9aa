"""Rosters as files: tables, SCIM, LDIF; the door to them all."""

from __future__ import annotations

from communitykit.connector import ArchiveDoor
from communitykit_directory.archive.roster import as_of, detect, read
from communitykit_directory.settings import RosterOptions

DOOR = ArchiveDoor(detect=detect, as_of=as_of, read=read, options=RosterOptions, sweeps=True)
"""The declaration's part about archives."""

__all__ = ["DOOR"]
