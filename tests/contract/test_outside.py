"""A connector that lives elsewhere, installed as its own package, is held to the contract: the documentation's own."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "how-to"
CHECKS = pytest.mark.parametrize(
    ("checks", "number"),
    [
        pytest.param("is_the_truth or fresh_one or gone or payloads or keywords", 4, marks=pytest.mark.slow),
        pytest.param("test", 60, marks=pytest.mark.exhaustive),
    ],
)
"""The contract's checks that are run, and how many pass at least: the whole of it takes over a minute."""


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Write the package of the two pages down, outside of this repository."""
    folder = tmp_path / "forum"
    folder.mkdir()
    connector, keywords = blocks("write-a-connector.md", "python")
    (project,) = blocks("write-a-connector.md", "toml")
    test, payloads, sandbox, _ = blocks("test-a-connector.md", "python")  # the fourth: tests/docs
    test = f"from communitykit_forum import ForumKeywords\n{test}    keywords = ForumKeywords\n"
    for name, text in {
        "communitykit_forum.py": f"{connector}\n\n{keywords}",
        "communitykit_forum_sandbox.py": sandbox,
        "pyproject.toml": project,
        "test_forum.py": test,
        "test_forum_payloads.py": payloads,
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def club(tmp_path: Path) -> Path:
    """Write the second connector down, as if it were installed where it is."""
    folder = tmp_path / "club"
    info = folder / "communitykit_club-1.0.dist-info"
    info.mkdir(parents=True)
    connector, worked, sandbox, test = blocks("find-what-changed.md", "python")
    for name, text in {
        "communitykit_club.py": connector,
        "communitykit_club_sandbox.py": sandbox,
        "test_worked.py": "def test_it():\n" + "".join(f"    {line}\n" for line in worked.splitlines()),
        "test_club.py": test,
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    (info / "entry_points.txt").write_text("[communitykit]\nclub = communitykit_club\n", encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: communitykit-club\nVersion: 1.0\n", encoding="utf-8")
    return folder


@pytest.fixture
def wall(tmp_path: Path) -> Path:
    """Write the third connector down, as if it were installed where it is."""
    folder = tmp_path / "wall"
    info = folder / "communitykit_wall-1.0.dist-info"
    info.mkdir(parents=True)
    connector, sandbox = blocks("follow-updates.md", "python")
    test = blocks("test-a-connector.md", "python")[0].replace("forum", "wall").replace("Forum", "Wall")
    for name, text in {
        "communitykit_wall.py": connector,
        "communitykit_wall_sandbox.py": sandbox,
        "test_wall.py": test,
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    (info / "entry_points.txt").write_text("[communitykit]\nwall = communitykit_wall\n", encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: communitykit-wall\nVersion: 1.0\n", encoding="utf-8")
    return folder


def run(tests: Path, *others: Path, only: str = "") -> subprocess.CompletedProcess[str]:
    """Run the tests of a folder or file with these folders of packages; `only`: those of that name (`pytest -k`)."""
    paths = [*map(str, others), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "-rs", "-k", only, str(tests)],
        cwd=tests if tests.is_dir() else tests.parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def counted(run: subprocess.CompletedProcess[str], word: str) -> int:
    found = re.search(rf"(\d+) {word}", run.stdout)
    return int(found[1]) if found else 0


def install(package: Path, change: Callable[[str], str]) -> None:
    """Install the package where it is, with a change to its connector."""
    connector = package / "communitykit_forum.py"
    text = connector.read_text("utf-8")
    assert change(text) != text
    connector.write_text(change(text), encoding="utf-8")
    info = package / "communitykit_forum-1.0.dist-info"
    info.mkdir()
    points = tomllib.loads((package / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]["communitykit"]
    lines = ["[communitykit]", *(f"{name} = {value}" for name, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: communitykit-forum\nVersion: 1.0\n", encoding="utf-8")


def without_sandbox(text: str) -> str:
    return re.sub(r"^    sandbox=.*\n", "", text, flags=re.MULTILINE)


@pytest.mark.slow
def test_recorded_payloads_alone_are_held_to_twelve_checks(package: Path) -> None:
    install(package, without_sandbox)
    ended = run(package / "test_forum_payloads.py", package)
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    assert counted(ended, "passed") == 12


@pytest.mark.slow
def test_recorded_payloads_show_what_is_wrong(package: Path) -> None:
    def change(text: str) -> str:
        return without_sandbox(text).replace('str(item["id"])', 'item["text"]')

    install(package, change)
    ended = run(package / "test_forum_payloads.py", package)
    assert ended.returncode == 1
    assert "test_no_id_is_made_of_words" in ended.stdout


@pytest.mark.slow
def test_where_a_plain_read_is_not_the_truth_nothing_else_is_told(package: Path) -> None:
    install(package, lambda text: text.replace('"author_id": make_id("forum", "main", "member", item["by"]),', ""))
    ended = run(package / "test_forum.py", package)
    assert ended.returncode == 1
    assert counted(ended, "failed") == 1
    assert "is not the truth: see test_what_the_api_gives_is_the_truth" in ended.stdout


@pytest.mark.slow
def test_a_setting_that_its_keywords_leave_out_is_found(package: Path) -> None:
    install(package, lambda text: text.replace("    token: SecretStr\n", "    token: SecretStr\n    board: str = ''\n"))
    ended = run(package / "test_forum.py", package, only="keywords")
    assert ended.returncode == 1
    assert "board is missing" in ended.stdout


@pytest.mark.slow
def test_a_checkpoint_that_passes_by_what_was_not_understood_is_found(package: Path) -> None:
    install(package, lambda text: text.replace("checkpoint=here if understood else None", "checkpoint=here"))
    ended = run(package / "test_forum.py", package, only="first_sight and list")
    assert ended.returncode == 1
    assert "a checkpoint passes by what was not understood" in ended.stdout


@CHECKS
def test_a_package_of_its_own_passes(package: Path, tmp_path: Path, checks: str, number: int) -> None:
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
    for name in ("test_forum.py", "test_forum_payloads.py"):
        shutil.move(package / name, elsewhere)
    ended = run(elsewhere, installed, only=checks)
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    assert counted(ended, "passed") > number, ended.stdout


def test_what_changed_is_found_as_the_worked_example_says(club: Path) -> None:
    ended = run(club / "test_worked.py", club)
    assert (ended.returncode, counted(ended, "passed")) == (0, 1), ended.stdout[-3000:]


@CHECKS
def test_the_connector_that_finds_what_changed_passes(club: Path, checks: str, number: int) -> None:
    ended = run(club / "test_club.py", club, only=checks)
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    assert counted(ended, "passed") > number, ended.stdout


@CHECKS
def test_the_connector_that_follows_updates_passes(wall: Path, checks: str, number: int) -> None:
    ended = run(wall / "test_wall.py", wall, only=checks)
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    assert counted(ended, "passed") > number, ended.stdout
