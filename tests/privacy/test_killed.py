"""Erasing that is killed leaves one whole store, before or after."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE

import pytest

from communitykit import Member, Post, Provenance, from_records, pull
from communitykit.store import Store
from communitykit.store.making import clean

_CODE = """import os, sys
from communitykit.privacy.erasing import forget
for line in sys.stdin:
    child = os.fork()
    if not child:
        forget(line.strip(), sys.argv[1])
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)"""
"""Erases in a process of its own each store that it is told, saying which process, and how that ended."""
ANN = "p:n:member:ann"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no process is killed so there")
def test_a_killed_erasure_leaves_one_whole_store(tmp_path: Path) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    source = Provenance(connector="p", version="0", origin="api", fetched_at=at, as_of=at)
    posts = [Post(id=f"p:n:post:{n}", author_id=ANN, text=f"word {n} " * 50, source=source) for n in range(1_000)]
    first = tmp_path / "first.duckdb"
    pull(from_records([Member(id=ANN, display_name="Ann", source=source), *posts]), first)
    chance = random.Random(7)  # noqa: S311 # repeatable moments, not secrets
    outcomes = set()
    with subprocess.Popen([sys.executable, "-c", _CODE, ANN], stdin=PIPE, stdout=PIPE, text=True) as maker:
        assert maker.stdin is not None
        assert maker.stdout is not None
        longest, killed = 0.0, 0
        for number in range(32):
            store = tmp_path / f"{number}.duckdb"
            store.write_bytes(first.read_bytes())
            began = time.monotonic()
            print(store, file=maker.stdin, flush=True)
            child = int(maker.stdout.readline())
            if number >= 2:  # the first two are not killed: they tell how long it takes
                time.sleep(chance.uniform(0, longest))  # the child's own time, not ours
                with contextlib.suppress(ProcessLookupError):  # it was quicker this time
                    os.kill(child, signal.SIGKILL)
            ended = int(maker.stdout.readline())
            if number < 2:
                assert ended == 0
                longest = time.monotonic() - began
            clean(store)
            with Store(store) as opened:
                members = opened.arrow("members").num_rows
                emptied = opened.sql("SELECT count(*) AS n FROM posts WHERE gone = 'deleted'")["n"].to_pylist()[0]
            assert (members, emptied) in {(1, 0), (0, 1_000)}
            assert not list(tmp_path.glob(f"{number}.duckdb.making-*"))
            if number >= 2:
                outcomes.add(members)
                killed += ended == signal.SIGKILL
                longest *= 1.2 if members else 0.9  # the machine may be busier, or idler, than when it was measured
            store.unlink()
        maker.stdin.close()
    assert outcomes == {0, 1}
    assert killed >= 10
