"""Whether a document is ActivityStreams 2.0: what the core specification and the vocabulary demand of its shape. Pure.

<https://www.w3.org/TR/activitystreams-core/>, <https://www.w3.org/TR/activitystreams-vocabulary/>
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from communitykit.errors import ProtocolError
from communitykit.model.values import Value

CONTEXT: Final = "https://www.w3.org/ns/activitystreams"
_CONTEXTS: Final = frozenset({CONTEXT, "http://www.w3.org/ns/activitystreams"})
_TEXTS: Final = ("name", "summary", "content")
_THINGS: Final = (
    "actor", "object", "target", "origin", "result", "instrument", "attributedTo", "inReplyTo", "audience", "to", "bto",
    "cc", "bcc", "attachment", "tag", "context", "generator", "icon", "image", "location", "preview", "replies",
    "items", "orderedItems", "partOf",
)  # fmt: skip
"""Properties that hold things: an address, an object or a link each, or a list of them."""
_PAGES: Final = ("first", "last", "next", "prev", "current")
_ADDRESSES: Final = ("url", "href", "id")
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*")
_TAG: Final = re.compile(
    r"""(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?
    (?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?
    |x(?:-[a-z0-9]{1,8})+|i-[a-z0-9-]+)""",
    re.VERBOSE | re.IGNORECASE,
)
"""A language tag of RFC 5646."""


def read_activitystreams(document: bytes | str) -> dict[str, Value]:
    """Return a document as JSON.

    Raises ProtocolError, naming the property, for what is not ActivityStreams 2.0: no UTF-8, no object at the top,
    another vocabulary's context, a property of a shape that it cannot have.
    """
    try:
        told = json.loads(document.decode("utf-8") if isinstance(document, bytes) else document, strict=False)
    except (UnicodeDecodeError, ValueError) as error:
        raise ProtocolError(f"no ActivityStreams: {error}") from None
    wrong = [] if isinstance(told, dict) else ["no object at the top"]
    if isinstance(told, dict):
        wrong = [*_wrong_context(told), *_wrong(told, "")]
    if wrong:
        raise ProtocolError(f"no ActivityStreams: {'; '.join(wrong[:3])}")
    found: dict[str, Value] = told
    return found


def _wrong_context(told: Mapping[str, object]) -> Iterator[str]:
    if "@context" not in told:  # section 2.1: who finds none takes the normative one
        return
    named = told["@context"] if isinstance(told["@context"], list) else [told["@context"]]
    words = [one.get("@vocab") if isinstance(one, dict) else one for one in named]
    texts = {one.rstrip("#") for one in words if isinstance(one, str)}
    if not texts & _CONTEXTS:
        yield "another context"


def _wrong(told: Mapping[str, object], where: str) -> Iterator[str]:
    kind = told.get("type", told.get("@type"))
    kinds = kind if isinstance(kind, list) else [kind] if kind is not None else []
    if not all(isinstance(one, str) for one in kinds):
        yield f"{where}type: no word"
    for name, value in told.items():
        yield from _wrong_property(name, value, where + name)
    if any(one in {"OrderedCollection", "OrderedCollectionPage"} for one in kinds) and "items" in told:
        yield f"{where}items: those of an ordered collection are orderedItems"


def _wrong_property(name: str, value: object, where: str) -> Iterator[str]:
    each = value if isinstance(value, list) else [value]
    if name in _TEXTS and not all(isinstance(one, str) for one in each if one is not None):
        yield f"{where}: no text"
    elif name.endswith("Map") and name.removesuffix("Map") in _TEXTS:
        yield from _wrong_languages(value, where)
    elif name in _ADDRESSES and not all(_is_address(one) or isinstance(one, dict) for one in each if one is not None):
        yield f"{where}: no absolute address"
    elif name in _PAGES and not all(_is_page(one) for one in each):
        yield f"{where}: no page"
    elif name in _THINGS and not all(isinstance(one, str | dict) for one in each if one is not None):
        yield f"{where}: neither an address nor an object"
    if name in _THINGS or name in _PAGES or name in _ADDRESSES:
        for one in each:
            if isinstance(one, dict):
                yield from _wrong(one, f"{where}.")


def _wrong_languages(value: object, where: str) -> Iterator[str]:
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        yield f"{where}: no texts by language"
        return
    for tag in value:
        if not _TAG.fullmatch(tag):
            yield f"{where}: {tag!r} is no language"


def _is_address(value: object) -> bool:
    return isinstance(value, str) and _ABSOLUTE.fullmatch(value) is not None


def _is_page(value: object) -> bool:
    if isinstance(value, dict):
        kind = value.get("type", value.get("@type"))
        kinds = kind if isinstance(kind, list) else [kind]
        return any(one in {"CollectionPage", "OrderedCollectionPage", "Link", "Mention"} for one in kinds)
    return isinstance(value, str)
