"""A simulated Slack in a process of its own, as a real platform would be."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SERVER = """
import json, sys
from datetime import UTC, datetime, timedelta
from communitykit.connector.registry import registry
from communitykit.sandbox import Size, World, parse_fault, project, serve
asked = json.loads(sys.argv[1])
size = Size(**asked["size"]) if isinstance(asked["size"], dict) else asked["size"]
connector = registry().get("slack")
platform = connector.simulated()
world = World(seed=1, size=size, now=datetime.now(UTC) - timedelta(days=2), platforms=("slack",))
faults = [parse_fault(fault) for fault in asked["faults"]]
extra = {"rate": asked["rate"]} if asked["rate"] else {}
with serve(world, platform, faults=faults, **extra) as server:
    settings = {name: str(value) for name, value in server.settings.items()}
    print(json.dumps(settings), flush=True)
    for line in sys.stdin:
        word, _, number = line.strip().partition(" ")
        if word == "advance":
            changes = world.advance(days=float(number))
            counted = {}
            for change in changes:
                counted[change.kind] = counted.get(change.kind, 0) + 1
            print(json.dumps(counted), flush=True)
        elif word == "requests":
            counted = {}
            for one in server.requests:
                counted[one.name] = counted.get(one.name, 0) + 1
            print(json.dumps({"requests": counted, "violations": len(server.violations)}), flush=True)
        elif word == "roots":
            posts = project(world, connector.capabilities, platform).records["post"]
            edited = {key: str(post["edited_at"]) for key, post in posts.items() if post["root_id"] is None}
            print(json.dumps({"posts": sorted(posts), "edited": edited}), flush=True)
"""


class Served:
    """The running server: its settings, and words to it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Wait until it answers."""
        self._process = process
        self.settings: dict[str, str] = self._line()

    def advance(self, days: float) -> dict[str, int]:
        """Let days pass; give what happened, counted."""
        return self._ask(f"advance {days}")

    def requests(self) -> dict[str, Any]:
        """Return the requests so far, counted by method, and the violations of limits."""
        return self._ask("requests")

    def truth(self) -> dict[str, Any]:
        """Return the ids of all posts that there are now, and when each root was edited."""
        return self._ask("roots")

    def _ask(self, word: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the simulated platform did not start")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def served(size: str | dict[str, Any], *, faults: tuple[str, ...] = (), rate: float | None = None) -> Iterator[Served]:
    """Serve a world of that size until the context ends."""
    asked = json.dumps({"size": size, "faults": faults, "rate": rate})
    with launched([sys.executable, "-c", _SERVER, asked]) as server:
        yield server


@contextmanager
def launched(command: list[str]) -> Iterator[Served]:
    """Run a server that says its settings in a line, until the context ends: it ends when nobody speaks to it."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Served(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(30)
