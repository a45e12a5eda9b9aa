"""What is imported, and when: a library that is only named costs little and does nothing, and Ctrl-C meets it early."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

HEAVY = {
    "_duckdb", "duckdb", "httpx", "numpy", "pandas", "pyarrow", "pydantic", "rich", "scipy", "sqlglot", "typer",
    "uvicorn", "vl_convert",
}  # fmt: skip


def test_naming_the_library_imports_nothing_that_only_some_runs_need() -> None:
    program = f"""
import sys
import communitykit, communitykit.privacy
print(sorted({HEAVY!r} & set(sys.modules)))
import communitykit.connector
print(sorted({HEAVY!r} & set(sys.modules)))
for name in communitykit.__all__:
    getattr(communitykit, name)
print(sorted({HEAVY!r} & set(sys.modules)))
from communitykit.privacy import protect, record_of_processing, release
print(protect.__module__, record_of_processing.__module__, release.__module__)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "[]",
        "['pydantic']",
        "['pydantic']",
        "communitykit.privacy.groups communitykit.privacy.record communitykit.privacy.releases",
    ]


def test_the_version_is_told_in_python_and_without_the_command_lines_extra() -> None:
    program = """
import sys
import communitykit
sys.modules.update({"typer": None, "rich": None, "click": None})
sys.argv = ["communitykit", "--version"]
print("communitykit", communitykit.__version__)
from communitykit.cli import main; main()
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == [f"communitykit {version('communitykit')}"] * 2


@pytest.mark.skipif(sys.platform == "win32", reason="there, Ctrl-C alone exists, and raises")
@pytest.mark.parametrize("called", ["/opt/bin/communitykit", "communitykit.exe", "/home/me/communitykit.py", "-m"])
def test_importing_the_library_touches_no_signal_whatever_the_program_is_called(called: str) -> None:
    program = f"""
import sys, signal, threading
sys.argv = [{called!r}, "pull"]
before = [signal.getsignal(one) for one in signal.valid_signals()]
import communitykit
for name in communitykit.__all__:
    getattr(communitykit, name)
print(before == [signal.getsignal(one) for one in signal.valid_signals()], threading.active_count())
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "1"]


@pytest.mark.skipif(sys.platform == "win32", reason="there, Ctrl-C alone exists, and raises")
@pytest.mark.parametrize(
    "start",
    [
        "from communitykit.cli import main; main()",  # what the installed command runs
        "import runpy; runpy.run_module('communitykit', run_name='__main__')",
    ],
)
def test_the_command_takes_signals_over_before_it_imports_anything_heavy(start: str) -> None:
    program = f"""
import sys, signal
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {{"pydantic", "httpx", "typer", "rich"}} and watch in sys.meta_path:
            sys.meta_path.remove(watch)
            print(signal.getsignal(signal.SIGINT) is not signal.default_int_handler)
watch = Watch()
sys.meta_path.insert(0, watch)
sys.argv = ["communitykit", "--version"]
{start}
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split()[0] == "True"
