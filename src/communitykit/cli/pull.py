"""`communitykit pull` and `communitykit import`: into one activity store, from platforms and from their exports."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from communitykit.cli import completing, intake, parse, reading
from communitykit.cli.app import Json, Sets, app, errors
from communitykit.cli.configured import STORE, FromConfig, configured, store_of
from communitykit.cli.intake import ContentOf, OptedOut, OptOutKey
from communitykit.cli.output import Exit, print_json, warn_of
from communitykit.cli.shared import MisusedError, refuse_both
from communitykit.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from communitykit.config import Config, NamedSource, UnopenedSource
    from communitykit.doors.api import Session
    from communitykit.model.values import JSON

To = Annotated[Path | None, typer.Option("--to", help="The activity store (a DuckDB file). Default: activity.duckdb.")]
Communities = Annotated[
    list[str] | None, typer.Option("--community", metavar="GLOB", help="Only communities whose name or id matches.")
]
Private = Annotated[bool, typer.Option("--include-private", help="Private communities too.")]
Direct = Annotated[bool, typer.Option("--include-direct", help="Direct messages too.")]
KeepRaw = Annotated[bool, typer.Option("--keep-raw", help="Keep each scrubbed payload beside its record.")]
Since = Annotated[str | None, typer.Option("--since", help="90d, 12h, 2w, 3mo, 2y, or a date: how far back.")]
Until = Annotated[str | None, typer.Option("--until", help="A date or time: up to when. Default: now.")]


Compact = Annotated[
    bool, typer.Option(help="At the end, once a day at most, make the file anew without the text of deleted posts.")
]


@app.command()
def pull(  # noqa: PLR0913 # the options of the command
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Connectors; with --config its sources, all where none is named.",
            show_default=False,
            autocompletion=completing.asked,
        ),
    ] = None,
    *,
    config: FromConfig = None,
    to: To = None,
    since: Since = None,
    until: Until = None,
    community: Communities = None,
    include_private: Private = False,
    include_direct: Direct = False,
    keep_raw: KeepRaw = False,
    content: ContentOf = None,
    opt_out: OptedOut = None,
    opt_out_key_env: OptOutKey = None,
    estimate: Annotated[bool, typer.Option("--estimate", help="Only say what it would take.")] = False,
    max_time: Annotated[
        str | None, typer.Option("--max-time", metavar="2h", help="Stop after that (30min, 2h).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Read again what a polling rule would skip.")] = False,
    compact: Compact = True,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Read platforms into one activity store. Run it again to get what is new; Ctrl-C keeps what was committed."""
    from communitykit.connector.times import parse_length  # noqa: PLC0415 # same
    from communitykit.doors.api import connect  # noqa: PLC0415 # imported only when used

    if not names and config is None:
        raise MisusedError("No connector is named", remedy="Name connectors, or give --config.")
    with errors(), ExitStack() as stack:
        asked = _asked(since, until, community, include_private=include_private, include_direct=include_direct)
        limit = parse_length(max_time).total_seconds() if max_time else None
        file = configured(config)
        store = store_of(to, file, default=STORE)
        let_in = _let_in(file, content, opt_out, opt_out_key_env, keep_raw=keep_raw)
        if file is not None:
            refuse_both(config, sets, "--config and --set")
            run = {"max_time": limit, "force": force, "compact": compact}
            code = _from_config(file, names, store, asked | let_in, run, estimate=estimate, as_json=as_json)
            raise typer.Exit(code)
        wanted = names or []
        sessions = [stack.enter_context(connect(name, **settings_for(name, wanted, sets))) for name in wanted]
        ask = {**asked, **let_in, "force": force}
        if estimate:
            _estimate([(one, ask) for one in sessions], store, as_json=as_json)
            raise typer.Exit(Exit.COMPLETE)
        title = ", ".join(wanted)
        _, code = reading.run(sessions, store, title=title, as_json=as_json, max_time=limit, compact=compact, **ask)
    raise typer.Exit(code)


@app.command(name="import")
def import_(  # noqa: PLR0913 # the options of the command
    name: Annotated[
        str,
        typer.Argument(
            help="The connector; with --config it may be a source's name.", autocompletion=completing.importing
        ),
    ],
    path: Annotated[Path | None, typer.Argument(help="The export.", show_default=False)] = None,
    *,
    config: FromConfig = None,
    to: To = None,
    network: Annotated[
        str | None, typer.Option("--network", help="The network's id, where the archive has none.")
    ] = None,
    folders: Annotated[
        list[str] | None, typer.Option("--map", metavar="FOLDER=ID", help="Which community a folder is.")
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="An option of these archives.",
            autocompletion=completing.options_of_archives,
        ),
    ] = None,
    include_private: Private = False,
    include_direct: Direct = False,
    keep_raw: KeepRaw = False,
    content: ContentOf = None,
    opt_out: OptedOut = None,
    opt_out_key_env: OptOutKey = None,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Read an export (zip or folder) into an activity store. Importing twice changes nothing."""
    from communitykit.doors.archive import read_archive  # noqa: PLC0415 # imported only when used

    with errors():
        options: dict[str, JSON] = parse.pairs(sets or [])
        if network:
            options["network"] = network
        if folders:
            options["folder_map"] = parse.pairs(folders)
        file = configured(config)
        store = store_of(to, file, default=STORE)
        asked = _asked(since, until, None, include_private=include_private, include_direct=include_direct)
        let_in = _let_in(file, content, opt_out, opt_out_key_env, keep_raw=keep_raw)
        if file is not None and path is None:
            refuse_both(config, options, "--config and an option of the archive")
            code = _from_config(file, [name], store, asked | let_in, {}, estimate=False, as_json=as_json)
            raise typer.Exit(code)
        if path is None:
            raise SettingsError("no export is named", remedy="Give its zip or folder, or a source of --config.")
        with read_archive(name, path, **options) as archive:
            title = f"{name}: {path.name}"
            _, code = reading.run([archive], store, title=title, as_json=as_json, **asked, **let_in)
    raise typer.Exit(code)


def _asked(
    since: str | None, until: str | None, community: list[str] | None, *, include_private: bool, include_direct: bool
) -> dict[str, JSON]:
    """Return what a command says itself of what is to be read, as keywords of `pull`."""
    told: dict[str, JSON] = {"since": since, "until": until, "communities": tuple(community or ())}
    told |= {"include_private": include_private, "include_direct": include_direct}
    return {name: value for name, value in told.items() if value}


def _let_in(
    file: Config | None, content: str | None, opt_out: Path | None, key_env: str | None, *, keep_raw: bool
) -> dict[str, JSON]:
    """Return what is kept of records: as the command says, else as the configuration does."""
    from communitykit.config import run_options  # noqa: PLC0415 # imported only when used

    told: dict[str, JSON] = dict(run_options(file)) if file is not None else {}
    out = intake.opt_out(opt_out, key_env)
    own = {"content": content, "keep_raw": keep_raw or None, "opt_out": out}
    return told | {name: value for name, value in own.items() if value is not None}


def _from_config(  # what the command was asked
    file: Config,
    names: list[str] | None,
    store: Path,
    asked: dict[str, JSON],
    run: dict[str, JSON],
    *,
    estimate: bool,
    as_json: bool,
) -> Exit:
    """Read sources of a configuration, each as it says there but for what the command says itself."""
    from communitykit.config import opened  # noqa: PLC0415 # imported only when used
    from communitykit.doors.api import Session  # noqa: PLC0415 # same

    unopened: list[UnopenedSource] = []
    with opened(file, only=names, asked=asked, unopened=unopened) as sources:
        if not estimate:
            from communitykit.sinks.permissions import make_folder  # noqa: PLC0415 # same

            make_folder(store.parent)
            result, found, windows = reading.read_named(sources, unopened, store, silent=as_json, **run, **asked)
        if estimate or not sources:
            for left in unopened[0 if sources else 1 :]:
                warn_of(left.error)
        if not sources:
            raise unopened[0].error
        if estimate:
            plans = [(one.session, one.asked) for one in sources if isinstance(one.session, Session)]
            _estimate(plans, store, as_json=as_json)
            return Exit.FAILED if unopened else Exit.COMPLETE
    told = {**reading.as_data(result, store), "sources": list(result.by_source), "windows": windows}
    if as_json:
        print_json({**told, "archives": found})
        reading.warn_of_end(result)
    else:
        reading.print_summary(result, store)
    return reading.code(result)


def _estimate(plans: list[tuple[Session, dict[str, JSON]]], store: Path, *, as_json: bool) -> None:
    from communitykit.cli.estimate import print_estimate  # noqa: PLC0415 # imported only when used

    print_estimate(plans, store, as_json=as_json)


@contextmanager
def checked_source(name: str, file: Config | None, sets: list[str] | None) -> Iterator[Session | NamedSource]:
    """Open what `check` is to ask: a platform by its name, or a source of the configuration."""
    from communitykit.config import opened  # noqa: PLC0415 # imported only when used
    from communitykit.doors.api import connect  # noqa: PLC0415 # same

    if file is None:
        with connect(name, **settings_for(name, [name], sets)) as session:
            yield session
        return
    refuse_both(file, sets, "--config and --set")
    with opened(file, only=[name]) as sources:
        yield sources[0]


def what_is_sure(source: Session | NamedSource) -> str:
    """Say what it means that checking a source found nothing missing."""
    from communitykit.doors.archive import ArchiveSession  # noqa: PLC0415 # imported only when used

    if isinstance(getattr(source, "session", source), ArchiveSession):
        return "the archive can be read"
    asked = source.connector.preflight is not None
    if asked:
        return "the credential may ask for all that a pull reads by default; who lets it in, reading tells"
    return "the credential is accepted; a pull tells the rest"


def settings_for(name: str, names: list[str], sets: list[str] | None) -> dict[str, JSON]:
    """Return the settings meant for one connector: `NAME=VALUE`, or `connector.NAME=VALUE` when there are several.

    What none of them knows is meant for each, and refused there.
    """
    from communitykit.connector.registry import registry  # noqa: PLC0415 # imported only when used

    meant: dict[str, JSON] = {}
    known = {one: registry().get(one).settings.model_fields for one in names}
    for key, value in parse.pairs(sets or []).items():
        owner, dot, rest = key.partition(".")
        if dot and owner in names:
            if owner == name:
                meant[rest] = value
        elif key in known[name] or not any(key in fields for fields in known.values()):
            meant[key] = value
    return meant
