"""`communitykit metrics`: questions with defined answers."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from communitykit.cli import completing, parse
from communitykit.cli.app import Json, Overwrite, app, errors
from communitykit.cli.configured import configured
from communitykit.cli.output import copy_out, print_json, print_table, replacing, say, say_replaced
from communitykit.cli.shared import Answering, App, refuse_both
from communitykit.errors import SettingsError

if TYPE_CHECKING:
    import pyarrow as pa

    from communitykit.config import Config
    from communitykit.metrics import Definition, Record
    from communitykit.model.values import JSON

metrics_app = App(help="Questions with defined answers, over the analysis tables.", no_args_is_help=True)
app.add_typer(metrics_app, name="metrics")

Folder = Annotated[
    Path | None, typer.Option("--definitions", metavar="DIR", help="A folder of definitions of your own.")
]
Language = Annotated[str, typer.Option("--language", help="en or fr.", autocompletion=completing.LANGUAGES)]
Name = Annotated[str, typer.Argument(help="Which metric: `metrics list` has all.", autocompletion=completing.metrics)]


@metrics_app.command("list", cls=Answering)
def list_(*, definitions: Folder = None, language: Language = "en", as_json: Json = False) -> None:
    """List the metrics that there are."""
    from communitykit.metrics import catalogue  # noqa: PLC0415 # imported only when used

    with errors():
        known = catalogue(definitions)
        if as_json:
            print_json({"metrics": [_told(one) for one in known.values()]})
            return
        rows = [(one.name, one.unit, _in(one.question, language)) for one in known.values()]
        print_table("Metrics", ("name", "unit", "question"), rows)


@metrics_app.command(cls=Answering)
def show(name: Name, *, definitions: Folder = None, language: Language = "en", as_json: Json = False) -> None:
    """Show how a metric is defined. Its formula, source, dimensions, parameters and SQL."""
    from communitykit.metrics import find  # noqa: PLC0415 # imported only when used
    from communitykit.metrics.catalogue import POPULATIONS  # noqa: PLC0415 # same

    with errors():
        one = find(name, definitions)
        if as_json:
            print_json(_told(one) | {"sql": one.sql})
            return
        rows = [
            ("question", _in(one.question, language)),
            ("definition", _in(one.definition, language)),
            ("unit", one.unit),
            ("population", _in(POPULATIONS[one.population], language)),
            ("source", _in(one.source, language)),
            ("dimensions", ", ".join(one.dimensions)),
            ("variants", ", ".join(one.variants) or None),
            ("parameters", ", ".join(f"{key} = {value}" for key, value in one.parameters.items()) or None),
            ("not told", _in(one.silence, language)),
        ]
        print_table(f"{one.name}: {_in(one.title, language)}", ("what", "text"), rows)
        copy_out(one.sql.rstrip())


@metrics_app.command(cls=Answering)
def run(  # noqa: PLR0913 # the options of the command
    name: Name,
    *,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Take the tables, and the smallest group, from it."),
    ] = None,
    tables: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="PATH", help="The analysis tables (a DuckDB file or a folder). Default: analysis.duckdb."
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="DIMENSION",
            help="day, week, month, quarter, year, or a dimension.",
            autocompletion=completing.dimensions,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", help="The first day: a date, or a length before the record's end (90d, 3mo)."),
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="The day after the last.")] = None,
    k: Annotated[
        int | None, typer.Option("--k", help="A figure that rests on fewer persons is suppressed. Default: 5.")
    ] = None,
    unsafe: Annotated[bool, typer.Option("--unsafe", help="Allow a --k below 5.")] = False,
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="A parameter of the metric.", autocompletion=completing.parameters
        ),
    ] = None,
    variants: Annotated[
        list[str] | None,
        typer.Option(
            "--variant",
            metavar="NAME",
            help="Of its variants, only these. Small groups stay as hidden.",
            autocompletion=completing.variants,
        ),
    ] = None,
    definitions: Folder = None,
    to: Annotated[Path | None, typer.Option("--to", help="The file to write, with --format.")] = None,
    file_format: Annotated[
        str | None,
        typer.Option("--format", help="csv or parquet.", autocompletion=completing.words("csv", "parquet")),
    ] = None,
    overwrite: Overwrite = False,
    as_sql: Annotated[bool, typer.Option("--sql", help="Print the query instead of running it.")] = False,
    dialect: Annotated[
        str,
        typer.Option(
            "--dialect",
            help="With --sql: duckdb, postgres, spark, snowflake or bigquery.",
            autocompletion=completing.DIALECTS,
        ),
    ] = "duckdb",
    as_json: Json = False,
) -> None:
    """Measure: one figure a row, with its population. What it rests on, and why it is absent where it is."""
    from communitykit.analysis import Analysis  # noqa: PLC0415 # imported only when used
    from communitykit.metrics import Record, find, measure, sql  # noqa: PLC0415 # same

    with errors(), ExitStack() as stack:
        definition = find(name, definitions)  # a wrong name is said before tables that are missing
        opened = stack.enter_context(Analysis(_tables(tables, file := configured(config))))
        record = Record(opened)
        k = k if k is not None else file.report.k if file and file.report else 5
        ask: dict[str, JSON] = {
            **parse.pairs(parameters or []),
            "by": by or (),
            "since": since,
            "until": until,
            "definitions": definitions,
        }
        if as_sql:
            refuse_both(as_sql, variants, "--sql and --variant")
            query = sql(record, name, dialect=dialect, **ask)
            print_json({"sql": query, "dialect": dialect}) if as_json else sys.stdout.write(query)
            return
        figures = _only(measure(record, name, k=k, unsafe=unsafe, **ask), variants, definition)
        if file_format is not None or to is not None:
            if to is None:
                refuse_both(as_json, file_format, "--json and --format without --to")
            replaced = _write(figures, file_format or "csv", to, opened.path, overwrite=overwrite)
            if as_json:
                told = {"to": str(to), "format": file_format or "csv", "rows": figures.num_rows}
                print_json({**told, "replaced": replaced})
            else:
                say_replaced(replaced)
        elif as_json:
            print_json({"figures": figures.to_pylist()})
        else:
            _print(name, figures)
            _say_together(record, figures)


def _only(figures: pa.Table, variants: Sequence[str] | None, definition: Definition) -> pa.Table:
    """Return the figures of these variants: what is hidden was settled with all of them known."""
    unknown = [one for one in variants or () if one not in definition.variants]
    if unknown:
        known = ", ".join(definition.variants) or "none"
        raise SettingsError(f"has no variant {unknown[0]!r}", subject=definition.name, remedy=f"It has: {known}.")
    if not variants:
        return figures
    wanted = [one in variants for one in figures["variant"].to_pylist()]
    return figures.filter(wanted)


def _tables(tables: Path | None, file: Config | None) -> Path:
    told = file.analysis.to if file and file.analysis else None
    return tables or told or Path("analysis.duckdb")


def _print(name: str, figures: pa.Table) -> None:
    hidden = {"metric", "suppressed", "inferred"}
    names = [one for one in figures.column_names if one not in hidden and figures[one].null_count < figures.num_rows]
    rows = figures.to_pylist()
    told = {row["variant"] for row in rows if row["value"] is not None or row["suppressed"]}
    print_table(
        name, names, [[_shown(row[one]) for one in names] for row in rows if not told or row["variant"] in told]
    )
    absent: dict[str, list[str]] = {}
    for row in rows if told else ():
        if row["variant"] not in told and row["variant"] not in absent.setdefault(row["reason"], []):
            absent[row["reason"]].append(row["variant"])
    for reason, variants in absent.items():
        say(f"No figure of {', '.join(variants)}: {reason}.")


def _say_together(record: Record, figures: pa.Table) -> None:
    """Say which groups the rows are of that several were put together in."""
    from communitykit.analysis.together import listed, put_together  # noqa: PLC0415 # imported only when used

    for dimension in figures.column_names:
        shown = set(figures[dimension].to_pylist())
        for name, groups in put_together(record.tables.about, record.connection, dimension, shown).items():
            say(f"{name} of {dimension}: {listed(dimension, groups)}.")


def _shown(value: object) -> object:
    return f"{value:.4g}" if isinstance(value, float) else value


def _write(figures: pa.Table, file_format: str, to: Path | None, tables: Path, *, overwrite: bool) -> list[str]:
    """Write them, and return what was replaced."""
    from pyarrow import csv, parquet  # noqa: PLC0415 # imported only when used

    from communitykit.sinks.targets import writing  # noqa: PLC0415 # same

    if file_format not in {"csv", "parquet"}:
        raise SettingsError(f"cannot write {file_format!r}", remedy="Take csv or parquet.")
    if to is None and file_format == "parquet":
        raise SettingsError("Parquet is no text", remedy="Name the file to write with --to.")
    if to is None:
        target: JSON = sys.stdout.buffer
        csv.write_csv(figures, target)
        return []
    write = csv.write_csv if file_format == "csv" else parquet.write_table
    with (
        replacing(to) as replaced,
        writing(to, f"{file_format} of figures", inputs=[tables], overwrite=overwrite) as made,
    ):
        write(figures, str(made))
    return replaced


def _in(texts: Mapping[str, str], language: str) -> str:
    if language not in texts:
        raise SettingsError(f"is in no language {language!r}", remedy=f"Take {' or '.join(texts)}.")
    return texts[language]


def _told(one: Definition) -> dict[str, JSON]:
    names: Sequence[str] = ("name", "title", "question", "unit", "population", "definition", "source", "dimensions")
    names = (*names, "variants", "parameters", "needs", "silence")
    return {name: getattr(one, name) for name in names}
