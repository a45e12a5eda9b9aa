"""What is asked of a source, and what a source is to those who ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from communitykit.connector import Connector
from communitykit.errors import SettingsError
from communitykit.flow import Scope
from communitykit.reading import Event
from communitykit.strangers import State

ALL_KINDS = frozenset({"member", "community", "membership", "post", "event", "measure"})


@dataclass(frozen=True, slots=True)
class Ask:
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
    gives: frozenset[str] = ALL_KINDS

    def __post_init__(self) -> None:
        """Refuse times that could mean two moments."""
        for name in ("since", "until"):
            moment = getattr(self, name)
            if moment is not None and moment.tzinfo is None:
                raise SettingsError(
                    f"{name} has no time zone: {moment.isoformat()}",
                    remedy="Give an aware datetime, in UTC for instance.",
                )

    def scope(self, settings: object, now: datetime) -> Scope:
        """Fix it for a run that begins now."""
        return Scope(
            settings=settings,
            until=self.until or now,
            since=self.since,
            communities=self.communities,
            include_private=self.include_private,
            include_direct=self.include_direct,
            force=self.force,
            gives=self.gives,
        )


class Readable(Protocol):
    """A source that can be pulled: an API session or an opened archive."""

    connector: Connector

    def read(self, ask: Ask, *, state: State, run_id: str, emit: Callable[[Event], None]) -> None:
        """Read it whole, handing every event to `emit`; returns at the end or when stopped."""

    def stop(self) -> None:
        """Tell a reading to stop at its next step."""

    def reset(self) -> None:
        """Forget an earlier stop: a new reading begins."""


def new_run_id() -> str:
    """Make a run's id."""
    return uuid4().hex[:12]
