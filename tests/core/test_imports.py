"""What is imported, and when: a library that is only named costs little, and Ctrl-C meets it early."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("pyarrow", "duckdb", "_duckdb", "numpy", "pandas", "typer", "rich", "sqlglot", "uvicorn")


def test_naming_the_library_imports_nothing_that_only_some_runs_need() -> None:
    program = f"""
import sys

import pytest
import communitykit, communitykit.connector
print([name for name in {HEAVY!r} if name in sys.modules])
from communitykit.privacy import protect, record_of_processing, release
print(protect.__module__, record_of_processing.__module__, release.__module__)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "[]", "communitykit.privacy.groups communitykit.privacy.record communitykit.privacy.releases",
    ]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="there, Ctrl-C alone exists, and raises")
@pytest.mark.parametrize(("called", "ours"), [("/opt/bin/communitykit", True), ("/home/me/communitykit.py", False)])
def test_the_command_takes_signals_over_before_it_imports_anything_else(called: str, *, ours: bool) -> None:
    program = f"""
import sys, signal
sys.argv = [{called!r}, "pull"]
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "communitykit.connector":
            print(signal.getsignal(signal.SIGINT) is not signal.default_int_handler)
sys.meta_path.insert(0, Watch())
import communitykit
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split() == [str(ours)]
