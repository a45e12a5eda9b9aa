"""A source of a configuration: what it reads, and in which words it tells of what went wrong."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final

from communitykit.connector.declaration import Connector
from communitykit.connector.flow import Gap
from communitykit.connector.times import Moment
from communitykit.doors.api import Session
from communitykit.doors.archive import ArchiveSession
from communitykit.doors.options import ReadOptions
from communitykit.errors import CommunityKitError, CredentialError
from communitykit.identity import Identity
from communitykit.model.values import Value
from communitykit.reading.lookups import State
from communitykit.reading.slices import Closed, Failed, Progress, Waiting
from communitykit.reading.translation import Page

OWN: Final = ("since", "until", "communities", "include_private", "include_direct")
"""What each source is asked by itself."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What a source is asked that goes further back than the configuration keeps anything."""

    since: Moment
    """As the file, or a command, says."""
    asked: datetime
    """The moment that it means."""
    keep: str

    def __str__(self) -> str:
        """Say that what is older is not read."""
        return (
            f"since = {self.since} goes further back than keep = {self.keep} of [privacy] does: what is older than "
            "that is not read."
        )


class NamedSource:
    """A source of a configuration: a session or an archive that reads its own window, communities and privacy."""

    def __init__(
        self,
        name: str,
        session: Session | ArchiveSession,
        options: ReadOptions,
        config: Path,
        *,
        secrets: Mapping[str, str] | None = None,
        cut: Cut | None = None,
    ) -> None:
        """Name it, and say what is asked of it, which file says so, and where its secrets come from, by setting.

        `cut` is what was asked beyond what is kept, where that is more than `options` ask.
        """
        self.name = name
        self.cut = cut
        self.secrets = dict(secrets or {})
        self.session = session
        self.config = config
        self.options = options
        self.asked: dict[str, Value] = {name: getattr(options, name) for name in OWN}
        """What is asked of it alone, as keywords of ReadOptions."""
        self.connector: Connector = session.connector
        if isinstance(session, Session):
            session.conductor.known["source"] = name

    def read(self, options: ReadOptions, /, *, state: State, run_id: str, emit: Callable[[Progress], None]) -> None:
        """Read what the configuration asks of this source; all else is as the run's `options` say."""
        own = replace(options, **self.asked)

        told = _Told(self._name)

        def named(event: Progress) -> None:
            if isinstance(event, Failed):
                told.of(event.error)
            elif isinstance(event, Closed) and event.failure is not None and _ends_all(event.failure, event.slice):
                event = told.closed(event, event.failure)
            emit(event if self.name == self.connector.name else in_slices_of(self.name, event))

        try:
            self.session.read(own, state=state, run_id=run_id, emit=named)
        except CommunityKitError as error:
            told.of(error)
            raise

    @property
    def identity(self) -> Identity | None:
        """Which source it is, by its name and file, too; None of an export, which may be read as often as one likes."""
        if not isinstance(self.session, Session):
            return None
        config = str(self.config.resolve()) if self.config.is_file() else ""
        return replace(self.session.identity, name=self.name, config=config)

    def check(self) -> list[Gap]:
        """Ask the platform whether it lets in what is asked for; an archive that could be opened can be read.

        Raises CommunityKitError when nothing can be read.
        """
        if not isinstance(self.session, Session):
            return []
        try:
            return self.session.check(self.options)
        except CommunityKitError as error:
            self._advise(error)
            raise

    def stop(self) -> None:
        """Tell a reading to stop at its next step."""
        self.session.stop()

    def reset(self, max_time: float | None = None) -> None:
        """Forget an earlier stop."""
        self.session.reset(max_time)

    def _name(self, error: CommunityKitError) -> None:
        self._advise(error)
        if self.name != self.connector.name:  # several of one platform: which one?
            error.subject = f"{self.name}: {error.subject}" if error.subject else self.name

    def _advise(self, error: CommunityKitError) -> None:
        """Say what the connector cannot know: the source, the whole command to log in, where the secret comes from."""
        error.source = self.name
        if error.remedy and self.config.is_file():  # an adapter's own settings may be none
            login = f"communitykit login {self.name} --config {shlex.quote(str(self.config))}"
            error.remedy = re.sub(
                rf"communitykit login {re.escape(self.connector.name)}\b(?! --)", lambda _: login, error.remedy
            )
        if isinstance(error, CredentialError) and self.secrets and "communitykit login" not in (error.remedy or ""):
            places = ", ".join(f"`{setting}` from {place}" for setting, place in self.secrets.items())
            error.remedy = f"[[sources]] {self.name} has {places}. {error.remedy or 'Renew it.'}"


class _Told:
    """The errors of one reading, each told once of its source, and what was said of it before that."""

    def __init__(self, tell: Callable[[CommunityKitError], None]) -> None:
        self._tell = tell
        self._lock = Lock()  # parts are read side by side
        self._before: list[tuple[CommunityKitError, str]] = []

    def of(self, error: CommunityKitError) -> None:
        with self._lock:
            if all(one is not error for one, _ in self._before):
                self._before.append((error, str(error)))
                self._tell(error)

    def closed(self, event: Closed, error: CommunityKitError) -> Closed:
        """Return the end of a part whose reasons say the same of an error as the error itself does from now on."""
        self.of(error)
        before = next(text for one, text in self._before if one is error)
        after = str(error)

        def anew(reason: str) -> str:
            return reason if after in reason else reason.replace(before, after)

        coverage = event.coverage
        if coverage.reason is not None:
            coverage = coverage.model_copy(update={"reason": anew(coverage.reason)})
        return replace(
            event, coverage=coverage, gaps=tuple(replace(one, reason=anew(one.reason)) for one in event.gaps)
        )


def _ends_all(error: CommunityKitError, slice_: str) -> bool:
    """Tell whether an error ends the whole source: a credential that is refused, or a failed discovery."""
    return isinstance(error, CredentialError) or slice_.endswith(":-:discover")


def in_slices_of(name: str, event: Progress) -> Progress:
    """Return an event of a part that is no network's, such as a discovery, as of the source's own part.

    Several sources of one platform would share it, and what one of them says hide what another said. Where a slice
    keeps a checkpoint its name stays: it is looked up by it.
    """
    if isinstance(event, Failed | Waiting) or ":-:" not in event.slice:
        return event
    own = f"{event.slice}/{name}"
    if isinstance(event, Page):
        issues = [one.model_copy(update={"slice": own}) for one in event.issues]
        return event if event.checkpoint is not None else replace(event, slice=own, issues=issues)
    if isinstance(event, Closed):
        return replace(event, slice=own, coverage=event.coverage.model_copy(update={"slice": own}))
    return replace(event, slice=own)
