"""What a message says: its words, whom it mentions, a file, a poll. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from communitykit.connector import JSON, as_list, as_mapping
from communitykit.connector.payload import as_texts
from communitykit_matrix.ids import member_id, room_id
from communitykit_matrix.wire import POLLS, Event, is_time, odd_parts, relation, text, words

_FILES = {"m.image": "image", "m.file": "file", "m.audio": "audio", "m.video": "video"}
_PILL = re.compile(r"""href=["']https://matrix\.to/#/([^"'?/]+)""")
_LINK = re.compile(r"""https?://(?!matrix\.to/)[^\s<>"')]+""")
_QUOTED = re.compile(r"\A(?:> [^\n]*\n)+\n?")


def words_of(content: dict[str, JSON], item: Event, home: str) -> tuple[dict[str, JSON], list[str]]:
    """What a message says: body, plain text, whom it mentions, a file, a poll; and which parts cannot be read.

    Those are left out rather than told as empty.
    """
    odd = odd_parts(content)
    if (poll := next((as_mapping(content[name]) for name in POLLS if name in content), None)) is not None:
        told: dict[str, JSON] = {"kind": "poll"}
        question, options = (
            words(poll.get("question")),
            [{"text": words(one) or ""} for one in as_list(poll.get("answers"))],
        )
        if "question" not in odd:
            told |= {"body": question, "body_format": "plain", "text": question}
        if not {"question", "poll"} & {*odd}:
            told["poll"] = {"question": question, "options": options}
        return told, odd
    plain, name, info = text(content.get("body")) or "", text(content.get("filename")), as_mapping(content.get("info"))
    if "m.in_reply_to" in relation(item):  # older clients quote what they answer
        plain = _QUOTED.sub("", plain)
    file = _FILES.get(text(content.get("msgtype")) or "", "image" if item["type"] == "m.sticker" else None)
    if file and name in {None, plain}:  # a file without a caption has its name as body
        plain, name = "", plain
    html = text(content.get("formatted_body")) if content.get("format") == "org.matrix.custom.html" else None
    attached = {"kind": file, "name": name, "url": text(content.get("url"))}
    size = info.get("size")
    attached |= {"mime_type": text(info.get("mimetype")), "size": size if is_time(size) else None}
    told = {"attachments": (attached,) if file else ()}
    if "body" not in odd and "formatted_body" not in odd:
        said = {"body": html or plain, "body_format": "html" if html else "plain", "text": plain}
        told |= {**said, "links": _LINK.findall(html or plain)}
    if "m.mentions" not in odd:
        told["mentions"] = tuple(_mentions(content, html or "", home))
    return told, odd


def _mentions(content: dict[str, JSON], html: str, home: str) -> Iterator[dict[str, JSON]]:
    """Intentional mentions (`m.mentions`); of older clients, people's pills. Rooms are pills always."""
    pills = [unquote(one) for one in _PILL.findall(html.rpartition("</mx-reply>")[2])]
    told = content.get("m.mentions", {"user_ids": pills})
    users = [one for one in as_texts(told.get("user_ids")) if one.startswith("@")]
    for user in dict.fromkeys(users):
        yield {"kind": "member", "id": member_id(user)}
    if told.get("room") is True:
        yield {"kind": "everyone"}
    for room in dict.fromkeys(one for one in pills if one.startswith("!")):
        yield {"kind": "community", "id": room_id(home, room)}
