"""Fetching network data exports: window by window, each verified before it is used. Flows: nothing is sent here.

One GET answers one ZIP, without resuming; large windows fail, so a failing one is split until it is an hour long.
"""

from __future__ import annotations

import zipfile
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from communitykit import ArchiveError, ObjectUnavailableError, PermissionMissingError, TransientError
from communitykit.connector import Archive, Batch, Checkpoint, Cost, Gap, Request, Response, Selection, Slice
from communitykit_yammer.archive import read_part
from communitykit_yammer.ids import number
from communitykit_yammer.tables import parts

SHORTEST = timedelta(hours=1)
"""The smallest window that is asked for, as Microsoft's own tool does."""

Steps = Generator[Any, Any, None]


def read_exports(selection: Selection, slice_: Slice, checkpoint: Checkpoint | None) -> Steps:
    """Fetch exports from where the last one ended up to now."""
    start = _start(selection, checkpoint)
    length = longest = selection.settings.window(selection.until - start) if start is not None else SHORTEST
    while start is not None and start < selection.until:
        end = min(start + length, selection.until)
        try:
            response: Response = yield _request(start, end)
            with _opened(response) as archive:
                archive.verify()
                for folder in parts(archive):
                    network = number(folder.rpartition("/")[2]) or slice_.network
                    yield from read_part(archive, folder, network, selection, as_of=end)
        except (PermissionMissingError, ObjectUnavailableError) as error:
            yield Gap(f"exports are not read: {error}", "denied")
            return
        except (TransientError, ArchiveError) as error:
            if end - start > SHORTEST:
                length = max(SHORTEST, (end - start) / 2)
                continue
            yield Gap(f"the export of {start.isoformat()} to {end.isoformat()} is missing: {error}")
        start = end
        length = min(length * 2, longest)
        yield Batch("message", (), {"network": slice_.network}, checkpoint={"v": 1, "until": end.isoformat()})


def windows_left(selection: Selection, checkpoint: Checkpoint | None) -> int:
    """Count the windows that are still to be fetched."""
    start = _start(selection, checkpoint)
    if start is None or start >= selection.until:
        return 0
    whole = selection.until - start
    window: timedelta = selection.settings.window(whole)
    return ceil(whole / window)


def _start(selection: Selection, checkpoint: Checkpoint | None) -> datetime | None:
    if checkpoint and checkpoint.get("v") == 1:
        return datetime.fromisoformat(str(checkpoint["until"]))
    since: datetime | None = selection.settings.export_since
    return since.astimezone(UTC) if since is not None else None


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
