"""The demo's report is made by a process of its own: what it raises is raised, and it outlives nobody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from communitykit.cli.aside import Aside
from communitykit.errors import StoreError

_KILLED = """
import os, signal
from communitykit.cli.aside import Aside
Aside().__enter__()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_what_fails_there_is_raised_here(tmp_path: Path) -> None:
    with Aside() as aside:
        aside.ask(tmp_path / "none.duckdb", tmp_path / "report", ["en"])
        with pytest.raises(StoreError, match="no such store"):
            aside.made()
    assert aside._process.returncode is not None


@pytest.mark.slow
def test_it_ends_with_whoever_began_it() -> None:
    # Its standard error is the same pipe: this comes back when both have closed it.
    done = subprocess.run([sys.executable, "-c", _KILLED], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-9, b"", b"")
