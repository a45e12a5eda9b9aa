"""Pulling over loopback HTTP, beside a bare script on the same server."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from figure import Figure
from served import Served, served

from communitykit.store import Store

_PULL = """
import json, resource, sys, time
from communitykit import connect, pull
settings = json.loads(sys.argv[1])
started = time.perf_counter()
with connect("slack", **settings) as session:
    result = pull(session, sys.argv[2])
assert not result.errors, result.errors
print(json.dumps({"seconds": time.perf_counter() - started, "requests": result.requests, "new": result.tally.new,
    "changed": result.tally.changed, "vanished": result.tally.vanished, "waited": result.waited,
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    "left_out": [one.reason for one in result.coverage if one.status != "complete"][:5]}))
"""
_200K = {"people": 1_000, "posts": 200_000, "communities": 80}


def pull_200k() -> list[Figure]:
    """Pull 200,000 messages against the bare script."""
    return _against_bare("pull of 200,000 messages", _200K)


def medium() -> list[Figure]:
    """Pull the medium world against the bare script."""
    return _against_bare("pull of the medium world", "medium")


def latency() -> list[Figure]:
    """With 50 ms of latency, against one request at a time."""
    with served("small", faults=("latency=50ms",)) as server:
        bare, ours = _bare(server), _pull(server)
    ratio = bare["seconds"] / ours["seconds"]
    measured, floor = f"{ours['seconds']:.1f} s", f"{bare['seconds']:.1f} s"
    return [Figure("small world, 50 ms latency", measured, floor, f"{ratio:.1f} times, 6 or more", ratio >= 6)]


def limits() -> list[Figure]:
    """With the platform's limits on (ten times faster), no request before its time."""
    with served("tiny", rate=10, faults=("limited:share=0.1,seconds=1",)) as server:
        ours = _pull(server)
        violations = server.requests()["violations"]
    measured = f"{ours['requests']} requests, {ours['waited']:.0f} s waited"
    return [Figure("requests before a Retry-After passed", str(violations), measured, "0", violations == 0)]


def second_run() -> list[Figure]:
    """A second run over 200,000 messages with news, everything looked back at."""
    with served(_200K) as server, tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "a.duckdb"
        first = _pull(server, store=store, lookback="all")
        happened = server.advance(2)
        before = server.requests()["requests"]
        second = _pull(server, store=store, lookback="all")
        after = server.requests()["requests"]
        missed = _missed(server.truth(), store)
    spent = {name: number - before.get(name, 0) for name, number in after.items()}
    threads, channels = spent["conversations.replies"], spent["conversations.members"]
    total, bound = sum(spent.values()), first["new"]["posts"] // 1000 + 1 + threads + channels
    news = f"{sum(happened.values())} changes, {second['new']['posts']} new posts in {threads} threads"
    listing = total - spent["conversations.history"] - threads - channels
    return [
        Figure("second run over 200,000: requests", str(total - listing), news, f"≤ {bound}", total - listing <= bound),
        Figure("  in all, with listings and profiles", str(total), str(spent), "838 elsewhere", total <= 838),
        Figure("  late replies and edits missed", str(len(missed)), " ".join(missed[:3]), "0", not missed),
    ]


def _missed(truth: dict[str, Any], path: Path) -> list[str]:
    with Store(path) as store:
        rows = store.sql("SELECT id, root_id, edited_at FROM posts WHERE gone IS NULL").to_pylist()
    held = {row["id"]: str(row["edited_at"]) for row in rows}
    wrong = sorted(held.keys() ^ set(truth["posts"]))
    return wrong + [key for key, edited in truth["edited"].items() if held.get(key) != edited]


def large() -> list[Figure]:
    """Peak memory of pulling the large world."""
    with served("large") as server:
        ours = _pull(server)
    return [
        Figure("large world, peak memory", f"{ours['megabytes']} MB", f"{ours['new']}", "< 400 MB",
               ours["megabytes"] < 400),
    ]  # fmt: skip


def _against_bare(name: str, size: str | dict[str, Any]) -> list[Figure]:
    with served(size) as server:
        _bare(server)  # the server warms up: rendering is not what is measured
        bare, ours = _bare(server), _pull(server)
    ratio = ours["seconds"] / bare["seconds"]
    measured = f"{ours['seconds']:.1f} s, {ours['requests']} requests"
    floor = f"{bare['seconds']:.1f} s, {bare['requests']} requests, {bare['messages']} messages"
    return [Figure(name, measured, floor, f"{ratio:.2f} ≤ 1.4", ratio <= 1.4)]


def _bare(server: Served) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        script = str(Path(__file__).with_name("bare.py"))
        arguments = [server.settings["base_url"], server.settings["token"], str(Path(folder) / "out.jsonl")]
        done = subprocess.run([sys.executable, script, *arguments], check=True, capture_output=True, text=True)
    seconds, requests, messages = done.stdout.split()
    return {"seconds": float(seconds), "requests": int(requests), "messages": int(messages)}


def _pull(server: Served, *, store: Path | None = None, **settings: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        to = store or Path(folder) / "a.duckdb"
        given = json.dumps({**server.settings, **settings})
        arguments = [sys.executable, "-c", _PULL, given, str(to)]
        done = subprocess.run(arguments, check=False, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
    read: dict[str, Any] = json.loads(done.stdout)
    return read
