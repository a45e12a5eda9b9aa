"""A folder of tables: only the days that changed are written anew."""

# ruff: noqa: S608 # the queries hold names of our own

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from company import KEY, SECOND, ZONE, event, post, source, uid

from communitykit import analysis, from_records, pull
from communitykit.analysis import analyse

BY_DAY = [name for name, table in analysis.TABLES.items() if table.by_day]


def files(to: Path) -> dict[str, int]:
    """Return which file each day of each table is, by a number that is new when it is."""
    return {f"{name}/{one.name}": one.stat().st_ino for name in BY_DAY for one in (to / name).iterdir()}


def copied(store: Path, folder: Path) -> Path:
    """Return a copy of the company's record, to write into."""
    return Path(shutil.copy(store, folder / "a.duckdb"))


@pytest.mark.slow
def test_nothing_new_rewrites_no_day(store: Path, tmp_path: Path) -> None:
    store, to = copied(store, tmp_path), tmp_path / "tables"
    analyse(store, to, key=KEY, zone=ZONE)
    before = files(to)
    assert len(before) > 8
    analyse(store, to, key=KEY, zone=ZONE)
    assert files(to) == before


@pytest.mark.slow
def test_only_changed_days_are_rewritten(store: Path, tmp_path: Path) -> None:
    store, to = copied(store, tmp_path), tmp_path / "tables"
    analyse(store, to, key=KEY, zone=ZONE)
    before = files(to)
    new = post("p9", "U5", 50, "hello", root_id=uid("post", "p5"), parent_id=uid("post", "p5"), source=source(SECOND))
    pull(from_records([new]), store)
    analyse(store, to, key=KEY, zone=ZONE)
    after = files(to)
    changed = {name for name in after if before.get(name) != after[name]}
    # It was written on the 4th; the thread of the 3rd that it answers has one reply more.
    assert changed == {f"{name}/2026-03-04.parquet" for name in ("acts", "answers", "ties")} | {
        "threads/2026-03-03.parquet"
    }
    assert not set(before) - set(after)


@pytest.mark.slow
def test_a_day_that_is_no_more_goes(store: Path, tmp_path: Path) -> None:
    store, to = copied(store, tmp_path), tmp_path / "tables"
    analyse(store, to, key=KEY, zone=ZONE)
    assert (to / "threads/2026-03-03.parquet").exists()
    pull(from_records([post("p5", "U2", 30, "", gone="deleted", source=source(SECOND))]), store)
    analyse(store, to, key=KEY, zone=ZONE)
    assert not (to / "threads/2026-03-03.parquet").exists()
    with analysis.open(to) as made:
        assert made.connection().execute("SELECT count(*) FROM acts WHERE kind = 'reacted'").fetchall() == [(0,)]


def test_another_key_leaves_no_day_of_the_former(store: Path, tmp_path: Path) -> None:
    store, to = copied(store, tmp_path), tmp_path / "tables"
    analyse(store, to, key=KEY, zone=ZONE)
    before = files(to)
    analyse(store, to, key=bytes(32), zone=ZONE)
    assert not set(before.items()) & set(files(to).items())


@pytest.mark.slow
def test_who_is_killed_while_files_are_moved_leaves_what_is_made_anew(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, to = copied(store, tmp_path), tmp_path / "tables"
    analyse(store, to, key=KEY, zone=ZONE)
    pull(from_records([event("reacted", "U4", uid("post", "p1"), 1, seen=SECOND)]), store)
    whole = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if self.parent.name == "ties":
            raise KeyboardInterrupt
        return whole(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            analyse(store, to, key=KEY, zone=ZONE)
    analyse(store, to, key=KEY, zone=ZONE)
    analyse(store, tmp_path / "fresh", key=KEY, zone=ZONE)
    for name in BY_DAY:
        both = []
        for folder in (to, tmp_path / "fresh"):
            with analysis.open(folder) as made:
                both.append(made.connection().execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall())
        assert both[0] == both[1]
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []
