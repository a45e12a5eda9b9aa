"""What a source is to those who read it: the side that an adapter's author implements."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from typing import Protocol
from uuid import uuid4

from communitykit.connector.declaration import Connector
from communitykit.doors.options import ReadOptions
from communitykit.identity import Identity
from communitykit.reading.lookups import State
from communitykit.reading.slices import Progress


class Source(Protocol):
    """Anything that `pull` takes: a session of `connect`, an opened archive, records at hand, or a class of your own.

    A run calls `reset` once, then `read` once, in a thread of its own; `stop` may be called from any other thread
    meanwhile. What `read` emits is all that is known of the source:

    - `Opened` when a part of it (a slice) begins and `Closed` when it ends, with its Coverage: a part that is never
      closed is one of which nobody knows whether it was read whole;
    - `Page` for the records of a part, with the checkpoint that holds once they are stored, and with its Issues;
    - `Failed` when nothing more can be read; parts that were closed before it stay read.

    An exception that leaves `read` counts as `Failed`, too, and ends no other source of the run.

    A source may have an `identity` (`communitykit.identity.Identity`), as sessions do: then a second run of it into a
    store is refused while the first goes on. Others take turns.
    """

    connector: Connector
    """What is read: its name and version are kept with the run, and its name begins the names of slices."""

    def read(self, options: ReadOptions, /, *, state: State, run_id: str, emit: Callable[[Progress], None]) -> None:
        """Read what is asked for, handing every event to `emit`, which may block; return at the end or when stopped.

        `state` gives the checkpoints of earlier runs, by the slice's full name `connector:network:key`; it is not
        written to. `run_id` goes into Coverage and Issues.

        Raises CommunityKitError where the source cannot be read at all.
        """

    def stop(self) -> None:
        """Tell a reading to stop at its next step: it closes its parts as partial and returns."""

    def reset(self, max_time: float | None = None) -> None:
        """Forget an earlier stop: a new reading begins, which has `max_time` seconds where that is limited."""


def identities(sources: Iterable[Source]) -> list[Identity]:
    """Return which sources they are, of those that say so."""
    told = (getattr(source, "identity", None) for source in sources)
    return [one for one in told if isinstance(one, Identity)]


def new_run_id() -> str:
    """Make a run's id."""
    return uuid4().hex[:12]


def names_of(sources: Iterable[Source]) -> list[str]:
    """Return how each source is called in a result: by its own name, else its connector's; no two are called alike."""
    names: list[str] = []
    for source in sources:
        own = getattr(source, "name", None)
        name = own if isinstance(own, str) else source.connector.name
        numbered = (f"{name}-{number}" for number in count(2))
        names.append(name if name not in names else next(one for one in numbered if one not in names))
    return names
