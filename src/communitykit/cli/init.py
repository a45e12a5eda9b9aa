"""`communitykit init`: a configuration, by asking, and what to ask an administrator for."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from communitykit.cli.app import Json, app, errors
from communitykit.cli.config import checked, code, print_checked
from communitykit.cli.letter import LETTERS, heading, letter
from communitykit.cli.output import print_json, say, warn
from communitykit.cli.run import DEFAULT, ConfigFile
from communitykit.errors import SettingsError, told_by_system

if TYPE_CHECKING:
    from communitykit.connector.declaration import Connector

_USUAL = ("tenant", "client_id", "client_secret")
"""What lets in where there is no token: an app of its own."""


@app.command()
def init(
    *,
    config: ConfigFile = DEFAULT,
    language: Annotated[str, typer.Option("--language", help="Of the text for an administrator: en or fr.")] = "en",
    as_json: Json = False,
) -> None:
    """Write a configuration by asking. It is checked, and you learn which permissions to ask an administrator for."""
    with errors():
        if language not in LETTERS:
            raise SettingsError(f"there is no text in {language!r}", remedy=f"Take {' or '.join(LETTERS)}.")
        if config.exists():
            raise SettingsError("is there already", subject=str(config), remedy="Edit it, or name another file.")
        connector, lines = _asked()
        _write(config, lines)
        from communitykit.config import load  # noqa: PLC0415 # imported only when used

        is_export = any(line.startswith("archive = ") for line in lines)
        text = "" if is_export else letter(connector, language)
        if as_json:
            told = checked(load(config))
            print_json({"config": str(config), "connector": connector.name, "sources": told, "letter": text or None})
            raise typer.Exit(code(told))
        say(f"\nWrote {config}, readable by you alone. It holds no secret.\n")
        told = checked(load(config))
        print_checked(told)
        if not is_export:
            if text:
                say(f"\n{heading(connector, language)}\n\n{text}\n")
            say(f"Every step is in the connector's own page, communitykit-{connector.name}.")
        say(f"Then: communitykit config check --config {config}, and communitykit run --config {config}.")
    raise typer.Exit(code(told))


def _asked() -> tuple[Connector, list[str]]:
    """Ask what there is; return the connector and the file's lines."""
    from communitykit.connector.registry import registry  # noqa: PLC0415 # imported only when used

    found = registry().connectors
    export = _choice("What is there, an export or a token?", ("export", "token"), "token") == "export"
    fit = [name for name, one in found.items() if (one.archive if export else one.discover) is not None]
    if not fit:
        raise SettingsError("no connector is installed that reads it", remedy="See: communitykit connectors.")
    connector = found[_choice("Which platform?", tuple(fit), fit[0])]
    name = _ask("What is this source to be called?", default=connector.name)
    store = _ask("Which file is everything read into?", default="activity.duckdb")
    lines = ["[store]", f"path = {json.dumps(store)}", "", "[[sources]]", f"name = {json.dumps(name)}"]
    lines.append(f"connector = {json.dumps(connector.name)}")
    if export:
        path = _ask("Where is the export (a zip or a folder)?")
        lines.append(f"archive = {json.dumps(str(Path(path).expanduser().resolve()))}")
    else:
        lines += [_setting(connector, name, one) for one in _letting_in(connector)]
    return connector, [*lines, *_since("all" if export else "2y"), *_content()]


def _since(usual: str) -> list[str]:
    """Ask how far back is read; an export is read whole where nobody says otherwise."""
    from communitykit.doors.options import ReadOptions  # noqa: PLC0415 # imported only when used

    while True:
        told = _ask("How far back is it read? (90d, 6mo, 2y, a date, or all)", default=usual).strip()
        if told.lower() == "all":
            return []
        try:
            ReadOptions(since=told).window(datetime.now(UTC))
        except SettingsError as error:
            warn(str(error))
        else:
            return [f"since = {json.dumps(told)}"]


def _content() -> list[str]:
    """Ask what of texts is kept."""
    warn("Of what people wrote: full keeps the words, features their length, language, links and whether they ask.")
    told = _choice("What is kept of texts?", ("full", "features", "none"), "full")
    return ["", "[privacy]", f"content = {json.dumps(told)}"]


def _letting_in(connector: Connector) -> list[str]:
    """Return the settings that let a run in: the address where there is none, and a token or an app's registration."""
    from communitykit.connector.settings import Settings  # noqa: PLC0415 # imported only when used

    own = [one for one in connector.settings.model_fields if one not in Settings.model_fields]
    needed = [name for name, one in connector.settings.model_fields.items() if one.is_required()]
    address = [] if connector.base_url or "base_url" in needed else ["base_url"]
    usual = ["token"] if "token" in own else []
    if set(_USUAL) <= set(own):
        kind = _choice("A token, or an app of yours?", ("app", "token"), "app") if usual else "app"
        usual = list(_USUAL) if kind == "app" else usual
    return list(dict.fromkeys([*address, *needed, *usual]))


def _setting(connector: Connector, source: str, name: str) -> str:
    """Ask for one setting: of a secret only where it is."""
    from communitykit.config.loading import is_secret  # noqa: PLC0415 # imported only when used

    if not is_secret(name, connector.settings.model_fields[name].annotation):
        return f"{name} = {json.dumps(_ask(f'{name}?'))}"
    usual = f"COMMUNITYKIT_{source}_{name}".upper().replace("-", "_")
    variable = _ask(f"Which environment variable holds the {name}?", default=usual)
    return f"{name} = {{ env = {json.dumps(variable)} }}"


def _ask(question: str, default: str | None = None) -> str:
    """Ask on the error stream: what is asked is no part of what the command prints."""
    return str(typer.prompt(question, default=default, err=True))


def _choice(question: str, among: tuple[str, ...], default: str) -> str:
    while True:
        told = str(_ask(f"{question} ({', '.join(among)})", default=default)).strip().lower()
        if told in among:
            return told
        warn(f"One of: {', '.join(among)}.")


def _write(path: Path, lines: list[str]) -> None:
    """Write the file for its owner alone; one that is there stays."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    except OSError as error:
        raise SettingsError(f"cannot be written: {told_by_system(error)}", subject=str(path)) from None
