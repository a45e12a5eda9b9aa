"""What the Workplace connector can be told."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, SecretStr

from communitykit.connector import Address, Lookback, Settings, lookback_length


class WorkplaceSettings(Settings):
    """Where a mirror or recording of the Graph API is, how to be let in, and how far to go to notice change.

    `base_url` has no default: Workplace itself was switched off on 2026-06-01.
    """

    token: SecretStr | None = Field(default=None, description="Access token of the custom integration.")
    app_secret: SecretStr | None = Field(
        default=None, description="App secret: with it every request carries `appsecret_proof`."
    )
    timed_proof: bool = Field(
        default=True, description="The proof covers the time too (`appsecret_time`), as Workplace wants it."
    )
    scim_url: Address = Field(
        default=None, description="Where the mirror's SCIM API is, for department, division and manager."
    )
    lookback: Lookback = Field(
        default=timedelta(days=30),
        description="How far back a later run reads again, for edits, deletions and reactions ('30d', 'all').",
    )
    page_size: int = Field(
        default=10,
        ge=1,
        le=100,
        description="Posts of one request, each with its comments, reactions and views; it is halved where the "
        "platform asks for less.",
    )
    views: bool = Field(default=True, description="Also read who has seen each post.")
    batch: bool = Field(
        default=True, description="Put up to 50 calls into one request (the Graph's Batch API), where they are small."
    )

    @property
    def lookback_length(self) -> timedelta | None:
        """The look-back as a length; None is all."""
        return lookback_length(self.lookback)

    @property
    def scim_base(self) -> str | None:
        """The address that SCIM's paths are added to."""
        return self.scim_url.rstrip("/") + "/" if self.scim_url else None
