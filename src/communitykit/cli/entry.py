"""How the process begins and ends: what is raised becomes a sentence, a document and an exit code."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import signal
import sys
from difflib import get_close_matches
from typing import TYPE_CHECKING

import typer

from communitykit.cli import interrupts, shells
from communitykit.cli.app import app
from communitykit.cli.output import LOG, Exit, code_of, print_error, warn, warn_of
from communitykit.cli.shared import ASKED
from communitykit.errors import CommunityKitError, SettingsError, told_by_system

if TYPE_CHECKING:
    from communitykit.model.values import JSON


def run() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what the terminal's encoding lacks is shown escaped
            stream.reconfigure(errors="backslashreplace")
    shell = shells.asked()
    done = _run() if shell is None else shells.answer(shell, _run)
    interrupts.leave_if_told()
    told = interrupts.code()
    code = told if told is not None and done == Exit.INTERRUPTED else done  # a run may have ended before it was heard
    # It is done: an interpreter that ends puts the default back in place of our handler, which would kill it now.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(code)


def _run() -> int:
    try:
        try:
            taught = shells.teach(sys.argv[1:])
            return (
                taught if taught is not None else app(standalone_mode=False, prog_name=shells.PROGRAM) or Exit.COMPLETE
            )
        finally:
            sys.stdout.flush()  # while it can still be said that nobody reads it
    except typer.Exit as done:
        return done.exit_code
    except (KeyboardInterrupt, typer.Abort):
        warn("Stopped.")
        if "--json" in sys.argv:
            with interrupts.answering():
                sys.stdout.write(interrupts.document())
                sys.stdout.flush()
        return Exit.INTERRUPTED
    except SystemExit as done:  # what typer makes of a closed pipe
        if not isinstance(done.__context__, BrokenPipeError):
            raise
        return _closed_pipe()
    except BrokenPipeError:
        return _closed_pipe()
    except Exception as error:  # a defect of ours, or a wrong option
        if hasattr(error, "show") and hasattr(error, "exit_code"):  # typer's own, whichever click it brings
            _guess(error)
            shown = io.StringIO()
            error.show(file=shown)
            if re.search(r" --log-format[= ]json\b", " ".join(sys.argv)):  # it may not have come to be read
                LOG.as_json()
            warn(shown.getvalue().rstrip(), level=logging.ERROR, error=type(error).__name__)
            if "--json" in sys.argv:  # same
                print_error(error)
            return int(error.exit_code)
        if ASKED["debug"]:
            raise
        return _told(error)


def _guess(error: JSON) -> None:
    """Of the options that a wrong one may have been name the likely one alone; a guess is the remedy."""
    offered = {one.lstrip("-"): one for one in getattr(error, "possibilities", None) or ()}
    if offered:
        meant = get_close_matches(error.option_name.lstrip("-"), offered, n=1)
        guess = f". Did you mean {offered[meant[0]]!r}?" if meant else ""
        error.message, error.possibilities = f"{error.message}{guess}", None
    told = re.search(r"Did you mean .*\?", error.format_message())
    if told and not getattr(error, "remedy", None):
        error.remedy = told[0]


def _closed_pipe() -> int:
    """End quietly: whoever read the output has seen enough. What is left in its buffer goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return Exit.CLOSED_PIPE


_EXTRAS = {
    "report": "report",
    "brief": "report",
    "demo": "all",
    "run": "all",
    "analyse": "analysis",
    "metrics": "analysis",
}
"""What a command needs beyond the command line itself, where it is more than the store."""


def _extra(module: str) -> str | None:
    """Return the extra to install where an optional package is missing; None where the package is no extra's."""
    from importlib.metadata import requires  # noqa: PLC0415 # imported only when used

    named = (requires("communitykit") or []) if not module.startswith("communitykit") else []
    optional = {re.split(r"[^A-Za-z0-9_-]", one)[0].replace("-", "_").lower() for one in named if "extra ==" in one}
    if not any(one.startswith(module.partition(".")[0].lower()) for one in optional):
        return None
    return next((extra for command, extra in _EXTRAS.items() if command in sys.argv[1:2]), "duckdb")


def _told(error: Exception) -> int:
    """Say what went wrong; a defect is what is nobody else's doing."""
    if isinstance(error, OSError | MemoryError):
        error = told_by_system(error)
    if isinstance(error, ModuleNotFoundError) and (extra := _extra(error.name or "")):
        error = SettingsError(f"this needs {error.name}", remedy=f"Install it: pip install 'communitykit[{extra}]'.")
    if isinstance(error, CommunityKitError):
        warn_of(error)
    else:
        what = f"{type(error).__name__}: {error}".replace("\n", " ")
        warn(f"Error: a defect of communitykit: {what}. Run again with --debug and report it.", level=logging.ERROR)
    if ASKED["json"]:
        with contextlib.suppress(OSError):  # standard output may be what fails: it was said on the error stream
            print_error(error)
    return code_of(error)
