"""SQL in the browser: what can be asked, and that nothing else is there to be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from communitykit import Community, Provenance, from_records, pull
from communitykit.browse import browse, querying
from communitykit.browse.queries import Asked
from communitykit.browse.querying import ShownCopy

AT = datetime(2026, 2, 1, tzinfo=UTC)
SOURCE = Provenance(connector="x", version="1", origin="api", fetched_at=AT, as_of=AT)


@pytest.fixture(scope="module")
def address(store: Path) -> Iterator[str]:
    with browse(store) as found:
        yield found


def asked(address: str, question: str) -> str:
    with urlopen(f"{address}sql?{urlencode({'q': question})}") as answer:  # noqa: S310 # on this machine
        (said,) = re.findall(r"<main.*</main>", answer.read().decode(), re.DOTALL)
    return str(said)


def test_what_is_shown_can_be_asked(address: str) -> None:
    by_place = "SELECT c.name, count(*) AS n FROM posts p JOIN communities c ON c.id = community_id GROUP BY 1"
    told = asked(address, by_place)
    assert "<td>open</td>" in told
    assert '<td class="number">63</td>' in told
    assert "<td>2026-01-05 09:04</td>" in asked(address, "SELECT created_at FROM posts WHERE id LIKE '%:root'")
    assert "The first 200 rows" in asked(address, "SELECT * FROM range(10000)")
    assert "reacted" in asked(address, "SELECT kind FROM acts WHERE target_id LIKE '%:root'")
    wrong = asked(address, "SELECT nothing FROM posts")
    assert 'role="alert"' in wrong
    assert "Referenced column" in wrong


@pytest.mark.parametrize(
    "question",
    [
        "FROM places", "FROM main.places", "FROM temp.talk", "FROM shown", "FROM rows", "FROM '{store}'",
        "FROM read_text('{store}')", "FROM glob('/**')", "FROM query('FROM talk')", "FROM read_csv('{store}')",
        "ATTACH '{store}' AS s", "COPY posts TO '{store}.csv'", "SET enable_external_access = true", "INSTALL httpfs",
        "SELECT 1; SELECT 2", "CREATE TABLE x AS SELECT 1", "DROP TABLE posts", "SET memory_limit = '9GB'",
        "EXPLAIN ANALYZE SELECT 1", "SELECT getenv('HOME')", "", ";", "\x00", "SELECT interval '9999999 years'",
    ],
)  # fmt: skip
def test_nothing_else_is_there(store: Path, question: str) -> None:
    copy = ShownCopy(store, Asked())
    rows = store.read_bytes()  # noqa: F841 # a local of whoever asks
    found = copy.answer(question.format(store=store))
    assert found.error, found
    assert not found.rows
    assert not store.with_name(f"{store.name}.csv").exists()
    assert copy.answer("SELECT count(*) > 60 FROM posts").rows == ((True,),)


def test_private_talk_is_there_where_it_is_asked_for(store: Path) -> None:
    sesame = "SELECT text FROM posts WHERE text LIKE 'sesame%'"
    told = [ShownCopy(store, one).answer(sesame).rows for one in (Asked(), Asked(private=True), Asked(direct=True))]
    assert [len(rows) for rows in told] == [0, 4, 1]
    acts = "SELECT count(*) FROM acts"
    assert ShownCopy(store, Asked(direct=True)).answer(acts).rows == ((2,),)
    assert ShownCopy(store, Asked()).answer(acts).rows == (
        (1,),
    )  # one names no place, and what it was done to is private
    everything = "SELECT list(c) FROM {} c"
    for table in ShownCopy(store, Asked()).tables() or {}:
        (row,) = ShownCopy(store, Asked()).answer(everything.format(table)).rows
        assert "sesame" not in str(row), table


def test_a_question_that_takes_long_is_stopped(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(querying, "SECONDS", 0.2)
    copy = ShownCopy(store, Asked())
    assert "was stopped" in str(copy.answer("SELECT count(*) FROM range(1e12::BIGINT) a WHERE a.range % 7 = 3").error)
    assert copy.answer("SELECT 1").rows == ((1,),)
    monkeypatch.setattr(querying, "LARGEST", 10)
    assert ShownCopy(store, Asked()).tables() is None


def test_what_a_run_wrote_meanwhile_is_there(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    path.write_bytes(store.read_bytes())
    copy = ShownCopy(path, Asked())
    count = "SELECT count(*) FROM communities"
    before = copy.answer(count).rows[0][0]
    later = Community(id="x:n:community:later", name="later", privacy="public", source=SOURCE)
    pull(from_records([later]), path)
    assert copy.answer(count).rows == ((before + 1,),)
