"""`communitykit export`: files of a store, and copies that follow it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from communitykit.cli import completing
from communitykit.cli.app import Json, Overwrite, app, errors
from communitykit.cli.configured import FromConfig, StoreArgument, configured, store_of
from communitykit.cli.output import print_json, print_table, replacing, say, say_replaced
from communitykit.errors import SettingsError

if TYPE_CHECKING:
    from communitykit.exchange.copying import Copied
    from communitykit.model.values import JSON

    _Made = dict[str, JSON]

FILES = ("parquet", "jsonl", "csv")
"""Formats of files that are written whole."""
FORMATS = (*FILES, "delta", "postgres", "as2")


@app.command()
def export(  # noqa: PLR0913 # the options of the command
    store: StoreArgument = None,
    *,
    config: FromConfig = None,
    to: Annotated[str, typer.Option("--to", metavar="TARGET", help="A folder, or postgresql://USER@HOST/DATABASE.")],
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help=f"{', '.join(FORMATS)}; parquet where nothing else fits.",
            autocompletion=completing.words(*FORMATS),
        ),
    ] = None,
    monthly: Annotated[
        bool, typer.Option("--monthly", help="Parquet: what is so now, a file a month; later only what changed.")
    ] = False,
    analysis: Annotated[
        Path | None, typer.Option("--analysis", help="Delta, PostgreSQL: these analysis tables, too.")
    ] = None,
    since_run: Annotated[
        str | None, typer.Option("--since-run", help="Delta, PostgreSQL: what changed since this run.")
    ] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Write all of it in place of the copy that is there.")] = False,
    schema: Annotated[str, typer.Option("--schema", help="PostgreSQL: the schema of the tables.")] = "communitykit",
    pseudonyms: Annotated[
        str | None,
        typer.Option("--key-env", metavar="VARIABLE", help="as2: pseudonyms by this key, no names."),
    ] = None,
    share: Annotated[bool, typer.Option("--share", help="Files: let others read them, as the umask says.")] = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Write a store's tables as files, or keep a copy elsewhere.

    The copy, in Delta tables or PostgreSQL, holds what is so now. It remembers how far it is: the next export
    writes what changed, and takes out what was deleted or forgotten.
    """
    with errors():
        kind, shown = _kind(to, file_format), _shown(to)
        given = {"--monthly": monthly, "--analysis": analysis, "--since-run": since_run, "--anew": anew,
                 "--schema": schema != "communitykit", "--key-env": pseudonyms, "--share": share,
                 "--overwrite": overwrite}  # fmt: skip
        _refuse_unfit(kind, {name for name, value in given.items() if value}, monthly=monthly)
        following: dict[str, JSON] = {"analysis": analysis, "since_run": since_run, "anew": anew}
        files: dict[str, JSON] = {"monthly": monthly, "share": share, "overwrite": overwrite}
        path = store_of(store, configured(config))
        with replacing(*_there(to, kind)) as replaced:
            made = _WRITERS[kind](path, to, schema=schema, key=pseudonyms, **files, **following)
        if as_json:
            print_json({"folder": shown, "format": kind, **made, "replaced": replaced})
            return
        rows, gone = made["rows"], made.get("gone", {})
        print_table(shown, ("table", "rows", "taken out"), [(one, rows[one], gone.get(one, 0)) for one in rows])
        if made.get("run"):
            say(f"As of run {made['run']}.")
        say_replaced(replaced)


def _there(to: str, kind: str) -> list[Path]:
    """Return files of an earlier time that this export may write over."""
    ends = {"as2": "*.jsonld"}.get(kind, f"*.{kind}")
    return list(Path(to).glob(ends)) if kind in {*FILES, "as2"} and Path(to).is_dir() else []


def _kind(to: str, file_format: str | None) -> str:
    from communitykit.exchange.postgres import is_postgres  # noqa: PLC0415 # imported only when used

    kind = file_format or ("postgres" if is_postgres(to) else "parquet")
    if kind not in FORMATS:
        raise SettingsError(f"there is no format {kind!r}", remedy=f"Formats: {', '.join(FORMATS)}.")
    if is_postgres(to) != (kind == "postgres"):
        what = "a PostgreSQL address" if is_postgres(to) else "no PostgreSQL address"
        raise SettingsError(f"the target is {what}, and the format {kind}", remedy="Name one that fits the other.")
    return kind


def _shown(to: str) -> str:
    from communitykit.exchange.postgres import is_postgres, without_password  # noqa: PLC0415 # same

    return without_password(to) if is_postgres(to) else to


def _refuse_unfit(kind: str, given: set[str], *, monthly: bool) -> None:
    fits = {
        "postgres": {"--analysis", "--since-run", "--anew", "--schema"},
        "delta": {"--analysis", "--since-run", "--anew"},
        "as2": {"--key-env", "--overwrite"},
        "parquet": {"--monthly", "--anew"} if monthly else {"--monthly", "--share", "--overwrite"},
    }.get(kind, {"--share", "--overwrite"})
    if given - fits:
        raise SettingsError(
            f"{', '.join(sorted(given - fits))} does not fit this export",
            remedy=f"For {kind}: {', '.join(sorted(fits)) or 'none'}.",
        )


def _files(kind: str) -> Callable[..., _Made]:
    def write(store: Path, to: str, *, monthly: bool, anew: bool, share: bool, overwrite: bool, **_: object) -> _Made:
        if monthly:
            from communitykit.exchange.parquet import copy_to_parquet  # noqa: PLC0415 # imported only when used

            copied = copy_to_parquet(store, to, anew=anew)
            return _told(copied)
        from communitykit.sinks import export_store  # noqa: PLC0415 # same

        return {"rows": export_store(store, to, kind, share=share, overwrite=overwrite)}

    return write


def _delta(store: Path, to: str, *, analysis: Path | None, since_run: str | None, anew: bool, **_: object) -> _Made:
    from communitykit.exchange.delta import copy_to_delta  # noqa: PLC0415 # imported only when used

    return _told(copy_to_delta(store, to, analysis=analysis, since_run=since_run, anew=anew))


def _postgres(
    store: Path,
    to: str,
    *,
    schema: str,
    analysis: Path | None,
    since_run: str | None,
    anew: bool,
    **_: object,
) -> _Made:
    from communitykit.exchange.postgres import copy_to_postgres  # noqa: PLC0415 # same

    return _told(copy_to_postgres(store, to, schema=schema, analysis=analysis, since_run=since_run, anew=anew))


def _as2(store: Path, to: str, *, key: str | None, overwrite: bool, **_: object) -> _Made:
    from communitykit.exchange.activitystreams import write_activitystreams  # noqa: PLC0415 # same
    from communitykit.privacy.pseudonyms import load_key  # noqa: PLC0415 # same

    return {"rows": write_activitystreams(store, to, key=load_key(env=key), overwrite=overwrite)}


def _told(copied: Copied) -> _Made:
    return {"rows": copied.rows, "gone": copied.gone, "run": copied.run, "whole": copied.whole}


_WRITERS: dict[str, Callable[..., _Made]] = {
    **{kind: _files(kind) for kind in FILES},
    "delta": _delta,
    "postgres": _postgres,
    "as2": _as2,
}
