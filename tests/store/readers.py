"""A source that says which one it is, and reads until it is told to go on: in this process, or as another one."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from communitykit import from_records, pull, pulling
from communitykit.identity import Identity
from communitykit.store.locking import give_back, take


class Reader:
    def __init__(self, name: str, *, held: bool = False) -> None:
        self.connector = from_records([]).connector
        if name != "-":
            self.identity = Identity(name, "readers", f"readers::{name}")
        self.readings = 0
        self.begun, self.go_on = threading.Event(), threading.Event()
        if not held:
            self.go_on.set()

    def read(self, *_: object, **__: Any) -> None:
        self.readings += 1
        self.begun.set()
        self.go_on.wait(60)

    def stop(self) -> None:
        self.go_on.set()

    def reset(self, max_time: float | None = None) -> None:
        pass


def read(path: str, name: str, *, forks: bool) -> None:
    source = Reader(name, held=True)

    def until_told() -> None:
        source.begun.wait(60)
        print("reading", flush=True)  # noqa: T201 # for who started this
        if forks and os.fork() == 0:
            print(os.getpid(), flush=True)  # noqa: T201 # same
            time.sleep(60)
            os._exit(0)
        sys.stdin.readline()
        source.go_on.set()

    pulling.IDLE_SECONDS = 0.02  # others wait until the writer lets go of the store
    threading.Thread(target=until_told, daemon=True).start()
    pull(source, path)


def contend(lock: Path) -> None:
    """Take a lock a hundred times; say how often, and how often somebody else had it, too."""
    alone = lock.with_name("alone")
    taken = clashes = 0
    while taken < 100:
        handle = take(lock)
        if handle is None:
            continue
        try:
            alone.mkdir()
        except FileExistsError:
            clashes += 1
        else:
            alone.rmdir()
        taken += 1
        give_back(handle, lock)
    print(taken, clashes)  # noqa: T201 # same


if __name__ == "__main__":
    _, where, what = sys.argv
    if what == "contend":
        contend(Path(where))
    else:
        read(where, what.split()[0], forks=what.endswith(" fork"))
