"""JSON of any length, object by object: files of gigabytes, several documents in one. No I/O of its own.

What is at the top decides what is given: of a list its items, of an object its values, and of a value that is a list
the items of that.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

_CHUNK = 1024 * 1024
_LARGEST = 64 * 1024 * 1024
"""The longest single item, in characters: what is longer is damaged, or meant to do harm."""
_SPACE = " \t\r\n"


class JSONItem(NamedTuple):
    """One thing: in which document, under which key (None: at the top of a list), an item of a list or a value."""

    document: int
    key: str | None
    value: Any
    is_item: bool


def json_items(file: IO[bytes]) -> Iterator[JSONItem]:
    """Return what stands at the top of each document of a file (UTF-8, with or without byte order mark), in order.

    Raises ValueError where it is no JSON, or an item is longer than anything that anybody writes.
    """
    text = _Text(file)
    document = 0
    while (first := text.peek()) is not None:
        if first == "[":
            yield from (JSONItem(document, None, item, is_item=True) for item in _items(text))
        elif first == "{":
            yield from _values(text, document)
        else:
            yield JSONItem(document, None, text.value(), is_item=False)
        document += 1


def _items(text: _Text) -> Iterator[Any]:
    text.take("[")
    if text.peek() == "]":
        text.take("]")
        return
    while True:
        yield text.value()
        if text.take(",]") == "]":
            return


def _values(text: _Text, document: int) -> Iterator[JSONItem]:
    text.take("{")
    if text.peek() == "}":
        text.take("}")
        return
    while True:
        key = text.value()
        if not isinstance(key, str):
            raise ValueError("a key is no text")  # noqa: TRY004 # what is wrong is the text that is read
        text.take(":")
        if text.peek() == "[":
            empty = True
            for item in _items(text):
                empty = False
                yield JSONItem(document, key, item, is_item=True)
            if empty:
                yield JSONItem(document, key, [], is_item=False)
        else:
            yield JSONItem(document, key, text.value(), is_item=False)
        if text.take(",}") == "}":
            return


class _Text:
    """A window on the file's text."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._scan = json.JSONDecoder().raw_decode
        self._text = ""
        self._at = 0
        self._ended = False

    def peek(self) -> str | None:
        """Return the next character that is no space; None at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more(_CHUNK):
                return None

    def take(self, wanted: str) -> str:
        """Pass one of these characters by.

        Raises ValueError when there is another.
        """
        found = self.peek()
        if found is None or found not in wanted:
            raise ValueError(f"expected one of {wanted!r}")
        self._at += 1
        return found

    def value(self) -> Any:  # noqa: ANN401 # decoded JSON
        """Decode the next value whole."""
        if self.peek() is None:
            raise ValueError("the file ends too early")
        size = _CHUNK
        while True:
            try:
                value, end = self._scan(self._text, self._at)
            except RecursionError:
                raise ValueError("nested too deeply") from None
            except ValueError:
                if not self._more(size):
                    raise
            else:
                # A number at the end of the window may go on.
                if end < len(self._text) or not self._more(size):
                    self._at = end
                    return value
            size *= 2
            if len(self._text) - self._at > _LARGEST:
                raise ValueError("an item is too long")

    def _more(self, size: int) -> bool:
        if self._ended:
            return False
        data = self._file.read(size)
        self._ended = not data
        self._text = self._text[self._at :] + self._decode.decode(data, final=self._ended)
        self._at = 0
        return True
