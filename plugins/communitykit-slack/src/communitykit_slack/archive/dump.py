"""What slackdump keeps of a workspace, in any of its own forms: lists, messages, and how far it got."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from communitykit.connector import JSON

_NANOSECONDS_FROM = 10**14
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Dump(ABC):
    """One archive of slackdump: of everything that it read several times the newest version."""

    def __init__(self, form: str) -> None:
        """Begin with nothing read. `form` is what it is, in words."""
        self.form = form
        self._newest = 0
        self._problems: list[str] = []

    @abstractmethod
    def workspace(self) -> dict[str, JSON]:
        """Return the answer of auth.test that it kept, or nothing."""

    @abstractmethod
    def users(self) -> Iterator[JSON]:
        """Return the users."""

    @abstractmethod
    def channels(self) -> Iterator[JSON]:
        """Return the conversations of every sort."""

    @abstractmethod
    def members(self, channel: str) -> list[str] | None:
        """Return who is in a conversation; None where it was not asked for."""

    def named(self, channel: str) -> str:  # noqa: ARG002 # most forms list their conversations
        """Return what a conversation is called where no list tells."""
        return ""

    @abstractmethod
    def messages(self, channel: str) -> Iterator[JSON]:
        """Return a conversation's messages and replies, each once."""

    @abstractmethod
    def speakers(self) -> list[str]:
        """List the ids of conversations that messages were read of, listed or not."""

    def read_at(self) -> int:
        """Return when slackdump read last, in seconds or nanoseconds since 1970; 0 where nothing tells."""
        return self._newest

    def problems(self) -> Iterator[str]:
        """Return what did not come to its end."""
        return iter(self._problems)

    def as_of(self) -> datetime | None:
        """Return when slackdump read last."""
        at = self.read_at()
        seconds = at // 1_000_000_000 if at > _NANOSECONDS_FROM else at
        return _EPOCH + timedelta(seconds=seconds) if seconds else None
