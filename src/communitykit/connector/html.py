"""HTML as plain text, read as browsers read it. Pure.

Words stay, whatever stands between them (`<p>if a < b and c > d</p>`); scripts, styles and comments show nothing;
blocks and `<br>` break lines; cells of a row, and runs of blanks, are one blank apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape
from html.parser import HTMLParser
from typing import TypeAlias

_SPACES = re.compile(r"[ \t\r\n\f]{2,}|[\t\r\n\f]")  # all but what is one blank already
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS = frozenset(
    {"p", "div", *_HEADINGS, "ul", "ol", "dl", "dt", "dd", "table", "tr", "caption", "blockquote", "pre", "section",
     "article", "header", "footer", "figure", "figcaption", "hr", "form", "fieldset", "address", "main", "nav"}
)  # fmt: skip
_PLAIN_TAG = re.compile(r'<(?:/([a-z][a-z0-9]*)|([a-z][a-z0-9]*)((?: [a-z]+="(?:[^"<>&]|&amp;)*")*) ?(/?))>')
_PLAIN_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_NO_MARKUP_INSIDE = frozenset(
    {"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext"}
)
"""Tags that change how what follows is read."""
_KEPT = "\0"
"""Stands for a blank of preformatted text until the others were trimmed; HTML knows no such letter."""
_SILENT = frozenset({"script", "style", "template", "title"})

Tag: TypeAlias = Callable[[str, Mapping[str, str | None]], str]
"""Called with each opening tag's name and attributes; returns the words that stand for it, or ""."""


def html_text(
    html: str,
    on_tag: Tag | None = None,
    *,
    silent: frozenset[str] = frozenset(),
    preformatted: frozenset[str] = frozenset(),
) -> str:
    """Return the plain text of HTML; broken markup costs no words.

    `on_tag` sees every tag that is shown: a platform's own (`<at>`), links and images. `silent` names tags whose
    content is not shown, `preformatted` those whose blanks and line breaks count, beside HTML's own.
    """
    if "<" not in html and "&" not in html:
        return _SPACES.sub(" ", html.replace("\xa0", " ")).strip()
    reader = _Reader(on_tag, _SILENT | silent, preformatted | {"pre"})
    if not reader.read_plain(html):
        reader.feed(html if html.rfind("<!--") <= html.rfind("-->") else f"{html}-->")
        reader.close()
    return reader.text()


class _Reader(HTMLParser):
    """Collects text."""

    def __init__(self, on_tag: Tag | None, silent: frozenset[str], preformatted: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._on_tag = on_tag
        self._silent_tags = silent
        self._preformatted_tags = preformatted
        self._parts: list[str] = []
        self._silent = self._preformatted = 0

    def read_plain(self, html: str) -> bool:
        """Read HTML that has nothing but plain tags, as programs write it; tell whether it was such.

        The parser reads it just so, and takes three times as long.
        """
        first, *pieces = _PLAIN_TAG.split(html)
        texts, opened = pieces[4::5], pieces[1::5]
        if "<" in first or any("<" in text for text in texts) or not _NO_MARKUP_INSIDE.isdisjoint(opened):
            return False
        if first:
            self.handle_data(unescape(first))
        for closed, tag, given, alone, text in zip(pieces[::5], opened, pieces[2::5], pieces[3::5], texts, strict=True):
            if closed:
                self.handle_endtag(closed)
            else:
                attributes = _PLAIN_ATTRIBUTE.findall(given.replace("&amp;", "&")) if given else []
                (self.handle_startendtag if alone else self.handle_starttag)(tag, attributes)
            if text:
                self.handle_data(unescape(text))
        return True

    def updatepos(self, i: int, j: int) -> int:  # noqa: ARG002 # the parser's own signature
        """Count no lines and columns, since nobody asks for them: a tenth of the time."""
        return j

    def text(self) -> str:
        lines = [line.strip(" ") for line in "".join(self._parts).replace("\xa0", " ").split("\n")]
        return "\n".join(lines).strip().replace(_KEPT, " ")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in self._silent_tags
        if self._silent:
            return
        if tag == "br":
            self._parts.append("\n")
        elif tag in _BLOCKS or tag in self._preformatted_tags:
            self._break()
        elif tag == "li":
            self._break()
            self._parts.append("• ")
        elif tag in {"td", "th"} and self._parts and not self._parts[-1].endswith(("\n", " ")):
            self._parts.append(" ")
        if self._on_tag is not None and (shown := self._on_tag(tag, dict(attrs))):
            self._parts.append(shown)
        self._preformatted += tag in self._preformatted_tags

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent_tags:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS or tag == "li" or tag in self._preformatted_tags:
            self._break()
        if tag in self._preformatted_tags:
            self._preformatted = max(0, self._preformatted - 1)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in self._silent_tags or tag in self._preformatted_tags:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._preformatted:
            self._parts.append(data.replace(" ", _KEPT))
            return
        data = _SPACES.sub(" ", data)
        if data != " " or (self._parts and not self._parts[-1].endswith(("\n", " "))):
            self._parts.append(data)

    def _break(self) -> None:
        while self._parts and self._parts[-1] == " ":
            self._parts.pop()
        if self._parts and not self._parts[-1].endswith("\n"):
            self._parts.append("\n")
