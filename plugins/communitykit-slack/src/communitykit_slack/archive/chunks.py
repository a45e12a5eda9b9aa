"""slackdump's chunk directory: gzipped files of one JSON object a line, each an answer of the API as it came.

A chunk's keys are short (its own `chunk.go`): `t` is what it holds, `ts` when it was read, in nanoseconds, `id` the
channel, `m` messages, `p` the root above them, `u` users, `ch` channels, `ci` a channel, `cu` its members, `w` the
workspace, `l` the last of its kind.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from typing import TypeAlias

from typing_extensions import override

from communitykit import ArchiveError
from communitykit.connector import JSON, Archive, as_list, as_mapping, as_text
from communitykit.connector.decoding import decode_json
from communitykit.connector.payload import as_number, as_texts, each_object
from communitykit_slack.archive.dump import Dump

_FILE = re.compile(r"(^|/)(users|channels|workspace|[CDG][A-Z0-9]{6,}(-\d+\.\d+)?)\.json\.gz\Z")
_MESSAGES = 0

Mark: TypeAlias = tuple[int, str, int, int]
"""When a chunk was read, its file, its line, and the place in it: what sorts versions of one message."""


def chunk_files(archive: Archive) -> list[str]:
    """Find the files of a chunk directory in an archive."""
    found = [name for name in archive.names() if _FILE.search(name)]
    return found if any(name.rsplit("/", 1)[-1][0] in "CDG" for name in found) else []


class Chunks(Dump):
    """The newest version of everything in a chunk directory."""

    def __init__(self, archive: Archive) -> None:
        """Look at what is there, without reading messages."""
        super().__init__("slackdump's chunks")
        self._archive = archive
        self._files = chunk_files(archive)
        self._lists: dict[str, dict[str, JSON]] = {"u": {}, "ch": {}}
        self._members: dict[str, list[str]] = {}
        self._workspace: dict[str, JSON] = {}
        self._talk: dict[str, list[str]] = {}
        for name in self._files:
            self._take(name)

    @override
    def workspace(self) -> dict[str, JSON]:
        return self._workspace

    @override
    def users(self) -> Iterator[JSON]:
        return iter(self._lists["u"].values())

    @override
    def channels(self) -> Iterator[JSON]:
        return iter(self._lists["ch"].values())

    @override
    def members(self, channel: str) -> list[str] | None:
        return self._members.get(channel)

    @override
    def messages(self, channel: str) -> Iterator[JSON]:
        newest: dict[str, Mark] = {}
        for mark, item in self._said(channel):
            if ts := as_text(as_mapping(item).get("ts")):
                newest[ts] = max(newest.get(ts, mark), mark)
        for mark, item in self._said(channel):
            if newest.get(as_text(as_mapping(item).get("ts")), mark) == mark:
                yield item

    @override
    def speakers(self) -> list[str]:
        return sorted(self._talk)

    def _take(self, name: str) -> None:
        """Keep what a file tells beside messages, and where those are; the newest of several versions counts."""
        channel, last, seen = "", False, False
        for at, chunk in self._chunks(name):
            self._newest = max(self._newest, at)
            for key, found in self._lists.items():
                found |= {row["id"]: row for row in as_list(chunk.get(key)) if as_text(as_mapping(row).get("id"))}
            if as_text(as_mapping(chunk.get("ci")).get("id")):
                self._lists["ch"][chunk["ci"]["id"]] = chunk["ci"]
            if isinstance(chunk.get("w"), dict):
                self._workspace = chunk["w"]
            native = as_text(chunk.get("id"))
            if "cu" in chunk and native:
                self._members[native] = [*self._members.get(native, ()), *as_texts(chunk["cu"])]
            if "m" in chunk and native:
                channel = native
            if chunk.get("t") == _MESSAGES:
                seen, last = True, last or chunk.get("l") is True
        if channel:
            self._talk.setdefault(channel, []).append(name)
        if seen and not last:
            self._problems.append(f"{name} was not read to its end: slackdump was stopped while it read it")

    def _said(self, channel: str) -> Iterator[tuple[Mark, JSON]]:
        for name in self._talk.get(channel, ()):
            for line, (at, chunk) in enumerate(self._chunks(name, quiet=True)):
                items = [*as_list(chunk.get("m")), *([chunk["p"]] if "p" in chunk else ())]
                for index, item in enumerate(each_object(items, f"{name}, line {line + 1}")):
                    yield (at, name, line, index), item

    def _chunks(self, name: str, *, quiet: bool = False) -> Iterator[tuple[int, dict[str, JSON]]]:
        """Read a file line by line; a line that is no JSON, or a file that is cut, costs itself and is told once."""
        try:
            with self._archive.open(name) as packed, gzip.open(packed) as lines:
                for line in lines:
                    chunk = as_mapping(decode_json(line))
                    yield as_number(chunk.get("ts")), chunk
        except (ArchiveError, OSError, EOFError, zlib.error, ValueError) as error:
            if not quiet:
                self._problems.append(f"{name} cannot be read to its end: {type(error).__name__}")
