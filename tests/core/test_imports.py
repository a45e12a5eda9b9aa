"""What is imported, and when: a library that is only named costs little and does nothing, and Ctrl-C meets it early."""

from __future__ import annotations

import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from communitykit import from_records, pull

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


def test_show_imports_neither_the_model_nor_what_only_large_answers_need(tmp_path: Path) -> None:
    """A store answers sooner than any of it is imported."""
    store = tmp_path / "a.duckdb"
    pull(from_records([]), store)
    program = f"""
import sys, atexit
atexit.register(lambda: print(sorted({HEAVY!r} & set(sys.modules)), "communitykit.model" in sys.modules))
sys.argv = ["communitykit", "show", {str(store)!r}, "--log-format", "text"]
from communitykit.cli import main; main()
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert "Latest runs" in done.stdout
    assert done.stdout.splitlines()[-1] == "['_duckdb', 'duckdb', 'rich', 'typer'] False"


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
def test_the_command_takes_signals_over_before_it_imports_anything() -> None:
    program = """
import sys, signal
before = set(sys.modules)
from communitykit.__main__ import main  # what the installed command runs
print(sorted(set(sys.modules) - before))
print(signal.getsignal(signal.SIGINT) is not signal.default_int_handler)
sys.argv = ["communitykit", "--version"]
main()
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[:2] == ["['communitykit', 'communitykit.__main__']", "True"]


@pytest.mark.skipif(sys.platform == "win32", reason="there, Ctrl-C alone exists, and raises")
@pytest.mark.parametrize(
    ("number", "falls_into"),
    [
        *(("SIGINT", name) for name in ("communitykit.cli", "threading", "typer")),
        ("SIGTERM", "select"),
        ("SIGHUP", "rich"),
    ],
)
def test_a_signal_that_falls_into_an_import_ends_the_command_with_a_word(number: str, falls_into: str) -> None:
    program = f"""
import os, sys, signal
signal.signal(signal.{number}, signal.default_int_handler)  # whatever ran this may ignore it
def strike(event, arguments):
    if event == "import" and arguments[0] == {falls_into!r}:
        os.kill(os.getpid(), signal.{number})
sys.addaudithook(strike)
for name in [one for one in sys.modules if one.partition(".")[0] == {falls_into!r}]:
    del sys.modules[name]
sys.argv = ["communitykit", "--help"]
from communitykit.__main__ import main; main()
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (128 + int(signal.Signals[number]), "Stopped.\n")
