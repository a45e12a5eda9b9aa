"""Sources of a configuration, opened: secrets are fetched, settings judged, and each reads its own window."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, get_args

from pydantic import BaseModel

from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.config.loading import settings_of
from communitykit.config.secret import Secret
from communitykit.config.sections import Config, SourceSection
from communitykit.connector.declaration import Connector
from communitykit.connector.flow import Gap
from communitykit.connector.registry import registry
from communitykit.connector.settings import did_you_mean
from communitykit.connector.times import Moment, parse_length, parse_moment
from communitykit.doors.api import Session, connect
from communitykit.doors.archive import ArchiveSession, read_archive
from communitykit.doors.options import ReadOptions, RecordsKeywords
from communitykit.errors import CommunityKitError, SettingsError
from communitykit.http.credentials import KEYRING
from communitykit.model.values import Value
from communitykit.people.options import Leaders, Options
from communitykit.privacy.intake import OptOut
from communitykit.privacy.pseudonyms import load_key
from communitykit.reading.lookups import State
from communitykit.reading.slices import Closed, Failed, Progress, Waiting
from communitykit.reading.translation import Page

OWN: Final = ("since", "until", "communities", "include_private", "include_direct")
"""What each source is asked by itself."""
ROSTER: Final = "directory"
"""The connector that reads rosters."""


class NamedSource:
    """A source of a configuration: a session or an archive that reads its own window, communities and privacy."""

    def __init__(self, name: str, session: Session | ArchiveSession, options: ReadOptions, config: Path) -> None:
        """Name it, and say what is asked of it, and which file says so."""
        self.name = name
        self.session = session
        self.config = config
        self.options = options
        self.asked: dict[str, Value] = {name: getattr(options, name) for name in OWN}
        """What is asked of it alone, as keywords of ReadOptions."""
        self.connector: Connector = session.connector

    def read(self, options: ReadOptions, /, *, state: State, run_id: str, emit: Callable[[Progress], None]) -> None:
        """Read what the configuration asks of this source; all else is as the run's `options` say."""
        own = replace(options, **self.asked)

        def named(event: Progress) -> None:
            if isinstance(event, Failed):
                self._name(event.error)
            emit(event if self.name == self.connector.name else in_slices_of(self.name, event))

        try:
            self.session.read(own, state=state, run_id=run_id, emit=named)
        except CommunityKitError as error:
            self._name(error)
            raise

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
        """Name the whole command where an error advises to log in: the connector knows nothing of the file."""
        if error.remedy and self.config.is_file():  # an adapter's own settings may be none
            login = f"communitykit login {self.name} --config {shlex.quote(str(self.config))}"
            error.remedy = re.sub(
                rf"communitykit login {re.escape(self.connector.name)}\b(?! --)", lambda _: login, error.remedy
            )


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


def source(
    config: Config,
    section: SourceSection,
    *,
    asked: Mapping[str, object] | None = None,
    environ: Mapping[str, str] = os.environ,
    clock: Clock = SYSTEM_CLOCK,
) -> NamedSource:
    """Open one source; whoever calls closes its `session`.

    `COMMUNITYKIT_<NAME>_<SETTING>` of the environment counts before what the file says, and so does what is `asked`:
    keywords of ReadOptions, such as `since`.

    Raises SettingsError where a secret is not to be had, a setting is missing or wrong, or the window is empty;
    ArchiveError for an archive that is none.
    """
    where = f"{config.path.name} [[sources]] {section.name}"
    now = clock.now()
    try:
        told = {name: getattr(section, name) for name in OWN} | {
            name: value for name, value in (asked or {}).items() if name in OWN
        }
        options = ReadOptions(**{**told, "since": _kept(told["since"], config.privacy.keep, now)})
        options.window(now)
        settings = _settings(config, section, environ)
        if section.archive is not None:
            return NamedSource(
                section.name, read_archive(section.connector, section.archive, **settings), options, config.path
            )
        return NamedSource(section.name, connect(section.connector, **settings), options, config.path)
    except SettingsError as error:
        remedy = error.remedy
        if remedy and "as keywords" in remedy:
            remedy = f"Write them under [[sources]], or set {section.prefix}<SETTING>."
        what = f"{error.subject}: {error.message}" if error.subject else error.message
        raise SettingsError(what, subject=where, remedy=remedy) from None


def _kept(since: Moment | None, keep: str | None, now: datetime) -> Moment | None:
    """Return since, or how long is kept where that is less: what was erased must not come back."""
    if keep is None:
        return since
    begin = now - parse_length(keep)
    return begin if since is None or parse_moment(since, now) < begin else since


def _settings(config: Config, section: SourceSection, environ: Mapping[str, str]) -> dict[str, Value]:
    settings: dict[str, Value] = {}
    kind = settings_of(registry().get(section.connector), archive=section.archive is not None)
    said = {name: environ.get(section.prefix + name.upper()) for name in (kind.model_fields if kind else {})}
    for name, value in {**section.settings, **{key: text for key, text in said.items() if text}}.items():
        try:
            told = value.value(config.folder, environ) if isinstance(value, Secret) else value
        except SettingsError as error:
            raise SettingsError(f"{name}: {error.message}", subject=error.subject, remedy=error.remedy) from None
        in_file = kind is not None and not said.get(name) and _is_path(kind, name)
        settings[name] = _from_folder(config.folder, told) if in_file else told
    return settings


def _is_path(kind: type[BaseModel], name: str) -> bool:
    field = kind.model_fields.get(name)
    return field is not None and (field.annotation is Path or Path in get_args(field.annotation))


def _from_folder(folder: Path, told: Value) -> Value:
    """Return a path that the file names, from the file's folder; the system's keyring is none."""
    return str(folder / Path(told).expanduser()) if isinstance(told, str) and Path(told) != KEYRING else told


def roster(config: Config) -> NamedSource | None:
    """Open the roster of a configuration; None where it names none.

    Raises SettingsError where no connector reads rosters or an option is wrong, ArchiveError for what is no roster.
    """
    people = config.people
    if people is None or people.roster is None:
        return None
    try:
        return NamedSource(
            "roster", read_archive(ROSTER, people.roster, **people.roster_options), ReadOptions(), config.path
        )
    except SettingsError as error:
        where = f"{config.path.name} [people] roster"
        raise SettingsError(error.message, subject=where, remedy=error.remedy) from None


@contextmanager
def opened(
    config: Config,
    *,
    only: str | Collection[str] | None = None,
    asked: Mapping[str, object] | None = None,
    unopened: list[CommunityKitError] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Iterator[list[NamedSource]]:
    """Open every source of a configuration and its roster, or those that are named; close them at the end.

    `asked` is what counts before the file's own windows, globs and asking for private and direct talk. A source that
    cannot be opened (a secret is not to be had) is left out, and its error put into `unopened`, where that is given:
    none may be left.

    They are for `pull`, together with `run_options`.

    Raises as `source`; SettingsError where there is none.
    """
    names = [one.name for one in config.sources]
    only = [only] if isinstance(only, str) else only
    for name in only or ():
        if name not in names:
            raise SettingsError(
                f"there is no source {name!r}{did_you_mean(name, names)}",
                subject=config.path.name,
                remedy=f"Sources: {', '.join(names)}." if names else "Begin one with [[sources]].",
            )
    sections = [one for one in config.sources if not only or one.name in only]
    if not sections:
        raise SettingsError("there are no sources", subject=config.path.name, remedy="Begin one with [[sources]].")
    with ExitStack() as stack:
        found = []
        opening: list[Callable[[], NamedSource | None]]
        opening = [partial(source, config, section, asked=asked, clock=clock) for section in sections]
        opening += [] if only else [partial(roster, config)]
        for open_one in opening:
            try:
                one = open_one()
            except CommunityKitError as error:
                if unopened is None:
                    raise
                unopened.append(error)
                continue
            if one is not None:
                stack.enter_context(one.session)
                found.append(one)
        yield found


def run_options(config: Config, *, clock: Clock = SYSTEM_CLOCK) -> RecordsKeywords:
    """Return what holds for a whole run that begins now, as keywords of `pull`.

    Raises SettingsError for an opt-out list, or its key, that cannot be read.
    """
    privacy = config.privacy
    key = load_key(**privacy.opt_out_key.places(config.folder)) if privacy.opt_out_key else None
    out = OptOut.read(privacy.opt_out, key) if privacy.opt_out else None
    keep_from = clock.now() - parse_length(privacy.keep) if privacy.keep else None
    return {"keep_raw": config.store.keep_raw, "content": privacy.content, "opt_out": out, "keep_from": keep_from}


def people_options(config: Config) -> Options | None:
    """Return what the configuration declares about accounts; None where it leaves that to the store.

    Raises SettingsError for domains or a title rule that are none.
    """
    told = config.people
    if told is None:
        return None
    leaders = Leaders(told.leaders.listed, told.leaders.titles, told.leaders.depth)
    shared = tuple(one.casefold() for one in told.shared)
    return Options(domains=told.domains, handles=told.handles, shared=shared, leaders=leaders)
