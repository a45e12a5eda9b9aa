"""Questions at the terminal: asked on the error stream, and again where an answer cannot be used."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeAlias

import typer

from communitykit.cli.output import warn
from communitykit.errors import SettingsError

Judge: TypeAlias = Callable[[str], str | None]
"""Says why an answer cannot be used; None where it can."""


def ask(question: str, default: str | None = None, *, hidden: bool = False, judge: Judge | None = None) -> str:
    """Return the answer to a question, without the white space around it, once `judge` finds nothing wrong with it.

    What is asked is no part of what the command prints, and goes to the error stream. Without a default an empty
    answer is none.

    Raises SettingsError where no answer can come any more.
    """
    while True:
        told = _told(question, default, hidden=hidden)
        told = told if hidden else told.strip()
        why = "It is needed." if not told else judge(told) if judge else None
        if why is None:
            return told
        warn(why)


def choose(question: str, among: tuple[str, ...], default: str | None = None) -> str:
    """Return one of what there is to choose from; raises as `ask`."""

    def is_one(told: str) -> str | None:
        return None if told.lower() in among else f"One of: {', '.join(among)}."

    return ask(f"{question} ({', '.join(among)})", default, judge=is_one).lower()


def _told(question: str, default: str | None, *, hidden: bool) -> str:
    try:
        shown = default is not None
        told = typer.prompt(question, default=default or "", show_default=shown, hide_input=hidden, err=True)
    except typer.Abort as stop:
        if not isinstance(stop.__context__, EOFError):
            raise
        typer.echo(err=True)
        remedy = "Run it in a terminal, or give a file with every answer on a line of its own."
        raise SettingsError("the answers ended", remedy=remedy) from None
    if not sys.stdin.isatty():
        typer.echo(err=True)  # nobody pressed Enter
    return str(told)
