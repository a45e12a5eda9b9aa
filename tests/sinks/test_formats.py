"""What an export's files hold, format by format."""

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from store_tellings import EVERYTHING, everything, post, source, store_of

from communitykit import Post
from communitykit.sinks import export_store, from_json_line, read_jsonl, to_json_line, write_jsonl


@pytest.mark.parametrize("file_format", ["parquet", "jsonl", "csv"])
def test_export(tmp_path: Path, file_format: str) -> None:
    path = tmp_path / "a.duckdb"
    group = everything()
    group.records.append(post(2, body="=HYPERLINK(1)", text="=HYPERLINK(1)"))
    store_of(path, group)
    rows = export_store(path, tmp_path / "out", file_format)
    assert rows["posts"] == 2
    written = tmp_path / "out" / f"posts.{file_format}"
    if file_format == "parquet":
        assert pq.read_table(written).num_rows == 2
        words = pq.read_schema(written).metadata
        assert words[b"description"].decode() == "A message by an actor, people's and bots' alike."
        assert json.loads(words[b"columns"])["author_id"] == Post.model_fields["author_id"].description
    elif file_format == "csv":
        text = written.read_text(encoding="utf-8")
        assert "'=HYPERLINK(1)" in text
        (first, _) = sorted(csv.DictReader(io.StringIO(text)), key=lambda row: row["id"])
        assert json.loads(first["counts"])["reactions"] == {"+1": 3, "eyes": 1}
        assert json.loads(first["links"]) == ["https://example.org"]
    else:
        assert {one.id for one in read_jsonl(written)} == {"p:n:post:1", "p:n:post:2"}


def test_another_format_is_refused(tmp_path: Path) -> None:
    store_of(tmp_path / "a.duckdb")
    with pytest.raises(Exception, match="no format 'xml'"):
        export_store(tmp_path / "a.duckdb", tmp_path / "out", "xml")


def test_json_lines_keep_untold_apart_from_none(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    assert write_jsonl(EVERYTHING, path) == len(EVERYTHING)
    back = list(read_jsonl(path))
    assert back == EVERYTHING
    member = next(one for one in back if one.id == "p:n:member:U")
    assert "email" in member.model_fields_set
    assert "title" not in member.model_fields_set
    assert to_json_line(member) == to_json_line(EVERYTHING[0])
    path.write_text('{"record": "post"}\n')
    with pytest.raises(Exception, match=r"records\.jsonl, line 1: not a record"):
        list(read_jsonl(path))


def test_each_line_tells_its_own_provenance() -> None:
    sources = [source(0), source(1), source(1, "archive"), source(0), None]
    told = [post(1).model_copy(update={"source": one}) for one in sources]
    lines = [to_json_line(one) for one in told]
    assert [from_json_line(line) for line in lines] == told
    assert [json.loads(line)["source"] for line in lines] == [one and one.model_dump(mode="json") for one in sources]
