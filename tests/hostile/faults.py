"""What may come instead of an answer, or inside of one: over a hundred faults, each a function of the good answer."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from communitykit.connector.payload import look
from communitykit.sandbox import Answer, Call, Fault, Site
from communitykit.testing.spoiling import decoded, put, walk

Change = Callable[[Site, Call, Answer], Answer]

JSON = "application/json; charset=utf-8"
HTML = b"<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>"
FOREIGN = "https://elsewhere.example/next"
LIMIT = 400_000
"""What `max_answer_size` is set to: an answer of a small company is never as long."""
HUNG = 4_000
"""Requests of one run, where a good one takes forty: it does not end."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One fault. `lies` tells that the answer stays a page and says what is not so: only healing can be compared.

    `rewords` tells that it lies by readable words alone.
    """

    change: Change
    lies: bool = False
    rewords: bool = False


KINDS: dict[str, Kind] = {}


def status(number: int, body: bytes | None = b"", **headers: str) -> Change:
    """Answer with a status; the good body stays where `body` is None."""

    def change(_site: Site, _call: Call, good: Answer) -> Answer:
        kept = {name.replace("_", "-"): value for name, value in headers.items()}
        return Answer(number, good.body if body is None else body, {"content-type": JSON, **kept})

    return change


def says(body: bytes, kind: str = JSON, **headers: str) -> Change:
    """Answer with another body and status 200."""
    return status(200, body, content_type=kind, **headers)


def bytes_of(make: Callable[[bytes], bytes], kind: str = JSON, **headers: str) -> Change:
    """Answer with what is made of the good body."""
    kept = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _site, _call, good: Answer(200, make(good.body), {"content-type": kind, **kept})


def page_of(make: Callable[[Any], Any]) -> Change:
    """Change each list of a page; an answer without one is as it was."""

    def change(site: Site, _call: Call, good: Answer) -> Answer:
        data = decoded(good)
        if isinstance(data, list):
            data = make(data)
        else:
            for path, items in site.platform.lists_in(data).items():
                put(data, path, make(items))
        return good if data is None else Answer(200, json.dumps(data).encode(), dict(good.headers))

    return change


def values_of(make: Callable[[str, Any], Any]) -> Change:
    """Change values inside of the listed objects, by name."""

    def spoilt(items: list[Any]) -> list[Any]:
        for _, one in list(walk((), items)):
            for name in list(one) if isinstance(one, dict) else ():
                value = make(name, one[name])
                if value is not one[name]:
                    one[name] = value
        return items

    return page_of(spoilt)


def cursor_of(make: Callable[[Any, int], Any]) -> Change:
    """Change where a page names the next one, if it does; the number tells the answers apart."""
    count = iter(range(HUNG * 2))

    def change(site: Site, call: Call, good: Answer) -> Answer:
        data = decoded(good)
        *outer, last = site.platform.cursor_at(call) or ("",)
        inner: Any = data
        for step in outer:
            inner = inner.get(step) if isinstance(inner, dict) else None
        if not isinstance(inner, dict) or not inner.get(last):
            return good
        inner[last] = make(inner[last], next(count))
        return Answer(200, json.dumps(data).encode(), dict(good.headers))

    return change


def without_lists(site: Site, _call: Call, good: Answer) -> Answer:
    """Leave the list out of a page."""
    data = decoded(good)
    if not isinstance(data, dict):
        return Answer.of({})
    for *outer, last in site.platform.lists_in(data):
        del look(data, *outer)[last]
    return Answer.of(data)


def lone(text: bytes) -> bytes:
    """Put half a character behind the first letters of the text."""
    return text.replace(b'"text":"', b'"text":"\\ud83d').replace(b'"body":"', b'"body":"\\ud83d')


IDS = ("id", "ts", "event_id", "user_id", "room_id")
TIMES = (
    "ts",
    "created_at",
    "createdDateTime",
    "lastModifiedDateTime",
    "created_time",
    "updated_time",
    "origin_server_ts",
    "created",
)


def times(value: Any) -> Change:
    return values_of(lambda name, old: value if name in TIMES else old)


def _add(name: str, change: Change, *, lies: bool = False, rewords: bool = False) -> None:
    KINDS[name] = Kind(change, lies or rewords, rewords)


for number in (204, 206, 300, 304, 400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 411, 413, 414, 415, 418, 421,
               422, 423, 424, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 507, 508, 511, 520,
               599):  # fmt: skip
    _add(f"status {number}", status(number))
_add("500 with a good body", status(500, None))
_add("404 as a page of HTML", status(404, HTML, content_type="text/html"))
_add("403 in the words of a proxy", status(403, b"Access denied by policy", content_type="text/plain"))
_add("302 to nowhere", status(302))
for told in ("inf", "1e12", "-0000", "nan", "soon", "", "Wed, 21 Oct 2099 07:28:00 GMT", "9" * 60, "0", "-5", "1.5"):
    _add(f"Retry-After {told[:12]!r}", status(429, b"{}", retry_after=told))
_add("Retry-After and 503", status(503, b"", retry_after="1e400"))
for where in (FOREIGN, "//elsewhere.example/x", "file:///etc/passwd", "http://169.254.169.254/latest", "/", "", "http://[",
              "javascript:alert(1)", "https://user:pass@elsewhere.example/"):  # fmt: skip
    _add(f"redirect to {where!r}", status(302, b"", location=where))
_add("307 to a foreign host", status(307, b"", location=FOREIGN))

for name, body in {
    "an empty object": b"{}", "null": b"null", "an empty text": b'""', "true": b"true", "a number": b"0",
    "nothing": b"", "spaces": b"  \r\n ", "an unknown error": b'{"error": {"code": "unheardOf"}}',
    "an error as a text": b'{"error": "unheard_of", "ok": false}', "an error as a list": b'{"error": [1], "ok": [2]}',
    "XML": b"<?xml version='1.0'?><error/>", "NUL": b"\x00" * 40, "a quote": b'"', "deep": b"[" * 100_000,
    "deep and whole": b"[" * 100_000 + b"]" * 100_000, "a long number": b'{"value": ' + b"9" * 5_000 + b"}",
    "NaN": b'{"value": NaN, "messages": Infinity}', "a list of null": b"[null]", "bytes": bytes(range(128, 256)),
    "too long": b'{"value": "' + b"x" * LIMIT + b'"}',
}.items():  # fmt: skip
    _add(f"200 and {name}", says(body))
_add("200 and a page of HTML", says(HTML, "text/html; charset=utf-8"))
_add("200 and HTML that says JSON", says(HTML))
_add("cut JSON", bytes_of(lambda body: body[: len(body) // 2]))
_add("cut by one", bytes_of(lambda body: body[:-1]))
_add("words behind", bytes_of(lambda body: body + b"<!-- cached -->"))
_add("twice", bytes_of(lambda body: body + b"\n" + body))
_add("UTF-16", bytes_of(lambda body: body.decode().encode("utf-16"), "application/json; charset=utf-16"))
_add("UTF-8 that says Latin-1", bytes_of(lambda body: body, "application/json; charset=latin-1"))
_add("an unknown charset", bytes_of(lambda body: body, "application/json; charset=klingon"))
_add("a mark before it", bytes_of(lambda body: b"\xef\xbb\xbf" + body))
_add("JSON that says it is a picture", bytes_of(lambda body: body, "image/png"))
_add("bytes that are no UTF-8", bytes_of(lambda body: body.replace(b'"text":"', b'"text":"\xff\xfe', 3)), rewords=True)
_add("half characters", bytes_of(lone), rewords=True)

_add("a bomb", bytes_of(lambda _: gzip.compress(b" " * 20_000_000, 1), content_encoding="gzip"))
_add("packed, it says", bytes_of(lambda body: body, content_encoding="gzip"))
_add("packed and cut", bytes_of(lambda body: gzip.compress(body)[:-20], content_encoding="gzip"))
_add("packed twice", bytes_of(lambda body: gzip.compress(gzip.compress(body)), content_encoding="gzip, gzip"))
_add("packed twice and said once", bytes_of(lambda body: gzip.compress(gzip.compress(body)), content_encoding="gzip"))
_add("packed by other means", bytes_of(zlib.compress, content_encoding="gzip"))
_add("packed as nobody asked", bytes_of(lambda body: body, content_encoding="br"))
_add("packed well", bytes_of(gzip.compress, content_encoding="gzip"))

_add("a reset", lambda _site, _call, good: replace(good, cut=-1))
_add("a reset midway", lambda _site, _call, good: replace(good, cut=len(good.body) // 2))
_add("silence", lambda _site, _call, good: replace(good, delay=100_000.0))
_add("drops", lambda _site, _call, good: replace(good, drip=10_000.0))

_add("no list", without_lists)
for name, value in {"null": None, "an object": {}, "a text": "busy", "a number": 3, "false": False}.items():
    _add(f"a list that is {name}", page_of(lambda _items, value=value: value))  # type: ignore[misc]
_add("items of null", page_of(lambda items: [None, *items, None]))
_add("items of other types", page_of(lambda items: ["x", 1, [], [[]], {}, True, *items]))
_add(
    "items that are ids alone",
    page_of(lambda items: [one.get("id") if isinstance(one, dict) else one for one in items]),
)
_add("backwards", page_of(lambda items: items[::-1]))
_add("each twice", page_of(lambda items: [one for item in items for one in (item, item)]))
_add("a list in a list", page_of(lambda items: [items]))
for name, value in {"no id": None, "an empty id": "", "an id of an object": {"x": 1}, "an id of a list": []}.items():
    _add(name, values_of(lambda key, old, value=value: value if key in IDS else old), lies=True)  # type: ignore[misc]
for name, value in {
    "no time": None, "a time of words": "yesterday", "a time of an object": {}, "a negative time": -1,
    "the year 9999": "9999-12-31T23:59:59.999Z", "a thirteenth month": "2026-13-45T99:99:99Z", "half a time": 0.5,
    "a time without end": 10**30,
}.items():  # fmt: skip
    _add(name, times(value), lies=True)
_add(
    "controls",
    values_of(lambda _, old: f"\x1b]0;x\x07{old}" if isinstance(old, str) and " " in old else old),
    rewords=True,
)
_add("numbers as texts", values_of(lambda _, old: str(old) if type(old) is int else old), lies=True)
_add("texts as lists", values_of(lambda _, old: [old] if isinstance(old, str) and " " in old else old), lies=True)
_add("objects as texts", values_of(lambda _, old: json.dumps(old) if isinstance(old, dict) else old), lies=True)
_add("lists as objects", values_of(lambda _, old: {"0": old} if isinstance(old, list) else old), lies=True)
_add("numbers too wide", values_of(lambda _, old: 2**63 if type(old) is int else old), lies=True)

_add("a cursor of its own", cursor_of(lambda old, _: old))
_add("a cursor that repeats", cursor_of(lambda _old, _: "again"))
_add("ever new cursors", cursor_of(lambda old, number: f"{old}{number}" if isinstance(old, str) else old))
_add("a cursor of a foreign host", cursor_of(lambda _old, _: FOREIGN))
_add("a cursor of an object", cursor_of(lambda _old, _: {"next": 1}))
_add("a cursor of a list", cursor_of(lambda _old, _: [1, 2]))
_add("a cursor that is true", cursor_of(lambda _old, _: True))
_add("a cursor of controls", cursor_of(lambda _old, _: "\x00\r\nHost: elsewhere.example"))
_add("a cursor of another page", cursor_of(lambda _old, _: "https://[broken"))


class Strike(Fault):
    """Spoils the answers of one scope, whenever they come: the first request of it, and about every other one."""

    def __init__(self, change: Change, scope: Callable[[Site, Call], bool]) -> None:
        """Keep what, and where."""
        super().__init__(share=0.5)
        self.change = change
        self.scope = scope
        self._asked = 0
        self._first: str | None = None

    def answer(self, site: Site, call: Call, proceed: Callable[[], Answer]) -> Answer:
        """Answer, spoilt where it is meant."""
        self._asked += 1
        if self._asked > HUNG:
            raise RuntimeError("the run does not end")
        good = proceed()
        if not self.scope(site, call):
            return good
        self._first = self._first or call.key
        if call.key != self._first and zlib.crc32(call.key.encode()) % 2:
            return good
        self._met[call.key] += 1
        return self.change(site, call, good)
