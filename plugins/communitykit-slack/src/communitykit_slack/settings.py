"""What the Slack connector can be told."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, SecretStr

from communitykit.connector import Lookback, Settings, lookback_length


class SlackSettings(Settings):
    """A token, and how far the connector goes to notice change."""

    token: SecretStr | None = Field(
        default=None,
        description="Bot token (xoxb-…) or user token (xoxp-…), from the app's page, 'OAuth & Permissions'.",
    )
    refresh_token: SecretStr | None = Field(default=None, description="Where the app rotates its tokens (xoxe-1-…).")
    client_id: str | None = Field(default=None, description="The app's client id; needed to rotate tokens.")
    client_secret: SecretStr | None = Field(default=None, description="The app's secret; needed to rotate tokens.")
    lookback: Lookback = Field(
        default=timedelta(days=30),
        description="How far back a later run looks for edits, deletions, reactions and late replies ('30d', 'all').",
    )
    threads: Literal["changed", "all"] = Field(
        default="changed",
        description="'all' reads every thread of the look-back again, one request each, to find edited replies.",
    )
    reactions: Literal["counted", "full"] = Field(
        default="full",
        description="'full' asks who else reacted where Slack cuts the list short (a request per such message, again "
        "when its counts move); 'counted' keeps the count and the people listed.",
    )
    profiles: bool = Field(
        default=True, description="Read department, manager… from custom profile fields (one request per changed user)."
    )

    @property
    def lookback_length(self) -> timedelta | None:
        """The look-back as a length; None is all."""
        return lookback_length(self.lookback)
