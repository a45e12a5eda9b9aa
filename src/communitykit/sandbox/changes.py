"""What can happen in a company as time passes, and something that did."""

# how likely things are stands where they happen

from __future__ import annotations

from dataclasses import dataclass

from communitykit.sandbox.messages import Message, Segment

CHANGES: tuple[str, ...] = (
    "hired", "community_created", "joined", "posted", "replied", "edited", "reply_edited", "deleted", "reply_deleted",
    "reacted", "reply_reacted", "unreacted", "reply_unreacted", "pinned", "profile", "topic", "left", "departed",
    "community_renamed", "community_archived",
)  # fmt: skip
"""Everything that can happen, in the order in which it is worked out."""

TALK = frozenset(
    {"posted", "replied", "edited", "reply_edited", "deleted", "reply_deleted", "reacted", "reply_reacted"}
)
"""Changes of what is written, apart from the people and the communities."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened at a moment. `before` is what a post said before it was edited."""

    kind: str
    at: int
    platform: str
    person: int | None = None
    place: int | None = None
    message: Message | None = None
    emoji: str | None = None
    before: tuple[Segment, ...] | None = None
