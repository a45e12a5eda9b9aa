"""Tables in archives: encodings and delimiters are found, and what is damaged costs itself and is said."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from communitykit import ArchiveError, ProtocolError
from communitykit.connector import Archive
from communitykit.connector.tables import LONGEST_ROW, Table, is_tabular, tables
from communitykit.connector.usage import report_rows

ROWS = [{"id": "1", "name": "Zoë", "body": "two\r\nlines; and, more"}, {"id": "2", "name": "Ada"}]


def only(path: Path, content: bytes) -> Table:
    (path / "table.csv").write_bytes(content)
    (found,) = tables(Archive(path / "table.csv"), "table.csv")
    return found


def cells(path: Path, content: bytes) -> list[dict[str, object]]:
    (path / "table.csv").write_bytes(content)
    with Archive(path / "table.csv") as archive:
        return [row.cells for table in tables(archive, "table.csv") for row in table.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters_are_found(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = (["id", "name", "body"], ["1", "Zoë", '"two\r\nlines; and, more"'], ["2", "Ada", ""])
    text = "\r\n".join(delimiter.join(line) for line in lines)
    content = text.encode(encoding)
    assert is_tabular(content)
    assert cells(tmp_path, content) == ROWS


def test_old_letters_far_into_a_file_that_is_else_utf_8(tmp_path: Path) -> None:
    content = b"id,name\n" + b"1,plain\n" * 20_000 + "2,Zoë\n".encode("cp1252") + "3,Zoë\n".encode()
    assert [one["name"] for one in cells(tmp_path, content)[-2:]] == ["Zoë", "Zoë"]


def test_excels_own_first_line(tmp_path: Path) -> None:
    assert cells(tmp_path, b"sep=|\r\na|b\r\n1|2\r\n") == [{"a": "1", "b": "2"}]


def test_a_table_that_ends_inside_a_quote_is_partial(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_bytes(b'id,body\n1,whole\n2,"cut in\nthe middle\n3,no row\n')
    with Archive(tmp_path / "table.csv") as archive:
        for table in tables(archive, "table.csv"):
            assert [row.cells["id"] for row in table.rows] == ["1"]
            assert table.problems == ["table.csv ends inside a quoted cell of the row that begins in line 3"]


@pytest.mark.slow
@pytest.mark.parametrize("huge", [b"x" * (LONGEST_ROW + 5), b'"' + b'said ""so"",\n' * (LONGEST_ROW // 10) + b'"'])
def test_a_huge_field_costs_its_row(tmp_path: Path, huge: bytes) -> None:
    (tmp_path / "table.csv").write_bytes(b"id,body\n1,one\n2," + huge + b'\n3,"three, and"\n')
    with Archive(tmp_path / "table.csv") as archive:
        for table in tables(archive, "table.csv"):
            assert [row.cells for row in table.rows] == [{"id": "1", "body": "one"}, {"id": "3", "body": "three, and"}]
            assert [one.startswith("1 row of table.csv: longer than") for one in table.problems] == [True]


def test_a_column_that_is_missing_is_named(tmp_path: Path) -> None:
    table = only(tmp_path, b"Message~Author\n1|2\n")
    table.require("MESSAGE~author")
    with pytest.raises(ArchiveError, match=r"table.csv has no column `id`: is it UTF-8 and comma-separated\?"):
        table.require("id")
    only(tmp_path, b"").require("id")  # an empty file is a table without rows


@pytest.mark.parametrize("head", [b"", b"no delimiter\n", b"\x89PNG\r\n\x1a\n,,,\0\0\1", b"\x7fELF\2\1\1,\0\0\0"])
def test_what_is_no_table(head: bytes) -> None:
    assert not is_tabular(head)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'a,b\n1,2\n"never closed', "ends inside a quoted cell"),
        (b"a,b\n1,2\n3", "the last row of t.csv has fewer cells"),
        (b"a,b\n1\n3", None),
        (b"a,b\n1,2\n3,4", None),
        (b"a,b\n1,2\n\n", None),
    ],
)
def test_a_table_that_was_cut_is_said_however_short_it_is(tmp_path: Path, body: bytes, told: str | None) -> None:
    (tmp_path / "t.csv").write_bytes(body)
    with Archive(tmp_path) as archive:
        for is_header in (None, lambda cells: "a" in cells):
            (table,) = [(list(one.rows), one.problems) for one in tables(archive, "t.csv", is_header=is_header)]
            assert bool(table[1]) is (told is not None)
            assert (told or "") in "".join(table[1])


@pytest.mark.parametrize("body", [b"a,b\r1,2\r3,4\r", b"a,b\n1,2\n3\r4,5\n"])
def test_lines_that_no_reader_of_tables_takes_are_an_archive_error(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(body)
    with Archive(tmp_path) as archive:
        for is_header in (None, lambda cells: "a" in cells):
            with pytest.raises(ArchiveError, match="no readable table") as caught:
                [list(one.rows) for one in tables(archive, "t.csv", is_header=is_header)]
            assert caught.value.remedy


def test_a_report_that_is_no_csv_is_told_as_such() -> None:
    limit = csv.field_size_limit(1_000)  # the process's, which others may have raised
    try:
        with pytest.raises(ProtocolError, match="no CSV table"):
            list(report_rows("a,b\n" + "x" * 2_000))
    finally:
        csv.field_size_limit(limit)
