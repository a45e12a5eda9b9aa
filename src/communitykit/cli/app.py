"""The commands. Each is short: what is done is done by the library."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from communitykit.cli import intake, parse
from communitykit.cli.configured import FromConfig, StoreArgument, configured, store_of
from communitykit.cli.intake import ContentOf, OptedOut, OptOutKey
from communitykit.cli.output import Exit, fail, print_json, print_table, say, warn
from communitykit.connector.decoding import decode_json
from communitykit.connector.registry import registry
from communitykit.connector.times import parse_length
from communitykit.errors import CommunityKitError, SettingsError
from communitykit.printable import printable, printable_json

app = typer.Typer(
    name="communitykit",
    help="One neutral record of who takes part in your company's communities, whatever the platform.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
sandbox_app = typer.Typer(help="A fictional company on simulated platforms.", no_args_is_help=True)
app.add_typer(sandbox_app, name="sandbox")

DEBUG = {"on": False}
"""Whether tracebacks are asked for."""
ASKED_JSON = {"on": False}
"""Whether the command is to print JSON."""


def _remember_json(value: bool) -> bool:  # noqa: FBT001 # as typer calls it
    ASKED_JSON["on"] = ASKED_JSON["on"] or value
    return value


Json = Annotated[bool, typer.Option("--json", help="Print JSON.", callback=_remember_json)]
To = Annotated[Path, typer.Option("--to", help="The activity store (a DuckDB file).")]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the connector.")]
Communities = Annotated[
    list[str] | None, typer.Option("--community", metavar="GLOB", help="Only communities whose name or id matches.")
]
Private = Annotated[bool, typer.Option("--include-private", help="Private communities too.")]
Direct = Annotated[bool, typer.Option("--include-direct", help="Direct messages too.")]
KeepRaw = Annotated[bool, typer.Option("--keep-raw", help="Keep each scrubbed payload beside its record.")]
Since = Annotated[str | None, typer.Option("--since", help="90d, 12h, 2w, 3mo, 2y, or a date: how far back.")]
Size = Annotated[str, typer.Option("--size", help="tiny, small, medium or large.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same company.")]
Until = Annotated[str | None, typer.Option("--until", help="A date or time: up to when. Default: now.")]


def _version(value: bool) -> None:  # noqa: FBT001 # as typer calls it
    if value:
        say(f"communitykit {version('communitykit')}")
        raise typer.Exit


@app.callback()
def main(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    _: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)] = False,
) -> None:
    """Remember what holds for every command."""
    DEBUG["on"] = debug
    ASKED_JSON["on"] = False


@contextmanager
def errors() -> Iterator[None]:
    """End the command with a sentence and its exit code when something of ours is raised."""
    try:
        yield
    except CommunityKitError as error:
        fail(error, debug=DEBUG["on"], as_json=ASKED_JSON["on"])


@app.command()
def connectors(*, as_json: Json = False) -> None:
    """List the installed connectors, what they read, and plugins that are broken."""
    found = registry()
    rows = [
        (
            one.name,
            one.title,
            one.version,
            ", ".join(door for door, there in _doors(one).items() if there),
            ", ".join(sorted(one.capabilities.records)),
        )
        for one in found.connectors.values()
    ]
    if as_json:
        print_json(
            {
                "connectors": [
                    {
                        "name": one.name,
                        "title": one.title,
                        "version": one.version,
                        "doors": _doors(one),
                        "records": sorted(one.capabilities.records),
                        "features": sorted(one.capabilities.features),
                        "settings": sorted(one.settings.model_fields),
                    }
                    for one in found.connectors.values()
                ],
                "broken": [{"name": one.name, "package": one.package, "reason": one.reason} for one in found.broken],
            }
        )
        return
    if not rows:
        say("No connector is installed. Connectors are packages named communitykit-<platform>.")
    print_table("Connectors", ("name", "platform", "version", "doors", "records"), rows)
    for broken in found.broken:
        warn(f"Broken plugin {broken.name} (package {broken.package}): {printable(broken.reason)}")


@app.command()
def check(name: str, *, sets: Sets = None, as_json: Json = False) -> None:
    """Ask a platform whether the credential can read what a pull would read."""
    from communitykit.doors.api import connect  # noqa: PLC0415 # imported only when used

    with errors(), connect(name, **_settings_for(name, [name], sets)) as session:
        missing = session.check()
        if as_json:
            print_json({"connector": name, "ok": not missing, "missing": [gap.reason for gap in missing]})
        for gap in [] if as_json else missing:
            say(printable(str(gap)))
        if not missing and not as_json:
            say(f"{name}: the credential can read everything that a pull reads by default.")
    raise typer.Exit(Exit.PARTIAL if missing else Exit.COMPLETE)


@app.command()
def pull(  # noqa: PLR0913 # the options of the command
    names: list[str],
    *,
    to: To = Path("activity.duckdb"),
    since: Since = None,
    until: Until = None,
    community: Communities = None,
    include_private: Private = False,
    include_direct: Direct = False,
    keep_raw: KeepRaw = False,
    content: ContentOf = "full",
    opt_out: OptedOut = None,
    opt_out_key_env: OptOutKey = None,
    estimate: Annotated[bool, typer.Option("--estimate", help="Only say what it would take.")] = False,
    max_time: Annotated[
        str | None, typer.Option("--max-time", metavar="2h", help="Stop after that (30min, 2h).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Read again what a polling rule would skip.")] = False,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Read platforms into one activity store. Run it again to get what is new; Ctrl-C keeps what was committed."""
    from communitykit.cli import runs  # noqa: PLC0415 # imported only when used
    from communitykit.doors.api import connect  # noqa: PLC0415 # same

    with errors(), ExitStack() as stack:
        sessions = [stack.enter_context(connect(name, **_settings_for(name, names, sets))) for name in names]
        ask: dict[str, Any] = {
            "since": since,
            "until": until,
            "communities": tuple(community or ()),
            "include_private": include_private,
            "include_direct": include_direct,
            "force": force,
            "content": content,
            "opt_out": intake.opt_out(opt_out, opt_out_key_env),
        }
        if estimate:
            from communitykit.cli.estimate import print_estimate  # noqa: PLC0415 # same

            print_estimate(sessions, to, ask, as_json=as_json)
            raise typer.Exit(Exit.COMPLETE)
        limit = parse_length(max_time).total_seconds() if max_time else None
        title = ", ".join(names)
        _, code = runs.run(sessions, to, title=title, as_json=as_json, max_time=limit, keep_raw=keep_raw, **ask)
    raise typer.Exit(code)


@app.command(name="import")
def import_(  # noqa: PLR0913 # the options of the command
    name: str,
    path: Path,
    *,
    to: To = Path("activity.duckdb"),
    network: Annotated[
        str | None, typer.Option("--network", help="The network's id, where the archive has none.")
    ] = None,
    folders: Annotated[
        list[str] | None, typer.Option("--map", metavar="FOLDER=ID", help="Which community a folder is.")
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="An option of these archives.")
    ] = None,
    include_private: Private = False,
    include_direct: Direct = False,
    keep_raw: KeepRaw = False,
    content: ContentOf = "full",
    opt_out: OptedOut = None,
    opt_out_key_env: OptOutKey = None,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Read an export archive (zip or folder) into an activity store. Importing twice changes nothing."""
    from communitykit.cli import runs  # noqa: PLC0415 # imported only when used
    from communitykit.doors.archive import read_archive  # noqa: PLC0415 # same

    options: dict[str, Any] = {}
    with errors():
        options |= parse.pairs(sets or [])
        if network:
            options["network"] = network
        if folders:
            options["folder_map"] = parse.pairs(folders)
        with read_archive(name, path, **options) as archive:
            _, code = runs.run(
                [archive],
                to,
                title=f"{name}: {path.name}",
                as_json=as_json,
                include_private=include_private,
                include_direct=include_direct,
                keep_raw=keep_raw,
                content=content,
                opt_out=intake.opt_out(opt_out, opt_out_key_env),
                since=since,
                until=until,
            )
    raise typer.Exit(code)


@app.command()
def show(store: StoreArgument = None, *, config: FromConfig = None, as_json: Json = False) -> None:
    """Show what is in an activity store: counts, window, coverage, issues, freshness."""
    from communitykit.cli.show import show as print_store  # noqa: PLC0415 # imported only when used

    with errors():
        print_store(store_of(store, configured(config)), as_json=as_json)


@app.command()
def export(
    store: Path,
    *,
    to: Annotated[Path, typer.Option("--to", help="The folder to write into.")],
    file_format: Annotated[str, typer.Option("--format", help="parquet, jsonl or csv.")] = "parquet",
    share: Annotated[bool, typer.Option("--share", help="Let others read it, as the umask says.")] = False,
    as_json: Json = False,
) -> None:
    """Write a store's tables as Parquet, JSON Lines or CSV."""
    from communitykit.sinks import export_store  # noqa: PLC0415 # imported only when used

    with errors():
        written = export_store(store, to, file_format, share=share)
        if as_json:
            print_json({"folder": str(to), "format": file_format, "rows": written})
        else:
            print_table(str(to), ("table", "rows"), written.items())


@app.command()
def translate(
    name: str,
    *,
    kind: Annotated[str, typer.Option("--kind", help="The sort of payload, as the connector names it.")],
    context: Annotated[
        list[str] | None,
        typer.Option("--context", metavar="KEY=VALUE", help="What the payloads do not say themselves."),
    ] = None,
) -> None:
    """Translate payloads (JSON or JSON Lines on standard input) into records (JSON Lines on standard output)."""
    from communitykit.doors.webhook import translate as translate_payloads  # noqa: PLC0415 # imported only when used
    from communitykit.sinks import to_json_line  # noqa: PLC0415 # same

    with errors():
        payloads = _payloads(sys.stdin.buffer.read())
        records, issues = translate_payloads(name, kind, payloads, parse.pairs(context or []))
        for record in records:
            sys.stdout.write(printable_json(to_json_line(record)) + "\n")
        for issue in issues:
            what = f"{issue.wire_kind} {issue.native_id or ''}: {issue.reason}: {issue.detail or ''}"
            warn(f"Issue: {printable(what)}")
    raise typer.Exit(Exit.PARTIAL if issues else Exit.COMPLETE)


@app.command()
def demo(*, to: To = Path("activity.duckdb"), as_json: Json = False) -> None:
    """Serve a fictional company on simulated platforms, pull it, let a month pass, and pull again."""
    from communitykit.cli.demo import run_demo  # noqa: PLC0415 # imported only when used

    with errors():
        run_demo(to, as_json=as_json)


@sandbox_app.command()
def serve(  # the options of the command
    *,
    platform: Annotated[
        str | None, typer.Option("--platform", help="Which platform. Default: every one that has a sandbox.")
    ] = None,
    size: Size = "small",
    seed: Seed = 1,
    port: Annotated[
        int, typer.Option("--port", help="0 takes a free one; with several platforms, the first one's.")
    ] = 0,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help="For instance latency=50ms; may be repeated.")
    ] = None,
    for_: Annotated[str, typer.Option("--for", metavar="1h", help="Stop by itself after that.")] = "1h",
    as_json: Json = False,
) -> None:
    """Serve simulated platforms on this machine, for any client to point at."""
    from communitykit.cli.sandbox import serve_platforms  # noqa: PLC0415 # imported only when used

    with errors():
        seconds = parse_length(for_).total_seconds()
        serve_platforms(platform, size=size, seed=seed, port=port, faults=fault or [], seconds=seconds, as_json=as_json)


@sandbox_app.command("export")
def sandbox_export(  # the options of the command
    *,
    platform: Annotated[str, typer.Argument(help="Which platform.")],
    to: Annotated[Path, typer.Argument(help="The archive to write.")],
    style: Annotated[str | None, typer.Option("--style", help="Of which kind or age. Default: the newest.")] = None,
    size: Size = "small",
    seed: Seed = 1,
    private: Annotated[
        bool, typer.Option("--include-private", help="Private communities and direct messages, where exports differ.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write an export archive of the fictional company, to try an import on."""
    from communitykit.cli.sandbox import write_export  # noqa: PLC0415 # imported only when used

    with errors():
        write_export(platform, to, style=style, size=size, seed=seed, private=private, as_json=as_json)


def _doors(connector: Any) -> dict[str, bool]:  # noqa: ANN401 # a Connector
    return {
        "api": connector.discover is not None,
        "archive": connector.archive is not None,
        "webhook": connector.webhook is not None,
        "sandbox": connector.sandbox is not None,
    }


def _settings_for(name: str, names: list[str], sets: list[str] | None) -> dict[str, Any]:
    """Return the settings meant for one connector: `NAME=VALUE`, or `connector.NAME=VALUE` when there are several."""
    meant: dict[str, Any] = {}
    for key, value in parse.pairs(sets or []).items():
        owner, dot, rest = key.partition(".")
        if dot and owner in names:
            if owner == name:
                meant[rest] = value
        elif len(names) == 1 or key in registry().get(name).settings.model_fields:
            meant[key] = value
    return meant


def _payloads(body: bytes) -> list[Any]:
    try:
        whole = decode_json(body)
    except ValueError:
        try:
            return [decode_json(line) for line in body.splitlines() if line.strip()]
        except ValueError:
            raise SettingsError("standard input is neither JSON nor JSON Lines") from None
    return whole if isinstance(whole, list) else [whole]
