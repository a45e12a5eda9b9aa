"""Whatever a command writes is its owner's only, the folders that it makes for it, too, whatever the umask."""

import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from communitykit.analysis import analyse

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="rights are told in another way there")


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def others_may(folder: Path) -> dict[str, str]:
    """Return what there is that others may use, with its rights; asks that there is anything."""
    rights = {one.relative_to(folder).as_posix(): stat.filemode(one.stat().st_mode) for one in folder.rglob("*")}
    assert any(one.startswith("-") for one in rights.values())
    return {name: one for name, one in rights.items() if not one.endswith("------")}


MEASURE = ("metrics", "run", "response_rate", "--from", "{tables}")
KEPT = ("--purpose", "a trial", "--keep", "1y")
CONFIG = """
[[sources]]
name = "slack"
connector = "slack"
archive = "{slack}"

[store]
path = "new/kept/activity.duckdb"

[analysis]
to = "tables/here"

[report]
to = "pages/here"

[brief]
to = "words/here/brief.md"
"""
KEPT = ("--purpose", "a trial", "--keep", "1y")
WRITERS: dict[str, tuple[str, ...]] = {
    "analyse, a folder": ("analyse", "{store}", "--to", "folder"),
    "analyse, a file": ("analyse", "{store}", "--to", "tables.duckdb"),
    "metrics run, CSV": (*MEASURE, "--format", "csv", "--to", "a.csv"),
    "metrics run, Parquet": (
        "metrics",
        "run",
        "response_rate",
        "--from",
        "{tables}",
        "--format",
        "parquet",
        "--to",
        "a.parquet",
    ),
    "report": ("report", "{store}", "--to", "new/report"),
    "export, Parquet": ("export", "{store}", "--to", "new/folder", "--format", "parquet"),
    "export, Parquet by month": ("export", "{store}", "--to", "new/folder", "--format", "parquet", "--monthly"),
    "export, CSV": ("export", "{store}", "--to", "new/folder", "--format", "csv"),
    "export, JSON Lines": ("export", "{store}", "--to", "new/folder", "--format", "jsonl"),
    "export, ActivityStreams": ("export", "{store}", "--to", "new/folder", "--format", "as2"),
    "people export": ("people", "export", "{store}", "--to", "decisions.csv"),
    "privacy record": ("privacy", "record", "{store}", "--to", "record.html", *KEPT),
    "import": ("import", "slack", "{slack}", "--to", "new.duckdb"),
    "init": ("init",),
    "run": ("run", "--config", "{config}"),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_what_is_written_is_its_owners_only(  # what there is to write of
    writer: str,
    typed: Callable[..., Any],
    store: Path,
    exports: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {"store": copy(store, tmp_path_factory.mktemp("given") / "a.duckdb"), "slack": exports["slack"]}
    given |= {"tables": given["store"].with_name("tables.duckdb"), "config": Path("communitykit.toml")}
    given["store"].chmod(0o600)
    if "{tables}" in WRITERS[writer]:
        analyse(given["store"], given["tables"])
    if "{config}" in WRITERS[writer]:
        given["config"].write_text(CONFIG.format(**given))
        given["config"].chmod(0o600)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"export\nslack\n\n\n{given['slack']}\n\n\n"))

    done = typed(*(word.format(**given) for word in WRITERS[writer]))

    assert done.code == 0, done.err
    assert others_may(Path.cwd()) == {}


def test_a_folder_of_delta_tables_is_its_owners_only(typed: Callable[..., Any], store: Path) -> None:
    """Files inside are the engine's own, as the umask says: nobody else comes as far."""
    done = typed("export", store, "--to", "new/folder", "--format", "delta")

    assert done.code == 0, done.err
    assert {stat.S_IMODE(one.stat().st_mode) for one in (Path("new"), Path("new/folder"))} == {0o700}
