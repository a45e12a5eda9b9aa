"""`communitykit config check`: whether a configuration can be run, before the night."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from communitykit.cli.app import Json, app, errors
from communitykit.cli.output import Exit, print_json, say, warn
from communitykit.cli.progress import waits_told
from communitykit.cli.run import DEFAULT, ConfigFile
from communitykit.cli.shared import App
from communitykit.errors import CommunityKitError
from communitykit.printable import printable

if TYPE_CHECKING:
    from communitykit.config import Config
    from communitykit.model.values import JSON

config_app = App(help="Check the configuration, communitykit.toml.", no_args_is_help=True)
app.add_typer(config_app, name="config")


@config_app.command("check")
def check_config(*, config: ConfigFile = DEFAULT, as_json: Json = False) -> None:
    """Check whether a configuration can be run. Its secrets are fetched, and each platform is asked what it lets in."""
    from communitykit.config import load  # noqa: PLC0415 # imported only when used
    from communitykit.config.rights import remarks  # noqa: PLC0415 # same

    with errors():
        loaded = load(config)
        told, seen = checked(loaded), remarks(loaded)
        if as_json:
            print_json({"config": str(config), "sources": told, "remarks": seen})
        else:
            print_checked(told)
            for sentence in seen:
                say(f"Look at this: {printable(sentence)}")
    raise typer.Exit(code(told))


def checked(config: Config) -> list[dict[str, JSON]]:
    """Check every source and the roster: its name, what is missing, remarks, the error where nothing can be read.

    `sure` says what it means that nothing was found missing or odd: who lets the credential in is told by reading.

    Raises SettingsError for what `[privacy]` or `[people]` cannot mean.
    """
    from communitykit.cli.pull import what_is_sure  # noqa: PLC0415 # same
    from communitykit.config import people_options, roster, run_options, source  # noqa: PLC0415 # same
    from communitykit.config.rights import remarks_of  # noqa: PLC0415 # same

    run_options(config)
    people_options(config)
    told = []
    for section in config.sources:
        one = _one(section.name, section.connector)
        readable = one["remarks"] = remarks_of(config, section)
        try:
            named = source(config, section)
            with named.session, waits_told(named):
                gaps = named.check()
            one["missing"] = [gap.reason for gap in gaps if not gap.remark]
            cut = [str(named.cut)] if named.cut else []
            one["remarks"] = [*cut, *(gap.reason for gap in gaps if gap.remark), *readable]
            one["sure"] = None if gaps else what_is_sure(named)
        except CommunityKitError as error:
            one["error"] = str(error)
        told.append(one)
    try:
        listed = roster(config)
        if listed is not None:
            with listed.session:
                told.append(_one(listed.name, listed.connector.name) | {"sure": what_is_sure(listed)})
    except CommunityKitError as error:
        told.append(_one("roster", None) | {"error": str(error)})
    return told


def _one(name: str, connector: str | None) -> dict[str, JSON]:
    return {"name": name, "connector": connector, "missing": [], "remarks": [], "error": None, "sure": None}


def print_checked(told: list[dict[str, JSON]]) -> None:
    """Print what a check found, a line for each thing."""
    for one in told:
        if one["error"]:
            warn(_named(one["name"], printable(one["error"])))
        for sentence in (*one["missing"], *one["remarks"]):
            say(f"{one['name']}: {printable(sentence)}")
        if one["sure"]:
            say(f"{one['name']}: {one['sure']}.")


def _named(name: str, sentence: str) -> str:
    """Return an error's sentence with the name of its source, which it may say already."""
    said = sentence.startswith(f"{name}: ") or f"[[sources]] {name}: " in sentence or f"[people] {name}: " in sentence
    return sentence if said else f"{name}: {sentence}"


def code(told: list[dict[str, JSON]]) -> Exit:
    """Return the exit code of a check: a remark is no lack."""
    if any(one["error"] for one in told) or not told:
        return Exit.FAILED
    return Exit.PARTIAL if any(one["missing"] for one in told) else Exit.COMPLETE
