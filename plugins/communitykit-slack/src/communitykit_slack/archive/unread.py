"""Files that may hold talk and are of no form that is read: they are named, never passed by in silence. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from communitykit.connector import Gap, counted
from communitykit.connector.archive import sampled
from communitykit_slack.archive.listings import Export
from communitykit_slack.archive.parts import LISTINGS, USERS

_NO_TALK = frozenset(
    {
        *LISTINGS,
        *USERS,
        "integration_logs.json",
        "canvases.json",
        "file_conversations.json",
        "huddle_transcripts.json",
        "lists.json",
    }
)
"""What Slack puts beside the messages: lists, and what is about other things than messages."""
_ENDS = (".json", ".jsonl", ".json.gz")
_UPLOADS = "__"
"""How folders begin that hold what people sent each other."""


def unread(names: Iterable[str], read: Collection[str]) -> Iterator[Gap]:
    """Say which files at the top, or in a folder there, are neither read nor known to hold no messages."""
    left = [name for name in names if name not in read and _may_be_talk(name)]
    if left:
        said = f"{counted(len(left), 'file is', 'files are')} of no known kind, and not read: {sampled(left)}"
        yield Gap(f"{said}; what holds messages can be imported by itself")


def unread_of(export: Export) -> Iterator[Gap]:
    """Say the same of an export: its messages stand in folders of channels, or in files named like days."""
    part = export.part
    return unread(part.names(), {name for folder in export.folders() for name in part.files(folder)})


def _may_be_talk(name: str) -> bool:
    folder, _, leaf = name.rpartition("/")
    shallow = "/" not in folder and not folder.startswith(_UPLOADS)
    return shallow and leaf.lower().endswith(_ENDS) and leaf not in _NO_TALK
