"""`communitykit forget`, `prune`, `subject`, `compact`: what is kept of colleagues, and what is not any more."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from communitykit.cli.app import Json, app, errors
from communitykit.cli.output import print_json, print_table, say
from communitykit.connector.times import parse_length
from communitykit.errors import SettingsError, told_by_system

if TYPE_CHECKING:
    from communitykit.privacy.erasing import Erased

StoreOption = Annotated[Path, typer.Option("--store", help="The activity store (a DuckDB file).")]
_DEFAULT = Path("activity.duckdb")
Purpose = Annotated[str, typer.Option("--purpose", metavar="TEXT", help="What it is for, in a sentence; it is kept.")]

privacy_app = typer.Typer(help="What a works council asks for.", no_args_is_help=True)
app.add_typer(privacy_app, name="privacy")


@privacy_app.command()
def record(  # one per option
    store: Path,
    *,
    to: Annotated[Path, typer.Option("--to", help="The HTML page; its JSON stands beside it. None is replaced.")],
    purpose: Purpose,
    keep: Annotated[str, typer.Option("--keep", metavar="25mo", help="How long records are kept: 90d, 25mo, 2y.")],
    language: Annotated[str, typer.Option("--language", help="en or fr.")] = "en",
    k: Annotated[int, typer.Option("--k", help="The smallest group that is shown.")] = 5,
    key_id: Annotated[str | None, typer.Option("--key-id", help="Of the analysis tables' key.")] = None,
    as_json: Json = False,
) -> None:
    """Write the record of processing of a store: sources, fields kept, purpose, retention, releases."""
    from communitykit.privacy.record import record_of_processing, write_record  # noqa: PLC0415 # only when used

    with errors():
        parse_length(keep)
        told = record_of_processing(store, purpose=purpose, retention=keep, k=k, key_id=key_id)
        try:
            written = write_record(told, to, language)
        except OSError as error:
            raise SettingsError(f"it cannot be written: {told_by_system(error)}", subject=str(to)) from None
        if as_json:
            print_json({"paths": [str(one) for one in written]})
        else:
            say(f"Written: {', '.join(map(str, written))}")


@app.command()
def forget(who: str, *, store: StoreOption = _DEFAULT, as_json: Json = False) -> None:
    """Erase a person (name, address, number) or an account (id), for good: what comes of them again is left out."""
    from communitykit.privacy.erasing import forget as erase  # noqa: PLC0415 # duckdb is imported only when used

    with errors():
        _told(erase(store, who), as_json=as_json)


@app.command()
def prune(
    *,
    keep: Annotated[str, typer.Option("--keep", metavar="25mo", help="How long: 90d, 25mo, 2y.")],
    store: StoreOption = _DEFAULT,
    as_json: Json = False,
) -> None:
    """Erase what is older than that: posts, acts, ended memberships, accounts that left, reports, and runs' notes."""
    from communitykit.privacy.erasing import prune as erase  # noqa: PLC0415 # duckdb is imported only when used

    with errors():
        now = datetime.now(UTC)
        _told(erase(store, before=now - parse_length(keep), now=now), as_json=as_json)


@app.command()
def subject(
    who: str,
    *,
    to: Annotated[Path, typer.Option("--to", help="The JSON file to write; one that is there is not replaced.")],
    purpose: Purpose,
    store: StoreOption = _DEFAULT,
    as_json: Json = False,
) -> None:
    """Write all that is kept about a person or an account, for who asks to see it; that it was is noted."""
    from communitykit.privacy.telling import write_subject  # noqa: PLC0415 # duckdb is imported only when used

    with errors():
        try:
            rows = write_subject(store, who, to, purpose=purpose)
        except OSError as error:
            raise SettingsError(f"it cannot be written: {told_by_system(error)}", subject=str(to)) from None
        if as_json:
            print_json({"path": str(to), "rows": rows})
        else:
            print_table(str(to), ("what", "rows"), rows.items())


@app.command()
def compact(store: Path, *, as_json: Json = False) -> None:
    """Make the file anew, without the bytes of what was deleted in it."""
    from communitykit.store.compacting import compact as make  # noqa: PLC0415 # duckdb is imported only when used

    with errors():
        before, after = make(store, now=datetime.now(UTC))
        if as_json:
            print_json({"store": str(store), "bytes_before": before, "bytes_after": after})
        else:
            say(f"{before:,} bytes became {after:,}.")


def _told(erased: Erased, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(erased))
        return
    for one in erased.accounts:
        say(f"Forgotten: {one}")
    print_table("Deleted", ("table", "rows"), erased.deleted.items())
    print_table("Emptied or changed", ("table", "rows"), erased.changed.items())
    say(f"The file was made anew: {erased.bytes_before:,} bytes became {erased.bytes_after:,}.")
