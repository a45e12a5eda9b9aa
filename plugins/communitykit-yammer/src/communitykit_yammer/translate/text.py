"""Bodies with `[[user:ID]]` tokens: their plain text, and what they mention. Pure.

The text is derived from `parsed`, which the REST API and the exports both hold, so that both doors give the same; the
`plain` of REST puts names in place of the tokens, as they are on the day of asking.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from communitykit.connector import JSON, make_id
from communitykit.connector.drafts import MentionDraft
from communitykit.connector.html import html_text
from communitykit_yammer.ids import PLATFORM, community_id, member_id, number

_TOKEN = re.compile(r"\[\[(\w+):(\d+)\]\]")
_LINK = re.compile(r"https?://[^\s<>\"\]]+")
FORMS = ("parsed", "plain", "rich")
"""The forms of a body, the one that is read first."""
_TOPICS = frozenset({"tag", "topic"})
_SIGNS = {"user": "@", "tag": "#", "topic": "#", "group": ""}


class Said(NamedTuple):
    """What a body says: itself, how to read it, its plain text, mentions, links and topics."""

    body: str | None
    body_format: Literal["plain", "html"] | None
    text: str | None
    mentions: tuple[MentionDraft, ...]
    links: tuple[str, ...]
    topics: tuple[str, ...]
    named: bool = True
    """Whether the names of all its topics are known."""


def said(body: Mapping[str, JSON], network: str, notified: Iterable[object], names: Mapping[str, str]) -> Said:
    """Read a body; `notified` are ids of users notified beside it, `names` those of topics by their id."""
    source = body.get("parsed") or body.get("plain")
    body_format: Literal["plain", "html"]
    if source:
        raw, body_format, readable = source, "plain", source
    elif rich := body.get("rich"):  # announcements may have nothing else
        raw, body_format, readable = rich, "html", html_text(rich)
    else:
        return Said(None, None, None, tuple(_members(network, notified, set())), (), ())
    mentions: list[MentionDraft] = []
    topics: list[str] = []
    seen: set[str | None] = set()
    for kind, native in _TOKEN.findall(readable):
        mention = _mention(kind, native, network, names)
        if mention and mention.get("id") not in seen:
            seen.add(mention.get("id"))
            mentions.append(mention)
        if kind in _TOPICS and names.get(native, native) not in topics:
            topics.append(names.get(native, native))
    mentions += _members(network, notified, seen)
    text = _TOKEN.sub(lambda match: _shown(match[1], match[2], names), readable)
    links = tuple(dict.fromkeys(link.rstrip(".,;:!?)") for link in _LINK.findall(readable)))
    named = all(kind not in _TOPICS or native in names for kind, native in _TOKEN.findall(readable))
    return Said(raw, body_format, text, tuple(mentions), links, tuple(topics), named)


def _shown(kind: str, native: str, names: Mapping[str, str]) -> str:
    return _SIGNS.get(kind, "") + (names.get(native, native) if kind in _TOPICS else native)


def _mention(kind: str, native: str, network: str, names: Mapping[str, str]) -> MentionDraft | None:
    if kind == "user":
        return {"kind": "member", "id": member_id(network, native)}
    if kind == "group":
        return {"kind": "community", "id": community_id(network, native)}
    if kind in _TOPICS:
        topic = make_id(PLATFORM, network, "topic", native)
        return {"kind": "tag", "id": topic, "label": names.get(native)}
    return None


def _members(network: str, notified: Iterable[object], seen: set[str | None]) -> list[MentionDraft]:
    found = (member_id(network, native) for one in notified if (native := number(one)))
    return [{"kind": "member", "id": one} for one in dict.fromkeys(found) if one not in seen]
