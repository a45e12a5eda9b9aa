"""What every request and batch of one channel has in common, and its messages. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from communitykit.connector import JSON, Request, Response, required_list
from communitykit.connector.payload import as_mappings
from communitykit_slack.api.methods import call
from communitykit_slack.ids import is_ts, ts_key

SIDE_BY_SIDE = 8
"""Requests of one slice that are sent side by side."""
PATIENCE = 20
"""Threads (or messages' reactions) that may fail one after the other; the rest is left to the next run."""


@dataclass(slots=True)
class Channel:
    """Where a slice's messages stand, and what its requests and batches have in common.

    `broadcasts` are replies that history showed in this run: they are not handed on twice. `asked_lists` are messages
    whose lists of who reacted were asked for.
    `failed_threads` and `failed_reactions` count those that failed one after the other.
    """

    team: str
    native: str
    community_id: str
    post_prefix: str
    label: str
    until: str
    context: dict[str, JSON]
    full_reactions: bool = False
    watched_since: int = 0
    broadcasts: set[str] = field(default_factory=set)
    asked_lists: set[str] = field(default_factory=set)
    failed_threads: int = 0
    failed_reactions: int = 0

    def ask(self, method: str, **form: str | int) -> Request:
        """Describe a call about this channel."""
        return call(method, self.team, subject=f"channel {self.label}", channel=self.native, **form)

    def is_due(self, item: dict[str, JSON]) -> bool:
        """Tell whether a message is not newer than the run."""
        ts = item.get("ts")
        return not isinstance(ts, str) or not is_ts(ts) or ts_key(ts) <= ts_key(self.until)


def payloads_of(response: Response) -> list[JSON]:
    """Return all that a page holds, odd things too: they become Issues.

    Raises ProtocolError where it holds no list: that is no page, and not the end.
    """
    return required_list(response.data, "messages", subject=response.request.subject)


def messages_of(response: Response) -> list[dict[str, JSON]]:
    """Return the messages of a page."""
    return as_mappings(payloads_of(response))
