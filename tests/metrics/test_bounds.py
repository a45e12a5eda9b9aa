"""A definition of one's own reads the analysis tables alone, names groups by the library's words, and shows no id."""

from pathlib import Path

import pytest
from test_catalogue import SQL, written
from world import random_world

from communitykit.errors import SettingsError
from communitykit.metrics import Record, measure, read_definition


def people(columns: str = "by_who(p)", persons: str = "count(*)", more: str = "") -> str:
    grouped = columns.rsplit(" AS ", maxsplit=1)[0]
    return (
        f"SELECT by_when(d), {columns}, count(*) AS numerator, count(*) AS denominator, {persons} AS persons "  # noqa: S608 # the text is what is tested
        f"FROM people AS p CROSS JOIN periods AS d {more} GROUP BY by_when(d), {grouped}"
    )


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (people(more="JOIN 'hr.csv' AS z ON TRUE"), "none of the analysis tables"),
        (people(more='JOIN "hr.csv" AS z ON TRUE'), "none of the analysis tables"),
        (people(more="JOIN information_schema.tables AS z ON TRUE"), "none of the analysis tables"),
        (people(more="JOIN other.people AS z ON TRUE"), "none of the analysis tables"),
        (people(more="JOIN read_text('hr.csv') AS z ON TRUE"), "function"),
        (people("CAST(p.person_id AS VARCHAR) AS department"), "calls a column 'department'"),
        (people("p.person_id AS place_id"), "calls a column 'place_id'"),
        (SQL.replace("count(*) AS value", "max(t.person_id) AS value"), "shows t.person_id"),
        (SQL.replace("count(*) AS numerator", "t.person_id + 0 AS numerator"), "shows t.person_id"),
        (
            ("WITH one AS (SELECT by_when(d), max(p.person_id) AS most FROM people AS p CROSS JOIN periods AS d "
            "GROUP BY by_when(d)) SELECT by_all(o), o.most AS numerator, 1 AS denominator, 9 AS persons FROM one AS o"),
            "shows o.most",
        ),
        ("WITH RECURSIVE r AS (SELECT 1 AS n) " + SQL, "RECURSIVE"),
        (
            ("WITH x AS (SELECT p.department, p.person_id FROM people AS p UNION ALL "
            "SELECT CAST(p.person_id AS VARCHAR), p.person_id FROM people AS p) "
            "SELECT by_when(d), by_who(x), count(*) AS numerator, 1 AS denominator, 9 AS persons "
            "FROM x CROSS JOIN periods AS d GROUP BY by_when(d), by_who(x)"),
            "same columns",
        ),
        (
            ("WITH x(department, n) AS (SELECT p.site, 1 FROM people AS p) "
            "SELECT by_when(d), by_who(x), count(*) AS numerator, 1 AS denominator, 9 AS persons "
            "FROM x CROSS JOIN periods AS d GROUP BY by_when(d), by_who(x)"),
            "calls a column 'department'",
        ),
    ],
)  # fmt: skip
def test_what_reaches_past_the_tables_or_at_somebody_is_refused(sql: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read_definition("mine", written(sql, dimensions="period, department, platform, place"))


def test_no_figure_says_that_it_rests_on_more_people_than_there_are(tmp_path: Path) -> None:
    claimed = people(persons="1000000")
    (tmp_path / "mine.sql").write_text(written(claimed, dimensions="period, department"), encoding="utf-8")
    record = Record(random_world(4, people=14).open())
    rows = measure(record, "mine", by=["department"], definitions=tmp_path, k=5).to_pylist()
    there = record.people_by(["department"])
    assert rows
    for row in rows:
        small = there.get((row["department"],), 5) < 5
        assert not (small and row["value"] is not None), row
    told = measure(record, "mine", by=["department"], definitions=tmp_path, k=1, unsafe=True).to_pylist()
    assert {(row["department"],): row["persons"] for row in told} == there


def test_what_cannot_work_is_said_of_the_definition(tmp_path: Path) -> None:
    (tmp_path / "mine.sql").write_text(written(people("p.no_such_column AS x", persons="count(*)")), encoding="utf-8")
    record = Record(random_world(4, people=14).open())
    with pytest.raises(SettingsError, match="does not work"):
        measure(record, "mine", definitions=tmp_path)
    (tmp_path / "mine.sql").write_bytes(written().encode("utf-16"))
    with pytest.raises(SettingsError, match="not UTF-8"):
        measure(record, "mine", definitions=tmp_path)


def test_a_length_below_nothing_is_no_length() -> None:
    record = Record(random_world(4, people=14).open())
    for name, given in (("regulars", {"min_days": -1}), ("persona_mix", {"balance": -3})):
        with pytest.raises(SettingsError, match="below 0"):
            measure(record, name, **given)
    with pytest.raises(SettingsError, match="not a whole number"):
        measure(record, "regulars", min_days=2.5)
