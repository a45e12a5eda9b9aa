"""What is asked of a source, and what a source is to those who ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import uuid4

from communitykit.clock import Clock
from communitykit.connector.declaration import Connector
from communitykit.connector.flow import Selection
from communitykit.connector.settings import load_settings
from communitykit.errors import SettingsError
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.http.credentials import CredentialStore
from communitykit.reading.lookups import State
from communitykit.reading.run import SourceRun
from communitykit.reading.slices import Progress
from communitykit.reading.translation import Translation

ALL_KINDS = frozenset({"member", "community", "membership", "post", "event", "measure"})


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What is asked of a source; the fields are the keywords of `records` and `pull`.

    `since` and `until` are aware datetimes; `until` defaults to now and is fixed when the run begins. `communities` are
    glob patterns on names or native ids. `force` reads again what a platform's polling rule would skip.
    """

    since: datetime | None = None
    until: datetime | None = None
    communities: tuple[str, ...] = ()
    include_private: bool = False
    include_direct: bool = False
    force: bool = False
    keep_raw: bool = False
    kinds: frozenset[str] = ALL_KINDS

    def __post_init__(self) -> None:
        """Refuse times that could mean two moments."""
        for name in ("since", "until"):
            moment = getattr(self, name)
            if moment is not None and moment.tzinfo is None:
                raise SettingsError(
                    f"{name} has no time zone: {moment.isoformat()}",
                    remedy="Give an aware datetime, in UTC for instance.",
                )

    def selection(self, settings: object, now: datetime) -> Selection:
        """Fix it for a run that begins now."""
        return Selection(
            settings=settings,
            until=self.until or now,
            since=self.since,
            communities=self.communities,
            include_private=self.include_private,
            include_direct=self.include_direct,
            force=self.force,
            kinds=self.kinds,
        )


class Source(Protocol):
    """A source that can be pulled: an API session or an opened archive."""

    connector: Connector

    def read(self, ask: ReadOptions, *, state: State, run_id: str, emit: Callable[[Progress], None]) -> None:
        """Read it whole, handing every event to `emit`; returns at the end or when stopped."""

    def stop(self) -> None:
        """Tell a reading to stop at its next step."""

    def reset(self, max_time: float | None = None) -> None:
        """Forget an earlier stop: a new reading begins, which has `max_time` seconds where that is limited."""


def new_run_id() -> str:
    """Make a run's id."""
    return uuid4().hex[:12]


def make_conductor(connector: Connector, clock: Clock, pace: Pace, settings: Mapping[str, Any]) -> Conductor:
    """Load the settings and make what decides for both drivers.

    Raises SettingsError for settings that are missing or wrong.
    """
    loaded = load_settings(connector.name, connector.settings, settings)
    return Conductor(connector, loaded, clock=clock, pace=pace, credentials=CredentialStore(loaded.credential_store))


def source_run(connector: Connector, conductor: Conductor, ask: ReadOptions, state: State, run_id: str) -> SourceRun:
    """Begin a run over a connected platform: its selection is fixed now."""
    selection = ask.selection(conductor.settings, conductor.clock.now())
    scrubber = conductor.exchange.scrubber
    translation = Translation(connector, run_id=run_id, origin="api", scrubber=scrubber, raw=ask.keep_raw)
    return SourceRun(connector, selection, state, translation)
