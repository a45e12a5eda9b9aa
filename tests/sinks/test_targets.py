"""What is written takes the place of nothing that would be lost: of no store, of no input, of nobody's own file."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from communitykit import Community, Member, Post, Provenance, from_records, pull
from communitykit.analysis import analyse
from communitykit.cli.app import app
from communitykit.cli.commands import run  # noqa: F401 # registers the commands
from communitykit.config import load
from communitykit.errors import CommunityKitError, SettingsError
from communitykit.people import export_decisions
from communitykit.report import make_report
from communitykit.sinks import export_store, read_jsonl, write_jsonl
from communitykit.sinks.targets import WRITTEN, write_text, writing

AT = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Provenance(connector="x", version="1", origin="api", fetched_at=AT, as_of=AT)
MINE = "written by hand"


def stored(path: Path) -> Path:
    told = {"source": SOURCE}
    ann, room = "x:n:member:1", "x:n:community:1"
    post: Any = Post(id="x:n:post:1", community_id=room, author_id=ann, body="a", text="a", created_at=AT, **told)
    pull(from_records([Member(id=ann, **told), Community(id=room, name="Room", **told), post]), path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("targets")
    stored(made / "a.duckdb")
    stored(made / "b.duckdb")
    analyse(made / "a.duckdb", made / "tables.duckdb")
    analyse(made / "a.duckdb", made / "tables")
    (made / "link.duckdb").symlink_to(made / "a.duckdb")
    os.link(made / "a.duckdb", made / "hard.duckdb")
    (made / "sub").mkdir()
    (made / "notes.csv").write_text(MINE)
    return made


def bytes_of(folder: Path) -> dict[Path, bytes]:
    return {one: one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()}


STORES = ("a.duckdb", "b.duckdb", "link.duckdb", "hard.duckdb", "sub/../a.duckdb", "a.duckdb.wal", "a.duckdb.tmp")
WRITERS = (
    ("analyse", "a.duckdb"),
    ("people", "export", "--store", "a.duckdb"),
    ("metrics", "run", "active_members", "--from", "tables.duckdb", "--format", "csv"),
    ("metrics", "run", "active_members", "--from", "tables.duckdb", "--format", "parquet"),
    ("report", "a.duckdb"),
    ("export", "a.duckdb"),
    ("subject", "x:n:member:1", "--store", "a.duckdb", "--purpose", "a test of it"),
    ("privacy", "record", "a.duckdb", "--purpose", "a test of it", "--keep", "25mo"),
    ("demo",),
)


def places(command: tuple[str, ...]) -> tuple[str, ...]:
    """What a command must not write: a store that it reads has names beside it; what it does not read is a store."""
    if command[0] in {"metrics", "demo"}:
        return ("b.duckdb", "link.duckdb")
    return STORES if command[0] in {"analyse", "people"} else STORES[:5]


@pytest.mark.parametrize(("command", "to"), [(one, to) for one in WRITERS for to in places(one)])
def test_no_command_replaces_a_store(
    command: tuple[str, ...], to: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    before = bytes_of(folder)
    done = CliRunner().invoke(app, [*command, "--to", to])
    assert isinstance(done.exception, FileExistsError | SystemExit)  # the process says both as a sentence
    assert done.exit_code == 1
    assert bytes_of(folder) == before


@pytest.mark.parametrize("to", ["tables.duckdb", "tables/people.parquet", "tables/new.csv"])
def test_figures_do_not_go_into_the_tables_that_they_are_made_of(
    to: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    before = bytes_of(folder)
    read = "tables.duckdb" if to == "tables.duckdb" else "tables"
    done = CliRunner().invoke(
        app, ["metrics", "run", "active_members", "--from", read, "--format", "csv", "--to", to, "--overwrite"]
    )
    assert done.exit_code == 1
    assert "this is what is read" in done.output
    assert bytes_of(folder) == before


def test_somebodys_own_file_stays_and_one_of_ours_is_replaced(folder: Path, tmp_path: Path) -> None:
    store = folder / "a.duckdb"
    writers: list[tuple[str, Callable[..., object]]] = [
        ("posts.csv", lambda file, **more: export_store(store, file.parent, "csv", **more)),
        ("decisions.csv", lambda file, **more: export_decisions(store, file, **more)),
        ("members.jsonl", lambda file, **more: write_jsonl([], file, **more)),
    ]
    for name, write in writers:
        file = tmp_path / name
        file.write_text(MINE)
        with pytest.raises(SettingsError, match="did not write it"):
            write(file)
        assert [one.name for one in tmp_path.iterdir()] == [name]  # nothing of an export is there before all may be
        assert file.read_text() == MINE
        write(file, overwrite=True)
        assert file.read_text() != MINE
        write(file)  # it is ours now
        file.write_text(MINE)
        with pytest.raises(SettingsError, match="changed since"):
            write(file)
        assert file.read_text() == MINE
        for one in tmp_path.iterdir():
            one.unlink()


@pytest.mark.slow
def test_a_page_changed_by_hand_stays(folder: Path, tmp_path: Path) -> None:
    made = make_report(folder / "a.duckdb", tmp_path)
    page, data = made.pages["en"], made.data.read_bytes()
    page.write_text(MINE)
    with pytest.raises(SettingsError, match="changed since"):
        make_report(folder / "a.duckdb", tmp_path)
    assert (page.read_text(), made.data.read_bytes()) == (MINE, data)


def test_what_was_of_another_kind_stays(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "one", "brief")
    with pytest.raises(SettingsError, match="is a brief"):
        write_text(tmp_path / "a.txt", "two", "report")


def test_who_is_stopped_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write_text(file, "one", "brief")

    def stopped() -> None:
        with writing(file, "brief") as made:
            made.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert file.read_text() == "one"
    assert {one.name for one in tmp_path.iterdir()} == {"a.txt", WRITTEN}


def test_whoever_is_killed_after_the_note_may_write_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.txt"
    write_text(file, "one", "brief")
    with monkeypatch.context() as killed:
        replace = Path.replace
        killed.setattr(Path, "replace", lambda made, to: replace(made, to) if to.name == WRITTEN else 1 / 0)
        with pytest.raises(ZeroDivisionError):
            write_text(file, "two", "brief")
    assert file.read_text() == "one"
    write_text(file, "three", "brief")
    assert file.read_text() == "three"


def test_records_are_read_and_written_under_one_name(tmp_path: Path) -> None:
    members = [Member(id=f"x:n:member:{number}", source=SOURCE) for number in range(3)]
    write_jsonl(members, tmp_path / "a.jsonl")
    assert write_jsonl(read_jsonl(tmp_path / "a.jsonl"), tmp_path / "a.jsonl") == len(members)
    assert list(read_jsonl(tmp_path / "a.jsonl")) == members


def test_a_target_behind_a_link_is_written_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to(tmp_path / "a.txt")
    for text in ("one", "two"):
        write_text(tmp_path / "link.txt", text, "brief")
        assert (tmp_path / "a.txt").read_text() == text
    assert (tmp_path / "link.txt").is_symlink()


@pytest.mark.parametrize("there", ["acts/mine.parquet", "acts/2026-01-01.parquet", "people.parquet", "days.json"])
def test_tables_go_beside_no_files_of_others(there: str, folder: Path, tmp_path: Path) -> None:
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).write_text(MINE)
    with pytest.raises(SettingsError, match="no analysis table"):
        analyse(folder / "a.duckdb", tmp_path)
    assert bytes_of(tmp_path) == {tmp_path / there: MINE.encode()}


@pytest.mark.slow
@pytest.mark.parametrize("marks", ["kept", "lost"])
def test_tables_are_written_over_earlier_ones(marks: str, folder: Path, tmp_path: Path) -> None:
    for to in (tmp_path / "tables", tmp_path / "tables.duckdb"):
        for _ in range(2):
            analyse(folder / "a.duckdb", to)
            if marks == "lost":  # as by who was killed
                (tmp_path / "tables" / "days.json").unlink(missing_ok=True)
    (tmp_path / "own.duckdb").write_text(MINE)
    with pytest.raises(SettingsError, match="would be lost"):
        analyse(folder / "a.duckdb", tmp_path / "own.duckdb")


@pytest.mark.parametrize("section", ['[analysis]\nto = "a.duckdb"', '[report]\nto = "x"\n[analysis]\nto = "sub/../x"'])
def test_a_configuration_writes_nothing_over_the_store(section: str, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    file = tmp_path / "communitykit.toml"
    file.write_text(f'[store]\npath = "a.duckdb"\n{section}\n')
    with pytest.raises(CommunityKitError, match="the same as"):
        load(file)
