"""Pulling beside floors and a peer that ask the same of the same server, which has every answer ready.

CPU time of the process that asks. Needs the group `peers`: aiohttp, orjson, slack_sdk.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from figure import Figure
from growing import PULL, SCALE, USED
from recorded import recorded
from served import Served

_SIZE = {"people": 300, "posts": 20_000, "communities": 40}
_RECORDS = f"""{USED}
import asyncio
from communitykit import connect, connect_async
from communitykit.sinks import write_jsonl
settings, number = json.loads(sys.argv[2]), 0
before = cpu()
def in_turn():
    with connect("slack", **settings) as session:
        write_jsonl(session.records(), sys.argv[1])
async def side_by_side():
    with open(sys.argv[1], "w") as out:
        async with connect_async("slack", **settings) as session:
            async for record in session.records(concurrency=10):
                write_jsonl((record,), out)
"""
_SYNC = f"{_RECORDS}\nin_turn()\ntold(before)\n"
_ASYNC = f"{_RECORDS}\nasyncio.run(side_by_side())\ntold(before)\n"


def beside() -> list[Figure]:
    """Measure ours, two floors and a peer on one server, each the better of two runs after one that fills it."""
    size = {**_SIZE, "posts": int(_SIZE["posts"] * float(os.environ.get(SCALE, "1")))}
    with tempfile.TemporaryDirectory() as name, recorded(size) as server:
        out = Path(name)
        floors = {one: _best(out, [str(_FLOORS), one, *_who(server)]) for one in ("httpx", "aiohttp", "slack_sdk")}
        told = json.dumps({**server.settings, "lookback": "all"})
        pull, sync, side = (_best(out, ["-c", one], told) for one in (PULL, _SYNC, _ASYNC))
    what = f"{floors['httpx']['messages']:,} messages"
    return [
        _figure(f"pull of {what} into DuckDB, beside httpx + orjson", pull, floors["httpx"], 1.6),
        _figure(f"`connect`, {what} to JSON Lines, beside httpx + orjson", sync, floors["httpx"], None),
        _figure("`connect_async`, ten side by side, beside `connect`", side, sync, 1.0),
        _figure("`connect_async`, ten side by side, beside aiohttp + orjson", side, floors["aiohttp"], 2.2),
        _figure("slack_sdk, the same to JSON Lines, beside httpx + orjson", floors["slack_sdk"], floors["httpx"], None),
        Figure(f"pull of {what}: peak memory", f"{pull['megabytes']} MB", f"{floors['httpx']['megabytes']} MB",
               "< 350 MB", pull["megabytes"] < 350),
    ]  # fmt: skip


_FLOORS = Path(__file__).with_name("floors.py")


def _who(server: Served) -> list[str]:
    return [server.settings["base_url"], server.settings["token"]]


def _best(out: Path, command: list[str], *more: str) -> dict[str, Any]:
    """Return what the cheaper of two runs told, after one whose requests the simulated platform answered.

    That one compiles what is imported, too, as an installation has done: whatever the environment says of bytecode.
    """
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(out / "bytecode")}
    runs = []
    for turn in range(3):
        to = str(out / f"{turn}.out")
        done = subprocess.run(
            [sys.executable, *command, to, *more], check=True, stdout=subprocess.PIPE, text=True, env=environment
        )
        Path(to).unlink()
        runs.append(json.loads(done.stdout))
    return min(runs[1:], key=lambda one: float(one["seconds"]))


def _figure(name: str, ours: dict[str, Any], floor: dict[str, Any], most: float | None) -> Figure:
    ratio = ours["seconds"] / floor["seconds"]
    measured, stands_beside = (f"{one['seconds']:.2f} s of CPU" for one in (ours, floor))
    bound = f"{ratio:.2f}" if most is None else f"{ratio:.2f} ≤ {most}"
    return Figure(name, measured, stands_beside, bound, most is None or ratio <= most)
