"""What every request and batch of one channel has in common. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from communitykit import Request, Response
from communitykit_slack.ids import is_ts, ts_key
from communitykit_slack.methods import call

SIDE_BY_SIDE = 8
"""Requests of one slice that are sent side by side."""


@dataclass(slots=True)
class Channel:
    """Where a slice's messages stand, and what its requests and batches have in common."""

    team: str
    native: str
    community_id: str
    post_prefix: str
    label: str
    until: str
    context: dict[str, Any]
    full_reactions: bool = False
    watched_since: str = ""

    def ask(self, method: str, **form: str | int) -> Request:
        """Describe a call about this channel."""
        return call(method, self.team, subject=f"channel {self.label}", channel=self.native, **form)

    def is_due(self, item: dict[str, Any]) -> bool:
        """Tell whether a message is not newer than the run."""
        ts = item.get("ts")
        return not isinstance(ts, str) or not is_ts(ts) or ts_key(ts) <= ts_key(self.until)


def messages_of(response: Response) -> list[dict[str, Any]]:
    """Give the messages of a page."""
    found = response.data.get("messages")
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
