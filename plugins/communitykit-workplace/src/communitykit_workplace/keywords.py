"""Workplace's settings as keywords that editors and type checkers know."""

from __future__ import annotations

from datetime import timedelta
from typing import Unpack

from pydantic import SecretStr

import communitykit
from communitykit.connector import SettingsKeywords


class WorkplaceKeywords(SettingsKeywords, total=False):
    """What a caller may give for `WorkplaceSettings`."""

    token: str | SecretStr | None
    app_secret: str | SecretStr | None
    timed_proof: bool | None
    scim_url: str | None
    lookback: str | timedelta | None
    page_size: int | None
    views: bool | None
    batch: bool | None


def connect(**settings: Unpack[WorkplaceKeywords]) -> communitykit.Session:
    """Connect as `communitykit.connect("workplace", …)` does."""
    return communitykit.connect("workplace", **settings)


def connect_async(**settings: Unpack[WorkplaceKeywords]) -> communitykit.AsyncSession:
    """Connect as `communitykit.connect_async("workplace", …)` does."""
    return communitykit.connect_async("workplace", **settings)
