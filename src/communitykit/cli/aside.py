"""The demo's report, made by a process of its own: a second core has something to do, while the first one reads.

It imports what it needs while platforms are read, and is there when it is asked. Nobody else holds the other end of its
input: where whoever began it ends, in whatever way, it ends too.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from communitykit.report import Report

_LATER = ("pandas", "scipy.optimize", "scipy.sparse", "holidays")
"""What a report imports when it first needs it (pyarrow and DuckDB: pandas), where it is installed: two seconds."""


class Aside:
    """The process, from the beginning of its context to the end."""

    def __enter__(self) -> Self:
        """Begin it. It is of no terminal's group: Ctrl-C is for whoever began it."""
        command = [sys.executable, "-P", "-m", "communitykit.cli.aside"]
        self._process = subprocess.Popen(  # noqa: S603 # ourselves
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()

    def ask(self, store: Path, folder: Path, languages: Sequence[str]) -> None:
        """Have a report made, and do not wait for it."""
        assert self._process.stdin is not None  # noqa: S101 # it is a pipe
        asked = {"store": str(store), "to": str(folder), "languages": list(languages)}
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()

    def made(self) -> Report:
        """Wait for the report that was asked for, and return what `make_report` returned; raise what it raised."""
        assert self._process.stdout is not None  # noqa: S101 # same
        told = self._process.stdout.read()
        if not told:
            raise RuntimeError(f"the report's process ended with code {self._process.wait()}")
        made: Report | Exception = pickle.loads(told)  # noqa: S301 # our own process
        if isinstance(made, Exception):
            raise made
        return made


def serve() -> None:
    """Import, wait for a line on standard input, make the report that it asks for, write what came of it, and end."""
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # what anything prints is no part of the answer
        made = _make()
        if made is not None:
            out.write(pickle.dumps(made))
    os._exit(0)  # the thread waits for good


def _make() -> Report | Exception | None:
    try:
        from communitykit.metrics import catalogue  # noqa: PLC0415 # what is missing is told, as what fails is
        from communitykit.report import make_report  # noqa: PLC0415 # same

        catalogue()
        for name in _LATER:
            if find_spec(name.partition(".")[0]):
                import_module(name)
        asked = sys.stdin.buffer.readline()
        if not asked:
            return None
        threading.Thread(target=_end_with_input, daemon=True).start()
        options = json.loads(asked)
        return make_report(options.pop("store"), options.pop("to"), **options)
    except Exception as error:  # noqa: BLE001 # it is raised where it is read
        return error


def _end_with_input() -> None:
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    serve()
