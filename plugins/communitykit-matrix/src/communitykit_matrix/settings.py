"""What the Matrix connector can be told."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from communitykit.connector import Settings


class MatrixSettings(Settings):
    """A homeserver (`base_url`), an access token, and who counts as a bot."""

    token: SecretStr | None = Field(None, description="Access token of an account that is in the rooms to read.")
    accounts: Literal["auto", "rooms"] = Field("auto", description="'rooms': do not ask Synapse's admin API for them.")
    bots: str = Field("@*bot:* @bot-*:*", description="Patterns of bots' user ids, besides accounts of type 'bot'.")
