"""How long a run holds the file of its store until others get their turn."""

from __future__ import annotations

from communitykit.clock import Clock

RELEASE_SECONDS = 7.0
"""After so long the writer lets go of the file, so that others, who wait for ten seconds, get their turn: each time
DuckDB writes what is not full of its tables' last parts once more…"""
RELEASE_GROUPS = 50
"""…and after so many groups in any case, so that the journal stays small."""


class Hold:
    """How long the writer has held the file, and for how many groups."""

    def __init__(self, clock: Clock) -> None:
        """Begin now."""
        self._clock = clock
        self.begin()

    def begin(self) -> None:
        """Begin anew: the file was let go of."""
        self._groups, self._since = 0, self._clock.monotonic()

    def stored(self) -> None:
        """Count a group that was stored."""
        self._groups += 1

    def is_over(self, *, is_full: bool) -> bool:
        """Tell whether others get their turn; where the last group was not full the run waits more than it writes."""
        held = self._clock.monotonic() - self._since
        return not is_full or self._groups >= RELEASE_GROUPS or held >= RELEASE_SECONDS
