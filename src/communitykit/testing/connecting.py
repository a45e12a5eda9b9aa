"""The doors as tests open them: with a clock, limits and answers of their own, for connectors installed or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Unpack

from pydantic import SecretStr

from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.connector.declaration import Connector
from communitykit.connector.registry import registry
from communitykit.doors.api import Session
from communitykit.doors.api_async import AsyncSession
from communitykit.doors.archive import ArchiveSession, open_archive
from communitykit.doors.conducting import make_conductor
from communitykit.doors.options import RecordsKeywords
from communitykit.doors.source import Source
from communitykit.doors.webhook import Received, receive_for
from communitykit.http.asgi import Application
from communitykit.http.budgets import Pace
from communitykit.pulling import pull_at
from communitykit.reading.slices import Progress
from communitykit.result import PullResult


def connect(
    connector: str | Connector,
    settings: Mapping[str, object],
    *,
    clock: Clock = SYSTEM_CLOCK,
    pace: Pace | None = None,
) -> Session:
    """Connect as `communitykit.connect` does, at a time that need not be now.

    `pace` keeps rate limits; without one this session has limits of its own, so that tests do not slow one another.
    """
    declared = _declared(connector)
    return Session(declared, make_conductor(declared, settings, clock=clock, pace=pace or Pace()))


def connect_async(
    connector: str | Connector,
    settings: Mapping[str, object],
    *,
    clock: Clock = SYSTEM_CLOCK,
    pace: Pace | None = None,
    app: Application | None = None,
) -> AsyncSession:
    """Connect as `communitykit.connect_async` does; an ASGI application, `app`, may answer instead of the network."""
    declared = _declared(connector)
    return AsyncSession(declared, make_conductor(declared, settings, clock=clock, pace=pace or Pace()), app=app)


def read_archive(
    connector: str | Connector,
    path: str | Path,
    *,
    clock: Clock = SYSTEM_CLOCK,
    **options: object,
) -> ArchiveSession:
    """Open an archive as `communitykit.read_archive` does, at a time that need not be now."""
    return open_archive(_declared(connector), path, options, clock=clock)


def pull(
    sources: Source | Iterable[Source],
    to: str | Path,
    *,
    clock: Clock,
    progress: Callable[[Progress], None] | None = None,
    max_time: float | timedelta | str | None = None,
    **options: Unpack[RecordsKeywords],
) -> PullResult:
    """Pull as `communitykit.pull` does, at a time that need not be now."""
    return pull_at(sources, to, options, clock=clock, progress=progress, max_time=max_time)


def receive(
    connector: str | Connector,
    *,
    headers: Mapping[str, str],
    body: bytes,
    secret: str | SecretStr,
    include_private: bool = False,
    include_direct: bool = False,
    clock: Clock = SYSTEM_CLOCK,
) -> Received:
    """Receive a delivery as `communitykit.receive` does, at a time that need not be now."""
    return receive_for(
        _declared(connector),
        headers=headers,
        body=body,
        secret=secret,
        include_private=include_private,
        include_direct=include_direct,
        clock=clock,
    )


def _declared(connector: str | Connector) -> Connector:
    return registry().get(connector) if isinstance(connector, str) else connector
