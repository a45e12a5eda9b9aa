"""Fetching network data exports: window by window, each verified before it is used. Flows: nothing is sent here.

One GET answers one ZIP, without resuming; large windows fail, so a failing one is split until it is an hour long.
"""

from __future__ import annotations

import zipfile
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from communitykit import (
    Archive,
    ArchiveError,
    Batch,
    Checkpoint,
    Draw,
    Gap,
    ObjectUnavailableError,
    PermissionMissingError,
    Request,
    Response,
    Scope,
    Slice,
    TransientError,
)
from communitykit_yammer.archive import read_part
from communitykit_yammer.ids import number
from communitykit_yammer.tables import parts

SHORTEST = timedelta(hours=1)
"""The smallest window that is asked for, as Microsoft's own tool does."""

Steps = Generator[Any, Any, None]


def read_exports(scope: Scope, slice_: Slice, checkpoint: Checkpoint | None) -> Steps:
    """Fetch exports from where the last one ended up to now."""
    start = _start(scope, checkpoint)
    length = longest = scope.settings.window(scope.until - start) if start is not None else SHORTEST
    while start is not None and start < scope.until:
        end = min(start + length, scope.until)
        try:
            response: Response = yield _request(start, end)
            with _opened(response) as archive:
                archive.verify()
                for folder in parts(archive):
                    network = number(folder.rpartition("/")[2]) or slice_.network
                    yield from read_part(archive, folder, network, scope, as_of=end)
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


def windows_left(scope: Scope, checkpoint: Checkpoint | None) -> int:
    """Count the windows that are still to be fetched."""
    start = _start(scope, checkpoint)
    if start is None or start >= scope.until:
        return 0
    whole = scope.until - start
    window: timedelta = scope.settings.window(whole)
    return ceil(whole / window)


def _start(scope: Scope, checkpoint: Checkpoint | None) -> datetime | None:
    if checkpoint and checkpoint.get("v") == 1:
        return datetime.fromisoformat(str(checkpoint["until"]))
    since: datetime | None = scope.settings.export_since
    return since.astimezone(UTC) if since is not None else None


def _request(start: datetime, end: datetime) -> Request:
    window = {"since": start.isoformat(), "until": end.isoformat(), "include": "csv"}
    draws = (Draw("other"), Draw("rest"))
    return Request("export", params=window, draws=draws, subject=f"export of {start.date()}", expect="file")


def _opened(response: Response) -> Archive:
    """Open what came.

    Raises ArchiveError when it is no ZIP: the server answers 200 before it knows whether it will come to the end.
    """
    if not isinstance(response.data, str) and zipfile.is_zipfile(response.path):
        return Archive(response.path)
    raise ArchiveError("what came is no whole ZIP", subject="export")
