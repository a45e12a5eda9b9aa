"""Sources of a configuration, opened: secrets are fetched, settings judged, and each reads its own window."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, get_args

from pydantic import BaseModel

from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.config.loading import is_secret, settings_of
from communitykit.config.named import OWN, Cut, NamedSource
from communitykit.config.secret import Secret
from communitykit.config.sections import Config, SourceSection
from communitykit.config.unopened import UnopenedSource
from communitykit.connector.registry import registry
from communitykit.connector.scrub import Scrubber
from communitykit.connector.settings import did_you_mean
from communitykit.connector.times import parse_length, parse_moment
from communitykit.doors.api import connect
from communitykit.doors.archive import read_archive
from communitykit.doors.options import ReadOptions, RecordsKeywords
from communitykit.errors import CommunityKitError, SettingsError
from communitykit.http.credentials import KEYRING
from communitykit.model.values import Value
from communitykit.people.options import Leaders, Options
from communitykit.privacy.intake import OptOut
from communitykit.privacy.pseudonyms import load_key

ROSTER: Final = "directory"
"""The connector that reads rosters."""


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
    try:
        options, cut = _options(config, section, asked or {}, clock.now())
        settings = _settings(config, section, environ)
        if section.archive is not None:
            archive = read_archive(section.connector, section.archive, **settings)
            return NamedSource(section.name, archive, options, config.path, cut=cut)
        secrets = _places(section, environ)
        session = connect(section.connector, **settings)
        return NamedSource(section.name, session, options, config.path, secrets=secrets, cut=cut)
    except SettingsError as error:
        remedy = error.remedy
        if remedy and "as keywords" in remedy:
            remedy = f"Write them under [[sources]], or set {section.prefix}<SETTING>."
        what = f"{error.subject}: {error.message}" if error.subject else error.message
        raise _of(section.name, section.connector, SettingsError(what, subject=where, remedy=remedy)) from None
    except CommunityKitError as error:
        _of(section.name, section.connector, error)
        raise


def _of(name: str, connector: str, error: CommunityKitError) -> CommunityKitError:
    """Return the error of a source that could not be opened, which says whose it is."""
    error.source = name
    if error.platform is None and connector in registry().connectors:
        error.platform = connector
    return error


def _options(
    config: Config, section: SourceSection, asked: Mapping[str, object], now: datetime
) -> tuple[ReadOptions, Cut | None]:
    """Return what is asked of a source, and how `keep` cuts that: what was erased must not come back.

    Raises SettingsError where its window is empty or in the future.
    """
    told = {name: getattr(section, name) for name in OWN} | {name: one for name, one in asked.items() if name in OWN}
    since, keep, cut = told["since"], config.privacy.keep, None
    if keep is not None:
        begin = now - parse_length(keep)
        if since is None:
            told["since"] = begin
        elif (wanted := parse_moment(since, now)) < begin:
            told["since"], cut = begin, Cut(since, wanted, keep)
    options = ReadOptions(**told)
    options.window(now)
    return options, cut


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


def _places(section: SourceSection, environ: Mapping[str, str]) -> dict[str, str]:
    """Return where each secret of a source comes from, by setting: never the secret itself."""
    connector = registry().get(section.connector)
    found = {}
    for name, field in connector.settings.model_fields.items():
        variable, value = section.prefix + name.upper(), section.settings.get(name)
        if not isinstance(value, Secret) and not is_secret(name, field.annotation):
            continue
        if environ.get(variable):
            found[name] = f"the environment variable {variable}"
        elif isinstance(value, Secret):
            found[name] = Scrubber(connector.secrets).text(value.place)
    return found


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
        raise _of("roster", ROSTER, SettingsError(error.message, subject=where, remedy=error.remedy)) from None
    except CommunityKitError as error:
        _of("roster", ROSTER, error)
        raise


@contextmanager
def opened(
    config: Config,
    *,
    only: str | Collection[str] | None = None,
    asked: Mapping[str, object] | None = None,
    unopened: list[UnopenedSource] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Iterator[list[NamedSource]]:
    """Open every source of a configuration and its roster, or those that are named; close them at the end.

    `asked` is what counts before the file's own windows, globs and asking for private and direct talk. A source that
    cannot be opened (a secret is not to be had) is left out, and what stands for it put into `unopened`, where that is
    given: none may be left. Give `pull` those, too, so that the store and the result tell of them.

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
        for section in sections if only else [*sections, None]:
            try:
                one = roster(config) if section is None else source(config, section, asked=asked, clock=clock)
            except CommunityKitError as error:
                if unopened is None:
                    raise
                unopened.append(_standing_for(config, section, error, asked or {}, clock.now()))
                continue
            if one is not None:
                stack.enter_context(one.session)
                found.append(one)
        yield found


def _standing_for(
    config: Config, section: SourceSection | None, error: CommunityKitError, asked: Mapping[str, object], now: datetime
) -> UnopenedSource:
    """Return what stands for a source, or the roster (None), that could not be opened."""
    if section is None:
        return UnopenedSource("roster", ROSTER, error, is_archive=True)
    window, cut = None, None
    try:
        options, cut = _options(config, section, asked, now)
        window = options.window(now)
    except SettingsError:  # it may be what is wrong
        pass
    is_archive = section.archive is not None
    return UnopenedSource(section.name, section.connector, error, is_archive=is_archive, window=window, cut=cut)


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
