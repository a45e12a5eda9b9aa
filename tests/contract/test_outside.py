"""A connector that lives elsewhere, installed as its own package, is held to the contract: the documentation's own."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "how-to"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Write the package of the two pages down, outside of this repository."""
    folder = tmp_path / "forum"
    folder.mkdir()
    (connector,) = blocks("write-a-connector.md", "python")
    (project,) = blocks("write-a-connector.md", "toml")
    test, sandbox, _ = blocks("test-a-connector.md", "python")  # the third: tests/docs
    for name, text in {
        "communitykit_forum.py": connector,
        "communitykit_forum_sandbox.py": sandbox,
        "pyproject.toml": project,
        "test_forum.py": test,
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.slow
def test_a_package_of_its_own_passes(package: Path, tmp_path: Path) -> None:
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        pytest.skip("uv, which installs the package, is not there")
    installed = tmp_path / "installed"
    install = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--python",
        sys.executable,
        "--target",
        str(installed),
        ".",
    ]
    subprocess.run(install, cwd=package, check=True, timeout=120)
    elsewhere = tmp_path / "tests"
    elsewhere.mkdir()
    shutil.move(package / "test_forum.py", elsewhere)
    paths = [str(installed), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "-rs"],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    passed = re.search(r"(\d+) passed", run.stdout)
    assert passed is not None
    assert int(passed[1]) > 30, run.stdout
