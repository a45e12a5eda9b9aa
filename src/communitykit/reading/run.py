"""What one run over one source needs and keeps, whichever way its slices are scheduled. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from communitykit.connector.declaration import Connector, Reader
from communitykit.connector.flow import Checkpoint, Flow, Selection, Slice
from communitykit.connector.parts import where_it_failed
from communitykit.errors import CommunityKitError, CredentialError
from communitykit.logs import LOGGER
from communitykit.model.checkpoints import Checkpoints
from communitykit.reading import odd
from communitykit.reading.lookups import Lookups, State
from communitykit.reading.slices import SliceReading
from communitykit.reading.translation import Page, Translation


@dataclass(slots=True)
class SourceRun:
    """What one run over one connected source needs and keeps; the readers below share it."""

    connector: Connector
    selection: Selection
    state: State
    translation: Translation
    failure: CommunityKitError | None = None
    lookups: Lookups = field(init=False)
    slices: int = field(default=0, init=False)
    """How many were found to read so far."""

    def __post_init__(self) -> None:
        """Nobody is a stranger yet, and who is forgotten where checkpoints are kept is asked for no more."""
        if isinstance(self.state, Checkpoints):
            self.selection = replace(self.selection, is_forgotten=self.state.is_forgotten)
        kept, forgotten = self.connector.resolve is not None, self.selection.is_forgotten
        self.lookups = Lookups(self.translation, self.state, kept=kept, forgotten=forgotten)

    def name(self, slice_: Slice) -> str:
        """Return a slice's full name, under which its checkpoint is kept."""
        return f"{self.connector.name}:{slice_.network}:{slice_.key}"

    def begin(self, slice_: Slice | None, label: str) -> SliceReading:
        """Start reading a slice, or the discovery (None)."""
        key = self.name(slice_) if slice_ else f"{self.connector.name}:-:{label}"
        selection, own, known = self._from(slice_) if slice_ else (self.selection, None, None)
        again = self._looked_back(slice_, selection) if slice_ else None
        reading = SliceReading(self.translation, selection, key, slice_=slice_, again=again)
        reading.remember_odd(own, known, looks_back="lookback" in type(self.selection.settings).model_fields)
        return reading

    def _from(self, slice_: Slice) -> tuple[Selection, Checkpoint | None, odd.Odd | None]:
        """Return what a slice is asked for, the checkpoint that it goes on from, and what was odd before."""
        own, known = odd.parted(self.state.get(self.name(slice_)))
        looked_for = known is not None and known.is_looked_for(self.selection)
        return replace(self.selection, looks_back_on_all=True) if looked_for else self.selection, own, known

    def _looked_back(self, slice_: Slice, selection: Selection) -> datetime | None:
        """Return from when on posts of a slice that was read before are looked at again; None where that says nothing.

        Which setting says so is the same for all connectors that have it.
        """
        length = getattr(self.selection.settings, "lookback", None)
        known = "post" in self._kinds(slice_) and self.state.get(self.name(slice_))
        return selection.lookback_start(length) if known and isinstance(length, timedelta) else None

    def flow(self, slice_: Slice) -> Flow:
        """Return the flow that reads a slice from its checkpoint."""
        read = self._reader(slice_).read if slice_.reader else self.connector.read
        if read is None:
            message = f"{self.connector.name} discovers slices but declares no read"
            raise TypeError(message)
        selection, own, _ = self._from(slice_)
        return read(selection, slice_, own)

    def budgeted(self, slice_: Slice) -> Mapping[str, int]:
        """Return the connector's own estimate of the requests that a slice takes, by budget."""
        estimate = self._reader(slice_).estimate if slice_.reader else self.connector.estimate
        selection, own, _ = self._from(slice_)
        return {} if estimate is None else estimate(selection, slice_, own)

    def expected(self, slice_: Slice) -> int | None:
        """Return about how many requests a slice takes; None where nothing tells, or where the estimate itself fails.

        It is for the progress bar: a defect in it must not cost the slice.
        """
        try:
            return sum(self.budgeted(slice_).values()) or None
        except Exception as error:  # noqa: BLE001 # any failure of somebody else's estimate
            name, where = self.connector.name, where_it_failed(error)
            extra = {"platform": name, "run_id": self.translation.run_id, "slice": self.name(slice_)}
            extra["error"] = type(error).__name__
            LOGGER.debug("%s: no estimate of %s: %s", name, slice_.key, where, extra=extra)
            return None

    def wanted(self, slice_: Slice) -> bool:
        """Tell whether the slice gives anything that was asked for."""
        return not self.selection.kinds.isdisjoint(self._kinds(slice_))

    def found(self, slice_: Slice) -> bool:
        """Note a slice that was discovered; tell whether it is to be read."""
        self.lookups.recall(slice_.network)
        wanted = self.wanted(slice_)
        self.slices += wanted
        return wanted

    def remember(self, reading: SliceReading) -> Page | None:
        """Return the checkpoint to store before the reading's page: of the members still to be looked up."""
        return self.lookups.remember(reading.slice.network) if reading.slice is not None else None

    def settled(self, reading: SliceReading, ids: tuple[str, ...]) -> list[Page]:
        """Return the checkpoints that say that these were looked up, whatever came of it.

        A failure leaves them; where parts failed, those of whom nothing was told are left: the next run asks again.
        """
        if reading.failure is not None:
            return self.lookups.settle()
        untold = set(self.translation.lookups) if reading.has_failed_in_part else set()
        return self.lookups.settle(one for one in ids if one not in untold)

    def resolution(self, network: str, ids: tuple[str, ...]) -> Flow:
        """Return the flow that looks strangers up."""
        if self.connector.resolve is None:
            message = f"{self.connector.name} declares no resolve"
            raise TypeError(message)
        return self.connector.resolve(self.selection, network, ids)

    def looks_up(self) -> bool:
        """Tell whether strangers are to be looked up: only where members were asked for."""
        return self.connector.resolve is not None and self.failure is None and "member" in self.selection.kinds

    def _kinds(self, slice_: Slice) -> Collection[str]:
        return slice_.kinds or (self._reader(slice_).kinds if slice_.reader else ())

    def _reader(self, slice_: Slice) -> Reader:
        reader = self.connector.readers.get(slice_.reader)
        if reader is None:
            message = f"{self.connector.name} declares no reader {slice_.reader!r}, which its slice {slice_.key} names"
            raise TypeError(message)
        return reader

    def note_end(self, reading: SliceReading) -> None:
        """Remember a failure that ends the whole source; sum up what a discovery found, and what it did not."""
        discovered = reading.key == f"{self.connector.name}:-:discover"
        if discovered:
            reading.say_unmatched()
            reading.found = self.slices
        blind = reading.failure is not None and discovered
        if isinstance(reading.failure, CredentialError) or blind:
            self.failure = self.failure or reading.failure
