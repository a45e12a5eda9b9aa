"""What stands in the analysis tables, on a record whose every figure is known."""

# ruff: noqa: S608 # the queries hold numbers and names of our own

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from company import FIRST, KEY, START, ZONE, number, person, store_of, tables_of, uid

from communitykit import from_records, pull
from communitykit.analysis import TABLES, Analysis, analyse
from communitykit.analysis import open as open_tables
from communitykit.analysis.holidays import working_days
from communitykit.analysis.sources import FOLD
from communitykit.analysis.together import fact, groups_in, listed, put_together, sentences
from communitykit.errors import SettingsError


def rows(made: Analysis, query: str) -> list[Any]:
    return made.connection().execute(query).fetchall()


def test_every_table_has_the_columns_that_are_declared(made: Analysis) -> None:
    for name, table in TABLES.items():
        found = dict(rows(made, f"SELECT column_name, column_type FROM (DESCRIBE {name})"))
        assert found == {one: column.type for one, column in table.columns.items()}
        comments = rows(made, f"SELECT column_name, comment FROM duckdb_columns() WHERE table_name = '{name}'")
        assert dict(comments) == {one: column.meaning for one, column in table.columns.items()}


def test_acts_are_those_of_what_is_current(made: Analysis) -> None:
    counts = dict(rows(made, "SELECT kind, count(*) FROM acts GROUP BY kind"))
    assert counts == {"posted": 3, "replied": 3, "mentioned": 2, "reacted": 3, "joined": 1}
    assert not rows(made, f"SELECT 1 FROM acts WHERE post_id IN ({number('post', uid('post', 'p6'))}, "
                    f"{number('post', uid('post', 'p7'))})")  # fmt: skip


def test_an_act_that_nothing_dates_has_the_time_of_its_post_or_of_the_run_before(made: Analysis) -> None:
    told = dict(rows(made, "SELECT person_id, (at_us, at_is_inferred) FROM acts WHERE kind = 'reacted'"))
    written = int(START.timestamp() + 30 * 3600) * 1_000_000
    assert told[person("U3")] == (written, True)
    assert told[person("U6")] == (int(FIRST.timestamp()) * 1_000_000, True)
    assert rows(made, "SELECT count(*) FROM acts WHERE NOT at_is_inferred AND kind <> 'reacted'") == [(9,)]


def test_days_are_the_reporters(made: Analysis) -> None:
    (late,) = rows(made, f"SELECT day, person_id FROM threads WHERE post_id = {number('post', uid('post', 'p8'))}")
    assert late == (date(2026, 3, 6), None)


def test_threads_know_what_came_of_them(made: Analysis) -> None:
    names = "replies, repliers, reactions, reactors, viewers, depth, first_reply_us, is_question, has_text, mentions"
    thread = number("post", uid("post", "p1"))
    (row,) = rows(made, f"SELECT {names} FROM threads WHERE thread_id = {thread}")
    by_a_human = int(START.timestamp() + 2 * 3600) * 1_000_000  # the bot was first
    assert row == (3, 3, 0, 0, None, 2, by_a_human, True, True, 2)
    (other,) = rows(made, "SELECT is_question, links, reactions, reactors, first_reply_us FROM threads "
                    f"WHERE post_id = {number('post', uid('post', 'p5'))}")  # fmt: skip
    assert other == (False, 1, 3, 3, None)


def test_answers_know_whom_they_answer(made: Analysis) -> None:
    told = rows(made, "SELECT post_id, to_person_id, depth FROM answers")
    assert sorted(told) == sorted([
        (number("post", uid("post", "p2")), person("U1"), 1),
        (number("post", uid("post", "p3")), person("U1"), 1),
        (number("post", uid("post", "p4")), person("U2"), 2),
    ])  # fmt: skip


def test_nobody_is_tied_to_themselves(made: Analysis) -> None:
    told = rows(made, "SELECT from_person_id, to_person_id, kind, acts FROM ties")
    assert sorted(told) == sorted([
        (person("U2"), person("U1"), "reply", 1),
        (person("B1"), person("U1"), "reply", 1),
        (person("U3"), person("U2"), "reply", 1),
        (person("U1"), person("U3"), "mention", 1),
        (person("U3"), person("U2"), "reaction", 1),
        (person("U6"), person("U2"), "reaction", 1),
    ])  # fmt: skip


def test_the_day_of_leaving_is_kept_to_the_month(made: Analysis) -> None:
    assert rows(made, "SELECT person_id, left_day FROM people WHERE left_day IS NOT NULL") == [
        (person("U8"), date(2026, 3, 31))
    ]


def test_who_is_only_told_of_as_a_manager_is_no_top(store: Path, tmp_path: Path) -> None:
    """As `people` has it: below somebody of whom there is only a stub, nobody knows how deep they are."""
    copied = tmp_path / "activity.duckdb"
    shutil.copy(store, copied)
    with duckdb.connect(str(copied)) as opened:
        opened.execute("UPDATE members SET stub = true WHERE id = ?", [uid("member", "U1")])
    analyse(copied, tmp_path / "analysis.duckdb", key=KEY, zone=ZONE)
    with tables_of(tmp_path / "analysis.duckdb") as made:
        assert rows(made, "SELECT count(*) FROM people WHERE depth IS NOT NULL") == [(0,)]


def test_people_of_small_groups_are_folded_and_only_persons_count(made: Analysis) -> None:
    told = {one: rest for one, *rest in rows(
        made, "SELECT person_id, department, country, kind, is_eligible, depth, memberships FROM people"
    )}  # fmt: skip
    assert told[person("U1")] == ["Sales", "FR", "person", True, 0, 1]
    assert told[person("U8")] == ["(other)", "(other)", "person", True, 1, 0]
    assert told[person("B1")][2:4] == ["bot", False]
    assert told[person("G1")][2:4] == ["guest", False]
    assert rows(made, "SELECT count(*), count(DISTINCT manager_id) FROM people") == [(10, 1)]


@pytest.mark.parametrize(
    ("groups", "folded"),
    [
        ({"A": 9, "B": 7, None: 1}, {"A": 9, "(other)": 8}),  # the one without a department is a group, too
        ({"A": 9, "B": 7, None: 6}, {"A": 9, "B": 7, None: 6}),
        ({"A": 9, "B": 7, "C": 2, "D": 1}, {"A": 9, "(other)": 10}),
        ({"A": 9, "B": 7, "C": 2, "D": 3}, {"A": 9, "B": 7, "(other)": 5}),
        ({"A": 9, None: 1}, {"A": 9, "(other)": 1}),  # the last name is kept
        ({None: 3}, {None: 3}),  # nothing is told
    ],
)
def test_a_group_of_few_colleagues_is_put_together_with_others(
    groups: dict[str | None, int], folded: dict[str | None, int]
) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE w_people (department VARCHAR, is_eligible BOOLEAN)")
        for name, number in groups.items():
            connection.execute("INSERT INTO w_people SELECT ?, true FROM range(?)", [name, number])
        connection.execute("INSERT INTO w_people SELECT NULL, false FROM range(20)")  # bots: nobody's colleagues
        before = groups_in(connection, "w_people", "department")
        connection.execute(FOLD.format(column="department", least=5))
        told = fact("department", before, groups_in(connection, "w_people", "department"))
        rows_ = connection.execute("SELECT department, count(*) FROM w_people WHERE is_eligible GROUP BY 1").fetchall()
    assert dict(rows_) == folded
    gone = sorted(set(groups) - set(folded), key=lambda one: (one is None, one or ""))
    assert told == ({"other_department": json.dumps(gone)} if gone else {})


def test_who_is_in_a_group_put_together_is_told(made: Analysis) -> None:
    assert json.loads(made.about["other_department"]) == ["Care"]
    assert "Small groups: (other) of department is Care." in list(sentences(made.about))
    assert "other_site" not in made.about


def test_of_other_no_more_is_told_than_that_a_group_has_no_row(made: Analysis) -> None:
    connection = made.connection()
    about = {"other_department": '["Care", null]'}
    assert put_together(about, connection, "department", {"Sales", "(other)"}) == {"(other)": ("Care", None)}
    assert put_together(about, connection, "department", {"Sales"}) == {}
    assert put_together(about, connection, "place", {"other"}) == {}
    assert put_together(about, connection, "department", {"other"}) == {"other": ("Care", "Sales", None)}
    assert put_together({}, connection, "department", {"(other)"}) == {}  # tables of an earlier version
    many = [f"D{number}" for number in range(16)]
    assert listed("department", many).endswith(", D13 and 2 more")


def test_the_calendar_has_holidays_and_no_gaps(made: Analysis) -> None:
    first, last, days = rows(made, "SELECT min(day), max(day), count(*) FROM calendar WHERE country = ''")[0]
    assert (first, last, days) == (date(2026, 3, 2), date(2026, 3, 22), 21)
    assert rows(made, "SELECT count(*) FROM calendar WHERE country = '' AND is_working_day") == [(15,)]
    assert rows(made, "SELECT DISTINCT week, month, quarter, year FROM calendar WHERE day = '2026-03-02'") == [
        ("2026-W10", "2026-03", "2026-Q1", "2026")
    ]


def test_a_public_holiday_is_no_working_day() -> None:
    worked, unknown = working_days(["FR", "France", "fra", "Atlantis"], date(2026, 7, 13), date(2026, 7, 15))
    assert [one.works for one in worked if one.country == "France"] == [True, False, True]
    assert [one.works for one in worked if one.country == "fra"] == [True, False, True]
    assert unknown == ["Atlantis"]


def test_who_takes_part_by_department_and_month_is_one_join(made: Analysis) -> None:
    told = rows(made, """
        SELECT p.department, strftime(a.day, '%Y-%m') AS month, count(DISTINCT a.person_id)
        FROM acts a JOIN people p USING (person_id)
        WHERE a.is_contribution AND p.is_eligible GROUP BY ALL ORDER BY ALL
    """)  # fmt: skip
    assert told == [("Sales", "2026-03", 4)]


@pytest.mark.slow
def test_without_a_key_the_pseudonyms_are_nobodys(store: Path, tmp_path: Path) -> None:
    seen = []
    for name in ("a.duckdb", "b.duckdb"):
        assert analyse(store, tmp_path / name).about["key_id"] is None
        with open_tables(tmp_path / name) as made:
            assert "key_id" not in made.about
            seen.append({one for (one,) in rows(made, "SELECT person_id FROM people")})
    assert len(seen[0]) == 10
    assert not seen[0] & seen[1]


@pytest.mark.slow
def test_one_key_gives_one_person_in_every_record(made: Analysis, tmp_path: Path) -> None:
    another = store_of(tmp_path / "again.duckdb")
    analyse(another, tmp_path / "again", key=KEY, zone=ZONE)
    with open_tables(tmp_path / "again") as again:
        query = "SELECT person_id FROM people ORDER BY 1"
        assert rows(again, query) == rows(made, query)
    analyse(another, tmp_path / "other", key=bytes(32), zone=ZONE)
    with open_tables(tmp_path / "other") as other:
        assert not set(rows(other, query)) & set(rows(made, query))


@pytest.mark.slow
@pytest.mark.parametrize("to", ["tables", "tables.duckdb"])
def test_another_key_over_earlier_tables_is_told(to: str, tmp_path: Path) -> None:
    store = tmp_path / "empty.duckdb"
    pull(from_records([]), store)
    told = [analyse(store, tmp_path / to, key=key).missing for key in (KEY, KEY, bytes(range(40)), None, KEY)]
    assert [any("Another key than" in one for one in missing) for missing in told] == [False, False, True, True, False]


def test_what_is_no_analysis_is_told(tmp_path: Path, store: Path) -> None:
    with pytest.raises(SettingsError, match="there is nothing here"):
        open_tables(tmp_path / "none")
    with pytest.raises(SettingsError, match="holds no analysis tables"):
        open_tables(store)
    with pytest.raises(SettingsError, match="no time zone 'Paris/Texas'"):
        analyse(store, tmp_path / "x.duckdb", zone="Paris/Texas")
    with pytest.raises(SettingsError, match="needs at least 32"):
        analyse(store, tmp_path / "x.duckdb", key=b"short")


def test_a_record_without_acts_gives_empty_tables(tmp_path: Path) -> None:
    pull(from_records([]), tmp_path / "empty.duckdb")
    told = analyse(tmp_path / "empty.duckdb", tmp_path / "tables", key=KEY)
    assert told.rows["acts"] == told.rows["people"] == 0
    with open_tables(tmp_path / "tables") as made:
        assert {name: rows(made, f"SELECT count(*) FROM {name}") for name in ("acts", "ties")} == {
            "acts": [(0,)],
            "ties": [(0,)],
        }


def test_the_store_is_left_as_it_was(store: Path) -> None:
    before = store.read_bytes()
    analyse(store, store.with_name("once.duckdb"), key=KEY)
    assert store.read_bytes() == before
    with duckdb.connect(str(store), read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'w\\_%' ESCAPE '\\'")
        assert tables.fetchall() == []


def test_opened_tables_show_themselves_and_whether_they_are_closed(made: Analysis) -> None:
    with Analysis(made.path) as opened:
        ((acts,),) = opened.connection().sql("SELECT count(*) FROM acts").fetchall()
        assert repr(opened).startswith(f"Analysis {made.path}\nTables:\n")
        assert re.search(rf"\n  acts +{acts}\n", repr(opened))
        assert "<caption" in opened._repr_html_()
    assert repr(opened) == f"Analysis {made.path} (closed)"
    assert "(closed)" in opened._repr_html_()
