"""What cards and attachments say and are: adaptive, thumbnail and connector cards, files, forwarded messages. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic_core import from_json

from communitykit.connector import JSON, make_id
from communitykit.connector.drafts import AttachmentDraft
from communitykit_teams.ids import PLATFORM
from communitykit_teams.wire import Attachment

_TEXTS = ("title", "subtitle", "activityTitle", "activitySubtitle", "activityText", "summary", "text")
_INNER = ("body", "items", "columns", "rows", "cells", "inlines", "facts", "sections", "cards", "content", "card")
_CARD = "application/vnd.microsoft.card."
_BANNER = "announcementbanner"
_KNOWN = frozenset({"id", "contentType", "contentUrl", "content", "name"})
_MEDIA: Mapping[str, Literal["image", "video", "audio"]] = {"image": "image", "video": "video", "audio": "audio"}


def attachments_of(item: Mapping[str, JSON]) -> list[Attachment] | None:
    """Return a message's attachments; None where what stands there cannot be read as such."""
    told = item.get("attachments")
    if told is None:
        return []
    return (
        told if isinstance(told, list) and all(isinstance(one, dict) and _KNOWN & one.keys() for one in told) else None
    )


def content_of(item: Attachment) -> JSON:
    """Return an attachment's content: JSON as text is decoded, other text is itself."""
    content = item.get("content")
    if not isinstance(content, str) or not content:
        return content
    try:
        return from_json(content)
    except ValueError:
        return content


def card_text(item: Attachment) -> str:
    """Return the words of a card, a line for each text that it shows; empty for what is no card."""
    kind = str(item.get("contentType") or "")
    if not kind.startswith(_CARD) and kind != "application/vnd.microsoft.teams.card.o365connector":
        return ""
    content = content_of(item)
    if not isinstance(content, Mapping):
        return ""
    lines = [line for line in _lines(content) if line]
    if not lines and isinstance(content.get("fallbackText"), str):
        lines = [content["fallbackText"]]
    return "\n".join(dict.fromkeys(lines))


def _lines(node: JSON) -> Iterator[str]:
    if isinstance(node, list):
        if node and all(isinstance(one, Mapping) and one.get("type") == "TextRun" for one in node):
            yield "".join(str(one.get("text") or "") for one in node).strip()
            return
        for one in node:
            yield from _lines(one) if not isinstance(one, str) else (one.strip(),)
    elif isinstance(node, Mapping):
        name, value = node.get("title") or node.get("name"), node.get("value")
        if isinstance(name, str) and isinstance(value, str) and "type" not in node:  # a fact
            yield f"{name.strip().rstrip(':')}: {value.strip()}"
            return
        for key in _TEXTS:
            if isinstance(node.get(key), str) and not str(node.get("type") or "").startswith("Action."):
                yield node[key].strip()
        for key in _INNER:
            if isinstance(node.get(key), list | Mapping):
                yield from _lines(node[key])


def announcement(items: list[Attachment]) -> str | None:
    """Return an announcement's headline, empty where it has none; None when no attachment makes it an announcement."""
    for item in items:
        if str(item.get("contentType") or "").lower().endswith(_BANNER):
            content = content_of(item)
            title = content.get("title") if isinstance(content, Mapping) else None
            return title if isinstance(title, str) else ""
    return None


def forwarded_from(items: list[Attachment], network: str) -> str | None:
    """Return the id of the post that this one forwards, or None."""
    for item in items:
        content = content_of(item) if item.get("contentType") == "forwardedMessageReference" else None
        if isinstance(content, Mapping):
            where, what = content.get("originalConversationId"), content.get("originalMessageId")
            if isinstance(where, str) and where and what:
                return make_id(PLATFORM, network, "post", where, str(what))
    return None


def attachment(item: Attachment) -> AttachmentDraft:
    """Describe an attachment: `reference` is a file in SharePoint, the rest are cards and references."""
    kind = str(item.get("contentType") or "")
    made: AttachmentDraft = {"kind": _kind(kind), "id": item.get("id") or None, "name": item.get("name") or None}
    if item.get("contentUrl"):
        made["url"] = item["contentUrl"]
    if kind != "reference" and kind:
        made["mime_type"] = kind
    if text := card_text(item):
        made["text"] = text
    return made


def _kind(content_type: str) -> Literal["file", "image", "video", "audio", "card", "link", "other"]:
    if content_type == "reference" or content_type.startswith("application/vnd.microsoft.teams.file"):
        return "file"
    if kind := _MEDIA.get(content_type.split("/", 1)[0]):
        return kind
    if content_type.startswith(_CARD) or content_type.lower().endswith(("connector", _BANNER)):
        return "card"
    return "link" if content_type == "tabReference" else "other"
