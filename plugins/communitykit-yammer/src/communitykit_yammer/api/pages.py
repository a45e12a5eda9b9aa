"""One page of a feed taken apart: messages, and what stands around them. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from communitykit.connector import JSON, Batch, as_list, as_mapping, required_list, sound_and_odd
from communitykit_yammer.ids import number, parse_time

_MEMBERS = {"user": "user", "bot": "bot", "guide": "bot"}
_KINDS = {**_MEMBERS, "message": "message_reference", "topic": "topic", "tag": "topic", "thread": "thread"}


class Part(NamedTuple):
    """Messages of a page that are handed on, newest first, and the ids that they stand for: all from `low` to `high`.

    `high` is None above the newest message of the feed.
    """

    low: int
    high: int | None
    ids: tuple[int, ...]


@dataclass(slots=True)
class Page:
    """A page's messages with a readable id, newest first, and its references by kind.

    `older` is `meta.older_available`: false too early now and then, so it may prolong a walk and never ends one.
    """

    messages: list[dict[str, JSON]] = field(default_factory=list)
    references: list[dict[str, JSON]] = field(default_factory=list)
    unreadable: list[JSON] = field(default_factory=list)
    odd_references: list[JSON] = field(default_factory=list)
    size: int = 0
    older: bool = False

    @classmethod
    def of(cls, data: JSON, *, subject: str = "") -> Page:
        """Take an answer apart, whatever is odd in it.

        Raises ProtocolError where it holds no list of messages: that is no empty feed.
        """
        rows = required_list(data, "messages", subject=subject)
        envelope = as_mapping(data)
        page = cls(size=len(rows))
        page.messages, page.unreadable = sound_and_odd(rows, lambda row: number(row.get("id")))
        page.messages.sort(key=id_of, reverse=True)
        beside = envelope.get("references")
        page.references, page.odd_references = sound_and_odd(beside if isinstance(beside, list) else [])
        page.odd_references += [] if isinstance(beside, list | None) else [[beside]]
        page.older = as_mapping(envelope.get("meta")).get("older_available") is True
        return page

    @property
    def ids(self) -> list[int]:
        """List the messages' ids, newest first."""
        return [id_of(item) for item in self.messages]

    def parts(self, due: Container[int], at: int | None) -> Iterator[Part]:
        """Take the page apart between the messages that are not due; `at` is the id that it stands below."""
        high = None if at is None else at - 1
        found: list[int] = []
        for native in self.ids:
            if native in due:
                found.append(native)
                continue
            if found:
                yield Part(native + 1, high, tuple(found))
            high, found = native - 1, []
        if found:
            yield Part(found[-1], high, tuple(found))

    def context(self, base: Mapping[str, JSON]) -> dict[str, JSON]:
        """Return what the messages need of what stands beside them; only this page's, so that it stays small.

        `torn`: some of it cannot be read, so what it does not hold may be told all the same.
        """
        torn = bool(self.odd_references)
        starters: dict[str, JSON] = {}
        replies: dict[str, int] = {}
        topics: dict[str, str] = {}
        for one in self.references:
            native, kind = number(one.get("id")), one.get("type")
            if native is None:
                continue
            if kind == "message":
                starters[native] = one.get("sender_id")
            elif kind == "thread":
                updates = as_mapping(one.get("stats")).get("updates")
                if isinstance(updates, int) and updates > 0:
                    replies[native] = updates - 1  # the starter is counted, too
                torn = torn or not isinstance(updates, int | None)
            elif kind in {"topic", "tag"} and one.get("name"):
                topics[native] = str(one["name"])
        starters.update({str(item["id"]): item.get("sender_id") for item in self.messages})
        return {**base, "starters": starters, "replies": replies, "topics": topics, "torn": torn}

    def around(self, context: Mapping[str, JSON]) -> Iterator[Batch]:
        """Return what stands beside the messages: people first, so that nobody on the page is a stranger."""
        kinds: dict[str, list[JSON]] = {}
        for one in self.references:
            kinds.setdefault(_KINDS.get(str(one.get("type")), "reference"), []).append(one)
        for kind in ("user", "bot", "topic", "thread", "reference", "message_reference"):
            if kind in kinds:
                yield Batch(kind, kinds[kind], {**context, "reference": True})
        if self.odd_references:
            yield Batch("reference", self.odd_references, context)
        known = {number(one.get("id")) for one in self.references if one.get("type") == "user"}
        likers = {
            native: one
            for item in self.messages
            for one in as_list(as_mapping(item.get("liked_by")).get("names"))
            if isinstance(one, dict) and (native := number(one.get("user_id"))) and native not in known
        }
        if likers:
            yield Batch("liker", list(likers.values()), context)


def id_of(item: Mapping[str, JSON]) -> int:
    """Return a message's id as a number, which grows with time."""
    return int(number(item.get("id")) or 0)


def moments(items: Iterable[Mapping[str, JSON]]) -> list[JSON]:
    """Return when messages were written, those without a readable time left out."""
    return [moment for item in items if (moment := parse_time(item.get("created_at"))) is not None]


def is_direct(item: Mapping[str, JSON]) -> bool:
    """Tell whether a message is private talk."""
    return bool(item.get("direct_message")) or number(item.get("conversation_id")) is not None


def is_cut(item: Mapping[str, JSON]) -> bool:
    """Tell whether a message shows only a part of those who reacted."""
    liked = as_mapping(item.get("liked_by"))
    count = liked.get("count")
    return isinstance(count, int) and len(as_list(liked.get("names"))) < count
