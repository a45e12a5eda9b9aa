"""What is imported, and when: a library that is only named costs little, and Ctrl-C meets it early."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("pyarrow", "duckdb", "_duckdb", "numpy", "pandas", "typer", "rich", "sqlglot", "uvicorn")


def test_naming_the_library_imports_nothing_that_only_some_runs_need() -> None:
    program = f"""
import sys
import communitykit, communitykit.connector
print([name for name in {HEAVY!r} if name in sys.modules])
from communitykit.privacy import protect, record_of_processing, release
print(protect.__module__, record_of_processing.__module__, release.__module__)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "[]", "communitykit.privacy.groups communitykit.privacy.record communitykit.privacy.releases",
    ]  # fmt: skip
