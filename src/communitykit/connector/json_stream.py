"""JSON of any length, object by object: files of gigabytes, several documents in one. No I/O of its own.

What is at the top decides what is given: of a list its items, of an object its values, and of a value that is a list
the items of that.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

from communitykit.connector.decoding import without_lone_surrogates
from communitykit.model.values import JSON

_CHUNK = 1024 * 1024
_LARGEST = 64 * 1024 * 1024
"""The longest single item, in characters: what is longer costs itself, and is never held whole."""
_TOO_LONG = object()
_REPLACED = "\ufffd"
_SPACE = " \t\r\n"
_END = re.compile(r"[\s,\]}:]")
_SIGNS = re.compile(r'["\\{}\[\]]')


class JSONItem(NamedTuple):
    """One thing: in which document, under which key (None: at the top of a list), an item of a list or a value.

    Where it is longer than anything that anybody writes, `value` is None and `problem` says so.
    """

    document: int
    key: str | None
    value: JSON
    is_item: bool
    problem: str | None = None


def json_items(file: IO[bytes], *, spoilt: Callable[[], object] | None = None) -> Iterator[JSONItem]:
    """Return what stands at the top of each document of a file (UTF-8, with or without byte order mark), in order.

    Bytes that are no UTF-8 become U+FFFD; `spoilt` is called once where there are any.

    Raises ValueError where it is no JSON.
    """
    text = _Text(file, spoilt)
    document = 0
    while (first := text.peek()) is not None:
        if first == "[":
            yield from (_item(document, None, item, is_item=True) for item in _items(text))
        elif first == "{":
            yield from _values(text, document)
        else:
            yield _item(document, None, text.value(), is_item=False)
        document += 1


def _item(document: int, key: str | None, value: object, *, is_item: bool) -> JSONItem:
    if value is _TOO_LONG:
        return JSONItem(document, key, None, is_item, f"longer than {_LARGEST:,} characters")
    return JSONItem(document, key, value, is_item)


def _items(text: _Text) -> Iterator[JSON]:
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
                yield _item(document, key, item, is_item=True)
            if empty:
                yield JSONItem(document, key, [], is_item=False)
        else:
            yield _item(document, key, text.value(), is_item=False)
        if text.take(",}") == "}":
            return


class _Text:
    """A window on the file's text."""

    def __init__(self, file: IO[bytes], spoilt: Callable[[], object] | None = None) -> None:
        self._file = file
        self._spoilt = spoilt
        self._last = b""
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._scan = json.JSONDecoder().raw_decode
        self._text = ""
        self._at = 0
        self._ended = self._odd = False

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

    def value(self) -> JSON:
        """Decode the next value whole; `_TOO_LONG` for one that is passed by."""
        if self.peek() is None:
            raise ValueError("the file ends too early")
        size = _CHUNK
        while True:
            try:
                value, end = self._scan(self._text, self._at)
                if self._odd:
                    value = without_lone_surrogates(value)
            except RecursionError:
                raise ValueError("nested too deeply") from None
            except ValueError:
                if len(self._text) - self._at > _LARGEST:
                    self._pass_by()
                    return _TOO_LONG
                if not self._more(size):
                    raise
            else:
                # A number at the end of the window may go on.
                if end < len(self._text) or not self._more(size):
                    self._at = end
                    return value
            size = min(size * 2, max(_CHUNK, _LARGEST // 8))

    def _pass_by(self) -> None:
        """Go to the end of a value without keeping it: quotes and brackets tell where that is."""
        depth, quoted, escaped = 0, False, False
        plain = self._text[self._at] not in '"{['  # a number, say: it ends where something else begins
        while plain:
            if found := _END.search(self._text, self._at):
                self._at = found.start()
                return
            self._at = len(self._text)
            if not self._more(_CHUNK):
                return
        while True:
            ignored = self._at if escaped else -1
            escaped = False
            for found in _SIGNS.finditer(self._text, self._at):
                sign, at = found[0], found.start()
                if at == ignored:
                    continue
                if quoted:
                    ignored = at + 1 if sign == "\\" else ignored
                    quoted = sign != '"'
                elif sign == '"':
                    quoted = True
                else:
                    depth += 1 if sign in "{[" else -1
                if not quoted and not depth:
                    self._at = at + 1
                    return
            escaped = ignored == len(self._text)
            self._at = len(self._text)
            if not self._more(_CHUNK):
                raise ValueError("the file ends too early")

    def _more(self, size: int) -> bool:
        if self._ended:
            return False
        data = self._file.read(size)
        self._ended = not data
        decoded = self._decode.decode(data, final=self._ended)
        seen = self._last + data  # what began there may end here
        if self._spoilt and decoded.count(_REPLACED) > (seen.count(_REPLACED.encode()) if _REPLACED in decoded else 0):
            self._spoilt()
            self._spoilt = None
        self._last = seen[-2:]
        self._text = self._text[self._at :] + decoded
        self._odd = "\\ud" in self._text or "\\uD" in self._text  # perhaps half a character
        self._at = 0
        return True
