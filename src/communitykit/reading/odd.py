"""What a checkpoint keeps, beside its connector's own mark, of payloads that were not understood.

A connector's checkpoint passes by one odd payload, so that it costs itself alone, and a look-back reaches only so far.
So the next run of that slice looks back on all of the past, once: what was odd for a moment is had then, and what is
odd for good does not cost every run a whole reading. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from communitykit.connector.flow import Checkpoint, Selection

KEY = "_odd"
"""Under which it stands in a checkpoint; no connector is shown it."""


@dataclass(frozen=True, slots=True)
class Odd:
    """Payloads that became Issues in a run up to `until`; `looked`: a whole look-back came after that, in vain."""

    until: datetime
    looked: bool = False

    def is_looked_for(self, selection: Selection[Any]) -> bool:
        """Tell whether a run looks back on all of the past for it."""
        return not self.looked and selection.since is None and selection.until >= self.until


def parted(kept: Checkpoint | None) -> tuple[Checkpoint | None, Odd | None]:
    """Return a connector's own checkpoint, and what is kept beside it."""
    if not kept or KEY not in kept:
        return kept, None
    told = kept[KEY]
    own = {name: value for name, value in kept.items() if name != KEY}
    return own, Odd(datetime.fromisoformat(told["until"]), bool(told["looked"]))


def joined(own: Checkpoint, odd: Odd | None) -> Checkpoint:
    """Return a checkpoint as it is kept."""
    return own if odd is None else {**own, KEY: {"until": odd.until.isoformat(), "looked": odd.looked}}
