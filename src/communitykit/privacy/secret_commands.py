"""Commands that print a secret, a password manager's, say: run without a shell; why one failed is told without it."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import Final

from communitykit.errors import SettingsError
from communitykit.printable import printable

_SECONDS: Final = 60.0
_MOST: Final = 200
"""Characters of a command's own words that are told."""
_SHORTEST: Final = 4
"""Characters of a secret that is looked for: what is shorter stands in every other word."""
_HIDDEN: Final = "[hidden]"
_LOOKS_SECRET: Final = re.compile(
    r"(?<![\w./-])(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{24,}"  # letters and digits, longer than any word
    r"|\b(?:xox[a-z]|xapp|eyJ)[\w.-]+"
    r"|(?<=://)[^/?#\s]*@"
    r"|(?i:(?<=token=)|(?<=secret=)|(?<=password=)|(?<=key=))\S+"
)


def printed_by(command: str, whose: str) -> bytes:
    """Return what a command prints on standard output; `whose` is what errors call the secret.

    Raises SettingsError where it cannot be run, takes too long, fails or prints nothing, with its own last words.
    """
    try:
        # What is run is the user's own setting, and no shell reads it.
        done = subprocess.run(shlex.split(command), capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise _failed(whose, "takes too long", _last_words(error.stderr or b"", error.stdout or b"")) from None
    except (OSError, ValueError, IndexError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no command line"
        raise _failed(whose, "cannot be run", why) from None
    why = _last_words(done.stderr, done.stdout)
    if done.returncode:
        raise _failed(whose, f"ended with {done.returncode}", why)
    if not done.stdout.strip():
        raise _failed(whose, "printed nothing", why)
    return done.stdout


def _failed(whose: str, what: str, why: str | None) -> SettingsError:
    said = f"the command for {whose} {what}{f': {why}' if why else ''}"
    return SettingsError(said, remedy="Try it by hand.")


def _last_words(errors: bytes, printed: bytes) -> str:
    """Return the last line of a command's error stream: bounded, printable, without what may be the secret."""
    lines = [line for line in errors.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines:
        return ""
    line = lines[-1].strip()
    for word in sorted(set(printed.decode("utf-8", "replace").split()), key=len, reverse=True):
        if len(word) >= _SHORTEST:
            line = line.replace(word, _HIDDEN)
    line = printable(_LOOKS_SECRET.sub(_HIDDEN, line))
    return line if len(line) <= _MOST else f"{line[:_MOST]}…"
