"""`communitykit init`: a configuration, by asking, and what to ask an administrator for."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from communitykit.cli import completing
from communitykit.cli.app import Json, app, errors
from communitykit.cli.asking import ask, choose
from communitykit.cli.config import checked, code, print_checked
from communitykit.cli.letter import LETTERS, heading, letter
from communitykit.cli.output import Exit, print_json, say, warn
from communitykit.cli.run import DEFAULT, ConfigFile
from communitykit.errors import ArchiveError, CommunityKitError, SettingsError

if TYPE_CHECKING:
    from communitykit.config import Config
    from communitykit.connector.declaration import Connector

_USUAL = ("tenant", "client_id", "client_secret")
"""What lets in where there is no token: an app of its own."""

_LATER = """
# What `communitykit run` makes of it beside, where the signs # before a section are taken away:

# Tables without text, names or native ids, for analysts (extra analysis).
# [analysis]
# to = "analysis.duckdb"

# A page that says who takes part and what it rests on (extra report).
# [report]
# to = "report"

# What to do this week, in at most ten lines.
# [brief]
# to = "brief.md"
""".rstrip().splitlines()


@app.command()
def init(
    *,
    config: ConfigFile = DEFAULT,
    language: Annotated[
        str,
        typer.Option(
            "--language", help="Of the text for an administrator: en or fr.", autocompletion=completing.LANGUAGES
        ),
    ] = "en",
    as_json: Json = False,
) -> None:
    """Write a configuration by asking. It is checked, and you learn which permissions to ask an administrator for."""
    with errors():
        if language not in LETTERS:
            raise SettingsError(f"there is no text in {language!r}", remedy=f"Take {' or '.join(LETTERS)}.")
        if config.exists():
            raise SettingsError("is there already", subject=str(config), remedy="Edit it, or name another file.")
        _claim(config)
        connector, lines = _asked(config.parent)
        made = _written(config, lines)
        is_export = any(line.startswith("archive = ") for line in lines)
        text = "" if is_export else letter(connector, language)
        unset = _unset(made)
        if not as_json:
            say(f"\nWrote {config}, readable by you alone. It holds no secret.\n")
        told = [] if unset else checked(made)  # nothing is to be asked without what lets in
        if as_json:
            document = {"config": str(config), "connector": connector.name, "sources": told, "letter": text or None}
            print_json({**document, "unset": list(unset.values())})
        else:
            print_checked(told)
            if not is_export:
                if text:
                    say(f"{heading(connector, language)}\n\n{text}\n")
                say(_steps(connector.name))
            for name, variable in unset.items():
                say(f"When the {name} is there, set the environment variable {variable}.")
            say(f"Then: communitykit config check --config {config}, and communitykit run --config {config}.")
    raise typer.Exit(Exit.COMPLETE if unset else code(told))


def _unset(config: Config) -> dict[str, str]:
    """Return the environment variables that are to hold what lets in, and do not yet, by setting."""
    from communitykit.config import Secret  # noqa: PLC0415 # imported only when used

    return {
        name: secret.env
        for section in config.sources
        for name, secret in section.settings.items()
        if isinstance(secret, Secret) and secret.env
        if not os.environ.get(secret.env) and not os.environ.get(f"{section.prefix}{name.upper()}")
    }


def _steps(name: str) -> str:
    """Return where the documentation says how a platform lets in."""
    from communitykit.connector.registry import OWN  # noqa: PLC0415 # imported only when used

    if name not in OWN:
        return "Every step is in the README of the connector's package."
    page = f"plugins/communitykit-{name}/README.md"
    return f"Every step is in the documentation, docs/how-to/get-a-token.md; the reason for each of them in {page}."


def _asked(folder: Path) -> tuple[Connector, list[str]]:
    """Ask what there is; return the connector and the file's lines."""
    from communitykit.connector.registry import registry  # noqa: PLC0415 # imported only when used

    found = registry().connectors
    export = choose("What is there, an export or a token?", ("export", "token"), "token") == "export"
    fit = tuple(name for name, one in found.items() if (one.archive if export else one.discover) is not None)
    if not fit:
        raise SettingsError("no connector is installed that reads it", remedy="See: communitykit connectors.")
    connector = found[choose("Which platform?", fit, fit[0] if len(fit) == 1 else None)]
    name = ask("What is this source to be called?", connector.name, judge=_no_name)
    store = ask("Which file is everything read into?", "activity.duckdb", judge=lambda told: _no_store(folder, told))
    lines = ["[store]", f"path = {json.dumps(store)}", "", "[[sources]]", f"name = {json.dumps(name)}"]
    lines.append(f"connector = {json.dumps(connector.name)}")
    if export:
        path = ask("Where is the export (a zip or a folder)?", judge=lambda told: _no_export(connector, told))
        lines.append(f"archive = {json.dumps(str(_whole(path)))}")
    else:
        lines += [_setting(connector, name, one) for one in _letting_in(connector)]
    return connector, [*lines, *_since("all" if export else "2y"), *_content(), *_LATER]


def _no_name(told: str) -> str | None:
    fits = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", told)
    return None if fits else "A name is of letters A to Z, digits, - and _, and begins with a letter or a digit."


def _no_variable(told: str) -> str | None:
    fits = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", told)
    return (
        None
        if fits
        else "That is no name of a variable: letters A to Z, digits and _, and no digit first. The secret itself is "
        "not to be written here."
    )


def _no_store(folder: Path, told: str) -> str | None:
    return f"{told} is a folder: name a file." if (folder / _whole(told, folder)).is_dir() else None


def _no_export(connector: Connector, told: str) -> str | None:
    from communitykit.doors.archive import read_archive  # noqa: PLC0415 # imported only when used

    try:
        with read_archive(connector.name, _whole(told)):
            return None
    except ArchiveError as error:
        return str(error)


def _no_address(told: str) -> str | None:
    parts = urlsplit(told)
    fits = parts.scheme in {"http", "https"} and parts.hostname
    return None if fits else "An address begins with https://."


def _whole(path: str, folder: Path | None = None) -> Path:
    return (folder or Path()).joinpath(Path(path).expanduser()).resolve()


def _since(usual: str) -> list[str]:
    """Ask how far back is read; an export is read whole where nobody says otherwise."""
    from communitykit.doors.options import ReadOptions  # noqa: PLC0415 # imported only when used

    def no_window(told: str) -> str | None:
        try:
            ReadOptions(since=None if told.lower() == "all" else told).window(datetime.now(UTC))
        except SettingsError as error:
            return str(error)
        return None

    told = ask("How far back is it read? (90d, 6mo, 2y, a date, or all)", usual, judge=no_window)
    return [] if told.lower() == "all" else [f"since = {json.dumps(told)}"]


def _content() -> list[str]:
    """Ask what of texts is kept."""
    warn("Of what people wrote: full keeps the words, features their length, language, links and whether they ask.")
    told = choose("What is kept of texts?", ("full", "features", "none"), "full")
    return ["", "[privacy]", f"content = {json.dumps(told)}"]


def _letting_in(connector: Connector) -> list[str]:
    """Return the settings that let a run in: the address where there is none, and a token or an app's registration."""
    from communitykit.connector.settings import Settings  # noqa: PLC0415 # imported only when used

    own = [one for one in connector.settings.model_fields if one not in Settings.model_fields]
    needed = [name for name, one in connector.settings.model_fields.items() if one.is_required()]
    address = [] if connector.base_url or "base_url" in needed else ["base_url"]
    usual = ["token"] if "token" in own else []
    if set(_USUAL) <= set(own):
        kind = choose("A token, or an app of yours?", ("app", "token"), "app") if usual else "app"
        usual = list(_USUAL) if kind == "app" else usual
    return list(dict.fromkeys([*address, *needed, *usual]))


def _setting(connector: Connector, source: str, name: str) -> str:
    """Ask for one setting, once it is said what it is: of a secret only where it is."""
    from communitykit.config.loading import is_secret, looks_secret  # noqa: PLC0415 # imported only when used

    field = connector.settings.model_fields[name]
    if name == "base_url":
        warn(f"{name}: where {connector.title} answers, as https://chat.example.org. Whoever runs it knows.")
    else:
        warn(f"{name}: {field.description}")
    if is_secret(name, field.annotation):
        usual = f"COMMUNITYKIT_{source}_{name}".upper().replace("-", "_")
        variable = ask(f"Which environment variable holds the {name}?", usual, judge=_no_variable)
        return f"{name} = {{ env = {json.dumps(variable)} }}"

    def in_clear(told: str) -> str | None:
        if looks_secret(told, connector):
            return f"That is a secret of {connector.title}, and no {name}: it is not to be written here."
        return _no_address(told) if name.endswith("url") else None

    given = field.default if isinstance(field.default, str) else None
    return f"{name} = {json.dumps(ask(f'{name}?', given, judge=in_clear))}"


def _claim(path: Path) -> None:
    """Raise SettingsError where the file could not be written: better before the questions than after."""
    _write(path, [])
    path.unlink()


def _write(path: Path, lines: list[str]) -> None:
    """Write the file for its owner alone; one that is there stays."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    except OSError as error:
        raise SettingsError(
            f"it cannot be written: {error.strerror or type(error).__name__}",
            subject=str(path),
            remedy="Name another with --config.",
        ) from None


def _written(path: Path, lines: list[str]) -> Config:
    """Write the file and load it; one that cannot be loaded does not stay."""
    from communitykit.config import load  # noqa: PLC0415 # imported only when used

    _write(path, lines)
    try:
        return load(path)
    except CommunityKitError:
        path.unlink()
        raise
