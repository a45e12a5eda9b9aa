"""The command line. Its parts are imported only when it runs."""

from __future__ import annotations

import sys

import communitykit
from communitykit.cli.interrupts import install


def main() -> None:
    """Run `communitykit …`; the process exits with the command's code."""
    install()
    try:
        from communitykit.cli.commands import run  # noqa: PLC0415 # typer and rich are an extra
    except ModuleNotFoundError as error:
        if error.name not in {"typer", "rich", "click"}:
            raise
        if sys.argv[1:] == ["--version"]:
            sys.stdout.write(f"communitykit {communitykit.__version__}\n")
            return
        sys.stderr.write("The command line needs its extra: pip install 'communitykit[cli,duckdb]'\n")
        sys.exit(1)
    run()
