"""Messages: their plain text, what they mention, where they link. Pure."""

from __future__ import annotations

import re

from communitykit.connector import make_id
from communitykit.connector.drafts import MentionDraft
from communitykit.connector.html import html_text
from communitykit_workplace.edges import tags_of
from communitykit_workplace.ids import NETWORK, PLATFORM, community_id, member_id, native_id
from communitykit_workplace.wire import Tag

_LINK = re.compile(r"https?://[^\s<>\"\])]+")
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_LABELLED = re.compile(r"\[([^\]\n]+)\]\((https?://[^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6}[ \t]+", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")


def plain_text(message: str, body_format: str) -> str:
    """Return the plain text of a message; of Markdown the marks go, the words stay ("Formatting posts")."""
    if body_format == "html":
        return html_text(message)
    if body_format != "markdown":
        return message
    text = _STRONG.sub(r"\1", message)
    text = _LABELLED.sub(r"\1 (\2)", text)
    return _CODE.sub(r"\1", _HEADING.sub("", text))


def links(message: str) -> tuple[str, ...]:
    """List the addresses in a message, once each."""
    if "://" not in message:
        return ()
    return tuple(dict.fromkeys(link.rstrip(".,;:!?") for link in _LINK.findall(message)))


def mentions(tags: object) -> tuple[MentionDraft, ...]:
    """Read `message_tags`, a list of tags or, in old answers, lists of them by offset."""
    if not tags:
        return ()
    found = (mention for tag in tags_of(tags) if (mention := _mention(tag)))
    return tuple({(one["kind"], one["id"]): one for one in found}.values())


def _mention(tag: Tag) -> MentionDraft | None:
    native, kind = native_id(tag.get("id")), tag.get("type") or "user"
    if native is None:
        return None
    label = tag.get("name") if isinstance(tag.get("name"), str) else None
    if kind == "user":
        return {"kind": "member", "id": member_id(native), "label": label}
    if kind == "group":
        return {"kind": "community", "id": community_id(native), "label": label}
    return {"kind": "tag", "id": make_id(PLATFORM, NETWORK, "tag", native), "label": label}
