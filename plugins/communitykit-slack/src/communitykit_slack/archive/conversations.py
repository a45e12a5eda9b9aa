"""What `slackdump dump` writes: one JSON file for each conversation or thread, and no list of anything.

A file holds `channel_id`, `name`, `thread_ts` where it is of one thread alone, and `messages`, with the replies of each
under `slackdump_thread_replies` (its `types.Conversation`). Lists of users and channels may lie beside it, as
`slackdump list` writes them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from typing_extensions import override

from communitykit import ArchiveError
from communitykit.connector import JSON, Archive, as_list, as_mapping, as_text
from communitykit.connector.payload import each_object
from communitykit_slack.archive.days import key_of
from communitykit_slack.archive.dump import Dump
from communitykit_slack.archive.parts import LISTINGS, USERS, is_day

_FILE = re.compile(r"(?:^|/)([CDG][A-Z0-9]{6,})(?:-\d+\.\d+)?\.json\Z")
_PROBED = 5
_HEAD = 1024
_REPLIES = "slackdump_thread_replies"


def conversation_files(archive: Archive) -> list[str]:
    """Find the files of a dump in an archive; in an export messages stand in files that are named like days."""
    names = [name for name in archive.names() if name.endswith(".json")]
    if any(is_day(name) for name in names):
        return []
    lists = (*LISTINGS, *USERS)
    found = [name for name in names if _FILE.search(name) or (name not in lists and _begins_like_one(archive, name))]
    for name in found[:_PROBED]:
        with suppress(ArchiveError):  # told when it is read
            if {"channel_id", "messages"} <= as_mapping(archive.json(name)).keys():
                return found
    return []


def _begins_like_one(archive: Archive, name: str) -> bool:
    """Tell whether a file whose name says nothing, for names follow a template, begins as a conversation does."""
    with suppress(ArchiveError), archive.open(name) as file:
        head = file.read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
        return head.startswith(b"{") and b'"channel_id"' in head and b'"ok"' not in head
    return False


class Conversations(Dump):
    """The conversations of a dump."""

    def __init__(self, archive: Archive) -> None:
        """Look at what is there; messages are read again when they are asked for."""
        super().__init__("slackdump's dump")
        self._archive = archive
        self._files: dict[str, list[str]] = {}
        self._names: dict[str, str] = {}
        teams: Counter[str] = Counter()
        for name in conversation_files(archive):
            told = self._json(name)
            native = as_text(told.get("channel_id"))
            if native:
                self._files.setdefault(native, []).append(name)
                self._names[native] = as_text(told.get("name"))
            for item in _flat(told, name):
                teams[as_text(as_mapping(item).get("team"))] += 1
                self._newest = max(self._newest, (key_of(item) or (0, 0))[0])
        self._users = [row for name in USERS for row in self._rows(name)]
        teams.update(as_text(as_mapping(row).get("team_id")) for row in self._users)
        del teams[""]
        self._team = max(sorted(teams), key=teams.__getitem__) if teams else ""

    @override
    def workspace(self) -> dict[str, JSON]:
        return {"team_id": self._team}

    @override
    def users(self) -> Iterator[JSON]:
        return iter(self._users)

    @override
    def channels(self) -> Iterator[JSON]:
        for name in LISTINGS:
            yield from self._rows(name)

    @override
    def members(self, channel: str) -> list[str] | None:
        return None

    @override
    def named(self, channel: str) -> str:
        return self._names.get(channel, "")

    @override
    def messages(self, channel: str) -> Iterator[JSON]:
        seen: set[str] = set()
        for name in self._files.get(channel, ()):
            for item in _flat(self._json(name, quiet=True), name):
                ts = as_text(as_mapping(item).get("ts"))
                if not ts or ts not in seen:
                    seen.add(ts)
                    yield item

    @override
    def speakers(self) -> list[str]:
        return sorted(self._files)

    def _rows(self, name: str) -> list[JSON]:
        if name not in self._archive:
            return []
        try:
            return each_object(as_list(self._archive.json(name)), name)
        except ArchiveError as error:
            self._problems.append(str(error))
            return []

    def _json(self, name: str, *, quiet: bool = False) -> dict[str, JSON]:
        try:
            return dict(as_mapping(self._archive.json(name)))
        except ArchiveError as error:
            if not quiet:
                self._problems.append(str(error))
            return {}


def _flat(told: dict[str, JSON], name: str) -> Iterator[JSON]:
    """Yield a conversation's messages, each followed by its replies."""
    for item in each_object(as_list(told.get("messages")), name):
        replies = each_object(
            as_list(as_mapping(item).get(_REPLIES)), f"{name}, replies to {as_mapping(item).get('ts')}"
        )
        yield {name: value for name, value in item.items() if name != _REPLIES} if isinstance(item, dict) else item
        yield from replies
