"""SQL in the browser: what can be asked, and that nothing else is there to be asked."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlencode
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
    assert "<td><div>open</div></td>" in told
    assert '<td class="number"><div>63</div></td>' in told
    assert "<td><div>2026-01-05 09:04:00+00</div></td>" in asked(
        address, "SELECT created_at FROM posts WHERE id LIKE '%:root'"
    )
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
        "EXPLAIN ANALYZE SELECT 1", "SELECT getenv('HOME')", "", ";", "\x00",
    ],
)  # fmt: skip
def test_nothing_else_is_there(store: Path, question: str) -> None:
    copy = ShownCopy(store, Asked())
    rows = store.read_bytes()  # noqa: F841 # a local of whoever asks
    found = copy.answer(question.format(store=store))
    assert found.error, found
    assert not found.rows
    assert not store.with_name(f"{store.name}.csv").exists()
    assert copy.answer("SELECT count(*) > 60 FROM posts").rows == (("true",),)


def test_private_talk_is_there_where_it_is_asked_for(store: Path) -> None:
    sesame = "SELECT text FROM posts WHERE text LIKE 'sesame%'"
    told = [ShownCopy(store, one).answer(sesame).rows for one in (Asked(), Asked(private=True), Asked(direct=True))]
    assert [len(rows) for rows in told] == [0, 4, 1]
    acts = "SELECT count(*) FROM acts"
    assert ShownCopy(store, Asked(direct=True)).answer(acts).rows == (("2",),)
    assert ShownCopy(store, Asked()).answer(acts).rows == (
        ("1",),
    )  # one names no place, and what it was done to is private
    everything = "SELECT list(c) FROM {} c"
    for table in ShownCopy(store, Asked()).tables() or {}:
        (row,) = ShownCopy(store, Asked()).answer(everything.format(table)).rows
        assert "sesame" not in str(row), table


def test_a_question_that_takes_long_is_stopped(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(querying, "SECONDS", 0.2)
    copy = ShownCopy(store, Asked())
    assert re.match(
        r"It was stopped after [\d.]+ s: a question has 0\.2 s\.",
        str(copy.answer("SELECT count(*) FROM range(1e12::BIGINT) a WHERE a.range % 7 = 3").error),
    )
    assert copy.answer("SELECT 1").rows == (("1",),)
    monkeypatch.setattr(querying, "LARGEST", 10)
    assert ShownCopy(store, Asked()).tables() is None


VALUES = {
    "timestamp '-infinity'": "-infinity",
    "timestamptz '-infinity'": "-infinity",
    "timestamp 'infinity'": "infinity",
    "date 'infinity'": "infinity",
    "date '290000-01-01 (BC)'": "290000-01-01 (BC)",
    "interval 3 month": "3 months",
    "interval '9999999 years'": "9999999 years",
    "year(date '2025-03-01')": "2025",
    "1234567.5": "1234567.5",
    "timestamp '2026-01-01 01:02:03.456'": "2026-01-01 01:02:03.456",
    "timestamptz '0001-01-01'": "0001-01-01 00:00:00+00",
    "-0.0::double": "-0.0",
    "[1, NULL]": "[1, NULL]",
    "{'a': true}": "{'a': true}",
    "'\\xAA'::blob": "\\xAA",
    "true": "true",
    "NULL": None,
}


def test_every_value_is_told_as_duckdb_tells_it(store: Path, address: str) -> None:
    copy = ShownCopy(store, Asked())
    found = {value: copy.answer(f"SELECT {value} AS x") for value in VALUES}
    assert {value: one.rows[0][0] if one.rows else one.error for value, one in found.items()} == VALUES
    assert found["year(date '2025-03-01')"].numbers == (True,)
    together = asked(address, f"SELECT {', '.join(VALUES)}")
    assert '<td class="number"><div>2025</div></td>' in together
    assert '<em class="muted">NULL</em>' in together
    assert copy.answer("FROM (VALUES (1), (2), (3)) t(x) ORDER BY x DESC").rows == (("3",), ("2",), ("1",))
    assert copy.answer("SELECT 1 -- why").rows == (("1",),)


@pytest.mark.parametrize(
    "huge",
    ["repeat('x', 1000000000)", "repeat(repeat('x', 10000), 10000)", "lpad('x', 1000000000, 'y')",
     "rpad('x', 1000000000, 'y')", "range(1000000000)", "range(1, 1000000000)", "range(0, -1000000000, -2)",
     "generate_series(1000000000)", "list_resize([1], 1000000000)", "array_resize([1], 1000000000, 7)",
     "bitstring('1', 1000000000)",
     "generate_series(timestamp '0001-01-01', timestamp '9999-01-01', interval 1 second)",
     "range(timestamptz '2026-01-01', timestamptz '2027-01-01', interval 1 minute)"],
)  # fmt: skip
def test_one_value_is_not_huge(store: Path, huge: str) -> None:
    copy = ShownCopy(store, Asked())
    copy.tables()
    before = time.monotonic()
    assert "at most 100,000 characters or elements" in str(copy.answer(f"SELECT {huge}").error)
    assert time.monotonic() - before < querying.SECONDS


def test_what_is_not_huge_is_made(store: Path) -> None:
    copy = ShownCopy(store, Asked())
    made = """SELECT repeat('ab', 2), repeat([1], 2), lpad('x', 3, 'y'), rpad('x', 3, 'y'), range(3), range(1, 3),
    range(9, 5, -2), len(range(timestamp '2026-01-01', timestamp '2026-01-03', interval 1 day)), generate_series(1),
    list_resize([1], 2), array_resize([1], 2, 7), (SELECT count(*) FROM range(1000000)),
    (SELECT count(*) FROM generate_series(1, 1000000))"""
    told = ["abab", "[1, 1]", "yyx", "xyy", "[0, 1, 2]", "[1, 2]", "[9, 7]", "2", "[0, 1]", "[1, NULL]", "[1, 7]",
            "1000000", "1000000"]  # fmt: skip
    found = copy.answer(made)
    assert found.error is None
    assert list(found.rows[0]) == told
    (cell,) = copy.answer("SELECT repeat('x', 100000)").rows[0]
    assert len(str(cell)) == querying.WIDEST + 1, "cells are cut where they are made"


def test_a_question_that_needs_much_memory_is_stopped(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(querying, "SECONDS", 60.0)  # on a busy machine its time was over first
    error = str(ShownCopy(store, Asked()).answer("SELECT list(range(1000)) FROM range(1000000)").error)
    assert error == "It needs more memory than a question has, and was stopped: 512 MB."


def test_no_table_of_duckdb_itself_is_guessed(store: Path) -> None:
    copy = ShownCopy(store, Asked())
    assert "pg_" not in str(copy.answer("FROM enum").error)
    assert 'Did you mean "posts"' in str(copy.answer("FROM post").error)
    cast = copy.answer("SELECT 'a'::json").error
    assert str(cast).startswith("Conversion Error: Malformed JSON")
    assert "COLUMNS" not in str(cast), "nor what stands around the question"
    assert 'Did you mean "lower"' in str(copy.answer("SELECT lowr('X')").error)


def test_a_beginner_has_questions_to_follow(address: str) -> None:
    told = asked(address, "")
    links = re.findall(r'href="[^"]*/sql\?([^"]+)"', told)
    assert len(links) == 3
    for link in links:
        (question,) = parse_qs(unescape(link))["q"]
        answered = asked(address, question)
        assert 'role="alert"' not in answered
        assert '<div class="wide answer' in answered
    assert '<code>created_at</code> <span class="muted">TIMESTAMP WITH TIME ZONE</span>' in told


def test_what_a_run_wrote_meanwhile_is_there(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    path.write_bytes(store.read_bytes())
    copy = ShownCopy(path, Asked())
    count = "SELECT count(*) FROM communities"
    before = int(copy.answer(count).rows[0][0] or 0)
    later = Community(id="x:n:community:later", name="later", privacy="public", source=SOURCE)
    pull(from_records([later]), path)
    assert copy.answer(count).rows == ((str(before + 1),),)
