"""Yammer's settings as keywords that editors and type checkers know."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, Unpack

from pydantic import SecretStr

import communitykit
from communitykit.connector import SettingsKeywords
from communitykit.connector.oauth import TokenProvider


class YammerKeywords(SettingsKeywords, total=False):
    """What a caller may give for `YammerSettings`."""

    token: str | SecretStr | None
    token_provider: TokenProvider | None
    graph_token: str | SecretStr | None
    graph_token_provider: TokenProvider | None
    refresh_token: str | SecretStr | None
    client_id: str | None
    client_secret: str | SecretStr | None
    tenant: str | None
    login_url: str | None
    graph_url: str | None
    download_url: str | None
    network: str | None
    lookback: str | timedelta | None
    reactions: Literal["listed", "full"] | None
    company_feed: bool | None
    graph: bool | None
    reports: Literal["off", "D7", "D30", "D90", "D180"] | None
    export_since: str | datetime | None
    export_window: str | timedelta | None


def connect(**settings: Unpack[YammerKeywords]) -> communitykit.Session:
    """Connect as `communitykit.connect("yammer", …)` does."""
    return communitykit.connect("yammer", **settings)


def connect_async(**settings: Unpack[YammerKeywords]) -> communitykit.AsyncSession:
    """Connect as `communitykit.connect_async("yammer", …)` does."""
    return communitykit.connect_async("yammer", **settings)
