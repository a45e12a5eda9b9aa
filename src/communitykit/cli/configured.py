"""`--config` on commands that read a store: its path, and what else they ask, come from the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from communitykit.errors import SettingsError

if TYPE_CHECKING:
    from communitykit.config import Config

STORE = Path("activity.duckdb")
"""What a store is called where nobody says another name."""
StoreArgument = Annotated[Path | None, typer.Argument(help="The activity store.", show_default=False)]
StoreOption = Annotated[
    Path | None, typer.Option("--store", help="The activity store (a DuckDB file). Default: activity.duckdb.")
]
FromConfig = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Take the store, and what is not said here, from it.")
]


def configured(config: Path | None) -> Config | None:
    """Load the configuration that a command names; None where it names none.

    Raises as `communitykit.config.load`.
    """
    if config is None:
        return None
    from communitykit.config import load  # noqa: PLC0415 # imported only when used

    return load(config)


def one_of(argument: Path | None, option: Path | None) -> Path | None:
    """Return the store that a command names, as its last argument or with --store.

    Raises SettingsError where it names two.
    """
    if argument is not None and option is not None and argument != option:
        raise SettingsError(f"two stores are named, {argument} and {option}", remedy="Name one.")
    return argument if argument is not None else option


def store_of(store: Path | None, config: Config | None, *, default: Path | None = None) -> Path:
    """Return the store that a command is about: the one that it names, else the configuration's, else the usual one.

    Raises SettingsError where nothing names one, and none is usual.
    """
    if store is not None:
        return store
    if config is not None:
        return config.store.path
    if default is None:
        raise SettingsError("no store is named", remedy="Name it, or give a configuration with --config.")
    return default
