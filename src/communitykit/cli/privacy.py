"""`communitykit forget`, `prune`, `subject`, `compact`: what is kept of colleagues, and what is not any more."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from communitykit.cli import completing
from communitykit.cli.app import Json, app, errors
from communitykit.cli.configured import STORE, FromConfig, StoreArgument, StoreOption, configured, one_of, store_of
from communitykit.cli.output import print_json, print_table, say, warn
from communitykit.cli.shared import App
from communitykit.errors import SettingsError, told_by_system
from communitykit.printable import counted

if TYPE_CHECKING:
    from communitykit.config import Config
    from communitykit.model.values import JSON
    from communitykit.privacy.erasing import Erased

Who = Annotated[str, typer.Argument(help="An address, which is all of a person's accounts, or an account id.")]
Purpose = Annotated[str, typer.Option("--purpose", metavar="TEXT", help="What it is for, in a sentence; it is kept.")]

privacy_app = App(help="Write what a works council asks for.", no_args_is_help=True)
app.add_typer(privacy_app, name="privacy")


@privacy_app.command()
def record(  # noqa: PLR0913 # one per option
    store: StoreArgument = None,
    *,
    config: FromConfig = None,
    to: Annotated[Path, typer.Option("--to", help="The HTML page; its JSON stands beside it. None is replaced.")],
    purpose: Purpose,
    keep: Annotated[
        str | None, typer.Option("--keep", metavar="25mo", help="How long records are kept: 90d, 25mo, 2y.")
    ] = None,
    language: Annotated[str, typer.Option("--language", help="en or fr.", autocompletion=completing.LANGUAGES)] = "en",
    k: Annotated[int | None, typer.Option("--k", help="The smallest group that is shown. Default: 5.")] = None,
    key_id: Annotated[str | None, typer.Option("--key-id", help="Of the analysis tables' key.")] = None,
    as_json: Json = False,
) -> None:
    """Write the record of processing of a store. Sources, fields kept, purpose, retention, releases."""
    from communitykit.connector.times import parse_length  # noqa: PLC0415 # same
    from communitykit.privacy.record import connectors_of, record_of_processing, write_record  # noqa: PLC0415 # same

    with errors():
        file = configured(config)
        store, keep = store_of(store, file), _kept(keep, file)
        parse_length(keep)
        k = k if k is not None else file.report.k if file and file.report else 5
        scopes = _scopes(connectors_of(store), file)
        told = record_of_processing(store, purpose=purpose, retention=keep, k=k, key_id=key_id, scopes=scopes)
        try:
            written = write_record(told, to, language)
        except OSError as error:
            raise SettingsError(f"it cannot be written: {told_by_system(error)}", subject=str(to)) from None
        if as_json:
            print_json({"paths": [str(one) for one in written]})
        else:
            say(f"Written: {', '.join(map(str, written))}")


@app.command()
def forget(
    who: Who,
    place: StoreArgument = None,
    *,
    store: StoreOption = None,
    config: FromConfig = None,
    as_json: Json = False,
) -> None:
    """Erase a person or an account, for good. Name, address, number or id: what comes of them again is left out."""
    from communitykit.privacy.erasing import forget as erase  # noqa: PLC0415 # duckdb is imported only when used

    with errors():
        _told(erase(store_of(one_of(place, store), configured(config), default=STORE), who), as_json=as_json)
        if not as_json:
            say("An account of theirs that this store has not met (another platform, a new roster) is not among them.")


@app.command()
def prune(
    place: StoreArgument = None,
    *,
    keep: Annotated[str | None, typer.Option("--keep", metavar="25mo", help="How long: 90d, 25mo, 2y.")] = None,
    store: StoreOption = None,
    config: FromConfig = None,
    as_json: Json = False,
) -> None:
    """Erase what is older than that. Posts, acts, ended memberships, accounts that left, reports, and runs' notes."""
    from communitykit.connector.times import parse_length  # noqa: PLC0415 # same
    from communitykit.privacy.cutoff import cutoff  # noqa: PLC0415 # duckdb is imported only when used
    from communitykit.privacy.erasing import prune as erase  # noqa: PLC0415 # same

    with errors():
        file, now = configured(config), datetime.now(UTC)
        store = store_of(one_of(place, store), file, default=STORE)
        taken = cutoff(store, before=now - parse_length(_kept(keep, file)))
        remark = taken.remark(now)
        if taken.posts and taken.older == taken.posts:
            raise SettingsError(
                f"all {counted(taken.posts, 'post')} of {store} would be erased: the last one is of "
                f"{taken.last_post:%Y-%m-%d}",
                remedy="Give a longer --keep; who wants none of it removes the file.",
            )
        if not as_json:
            say(taken.in_words)
        if remark:
            warn(f"Look at this: {remark}")
        _told(erase(store, before=taken.before, now=now), as_json=as_json, cutoff={**asdict(taken), "remark": remark})
        if not as_json:
            say("Nothing older comes in again, until a pull asks for it with an earlier --since.")


@app.command()
def subject(  # one per option
    who: Who,
    place: StoreArgument = None,
    *,
    to: Annotated[Path, typer.Option("--to", help="The JSON file to write; one that is there is not replaced.")],
    purpose: Purpose,
    store: StoreOption = None,
    config: FromConfig = None,
    as_json: Json = False,
) -> None:
    """Write all that is kept about a person, or an account. For who asks to see it: that it was written is noted."""
    from communitykit.privacy.telling import write_subject  # noqa: PLC0415 # duckdb is imported only when used

    with errors():
        try:
            store = store_of(one_of(place, store), configured(config), default=STORE)
            rows = write_subject(store, who, to, purpose=purpose)
        except OSError as error:
            raise SettingsError(f"it cannot be written: {told_by_system(error)}", subject=str(to)) from None
        if as_json:
            print_json({"path": str(to), "rows": rows})
        else:
            print_table(str(to), ("what", "rows"), rows.items())


@app.command()
def compact(store: StoreArgument = None, *, config: FromConfig = None, as_json: Json = False) -> None:
    """Make the file anew, without the bytes of what was deleted."""
    from communitykit.store.compacting import compact as make  # noqa: PLC0415 # duckdb is imported only when used

    with errors():
        store = store_of(store, configured(config))
        before, after = make(store, now=datetime.now(UTC))
        if as_json:
            print_json({"store": str(store), "bytes_before": before, "bytes_after": after})
        else:
            say(f"{before:,} bytes became {after:,}.")


def _scopes(connectors: list[str], file: Config | None) -> dict[str, list[str]]:
    """Return the scopes that reading with these connectors needs, as they declare them; one of several that fit is one.

    What a configuration's sources ask for beside (private, direct) counts.
    """
    from communitykit.connector.flow import Selection  # noqa: PLC0415 # imported only when used
    from communitykit.connector.registry import registry  # noqa: PLC0415 # same

    found: dict[str, list[str]] = {}
    known = registry().connectors
    for name in connectors:
        if (connector := known.get(name)) is None or connector.needs is None:
            continue
        sources = [one for one in file.sources if one.connector == name] if file else []
        asked = Selection(
            settings=connector.settings.model_construct(),
            until=datetime.now(UTC),
            include_private=any(one.include_private for one in sources),
            include_direct=any(one.include_direct for one in sources),
        )
        found[name] = [" / ".join(one.any_of) for one in connector.needs(asked)]
    return found


def _kept(keep: str | None, file: Config | None) -> str:
    """Return how long records are kept: as the command says, else as the configuration does."""
    told = keep or (file.privacy.keep if file else None)
    if told is None:
        raise SettingsError(
            "it is not said how long records are kept", remedy="Give --keep, or [privacy] keep in the configuration."
        )
    return told


def _told(erased: Erased, *, as_json: bool, cutoff: dict[str, JSON] | None = None) -> None:
    if as_json:
        print_json({**asdict(erased), **({"cutoff": cutoff} if cutoff else {})})
        return
    for one in erased.accounts:
        say(f"Forgotten: {one}")
    print_table("Deleted", ("table", "rows"), erased.deleted.items())
    print_table("Emptied or changed", ("table", "rows"), erased.changed.items())
    for one in erased.forgotten_before:
        say(f"Forgotten already: {one}")
    if not erased.deleted and not erased.changed:
        say("There was nothing to erase.")
    if erased.bytes_before != erased.bytes_after:
        say(f"The file was made anew: {erased.bytes_before:,} bytes became {erased.bytes_after:,}.")
