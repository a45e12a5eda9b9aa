"""How a shell is answered that asks what completes a line, and how it is taught to ask."""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
import textwrap
from collections.abc import Callable
from contextlib import redirect_stdout

from communitykit.cli import completing
from communitykit.cli.output import Exit, say, warn

PROGRAM = "communitykit"
_ASKED_BY = "_COMMUNITYKIT_COMPLETE"
SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")
"""Those for which Typer has a script."""
_LONGEST_HINT = 76
_OPEN_ENDS = ("=", "=\"))'")
_NAMES = re.compile(r"[\w.]+=")
"""How words end whose value is still to come: alone, and as Typer writes them for zsh."""


def asked() -> str | None:
    """Return the shell that asks what completes a line; None where none does."""
    instruction, _, shell = os.environ.get(_ASKED_BY, "").partition("_")
    return shell if instruction == "complete" and shell else None


def answer(shell: str, run: Callable[[], int]) -> int:
    """Run what a shell asks, print what it is told, and return the exit code.

    Typer tells a shell to complete names of files wherever nothing else completes. Here that is where a file is meant;
    elsewhere bash and zsh show what is, and fish nothing.
    """
    if shell == "bash":
        completing.put_together(os.environ)
    with redirect_stdout(io.StringIO()) as told:
        try:
            code = run()
        except SystemExit as ended:
            code = int(ended.code or 0)
    text, found = told.getvalue(), completing.ASKED_FOR
    if shell == "fish" and os.environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
        return code if found["may be a file"] else 0
    if not text.strip() or text.strip() == "_files":
        text = _of_files(shell, text) if found["may be a file"] else _nothing(shell, found["hint"])
    elif text.rstrip().endswith(_OPEN_ENDS):
        text = _without_blank(shell, text)
    sys.stdout.write(text)
    return code


def _without_blank(shell: str, text: str) -> str:
    """Return what lets a setting's value follow at once, where its name alone is left: shells add a blank."""
    if shell == "zsh":
        return f"compadd -S '' -- {' '.join(_NAMES.findall(text))}\n"
    name = text.strip()
    return f"{name}\n{name}…\n" if shell == "bash" and _NAMES.fullmatch(name) else text


def _of_files(shell: str, text: str) -> str:
    return "compset -P '*='; _files\n" if shell == "zsh" else text


def _nothing(shell: str, hint: str) -> str:
    """Return what keeps a shell from completing names of files, and shows what is meant instead."""
    words = f"({textwrap.shorten(hint, _LONGEST_HINT, placeholder='…') or 'nothing is known that begins so'})"
    if shell == "zsh":
        return f"_message -r {shlex.quote(words)}\n"
    return f" \n{words}\n" if shell == "bash" else ""  # of two words that begin differently bash inserts neither


def teach(words: list[str]) -> int | None:
    """Print, or install, the completion of a shell that is named; Typer itself knows that in which it runs.

    Returns the exit code; None where no shell is named.
    """
    match words:
        case ["--show-completion", shell]:
            from typer.completion import (  # type: ignore[attr-defined] # theirs, not exported # noqa: PLC0415
                get_completion_script,
            )

            if shell in SHELLS:
                script = get_completion_script(prog_name=PROGRAM, complete_var=_ASKED_BY, shell=shell)
                sys.stdout.write(f"{script}\n")
                return Exit.COMPLETE
        case ["--install-completion", shell]:
            from typer.completion import install  # type: ignore[attr-defined] # same # noqa: PLC0415

            if shell in SHELLS:
                _, path = install(shell=shell, prog_name=PROGRAM)
                say(f"{path}: completion for {shell}, from its next start on.")
                return Exit.COMPLETE
        case _:
            return None
    warn(f"Error: there is no completion for {shell!r}. Shells: {', '.join(SHELLS)}.")
    return Exit.USAGE
