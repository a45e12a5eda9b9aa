"""Slack's settings as keywords that editors and type checkers know."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Unpack

from pydantic import SecretStr

import communitykit
from communitykit.connector import SettingsKeywords


class SlackKeywords(SettingsKeywords, total=False):
    """What a caller may give for `SlackSettings`."""

    token: str | SecretStr | None
    refresh_token: str | SecretStr | None
    client_id: str | None
    client_secret: str | SecretStr | None
    lookback: str | timedelta | None
    threads: Literal["changed", "all"] | None
    reactions: Literal["counted", "full"] | None
    profiles: bool | None


def connect(**settings: Unpack[SlackKeywords]) -> communitykit.Session:
    """Connect as `communitykit.connect("slack", …)` does."""
    return communitykit.connect("slack", **settings)


def connect_async(**settings: Unpack[SlackKeywords]) -> communitykit.AsyncSession:
    """Connect as `communitykit.connect_async("slack", …)` does."""
    return communitykit.connect_async("slack", **settings)
