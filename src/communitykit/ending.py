"""How a run ended: in one word, whether anything came of it, and since when on it can have let anything in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING

from communitykit.clock import Clock
from communitykit.connector.waiting import Span, waited
from communitykit.errors import StoreBusyError, StoreError
from communitykit.logs import LOGGER
from communitykit.model import Coverage
from communitykit.model.values import JSON
from communitykit.result import PullResult

if TYPE_CHECKING:
    from communitykit.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a run that had begun, by the description that its store has of it."""

    writer: Writer
    clock: Clock
    result: PullResult
    platforms: tuple[str, ...]
    description: dict[str, JSON]

    @property
    def known(self) -> dict[str, JSON]:
        """What lines of the log say of the run: its id, its sources by name, and their platform where it is one."""
        one = {"platform": self.platforms[0]} if len(self.platforms) == 1 else {}
        return {
            **one,
            "platforms": self.platforms,
            "sources": list(self.result.by_source),
            "run_id": self.result.run_id,
        }

    def note(self, spans: Sequence[Span], until: float, status: str) -> None:
        """Note when and how it ended, and how long it waited `until` then: in its result, in the store and in the log.

        Raises StoreError where the store cannot be written.
        """
        result = self.result
        result.ended_at = self.clock.now()
        result.waited = waited(spans, until)
        told: dict[str, JSON] = {"status": status, "requests": result.requests}
        self.writer.end_run({**self.description, **told, "ended_at": result.ended_at, "waited": result.waited})
        seconds = round((result.ended_at - result.started_at).total_seconds(), 3)
        told |= {**self.known, "seconds": seconds}
        LOGGER.info("run %s ends: %s, %s requests", result.run_id, status, result.requests, extra=told)

    def _say_unstored(self, error: StoreError, connectors: Collection[str]) -> None:
        """Say by connector that what was read last is not stored: in the result, and in the store where it has room.

        A full disk mostly has it for a few bytes.
        """
        from communitykit.store.writer import Group  # noqa: PLC0415 # duckdb is imported only when used

        reason = f"the store failed before all that was read was in it: {error.message}"
        said = [
            Coverage(run_id=self.result.run_id, slice=f"{name}:-:store", status="partial", reason=reason)
            for name in dict.fromkeys(connectors)
        ]
        self.result.coverage += said
        with suppress(StoreError):  # what the run failed of is what is raised
            self.writer.commit(Group(plain=list(said)), run_id=self.result.run_id, now=self.clock.now())

    def note_failure(self, error: BaseException, spans: Sequence[Span], connectors: Collection[str]) -> None:
        """Note of what it failed, reading by these: also where that is the store, which may have room for a few bytes.

        A store that another process does not let go of was waited for long enough.
        """
        if isinstance(error, StoreBusyError):
            self.result.ended_at = self.clock.now()
            return
        if isinstance(error, StoreError):
            self._say_unstored(error, connectors)
        status = "interrupted" if isinstance(error, KeyboardInterrupt) else f"failed: {type(error).__name__}"
        try:
            self.note(spans, inf, status)
            self.writer.settle(self.result.run_id, now=self.clock.now())
        except StoreError as beside:  # what the run failed of is what is raised
            LOGGER.warning("the store does not say how run %s ended: %s", self.result.run_id, beside)


@contextmanager
def telling_result(result: PullResult) -> Iterator[None]:
    """Let a StoreError that ends a run which had begun tell what had come until then: it is the result's, too."""
    try:
        yield
    except StoreError as error:
        result.errors.append(error)
        error.result = result
        raise


def came_to_nothing(result: PullResult, failed: Collection[str]) -> bool:
    """Tell whether no source of a run told anything, and each of them failed or the run was stopped before."""
    return not result.came and (result.interrupted or result.by_source.keys() <= set(failed))


def how_it_ended(result: PullResult, failed: Collection[str]) -> str:
    """Return the status of a run that came to its end, as `runs` keeps it; `failed` are the sources that did."""
    if result.complete:
        return "complete"
    if came_to_nothing(result, failed) and result.by_source.keys() <= set(failed):  # in vain until it was stopped, too
        return f"failed: {', '.join(dict.fromkeys(type(error).__name__ for error in result.errors))}"
    return "interrupted" if result.interrupted else "partial"


def heed_cutoff(result: PullResult, writer: Writer) -> None:
    """Say since when on anything was let in: `prune` may have erased what is older while the run went on."""
    known = result.erased_before
    cutoff = result.erased_before = writer.cutoff_by_now(result.run_id, known)
    if cutoff is not None and cutoff != known:
        result.coverage = [begun_at(one, cutoff) for one in result.coverage]


def begun_at(coverage: Coverage, cutoff: datetime) -> Coverage:
    """Return Coverage that begins where the store does, if that is later."""
    if coverage.since is not None and coverage.since >= cutoff:
        return coverage
    return coverage.model_copy(update={"since": cutoff})
