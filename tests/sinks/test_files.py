"""What an export's files are: nobody else's, and no formula of anybody's."""

from __future__ import annotations

import csv
import json
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyarrow import parquet

from communitykit import Post, Provenance, from_records, pull
from communitykit.sinks import export_store, write_jsonl
from communitykit.store import Store

AT = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Provenance(connector="x", version="1", origin="api", fetched_at=AT, as_of=AT)
FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\x00=1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x",
    "\u22121",
]  # fmt: skip
PLAIN = ["1=1", "a-b", " - a list", "'=1", "é", "x\n=1", ""]


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def stored(tmp_path: Path, texts: list[str]) -> Path:
    posts = [
        Post(
            id=f"x:n:post:{number}", community_id="x:n:community:1", created_at=AT, body=text, text=text, source=SOURCE,
            author_name=text or None,
        )
        for number, text in enumerate(texts)
    ]  # fmt: skip
    pull(from_records(posts), tmp_path / "a.duckdb")
    return tmp_path / "a.duckdb"


def test_no_cell_is_a_formula_and_nothing_else_is_touched(tmp_path: Path) -> None:
    texts = FORMULAS + PLAIN
    export_store(stored(tmp_path, texts), tmp_path / "out", "csv")
    with (tmp_path / "out" / "posts.csv").open(encoding="utf-8", newline="") as file:
        cells = {row["id"]: row["body"] for row in csv.DictReader(line.replace("\0", "\u2400") for line in file)}
    read = [cells[f"x:n:post:{number}"].replace("\u2400", "\0") for number in range(len(texts))]
    assert read == [f"'{text}" for text in FORMULAS] + PLAIN


WORDS = [
    "a\x00b", "a\nb\r\nc", "=1+1", "say \"hi\", 'x';", "x" * 100_000, " a ", "\u2028\u2029\ufeffa", "e\u0301",
    "\U0001f600", "\\n \\", "NULL", "null", "1", "true", "",
]  # fmt: skip


def test_a_text_is_the_same_in_the_store_and_in_every_export_of_it(tmp_path: Path) -> None:
    path = stored(tmp_path, WORDS)
    for file_format in ("csv", "parquet", "jsonl"):
        export_store(path, tmp_path, file_format)
    with (tmp_path / "posts.csv").open(encoding="utf-8", newline="") as file:
        cells = csv.DictReader(line.replace("\0", "\u2400") for line in file)
        read = {"csv": [{**row, "text": row["text"].replace("\u2400", "\0")} for row in cells]}
    with Store(path) as store:
        read["store"] = store.arrow("posts").to_pylist()
    read["parquet"] = parquet.read_table(tmp_path / "posts.parquet").to_pylist()
    with (tmp_path / "posts.jsonl").open(encoding="utf-8", newline="") as file:
        read["jsonl"] = [json.loads(line) for line in file]
    guarded = [f"'{text}" if text in FORMULAS else text for text in WORDS]
    for form, rows in read.items():
        texts = {row["id"]: row["text"] for row in rows}
        told = [texts[f"x:n:post:{number}"] for number in range(len(WORDS))]
        assert told == (guarded if form == "csv" else WORDS), form


@pytest.mark.parametrize("file_format", ["csv", "parquet", "jsonl"])
def test_exports_are_their_owners_alone(tmp_path: Path, open_umask: None, file_format: str) -> None:
    store, folder = stored(tmp_path, ["a"]), tmp_path / "deep" / "out"
    for _ in range(2):  # over what is there already, too
        export_store(store, folder, file_format)
        modes = {stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()}
        assert modes == {0o600}
        assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
        for one in folder.iterdir():
            one.chmod(0o666)
    export_store(store, tmp_path / "shared", file_format, share=True)
    assert {stat.S_IMODE(one.stat().st_mode) for one in (tmp_path / "shared").iterdir()} == {0o644}
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o755


def test_json_lines_are_their_owners_alone(tmp_path: Path, open_umask: None) -> None:
    write_jsonl([], tmp_path / "a.jsonl")
    write_jsonl([], tmp_path / "b.jsonl", share=True)
    assert stat.S_IMODE((tmp_path / "a.jsonl").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "b.jsonl").stat().st_mode) == 0o644
