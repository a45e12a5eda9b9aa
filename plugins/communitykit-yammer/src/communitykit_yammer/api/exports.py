"""Fetching network data exports: window by window, each verified before it is used. Flows: nothing is sent here.

One GET answers one ZIP, without resuming; large windows fail, so a failing one is split until it is an hour long.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from communitykit import ArchiveError, ObjectUnavailableError, PermissionMissingError, TransientError
from communitykit.connector import (
    JSON,
    Archive,
    Batch,
    Checkpoint,
    Cost,
    Flow,
    Gap,
    Request,
    Response,
    Selection,
    Slice,
    ask,
)
from communitykit_yammer.api.ranges import Ranges
from communitykit_yammer.archive.export import read_part
from communitykit_yammer.archive.tables import parts
from communitykit_yammer.ids import number

VERSION = 2
SHORTEST = 3600
"""The smallest window that is asked for, in seconds, as Microsoft's own tool does."""

Steps = Flow


def read_exports(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Steps:
    """Fetch exports of whatever time this selection was not handed on yet; a window that fails is tried again later."""
    fetched = Fetched.load(checkpoint)
    done, last = fetched.for_whom(selection), int(selection.until.timestamp())
    at = _start(selection, done)
    longest = int(selection.settings.window(timedelta(seconds=max(1, last - at))).total_seconds())
    length = longest
    while at < last:
        end = min(at + length, last)
        try:
            response = yield from ask(_request(_moment(at), _moment(end)))
            with _opened(response) as archive:
                archive.verify()
                for folder in parts(archive):
                    network = number(folder.rpartition("/")[2]) or slice_.network
                    yield from read_part(archive, folder, network, selection, as_of=_moment(end))
            fetched.add(selection, at, end)
        except (PermissionMissingError, ObjectUnavailableError) as error:
            yield Gap(f"exports are not read: {error}", "denied")
            return
        except (TransientError, ArchiveError) as error:
            if end - at > SHORTEST:
                length = max(SHORTEST, (end - at) // 2)
                continue
            yield Gap(f"the export of {_moment(at).isoformat()} to {_moment(end).isoformat()} is missing: {error}")
        at = done.above(end)
        length = min(length * 2, longest)
        yield Batch("message", (), {"network": slice_.network}, checkpoint=fetched.save())


def windows_left(selection: Selection, checkpoint: Checkpoint | None) -> int:
    """Count the windows that are still to be fetched."""
    done, last = Fetched.load(checkpoint).for_whom(selection), int(selection.until.timestamp())
    at, count = _start(selection, done), 0
    length = int(selection.settings.window(timedelta(seconds=max(1, last - at))).total_seconds())
    while at < last:
        at, count = done.above(at + length), count + 1
    return count


@dataclass(slots=True)
class Fetched:
    """Which seconds (since 1970) were handed on, to whom: what a selection leaves out is new for the one that asks."""

    asked: list[tuple[dict[str, JSON], Ranges]] = field(default_factory=list)

    @classmethod
    def load(cls, checkpoint: Checkpoint | None) -> Fetched:
        """Go on from a checkpoint; one of another version starts anew, which costs requests and loses nothing."""
        if not checkpoint or checkpoint.get("v") != VERSION:
            return cls()
        return cls([(one["asked"], Ranges(one["handed"])) for one in checkpoint["fetched"]])

    def save(self) -> Checkpoint:
        """Make the checkpoint that holds now."""
        return {"v": VERSION, "fetched": [{"asked": asked, "handed": found.pairs} for asked, found in self.asked]}

    def for_whom(self, selection: Selection) -> Ranges:
        """Return the seconds of which all was handed on that a selection asks for."""
        wanted, found = _asked(selection), Ranges()
        for asked, handed in self.asked:
            if _covers(asked, wanted):
                for low, high in handed.pairs:
                    found.add(low, high)
        return found

    def add(self, selection: Selection, start: int, end: int) -> None:
        """Note that a window, its end not in it, was handed on to a selection."""
        wanted = _asked(selection)
        for asked, handed in self.asked:
            if asked == wanted:
                handed.add(start, end - 1)
                return
        self.asked.append((wanted, Ranges([(start, end - 1)])))


def _asked(selection: Selection) -> dict[str, JSON]:
    return {
        "kinds": sorted(selection.kinds),
        "communities": sorted(selection.communities),
        "private": selection.include_private,
        "direct": selection.include_direct,
    }


def _covers(asked: dict[str, JSON], wanted: dict[str, JSON]) -> bool:
    """Tell whether whoever asked for the one was handed on all that the other asks for."""
    places = not asked["communities"] or asked["communities"] == wanted["communities"]
    kinds = set(asked["kinds"]) >= set(wanted["kinds"])
    return places and kinds and asked["private"] >= wanted["private"] and asked["direct"] >= wanted["direct"]


def _start(selection: Selection, done: Ranges) -> int:
    since: datetime | None = selection.settings.export_since
    return done.above(int((since or selection.until).timestamp()))


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _request(start: datetime, end: datetime) -> Request:
    window = {"since": start.isoformat(), "until": end.isoformat(), "include": "csv"}
    costs = (Cost("other"), Cost("rest"))
    return Request("export", params=window, costs=costs, subject=f"export of {start.date()}", expect="file")


def _opened(response: Response) -> Archive:
    """Open what came.

    Raises ArchiveError when it is no ZIP: the server answers 200 before it knows whether it will come to the end.
    """
    if not isinstance(response.data, str) and zipfile.is_zipfile(response.path):
        return Archive(response.path)
    raise ArchiveError("what came is no whole ZIP", subject="export")
