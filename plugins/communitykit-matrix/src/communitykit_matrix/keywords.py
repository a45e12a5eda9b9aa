"""Matrix's settings as keywords that editors and type checkers know."""

from __future__ import annotations

from typing import Literal, Unpack

from pydantic import SecretStr

import communitykit
from communitykit.connector import SettingsKeywords


class MatrixKeywords(SettingsKeywords, total=False):
    """What a caller may give for `MatrixSettings`."""

    token: str | SecretStr | None
    accounts: Literal["auto", "rooms"] | None
    bots: str | None


def connect(**settings: Unpack[MatrixKeywords]) -> communitykit.Session:
    """Connect as `communitykit.connect("matrix", …)` does."""
    return communitykit.connect("matrix", **settings)


def connect_async(**settings: Unpack[MatrixKeywords]) -> communitykit.AsyncSession:
    """Connect as `communitykit.connect_async("matrix", …)` does."""
    return communitykit.connect_async("matrix", **settings)
