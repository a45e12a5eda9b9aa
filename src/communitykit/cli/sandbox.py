"""`communitykit sandbox`: a fictional company on simulated platforms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from communitykit.cli import completing
from communitykit.cli.app import Json, app, errors
from communitykit.cli.shared import Answering, App

sandbox_app = App(help="A fictional company on simulated platforms.", no_args_is_help=True)
app.add_typer(sandbox_app, name="sandbox")

Size = Annotated[str, typer.Option("--size", help="tiny, small, medium or large.", autocompletion=completing.SIZES)]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same company, of the same platforms.")]
Today = Annotated[
    str | None, typer.Option("--today", metavar="DATE", help="The company's own day. Default: today's date.")
]


@sandbox_app.command(cls=Answering)
def serve(  # noqa: PLR0913 # the options of the command
    *,
    platform: Annotated[
        str | None,
        typer.Option(
            "--platform",
            help="Which platform. Default: every one that has a sandbox.",
            autocompletion=completing.simulated,
        ),
    ] = None,
    size: Size = "small",
    seed: Seed = 1,
    today: Today = None,
    port: Annotated[
        int, typer.Option("--port", help="0 takes a free one; with several platforms, the first one's.")
    ] = 0,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            help=f"For instance latency=50ms or limited=0.3: one of {', '.join(completing.FAULTS)}.",
            autocompletion=completing.faults,
        ),
    ] = None,
    advance: Annotated[
        str | None,
        typer.Option(
            "--advance",
            metavar="2d",
            help="Give an address; each POST to it lets so much time pass, seven times at most.",
        ),
    ] = None,
    for_: Annotated[str, typer.Option("--for", metavar="1h", help="Stop by itself after that.")] = "1h",
    as_json: Json = False,
) -> None:
    """Serve simulated platforms on this machine. Any client may be pointed at them."""
    from communitykit.cli.simulated import Company, serve_platforms  # noqa: PLC0415 # imported only when used
    from communitykit.connector.times import parse_length  # noqa: PLC0415 # same

    with errors():
        seconds = parse_length(for_).total_seconds()
        serve_platforms(
            platform,
            company=Company(size, seed, today),
            port=port,
            faults=fault or [],
            advance=parse_length(advance) if advance else None,
            seconds=seconds,
            as_json=as_json,
        )


@sandbox_app.command("export")
def sandbox_export(  # noqa: PLR0913 # the options of the command
    *,
    platform: Annotated[str, typer.Argument(help="Which platform.", autocompletion=completing.exported)],
    to: Annotated[Path, typer.Argument(help="The archive to write.")],
    style: Annotated[
        str | None,
        typer.Option("--style", help="Of which kind or age. Default: the newest.", autocompletion=completing.styles),
    ] = None,
    size: Size = "small",
    seed: Seed = 1,
    today: Today = None,
    private: Annotated[
        bool, typer.Option("--include-private", help="Private communities and direct messages, where exports differ.")
    ] = False,
    roster: Annotated[
        Path | None, typer.Option("--roster", metavar="CSV", help="Write the company's roster, too.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write an export of the fictional company. An import can be tried on it."""
    from communitykit.cli.simulated import Company, write_export  # noqa: PLC0415 # imported only when used

    with errors():
        write_export(
            platform,
            to,
            style=style,
            company=Company(size, seed, today),
            private=private,
            roster=roster,
            as_json=as_json,
        )
