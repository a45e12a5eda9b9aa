"""Messages with all their replies: those that did not come along are asked for, thread by thread. Flows.

A thread whose replies cannot be had costs itself alone: it is told, kept as a debt, and asked for again next time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from communitykit import CommunityKitError, CredentialError, ObjectUnavailableError, RetryableError, SettingsError
from communitykit.connector import JSON, Flow, Gap, Listing, Request, Response, ask
from communitykit.connector.odata import odata_pager
from communitykit_teams.api.methods import EXPANDED, MESSAGES, Graph, listed, segment
from communitykit_teams.ids import parse_time

Steps = Flow
MORE = "replies@odata.nextLink"
"""Says that there are more replies than came along."""
PATIENCE = 3
"""Threads in a row that may fail for the moment; then Graph is not troubled with others in this run."""
_FATAL = (CredentialError, SettingsError)


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: where it is, what its batches say besides the payloads."""

    graph: Graph
    team: str
    native: str
    community_id: str
    label: str
    context: Mapping[str, JSON]

    @property
    def path(self) -> str:
        """The address of its messages."""
        return f"teams/{segment(self.team)}/channels/{segment(self.native)}/messages"

    def ask(self, path: str = "", **params: str | int) -> Request:
        """Describe a request for messages, counted on the channel."""
        query = {"top": MESSAGES, **params}
        return self.graph.ask(self.path + path, "messages", query, subject=f"channel {self.label}", on=self.native)


@dataclass(slots=True)
class Threads:
    """Completes threads of one channel. `pending` are those that are owed, `failed` those that failed in this run."""

    channel: Channel
    pending: list[str]
    failed: set[str] = field(default_factory=set)
    partial: set[str] = field(default_factory=set)
    _in_a_row: int = 0

    @property
    def held(self) -> frozenset[str]:
        """The roots whose replies were not all seen: nothing below them has vanished."""
        return frozenset(self.partial.union(self.pending))

    def whole(self, response: Response) -> Flow[list[JSON]]:
        """Return a page's messages with all their replies: asked for where there are more than came along."""
        items = listed(response.data, self.channel.label)
        for index, item in enumerate(items):
            if not isinstance(item, Mapping) or "@removed" in item:
                continue
            native, replies = str(item.get("id")), item.get("replies")
            known = replies if isinstance(replies, list) else []
            if item.get(MORE) or len(known) >= EXPANDED:
                items[index] = yield from self._completed(item, native, known)
            elif not isinstance(replies, list):
                self.partial.add(native)
        return items

    def owe_all(self, items: Iterable[JSON]) -> None:
        """Note that a page came without any replies: all its threads are owed."""
        for item in items:
            native = item.get("id") if isinstance(item, Mapping) else None
            if isinstance(native, str) and native and native not in self.pending:
                self.pending.append(native)

    def owed(self, native: str) -> Flow[list[JSON]]:
        """Ask again for a thread that an earlier run did not get whole; give it, or nothing where that fails again."""
        if native not in self.pending or native in self.failed or self._in_a_row >= PATIENCE:
            return []
        try:
            response = yield from ask(replace(self.channel.ask(f"/{segment(native)}"), params={}))
        except _FATAL:
            raise
        except ObjectUnavailableError:  # gone with its replies
            self.pending.remove(native)
            return []
        except CommunityKitError as error:
            yield self._owe(native, str(error), error)
            return []
        return [(yield from self._completed(response.data, native, []))]

    def _completed(self, item: Mapping[str, JSON], native: str, known: list[JSON]) -> Flow[dict[str, JSON]]:
        """Walk a thread's replies; where that ends early, what came is kept and the thread is owed."""
        told = {key: value for key, value in item.items() if key != MORE}
        cut = {MORE: item.get(MORE) or self.channel.path}
        if native in self.failed or self._in_a_row >= PATIENCE:
            yield self._owe(native, "Graph failed to give others")
            return {**told, "replies": known, **cut}
        link, asked = item.get(MORE), self.channel.ask(f"/{segment(native)}/replies")
        onward = replace(asked, url=link, params={}) if known and isinstance(link, str) and link else None
        listing, found = Listing(onward or asked, odata_pager), _Found()
        found.add(known)
        cause: CommunityKitError | None = None
        try:
            while (data := (yield from listing.page())) is not None:
                found.add(listed(data, self.channel.label))
        except _FATAL:
            raise
        except CommunityKitError as error:
            cause = error
        problem = listing.problem or (str(cause) if cause else None)
        if problem is None:
            self._in_a_row = 0
            if native in self.pending:
                self.pending.remove(native)
            return {**told, "replies": found.all}
        yield self._owe(native, problem, cause)
        return {**told, "replies": found.all, **cut}

    def _owe(self, native: str, problem: str, cause: CommunityKitError | None = None) -> Gap:
        """Note a debt, behind the others, so that none keeps them from their turn."""
        if native in self.pending:
            self.pending.remove(native)
        self.pending.append(native)
        self.failed.add(native)
        self._in_a_row += isinstance(cause, RetryableError)
        return Gap(f"not all replies: {problem}")


class _Found:
    """Replies by id, each once; what shows no id is kept as it is."""

    def __init__(self) -> None:
        self._by_id: dict[str, JSON] = {}
        self._odd: list[JSON] = []

    def add(self, replies: Iterable[JSON]) -> None:
        for one in replies:
            if isinstance(one, Mapping) and one.get("id"):
                self._by_id[str(one["id"])] = one
            elif one not in self._odd:
                self._odd.append(one)

    @property
    def all(self) -> list[JSON]:
        return [*self._by_id.values(), *self._odd]


def said(items: Iterable[JSON]) -> list[Mapping[str, JSON]]:
    """Return messages and their replies; what is neither is left to the translation."""
    found: list[Mapping[str, JSON]] = []
    for item in items:
        if isinstance(item, Mapping):
            found.append(item)
            found.extend(one for one in replies_of(item) if isinstance(one, Mapping))
    return found


def replies_of(item: Mapping[str, JSON]) -> list[JSON]:
    """Return the replies that came with a message."""
    replies = item.get("replies")
    return replies if isinstance(replies, list) else []


_NEVER_OLD = datetime.max.replace(tzinfo=UTC)


def activity(item: JSON) -> datetime:
    """Return when something last happened in a thread; one that tells no time is never taken for old."""
    times = [
        found
        for one in said([item])
        for name in ("lastModifiedDateTime", "createdDateTime")
        if (found := parse_time(one.get(name))) is not None
    ]
    return max(times, default=_NEVER_OLD)
