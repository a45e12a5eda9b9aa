"""Ctrl-C, SIGTERM and SIGHUP: a run is told to stop and keeps what was committed, anything else ends at once.

The signals are read by a thread of their own, through the pipe that Python writes them to. So none of them ever raises
an exception where it happens to fall: inside an import, in the middle of DuckDB, between two statements.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator

CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}
"""Exit codes by signal: 128 and its number."""
PATIENCE = 4.5
"""Seconds that a run has to end by itself; then the process ends as it is: what was committed is kept all the same."""

_LAST_SECONDS = 2.0
_KEPT = "What was committed is kept; run the same command again to go on from there."

_SHOW_CURSOR, _ERASED, _UP = "\x1b[?25h", "\x1b[2K", "\x1b[1A"
_COLUMNS = 80
"""How wide a terminal is that does not say it."""


class _Interrupts:
    """What this process was told, and what it has to tell a run."""

    def __init__(self) -> None:
        self.installed = False
        self.code: int | None = None
        self.stop: threading.Event | None = None
        self.leaving = threading.Lock()
        self.answering = threading.Lock()
        self.answered = False
        self.lines: Callable[[], int] = int
        """How many lines of the terminal a bar takes, the last of which the cursor is in."""

    def watch(self, pipe: int, codes: dict[int, int]) -> None:
        while True:
            code = next((codes[number] for number in os.read(pipe, 64) if number in codes), None)
            if code is None:
                continue
            self.code = code
            stop = self.stop
            if stop is not None:
                stop.set()
                select.select([pipe], [], [], PATIENCE)  # a second one, or enough
            self.leave(code, kept=stop is not None)

    def leave(self, code: int, *, kept: bool) -> None:
        self.leaving.acquire()  # whoever comes second waits for the first, who ends them both
        with contextlib.suppress(OSError):  # nobody may be there to read it
            os.write(2, self._last_word(f"Stopped. {_KEPT if kept else ''}".rstrip()).encode())
        self.answering.acquire(timeout=_LAST_SECONDS)  # a document that is being written is written to its end
        if "--json" in sys.argv[1:] and not self.answered:
            with contextlib.suppress(OSError):
                os.write(1, document(kept=kept).encode())
        os._exit(code)

    def _last_word(self, text: str) -> str:
        """Return it as it is written: on a terminal in place of a bar, whose cursor comes back, in lines that fit."""
        if "--log-format json" in " ".join(sys.argv[1:]).replace("=", " "):
            at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
            return f'{{"at": "{at}", "level": "warning", "logger": "communitykit", "message": "{text}"}}\n'
        if not os.isatty(2):
            return f"{text}\n"
        gone = "\r" + _ERASED + (_UP + _ERASED) * (lines - 1) if (lines := self.lines()) else ""
        return f"{_SHOW_CURSOR}{gone}{textwrap.fill(text, os.get_terminal_size(2).columns or _COLUMNS)}\n"


_INTERRUPTS = _Interrupts()


def document(*, kept: bool = False) -> str:
    """Return the JSON document of a command that was stopped before it had one: an error like any other.

    Written by hand: it is made while anything may be going on, an import too.
    """
    remedy = f'"{_KEPT}"' if kept else "null"
    parts = "".join(f'"{name}": null, ' for name in ("platform", "source", "subject", "status", "code"))
    error = f'{{"kind": "Interrupted", "message": "stopped", {parts}"remedy": {remedy}}}'
    return f'{{"error": {error}, "interrupted": true}}\n'


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """Write the command's one document inside: no signal ends the process in the middle of it, or adds another."""
    with _INTERRUPTS.answering:
        yield
        _INTERRUPTS.answered = True


def install() -> None:
    """Take the signals over from Python, once; those that the process was started to ignore stay ignored."""
    if _INTERRUPTS.installed or sys.platform == "win32":  # there, Ctrl-C alone exists, and raises
        return
    _INTERRUPTS.installed = True
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    codes = {int(getattr(signal, name)): code for name, code in CODES.items()}
    threading.Thread(target=_INTERRUPTS.watch, args=(read, codes), name="communitykit-signals", daemon=True).start()
    for number in codes:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


@contextlib.contextmanager
def stopping() -> Iterator[threading.Event]:
    """Say what ends a run by itself: the event is set when a signal comes while this is open."""
    stop = threading.Event()
    _INTERRUPTS.stop = stop
    try:
        yield stop
    finally:
        if not stop.is_set():  # else the run is still within its patience, to say what was kept
            _INTERRUPTS.stop = None


@contextlib.contextmanager
def framed(lines: Callable[[], int]) -> Iterator[None]:
    """Say how many lines of the terminal are a bar's while this is open."""
    _INTERRUPTS.lines = lines
    try:
        yield
    finally:
        _INTERRUPTS.lines = int


def leave_if_told() -> None:
    """End the process, with its word, where a signal came and no run is there to be stopped; else do nothing."""
    if _INTERRUPTS.code is not None and _INTERRUPTS.stop is None:
        _INTERRUPTS.leave(_INTERRUPTS.code, kept=False)


def code() -> int | None:
    """Return the exit code of the signal that came, if one came."""
    return _INTERRUPTS.code
