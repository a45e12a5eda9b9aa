"""JSON object by object: whatever stands at the top, several documents, damage, and memory."""

from __future__ import annotations

import io
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communitykit.connector import json_stream
from communitykit.connector.json_stream import JSONItem, json_items

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def found(text: str | bytes) -> list[JSONItem]:
    return list(json_items(io.BytesIO(text if isinstance(text, bytes) else text.encode())))


class Slow(io.BytesIO):
    """A file that gives one byte at a time, whatever is asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(1)


def test_what_stands_at_the_top_is_given_piece_by_piece() -> None:
    text = b'\xef\xbb\xbf [{"a": 1}, 2] [3]{"data": [4, 5], "paging": {"next": "x"}, "empty": []} 17 "end"'
    assert found(text) == [
        JSONItem(0, None, {"a": 1}, is_item=True),
        JSONItem(0, None, 2, is_item=True),
        JSONItem(1, None, 3, is_item=True),
        JSONItem(2, "data", 4, is_item=True),
        JSONItem(2, "data", 5, is_item=True),
        JSONItem(2, "paging", {"next": "x"}, is_item=False),
        JSONItem(2, "empty", [], is_item=False),
        JSONItem(3, None, 17, is_item=False),
        JSONItem(4, None, "end", is_item=False),
    ]
    assert found("") == found(" \n") == found("[]") == found("{}") == []


@given(st.lists(JSON_VALUES, max_size=5), st.booleans())
def test_any_list_comes_back_however_it_is_cut(values: list[Any], ascii_only: bool) -> None:  # noqa: FBT001 # drawn
    text = json.dumps(values, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    try:
        text.decode()
    except UnicodeDecodeError:
        return
    assert [one.value for one in json_items(io.BytesIO(text))] == values
    assert [one.value for one in json_items(Slow(text))] == values


@pytest.mark.parametrize(
    "text", ['[{"id": 1}', "[1 2]", '{"a" 1}', "{1: 2}", "[1,]", "nonsense", '{"a": 1', "[" * 200_000]
)
def test_damage_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        found(text)


def test_what_comes_before_damage_is_given() -> None:
    given_: list[Any] = []
    with pytest.raises(ValueError, match=r".*"):
        given_.extend(one.value for one in json_items(io.BytesIO(b'[1, 2, {"id": ')))
    items = json_items(io.BytesIO(b'[1, 2, {"id": '))
    assert [next(items).value, next(items).value] == [1, 2]


def test_a_long_list_takes_little_memory() -> None:
    class Long(io.RawIOBase):
        left = 60

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            item = b'{"id": "1", "message": "' + b"x" * 100_000 + b'"}'
            begins, ends = self.left == 59, self.left == 0
            return (
                b"" if self.left < 0 else (b"[" if begins else b",") + b",".join([item] * 10) + (b"]" if ends else b"")
            )

    tracemalloc.start()
    count = sum(1 for _ in json_items(Long()))  # type: ignore[arg-type] # it can be read from, which is enough
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 600
    assert peak < 20 * 1024 * 1024, "60 megabytes went through"


class Parts(io.RawIOBase):
    """A file that is made while it is read."""

    def __init__(self, *parts: bytes) -> None:
        super().__init__()
        self._parts = iter(parts)

    def read(self, size: int = -1) -> bytes:
        return next(self._parts, b"")


@pytest.mark.parametrize("longest", [10, 64])
@given(values=st.lists(JSON_VALUES, max_size=6), size=st.integers(1, 40))
def test_what_is_too_long_costs_itself(longest: int, values: list[Any], size: int) -> None:
    """Whatever stands in it (quotes, brackets, backslashes) and however it is cut, what follows is read."""
    text = json.dumps(values).encode()
    parts = [text[at : at + size] for at in range(0, len(text), size)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_LARGEST", longest)
        patch.setattr(json_stream, "_CHUNK", size)
        given_ = list(json_items(Parts(*parts)))  # type: ignore[arg-type] # same
    assert len(given_) == len(values)
    for one, value in zip(given_, values, strict=True):
        assert one.value == value or (one.value is None and one.problem and len(json.dumps(value)) >= longest)


@pytest.mark.slow
def test_a_field_of_a_hundred_megabytes_costs_its_row_and_no_more_memory_than_is_allowed() -> None:
    endless = (b"x" * 99_990 + b'\\\\\\"[{]}') * 1_100
    file = io.BytesIO(b'[{"id": 1}, {"id": 2, "text": "' + endless + b'"}, {"id": 3}]')
    tracemalloc.start()
    items = list(json_items(file))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [one.value for one in items] == [{"id": 1}, None, {"id": 3}]
    assert items[1].problem == "longer than 67,108,864 characters"
    assert peak < 400 * 1024 * 1024
