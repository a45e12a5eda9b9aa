"""Reading a configuration: every mistake is said with the section, the name and what may have been meant."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeVar, get_args

from pydantic import BaseModel, SecretStr, ValidationError

from communitykit.config.secret import WAYS, Secret, is_named
from communitykit.config.sections import (
    AnalysisSection,
    BriefSection,
    Config,
    PeopleSection,
    PrivacySection,
    ReportSection,
    SourceSection,
    StoreSection,
)
from communitykit.connector.declaration import Connector
from communitykit.connector.registry import registry
from communitykit.connector.scrub import is_secret_name
from communitykit.connector.settings import did_you_mean, what_is_wrong
from communitykit.errors import SettingsError, UnknownConnectorError
from communitykit.model.values import Value

CONFIG_FILE: Final = "communitykit.toml"
"""What a configuration is called where nobody says another name."""
SECTIONS: Final[Mapping[str, type[BaseModel]]] = {
    "store": StoreSection,
    "people": PeopleSection,
    "privacy": PrivacySection,
    "analysis": AnalysisSection,
    "report": ReportSection,
    "brief": BriefSection,
}
_PATHS: Final = ("path", "to", "roster", "archive", "opt_out")
_OWN: Final = frozenset(SourceSection.model_fields) - {"settings"}

S = TypeVar("S", bound=BaseModel)


def load(path: Path | str = CONFIG_FILE) -> Config:
    """Read a configuration. No secret is fetched, nothing is sent: `opened` does that.

    Raises SettingsError for a file that is missing or is no TOML, for names that are not known, values that cannot be
    meant, two sources of one name, and secrets in clear; UnknownConnectorError for a connector that is not installed.
    """
    file = Path(path)
    told = _read(file)
    for name in told:
        if name not in {*SECTIONS, "sources"}:
            raise SettingsError(
                f"there is no section [{name}]{did_you_mean(name, [*SECTIONS, 'sources'])}",
                subject=file.name,
                remedy=f"Sections: {', '.join([*SECTIONS, 'sources'])}.",
            )
    if isinstance(told.setdefault("store", {}), dict):
        told["store"].setdefault("path", str(StoreSection().path))
    folder = file.parent
    found: dict[str, Value] = {
        name: _section(told[name], kind, f"{file.name} [{name}]", folder)
        for name, kind in SECTIONS.items()
        if name in told
    }
    listed = told.get("sources", [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise SettingsError("sources are no list of tables", subject=file.name, remedy="Begin each with [[sources]].")
    made = Config(file, sources=_sources(listed, file), **found)
    _apart(made)
    return made


def _apart(config: Config) -> None:
    """Make sure that nothing that a run writes takes the place of the store, or of something else that it writes."""
    sections = {"analysis": config.analysis, "report": config.report, "brief": config.brief}
    taken = {config.store.path.resolve(): "[store] path"}
    for name, section in sections.items():
        if section is None:
            continue
        before = taken.setdefault(section.to.resolve(), f"[{name}] to")
        if before != f"[{name}] to":
            where, remedy = f"{config.path.name} [{name}]", "Give each a name of its own."
            raise SettingsError(f"to is the same as {before}", subject=where, remedy=remedy)


def configure(told: Mapping[str, object], where: str, folder: Path | str = ".") -> Config:
    """Make a configuration of what another program's own says: that program keeps secrets, so they may be in clear.

    `told` names a configuration file (`config`), or holds `sources`, each as a `[[sources]]` of one, and the `content`
    that is kept of texts. `where` is what errors call it; relative paths begin in `folder`.

    Raises as `load`; SettingsError where it tells both, or neither.
    """
    listed, file = told.get("sources"), told.get("config")
    if bool(file) == bool(listed):
        what = "both config and sources are told" if file else "neither config nor sources are told"
        raise SettingsError(what, subject=where, remedy=f"Name a {CONFIG_FILE} with config, or list sources; not both.")
    if file:
        return load(Path(folder) / Path(str(file)).expanduser())
    if not isinstance(listed, list) or not all(isinstance(one, Mapping) for one in listed):
        raise SettingsError("sources are no list of tables", subject=where, remedy="List them.")
    privacy = {"content": told["content"]} if told.get("content") else {}
    path = Path(folder) / where
    plain = [{key: value for key, value in one.items() if value is not None} for one in listed]
    return Config(
        path,
        sources=_sources(plain, path, in_clear=True),
        privacy=_section(privacy, PrivacySection, where, Path(folder)),
    )


def _sources(listed: list[Value], file: Path, *, in_clear: bool = False) -> tuple[SourceSection, ...]:
    sources = tuple(_source(one, number, file, in_clear=in_clear) for number, one in enumerate(listed, 1))
    for number, one in enumerate(sources):
        if one.prefix in {other.prefix for other in sources[:number]}:
            raise SettingsError(
                f"two sources are called {one.name!r}", subject=file.name, remedy="Give each a name of its own."
            )
    return sources


def _read(file: Path) -> dict[str, Value]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            "there is no such configuration", subject=str(file), remedy="Make one with: communitykit init."
        ) from None
    except OSError as error:
        raise SettingsError(f"cannot be read: {error.strerror}", subject=str(file)) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        # Its words name the line, and at most the one character that is odd: never a value.
        why = "it is no UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise SettingsError(f"is no TOML: {why}", subject=file.name, remedy="Correct that line.") from None


def _section(told: object, kind: type[S], where: str, folder: Path) -> S:
    if not isinstance(told, dict):
        raise SettingsError("is no table", subject=where, remedy="Write its name in brackets, and below it its values.")
    for name in ("key", "opt_out_key"):
        if isinstance(told.get(name), str):
            raise _in_clear(name, where)
    whole = {
        name: str(folder / Path(value).expanduser()) if name in _PATHS and isinstance(value, str) else value
        for name, value in told.items()
    }
    try:
        return kind.model_validate(whole)
    except ValidationError as error:
        known = ", ".join(name for name in kind.model_fields if name != "settings")
        raise SettingsError(what_is_wrong(error, kind), subject=where, remedy=f"Known there: {known}.") from None


def _source(told: dict[str, Value], number: int, file: Path, *, in_clear: bool) -> SourceSection:
    name = told.get("name", told.get("connector"))
    where = f"{file.name} [[sources]] {name if isinstance(name, str) else number}"
    if "connector" not in told:
        raise SettingsError("it names no connector", subject=where, remedy='Write for instance connector = "slack".')
    own = {key: value for key, value in told.items() if key in _OWN}
    source = _section({"name": told["connector"], **own}, SourceSection, where, file.parent)
    try:
        connector = registry().get(source.connector)
    except UnknownConnectorError as error:
        raise UnknownConnectorError(error.message, subject=where, remedy=error.remedy) from None
    rest = {key: value for key, value in told.items() if key not in _OWN}
    kind = settings_of(connector, archive=source.archive is not None)
    settings = {key: _setting(key, value, kind, connector, where, in_clear=in_clear) for key, value in rest.items()}
    return source.model_copy(update={"settings": settings})


def settings_of(connector: Connector, *, archive: bool) -> type[BaseModel] | None:
    """Return the settings of a connector, or the options of its archives; None where those take none."""
    if not archive:
        return connector.settings
    return connector.archive.options if connector.archive else None


def _setting(
    name: str,
    value: object,
    kind: type[BaseModel] | None,
    connector: Connector,
    where: str,
    *,
    in_clear: bool,
) -> Value:
    fields = kind.model_fields if kind else {}
    if name not in fields:
        known = sorted({*fields, *_OWN})
        raise SettingsError(
            f"{name}: not known{did_you_mean(name, known)}", subject=where, remedy=f"Known there: {', '.join(known)}."
        )
    if is_named(value):
        try:
            return Secret.model_validate(value)
        except ValidationError as error:
            raise SettingsError(f"{name}: {what_is_wrong(error, Secret)}", subject=where) from None
    secret = is_secret(name, fields[name].annotation)
    if secret and isinstance(value, Mapping):
        raise SettingsError(f"{name} is to come from one place", subject=where, remedy=WAYS.format(name=name))
    if not in_clear and ((secret and not _is_plain_address(value)) or looks_secret(value, connector)):
        raise _in_clear(name, where)
    return value


def _in_clear(name: str, where: str) -> SettingsError:
    return SettingsError(f"{name} is a secret, and stands there in clear", subject=where, remedy=WAYS.format(name=name))


def is_secret(name: str, annotation: object) -> bool:
    """Tell whether a setting of that name and type is a secret."""
    return annotation is SecretStr or SecretStr in get_args(annotation) or is_secret_name(name)


def _is_plain_address(value: object) -> bool:
    """Tell whether it is an address without credentials: a proxy may need none."""
    return isinstance(value, str) and re.fullmatch(r"\w+://[^@?#]+", value) is not None


def looks_secret(value: object, connector: Connector) -> bool:
    """Tell whether a value looks like one of the platform's tokens, whatever the setting is called."""
    if isinstance(value, Mapping):
        return any(looks_secret(one, connector) for one in value.values())
    if isinstance(value, list):
        return any(looks_secret(one, connector) for one in value)
    return isinstance(value, str) and any(re.search(pattern, value) for pattern in connector.secrets)
