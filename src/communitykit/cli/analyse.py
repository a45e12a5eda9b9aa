"""`communitykit analyse`: a record as tables without text, names or native ids."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from communitykit.cli.app import Json, Zone, app, errors
from communitykit.cli.configured import FromConfig, StoreArgument, configured, store_of
from communitykit.cli.output import print_json, print_table, replacing, say, say_replaced, warn
from communitykit.cli.progress import steps
from communitykit.errors import SettingsError

if TYPE_CHECKING:
    from communitykit.analysis import Analysed


@app.command()
def analyse(  # noqa: PLR0913 # the options of the command
    store: StoreArgument = None,
    *,
    config: FromConfig = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="PATH", help="A DuckDB file (.duckdb), or a folder for Parquet files."),
    ] = None,
    key_env: Annotated[
        str | None, typer.Option("--key-env", metavar="NAME", help="The environment variable that holds the key.")
    ] = None,
    key_file: Annotated[Path | None, typer.Option("--key-file", metavar="F", help="The file that holds it.")] = None,
    key_command: Annotated[
        str | None, typer.Option("--key-command", metavar="C", help="The command that prints it.")
    ] = None,
    zone: Zone = None,
    min_group: Annotated[
        int | None,
        typer.Option("--min-group", help="Departments, sites… of fewer persons are called (other). Default: 5."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make the analysis tables: no text, names or native ids. Run it again: changed days are redone."""
    from communitykit.analysis import analyse as make  # noqa: PLC0415 # imported only when used
    from communitykit.privacy.groups import FLOOR  # noqa: PLC0415 # same
    from communitykit.privacy.pseudonyms import load_key  # noqa: PLC0415 # same

    with errors():
        file = configured(config)
        told = file.analysis if file else None
        to = to or (told.to if told else None)
        if to is None:
            raise SettingsError("it is not said where to", remedy="Give --to, or [analysis] in the configuration.")
        key = load_key(env=key_env, file=key_file, command=key_command)
        if key is None and file and told and told.key:
            key = load_key(**told.key.places(file.folder))
        with replacing(to) as replaced, steps() as tell:
            made = make(
                store_of(store, file),
                to,
                key=key,
                zone=zone or (file.zone if file else "UTC"),
                min_group=min_group if min_group is not None else told.min_group if told else 5,
                tell=tell,
            )
        if int(made.about["min_group"] or 0) < FLOOR:
            warn(f"Groups of fewer than {FLOOR} persons stand in these tables by name: somebody may know who it is.")
        if as_json:
            told_json = {"to": str(to), "rows": made.rows, "about": made.about, "not_in_it": list(made.missing)}
            print_json({**told_json, "replaced": replaced})
            return
        _print(made)
        say_replaced(replaced)


def _print(made: Analysed) -> None:
    print_table(str(made.path), ("table", "rows"), made.rows.items())
    facts = ("zone", "first_day", "last_day", "people", "roster", "content", "min_group", "key_id")
    print_table("about", ("what", "value"), [(one, made.about.get(one)) for one in facts])
    for sentence in made.missing:
        say(sentence)
