"""Teams's settings as keywords that editors and type checkers know."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal, Unpack

from pydantic import SecretStr

import communitykit
from communitykit.connector import SettingsKeywords
from communitykit.connector.oauth import TokenProvider


class TeamsKeywords(SettingsKeywords, total=False):
    """What a caller may give for `TeamsSettings`."""

    tenant: str | None
    client_id: str | None
    client_secret: str | SecretStr | None
    certificate: str | Path | None
    certificate_password: str | SecretStr | None
    federated_token: str | Path | None
    token: str | SecretStr | None
    credential: TokenProvider | None
    cloud: Literal["global", "us-gov-l4", "us-gov-dod", "china"] | None
    login_url: str | None
    reports_url: str | None
    lookback: str | timedelta | None
    messages: Literal["channels", "export"] | None
    export_model: Literal["A", "B"] | None
    usage: Literal["D7", "D30", "D90", "D180"] | None


def connect(**settings: Unpack[TeamsKeywords]) -> communitykit.Session:
    """Connect as `communitykit.connect("teams", …)` does."""
    return communitykit.connect("teams", **settings)


def connect_async(**settings: Unpack[TeamsKeywords]) -> communitykit.AsyncSession:
    """Connect as `communitykit.connect_async("teams", …)` does."""
    return communitykit.connect_async("teams", **settings)
