"""Every small guard is missed by the test that is named for it, when the code is run without it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from guards import GUARDS, Guard
from mutants import MUTANTS
from mutants_lists import LIST_MUTANTS
from mutants_truth import TRUTH_MUTANTS

ROOT = Path(__file__).parents[2]
FAILED = 1
"""What pytest ends with when tests failed; anything else is a mistake of ours."""


def run(tests: set[str], source: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run tests of this repository, with packages that stand elsewhere first."""
    path = os.pathsep.join(filter(None, [str(source) if source else "", os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *sorted(tests)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("guard", GUARDS, ids=lambda one: one.name)
def test_every_guard_stands_in_the_code_once(guard: Guard) -> None:
    assert (ROOT / guard.file).read_text("utf-8").count(guard.old) == 1
    file, name = guard.test.split("::")
    assert f"def {name}(" in (ROOT / file).read_text("utf-8")


def test_there_are_as_many_defects_as_were_promised() -> None:
    assert len({guard.name for guard in GUARDS}) == len(GUARDS) >= 40
    assert len(GUARDS) + len(MUTANTS) + len(TRUTH_MUTANTS) + len(LIST_MUTANTS) >= 60


@pytest.mark.exhaustive
def test_with_all_guards_the_tests_pass() -> None:
    ended = run({guard.test for guard in GUARDS})
    assert ended.returncode == 0, ended.stdout[-3000:]


@pytest.mark.exhaustive
@pytest.mark.parametrize("guard", GUARDS, ids=lambda one: one.name)
def test_is_missed(guard: Guard, tmp_path: Path) -> None:
    package = guard.file.partition("/src/")[0] + "/src" if "/src/" in guard.file else "src"
    shutil.copytree(ROOT / package, tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    changed = tmp_path / "src" / guard.file.removeprefix(f"{package}/")
    changed.write_text(changed.read_text("utf-8").replace(guard.old, guard.new), encoding="utf-8")
    ended = run({guard.test}, tmp_path / "src")
    assert ended.returncode == FAILED, ended.stdout[-3000:] + ended.stderr[-1000:]
