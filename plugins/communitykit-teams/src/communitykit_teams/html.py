"""The HTML of a message's body as plain text, with its links and images. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_SPACES = re.compile(r"[ \t\r\n\f]+")
_BLOCKS = frozenset({"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "tr", "blockquote", "pre"})
_SILENT = frozenset({"script", "style", "systemeventmessage"})
_PREFORMATTED = frozenset({"pre", "codeblock"})


@dataclass(slots=True)
class Image:
    """An image in a body: a hosted content, or one from elsewhere."""

    url: str
    name: str | None
    item_id: str | None


@dataclass(slots=True)
class Plain:
    """What a body says: `text` without markup, `links` where it points to, `images` that it shows.

    `attachments` holds the ids of `<attachment id="…">` placeholders, in their order.
    """

    text: str = ""
    links: list[str] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)


def plain_text(content: str) -> Plain:
    """Read a body's HTML; broken markup is read as browsers do."""
    if "<" not in content and "&" not in content:
        return Plain(_SPACES.sub(" ", content.replace("\xa0", " ")).strip())
    reader = _Reader()
    reader.feed(content)
    reader.close()
    reader.found.text = reader.text()
    return reader.found


class _Reader(HTMLParser):
    """Collects text; blocks and `<br>` break lines, runs of blanks are one, except in preformatted text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Plain()
        self._parts: list[str] = []
        self._silent = 0
        self._preformatted = 0

    def text(self) -> str:
        lines = [line.strip(" ") for line in "".join(self._parts).replace("\xa0", " ").split("\n")]
        return "\n".join(lines).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self._parts.append("\n")
        elif tag in _BLOCKS:
            self._break()
        elif tag == "li":
            self._break()
            self._parts.append("• ")
        elif tag in {"td", "th"} and self._parts and not self._parts[-1].endswith("\n"):
            self._parts.append(" ")
        elif tag == "at":
            self._parts.append("@")
        elif tag in {"emoji", "customemoji"}:
            self._parts.append(given.get("alt") or given.get("title") or "")
        elif tag == "a" and given.get("href"):
            self.found.links.append(str(given["href"]))
        elif tag == "img":
            self._image(given)
        elif tag == "attachment" and given.get("id"):
            self.found.attachments.append(str(given["id"]))
        if tag in _PREFORMATTED:
            self._preformatted += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS or tag in {"li", "codeblock"}:
            self._break()
        if tag in _PREFORMATTED:
            self._preformatted = max(0, self._preformatted - 1)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in _SILENT:
            self._silent -= 1
        if tag in _PREFORMATTED:
            self._preformatted -= 1

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._preformatted:
            self._parts.append(data)
            return
        data = _SPACES.sub(" ", data)
        if data != " " or (self._parts and not self._parts[-1].endswith(("\n", " "))):
            self._parts.append(data)

    def _image(self, given: dict[str, str | None]) -> None:
        if given.get("itemtype") == "http://schema.skype.com/Emoji":  # how emoji were written until 2021
            self._parts.append(given.get("alt") or "")
            return
        if given.get("src"):
            self.found.images.append(Image(str(given["src"]), given.get("alt") or None, given.get("itemid")))

    def _break(self) -> None:
        while self._parts and self._parts[-1] == " ":
            self._parts.pop()
        if self._parts and not self._parts[-1].endswith("\n"):
            self._parts.append("\n")
