"""The HTML of a message's body as plain text, with its links and images. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from communitykit.connector.html import html_text

_SILENT = frozenset({"systemeventmessage"})
_PREFORMATTED = frozenset({"codeblock"})


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
    found = Plain()

    def on_tag(tag: str, given: Mapping[str, str | None]) -> str:
        if tag == "at":
            return "@"
        if tag in {"emoji", "customemoji"}:
            return given.get("alt") or given.get("title") or ""
        if tag == "a" and given.get("href"):
            found.links.append(str(given["href"]))
        elif tag == "img":
            return _image(given, found)
        elif tag == "attachment" and given.get("id"):
            found.attachments.append(str(given["id"]))
        return ""

    found.text = html_text(content, on_tag, silent=_SILENT, preformatted=_PREFORMATTED)
    return found


def text_list(told: object) -> list[str] | None:
    """Return the words of a list; null is an empty one, None stands for what is no list of words."""
    if told is None:
        return []
    return told if isinstance(told, list) and all(isinstance(one, str) for one in told) else None


def _image(given: Mapping[str, str | None], found: Plain) -> str:
    if given.get("itemtype") == "http://schema.skype.com/Emoji":  # how emoji were written until 2021
        return given.get("alt") or ""
    if given.get("src"):
        found.images.append(Image(str(given["src"]), given.get("alt") or None, given.get("itemid")))
    return ""
