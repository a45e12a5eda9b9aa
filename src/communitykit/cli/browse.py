"""`communitykit browse`: a store in a browser, on this machine alone."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from communitykit.cli.app import Json, app, errors
from communitykit.cli.configured import FromConfig, StoreArgument, configured, store_of
from communitykit.cli.output import print_json, say
from communitykit.cli.shared import Answering


@app.command(cls=Answering)
def browse(
    store: StoreArgument = None,
    *,
    config: FromConfig = None,
    include_private: Annotated[
        bool, typer.Option("--include-private", help="Show private talk too, where the store holds it.")
    ] = False,
    include_direct: Annotated[
        bool, typer.Option("--include-direct", help="Show direct messages too, where the store holds them.")
    ] = False,
    port: Annotated[int, typer.Option("--port", help="0 takes a free one.")] = 0,
    for_: Annotated[str, typer.Option("--for", metavar="8h", help="End by itself after that.")] = "8h",
    as_json: Json = False,
) -> None:
    """Show a store as pages in a browser. Communities, threads, coverage, search: read-only; Ctrl-C ends it."""
    from communitykit.browse import browse as serve  # noqa: PLC0415 # imported only when used
    from communitykit.connector.times import parse_length  # noqa: PLC0415 # same

    with errors():
        path, seconds = store_of(store, configured(config)), parse_length(for_).total_seconds()
        with serve(path, include_private=include_private, include_direct=include_direct, port=port) as address:
            if as_json:
                print_json({"address": address})
            else:
                say(f"{path} is shown at {address}")
                say("Whoever knows this address can read it, on this machine alone. Ctrl-C ends it.")
            time.sleep(seconds)
