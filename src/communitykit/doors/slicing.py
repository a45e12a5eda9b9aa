"""A reading in parts, which other processes may read: what to read, in plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from communitykit.connector.flow import Checkpoint, Selection, Slice
from communitykit.doors.options import ReadOptions
from communitykit.errors import SettingsError
from communitykit.model import Coverage
from communitykit.model.records import Entity
from communitykit.model.values import JSON
from communitykit.reading.lookups import LISTED
from communitykit.reading.slices import Closed, Progress
from communitykit.reading.translation import Page


@dataclass(frozen=True, slots=True)
class SlicePlan:
    """One slice to read, and the window that was fixed when it was found: the same wherever and whenever it is read.

    It pickles, and `to_json` and `from_json` are each other's inverse. It holds no settings and no credential: whoever
    reads it connects by the platform's name, with settings of its own.
    """

    slice: Slice
    until: datetime
    since: datetime | None = None

    @property
    def network(self) -> str:
        """The network that it is of."""
        return self.slice.network

    def name(self, connector: str) -> str:
        """Return the full name under which its checkpoint is kept."""
        return f"{connector}:{self.slice.network}:{self.slice.key}"

    def to_json(self) -> dict[str, JSON]:
        """Return it as JSON; times are ISO 8601 with their zone."""
        told = asdict(self.slice)
        window = {"until": self.until.isoformat(), "since": self.since.isoformat() if self.since else None}
        return {**told, "kinds": list(self.slice.kinds), **window}

    @classmethod
    def from_json(cls, told: Mapping[str, JSON]) -> SlicePlan:
        """Return what `to_json` told.

        Raises SettingsError for what is none.
        """
        try:
            fields = {**told}
            until, since = datetime.fromisoformat(fields.pop("until")), fields.pop("since")
            slice_ = Slice(**{**fields, "kinds": tuple(fields["kinds"])})
            return cls(slice_, until, datetime.fromisoformat(since) if since else None)
        except (KeyError, TypeError, ValueError) as error:
            raise SettingsError(f"this is no slice: {error}", remedy="Give what to_json told.") from None

    def selection(self, options: ReadOptions, settings: object) -> Selection:
        """Return what a run is asked for that reads this slice: these options, in its own window."""
        chosen = replace(options, since=None, until=None).selection(settings, self.until)
        return replace(chosen, since=self.since)


@dataclass(frozen=True, slots=True)
class Discovery:
    """What looking for slices found: the slices, and what it came upon on the way."""

    slices: tuple[SlicePlan, ...]
    progress: tuple[Progress, ...]
    """Its own pages (people and communities that its listings told) and, last, its Coverage."""
    known: frozenset[str]
    """Members that it told or has a stub of: whoever reads a slice need not tell them again."""
    unknown: tuple[str, ...]
    """Members of whom it has only a stub: look them up once all is read."""

    @property
    def records(self) -> list[Entity]:
        """Return the records of its pages."""
        return [record for event in self.progress if isinstance(event, Page) for record in event.records]

    @property
    def checkpoints(self) -> dict[str, Checkpoint]:
        """Return the checkpoints that hold once its pages are stored."""
        pages = [event for event in self.progress if isinstance(event, Page)]
        return {page.slice: page.checkpoint for page in pages if page.checkpoint is not None}

    @property
    def coverage(self) -> Coverage:
        """Return how whole the discovery is."""
        (closed,) = [event for event in self.progress if isinstance(event, Closed)]
        return closed.coverage


def unknown_members(progress: Iterable[Progress]) -> list[str]:
    """Return the members that a reading refers to and could not describe, as the checkpoints that list them tell."""
    found: dict[str, None] = {}
    for event in progress:
        if isinstance(event, Page) and event.checkpoint is not None and event.slice.endswith(LISTED):
            found.update(dict.fromkeys(event.checkpoint["ids"]))
    return list(found)
