"""What is told again as it is stored is told apart in SQL, and comes to what merging it comes to."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from store_tellings import COMMUNITY, NETWORK, START, community, post, reacted, source

from communitykit import Member, Membership
from communitykit.model import Attachment, Counts, Mention
from communitykit.model.values import Value
from communitykit.store import merging
from communitykit.store.windows import Walked
from communitykit.store.writer import Group, Writer

TABLES = ("members", "communities", "memberships", "posts", "events", "post_versions")


def told(day: float, origin: Any = "api") -> list[Value]:
    """Return one record of each sort, as a day tells it."""
    rich = {
        "mentions": (Mention(kind="member", id="p:n:member:V", label="@V"),),
        "attachments": (Attachment(kind="file", name="it's.pdf"),),
        "links": ("https://example.org",),
        "counts": Counts(replies=2, reactions={"b": 2, "a": 1}),
        "extra": {"z": [1, {"y": None}]},
        "raw": {"ts": "1.2", "text": 'quo"ted'},
    }
    return [
        Member(id="p:n:member:U", kind="person", display_name="U", source=source(day, origin)),
        Member(id="p:n:member:S", source=source(day, origin)),
        community(COMMUNITY, day),
        Membership(id="p:n:membership:C/U", community_id=COMMUNITY, member_id="p:n:member:U", source=source(day)),
        post(1, day, origin, **rich),
        post(2, day, origin),
        post(3, day, origin, gone="deleted"),
        reacted(1, "U", day),
    ]


def stored(path: Path, *days: tuple[str, list[Value]]) -> dict[str, list[Any]]:
    """Return all that a store holds, once runs told it this."""
    writer = Writer(path)
    for run, records in days:
        writer.commit(Group(records), run_id=run, now=START)
    writer.release()
    with duckdb.connect(str(path)) as connection:
        return {one: connection.execute(f"SELECT * FROM {one} ORDER BY ALL").fetchall() for one in TABLES}  # noqa: S608 # our own names


@pytest.mark.slow
@pytest.mark.parametrize("day", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize("origin", ["api", "webhook"])
@pytest.mark.parametrize("run", ["r1", "r2"])
def test_told_again_is_what_merging_makes_of_it(tmp_path: Path, day: float, origin: Any, run: str) -> None:
    """A record that a group tells twice is merged in Python."""
    changed = [post(2, day, origin, body="other"), post(4, day, origin)]
    for name, again in {"same": told(day, origin), "changed": [*told(day, origin)[:5], *changed]}.items():
        first = ("r1", [*told(0), post(4, extra={"only": "here"})])
        once = stored(tmp_path / f"{name}-once", first, (run, again))
        twice = stored(tmp_path / f"{name}-twice", first, (run, [*again, *again]))
        assert once == twice


def test_nothing_that_is_as_it_was_is_merged_in_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(tmp_path / "a", ("r1", told(0)))
    known = [one for one in told(1) if not getattr(one, "gone", None)]
    monkeypatch.setattr(merging, "merge", None)
    rows = stored(tmp_path / "a", ("r2", known))
    with pytest.raises(TypeError):
        stored(tmp_path / "a", ("r3", [post(2, 2, body="other")]))
    assert len(rows["posts"]) == 3


def test_what_is_told_again_stays_in_its_place_whatever_becomes_of_the_process(tmp_path: Path) -> None:
    """Its texts are not written anew: a file would grow, and a run take as long as the first."""
    path, rows = tmp_path / "a.duckdb", "SELECT id, rowid, body, as_of, last_run, seen_before FROM posts ORDER BY id"
    posts = [[post(number, day) for number in range(50)] for day in (0, 1)]
    stored(path, ("r1", posts[0]))
    with duckdb.connect(str(path)) as connection:
        before = connection.execute(rows).fetchall()
    writer = Writer(path)
    writer.commit(Group(posts[1]), run_id="r2", now=START)
    copy = tmp_path / "b.duckdb"  # as a killed process leaves it: the file, and its journal
    for suffix in ("", ".wal"):
        shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    writer.release()
    for one in (path, copy):
        with duckdb.connect(str(one)) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            after = connection.execute(rows).fetchall()
        assert [row[:3] for row in after] == [row[:3] for row in before]
        assert {row[3:] for row in after} == {(START + timedelta(days=1), "r2", START)}


def test_a_group_looks_through_a_table_once_for_all_its_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would read the whole table; windows that overlap are swept in their order."""
    from communitykit.store import windows  # noqa: PLC0415 # to be counted

    calls: list[int] = []
    found = windows._found
    monkeypatch.setattr(windows, "_found", lambda *given: calls.append(len(given[2])) or found(*given))
    places = [f"p:n:community:{number}" for number in range(5)]
    writer = Writer(tmp_path / "a")
    posts = [post(number, community_id=places[number % 5]) for number in range(20)]
    writer.commit(Group(posts), run_id="r1", now=START)
    late = START + timedelta(minutes=10)
    walked = [
        Walked("post", {"community_id": place}, frozenset({posts[number].id}), source(day), NETWORK, since=since)
        for day, since in ((1, START), (2, late))
        for number, place in enumerate(places)
    ]
    writer.commit(Group(walked=walked), run_id="r2", now=START)
    live = writer.connection().execute("SELECT id FROM posts WHERE gone IS NULL ORDER BY id").fetchall()
    writer.release()
    assert calls == [10]
    assert [key for (key,) in live] == sorted(one.id for one in posts[:5])
