"""What a process pays before it does anything."""

import subprocess
import sys

HEAVY = {"duckdb", "httpx", "numpy", "pandas", "pyarrow", "rich", "scipy", "sqlglot", "uvicorn", "vl_convert"}


def test_the_library_brings_nothing_heavy_until_it_is_used() -> None:
    code = f"import communitykit, communitykit.privacy, sys; print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
