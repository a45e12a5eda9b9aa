"""What the Matrix connector can be told."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from communitykit import Settings


class MatrixSettings(Settings):
    """A homeserver (`base_url`), an access token, and who counts as a bot."""

    token: SecretStr = Field(description="Access token of an account that is in the rooms to read.")
    accounts: Literal["auto", "rooms"] = Field(
        default="auto",
        description="'auto' lists all accounts through Synapse's admin API where the token is a server admin's; "
        "'rooms' knows people by their rooms only.",
    )
    bots: str = Field(
        default="@*bot:* @bot-*:*",
        description="Patterns of user ids that are bots', parted by spaces, besides accounts of user type 'bot'.",
    )
