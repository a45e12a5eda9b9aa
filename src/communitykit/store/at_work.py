"""Which runs are at work in a store: each has a file beside it, locked as long as its process lives.

The store's own file cannot tell: a run lets go of it between two groups, and one that was killed says no more.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from communitykit.errors import StoreBusyError
from communitykit.identity import Identity
from communitykit.logs import LOGGER
from communitykit.store.locking import give_back, is_held, open_regular, take, turn
from communitykit.store.making import PRIVATE_FILE
from communitykit.store.opening import IN_MEMORY

_RUN = r"[0-9A-Za-z_-]{1,64}"
_LARGEST = 1 << 20
"""Bytes that are read of such a file at most."""
_BEGINNING_SECONDS = 10.0
"""How long a run waits for others that begin in the same moment, each of which takes milliseconds."""


@dataclass(frozen=True, slots=True)
class Running:
    """A run that is at work: since when, in which process of which machine, and what it reads."""

    run_id: str
    since: datetime
    sources: Sequence[Identity] = ()
    process: int = 0
    host: str = ""

    def __str__(self) -> str:
        """Say since when it is at work, and where."""
        where = f"process {self.process}" if self.process else "a process that it does not name"
        if self.host == socket.gethostname():
            where = "this very process" if self.process == os.getpid() else where
        elif self.host:
            where = f"{where} of {self.host}"
        return f"at work since {self.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC ({where})"

    def as_data(self) -> dict[str, object]:
        """Return it as plain data: since when, in which process of which machine (or None), and what it reads."""
        sources = [{"name": one.name, "platform": one.platform} for one in self.sources]
        return {"since": self.since, "process": self.process or None, "host": self.host or None, "sources": sources}


@contextlib.contextmanager
def at_work(path: Path, run_id: str, since: datetime, sources: Sequence[Identity]) -> Iterator[None]:
    """Be known as a run that is at work in a store, as long as this process lives or the block is not left.

    Where files cannot be made or locked beside the store the run goes on without, and the log says so: then nobody
    knows of it, and a second run takes turns with it.

    Raises StoreBusyError where another run of one of these sources is at work in it.
    """
    handle = None
    if _is_file(path):
        try:
            handle = _begin(path, Running(run_id, since, sources, os.getpid(), socket.gethostname()))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            LOGGER.warning("%s: others cannot see that run %s is at work: %s", path.name, run_id, reason)
    try:
        yield
    finally:
        if handle is not None:
            give_back(handle, _file(path, run_id))


def refuse_taken(path: Path, sources: Sequence[Identity]) -> None:
    """Refuse sources that a run at work in the store reads already.

    Raises StoreBusyError.
    """
    for other in _files(path) if sources and _is_file(path) else ():
        try:
            running = _running(other)
        except OSError:  # another user's, who does not share the store: it will say itself that it is not ours
            continue
        taken = [one for one in sources if running is not None and any(map(one.is_same, running.sources))]
        if running is not None and taken:
            names = ", ".join(dict.fromkeys(one.name for one in taken))
            error = StoreBusyError(
                f"another run, {running}, reads {names} into it already",
                platform=", ".join(dict.fromkeys(one.platform for one in taken)),
                subject=path.name,
                remedy="Wait until it has ended, or stop it; then run this again.",
            )
            error.at_work = running.as_data()
            error.source = ", ".join(one.name for one in taken if one.config is not None) or None
            raise error


def found(path: Path, run_id: str) -> Running | None:
    """Return a run of a store that is at work; None where it is not: it ended, or its process did.

    Raises OSError where that cannot be told: it is another user's, who does not share the store.
    """
    if not _is_file(path) or not re.fullmatch(_RUN, run_id):
        return None
    return _running(_file(path, run_id))


def of_process(path: Path, process: object) -> Running | None:
    """Return the run by which a process of this machine is at work in a store; None where it has none, or several."""
    runs = []
    for file in _files(path) if _is_file(path) else ():
        with contextlib.suppress(OSError):  # another user's, who does not share the store
            runs.append(_running(file))
    own = [one for one in runs if one and (one.process, one.host) == (process, socket.gethostname())]
    return own[0] if len(own) == 1 else None


def _begin(path: Path, run: Running) -> int:
    mode = path.stat().st_mode & 0o666 if path.exists() else PRIVATE_FILE  # whoever shares the store shares this
    try:
        with turn(_beside(path, "runs"), mode=mode, patience=_BEGINNING_SECONDS):
            refuse_taken(path, run.sources)
            for other in _files(path):
                _remove_dead(other)
            own = _file(path, run.run_id)
            handle = take(own, mode=mode)
            if handle is None:
                raise FileExistsError(own)
            try:
                os.write(handle, json.dumps({**asdict(run), "since": run.since.isoformat()}).encode())
            except BaseException:
                give_back(handle, own)
                raise
            return handle
    except TimeoutError:
        raise StoreBusyError(
            "another run has been beginning for too long", subject=path.name, remedy="Stop it, and try again."
        ) from None


def _remove_dead(file: Path) -> None:
    """Remove the file of a run whose process ended without."""
    with contextlib.suppress(OSError):  # it is another user's
        handle = take(file)
        if handle is not None:
            give_back(handle, file)


def _running(file: Path) -> Running | None:
    """Return the run that holds a file; of what says nothing, only that it is there. None where nobody holds it.

    Raises OSError where that cannot be told.
    """
    if not is_held(file):
        return None
    with os.fdopen(open_regular(file, os.O_RDONLY), "rb") as opened:
        text = opened.read(_LARGEST)
    try:
        told = json.loads(text)
        sources = [Identity(**one) for one in told["sources"]]
        since = datetime.fromisoformat(told["since"])
        return Running(str(told["run_id"]), since, sources, int(told["process"]), str(told["host"]))
    except (ValueError, TypeError, KeyError):
        return Running(file.name.rpartition(".run-")[2], datetime.fromtimestamp(file.stat().st_mtime, UTC))


def _files(path: Path) -> list[Path]:
    ours = re.compile(rf"{re.escape(path.resolve().name)}\.run-{_RUN}")
    with contextlib.suppress(OSError):  # a folder that may be used and not listed
        return [one for one in path.resolve().parent.iterdir() if ours.fullmatch(one.name)]
    return []


def _file(path: Path, run_id: str) -> Path:
    return _beside(path, f"run-{run_id}")


def _beside(path: Path, ending: str) -> Path:
    real = path.resolve()
    return real.with_name(f"{real.name}.{ending}")


def _is_file(path: Path) -> bool:
    return str(path) != IN_MEMORY and path.parent.is_dir()
