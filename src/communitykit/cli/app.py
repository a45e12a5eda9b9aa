"""The commands. Each is short: what is done is done by the library."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from communitykit.cli import completing, parse
from communitykit.cli.configured import FromConfig, StoreArgument, configured, store_of
from communitykit.cli.grouping import Grouped
from communitykit.cli.output import Exit, fail, print_json, print_table, say, warn
from communitykit.cli.shared import ASKED, Answering, App, begin, remember_json
from communitykit.errors import CommunityKitError, SettingsError
from communitykit.printable import printable, printable_json

if TYPE_CHECKING:
    from communitykit.connector.declaration import Connector
    from communitykit.model.values import JSON

app = App(
    name="communitykit",
    help="One neutral record of who takes part in your company's communities, whatever the platform.",
    cls=Grouped,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.", callback=remember_json)]
To = Annotated[Path, typer.Option("--to", help="The activity store (a DuckDB file).")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A setting of the connector.", autocompletion=completing.settings),
]
Zone = Annotated[
    str | None,
    typer.Option(
        "--zone",
        metavar="Z",
        help="The reporter's zone: what a day is. Default: UTC.",
        autocompletion=completing.zones,
    ),
]
ConnectorName = Annotated[
    str, typer.Argument(help="The connector; with --config one of its sources.", autocompletion=completing.asked)
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace what was changed by hand or is somebody's own, too; never a store.")
]


def _version(value: bool) -> None:  # noqa: FBT001 # as typer calls it
    if value:
        from importlib.metadata import version  # noqa: PLC0415 # imported only when used

        say(f"communitykit {version('communitykit')}")
        raise typer.Exit


@app.callback()
def main(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    _: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)] = False,
) -> None:
    """Remember what holds for every command."""
    begin(debug=debug)


@contextmanager
def errors() -> Iterator[None]:
    """End the command with a sentence and its exit code when something of ours is raised."""
    try:
        yield
    except CommunityKitError as error:
        fail(error, debug=ASKED["debug"], as_json=ASKED["json"])


@app.command(cls=Answering)
def connectors(*, as_json: Json = False) -> None:
    """List the connectors that are installed, and what they read. Plugins that are broken are named."""
    from communitykit.connector.registry import registry  # noqa: PLC0415 # imported only when used

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
def check(name: ConnectorName, *, config: FromConfig = None, sets: Sets = None, as_json: Json = False) -> None:
    """Ask a platform whether the credential reads what a pull would. By its name, or a source's of --config."""
    from communitykit.cli.progress import waits_told  # noqa: PLC0415 # imported only when used
    from communitykit.cli.pull import checked_source, what_is_sure  # noqa: PLC0415 # same

    with errors(), checked_source(name, configured(config), sets) as source, waits_told(source):
        found = source.check()
        missing = [gap.reason for gap in found if not gap.remark]
        remarks = [gap.reason for gap in found if gap.remark]
        if as_json:
            print_json({"connector": name, "ok": not missing, "missing": missing, "remarks": remarks})
        for sentence in [] if as_json else [*missing, *remarks]:
            say(printable(sentence))
        if not found and not as_json:
            say(f"{name}: {what_is_sure(source)}.")
    raise typer.Exit(Exit.PARTIAL if missing else Exit.COMPLETE)


@app.command(cls=Answering)
def show(store: StoreArgument = None, *, config: FromConfig = None, as_json: Json = False) -> None:
    """Show what is in a store. Counts, window, coverage, issues, freshness."""
    from communitykit.cli.show import show as print_store  # noqa: PLC0415 # imported only when used

    with errors():
        print_store(store_of(store, configured(config)), as_json=as_json)


@app.command(cls=Answering)
def translate(
    name: Annotated[str, typer.Argument(help="The connector.", autocompletion=completing.connectors)],
    *,
    kind: Annotated[
        str,
        typer.Option("--kind", help="The sort of payload, as the connector names it.", autocompletion=completing.kinds),
    ],
    context: Annotated[
        list[str] | None,
        typer.Option("--context", metavar="KEY=VALUE", help="What the payloads do not say themselves."),
    ] = None,
) -> None:
    """Translate payloads (JSON, standard input) into records. They are written to standard output, as JSON Lines."""
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
    """Read a fictional company, let a month pass, and read it again. Its platforms are simulated on this machine."""
    from communitykit.cli.demo import run_demo  # noqa: PLC0415 # imported only when used

    with errors():
        run_demo(to, as_json=as_json)


def _doors(connector: Connector) -> dict[str, bool]:
    return {
        "api": connector.discover is not None,
        "archive": connector.archive is not None,
        "webhook": connector.webhook is not None,
        "sandbox": connector.sandbox is not None,
    }


def _payloads(body: bytes) -> list[JSON]:
    from communitykit.connector.decoding import decode_json  # noqa: PLC0415 # same

    try:
        whole = decode_json(body)
    except ValueError:
        try:
            return [decode_json(line) for line in body.splitlines() if line.strip()]
        except ValueError:
            raise SettingsError("standard input is neither JSON nor JSON Lines") from None
    return whole if isinstance(whole, list) else [whole]
