"""What the Yammer connector can be told."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import AwareDatetime, Field, SecretStr

from communitykit.connector import JSON, Address, Lookback, Settings, lookback_length

REST_URL = "https://www.yammer.com/api/v1/"
GRAPH_URL = "https://graph.microsoft.com/v1.0/"
LOGIN_URL = "https://login.microsoftonline.com/"


class YammerSettings(Settings):
    """How to be let in, which sources to read, and how far to go to notice change."""

    token: SecretStr | None = Field(default=None, description="Microsoft Entra access token for Yammer (delegated).")
    token_provider: JSON = Field(
        default=None,
        exclude=True,
        repr=False,
        description="Gives tokens for Yammer: a function, or an object with get_token(*scopes).",
    )
    graph_token: SecretStr | None = Field(default=None, description="Access token for Microsoft Graph.")
    graph_token_provider: JSON = Field(
        default=None, exclude=True, repr=False, description="Gives tokens for Microsoft Graph, in the same way."
    )
    refresh_token: SecretStr | None = Field(default=None, description="Entra refresh token: renews both tokens.")
    client_id: str | None = Field(
        default=None, description="Application (client) id, on the app registration's Overview; needed to refresh."
    )
    client_secret: SecretStr | None = Field(default=None, description="Its secret, where it is no public client.")
    tenant: str = Field(default="organizations", description="Tenant id or domain, to refresh tokens at.")
    login_url: Address = Field(default=None, description="Another Entra address than the public cloud's.")
    graph_url: Address = Field(default=None, description="Another Graph address than the public cloud's v1.0.")
    download_url: Address = Field(
        default=None, description="Where Graph sends for its reports, if base_url is given and it is another host."
    )
    network: str | None = Field(default=None, description="Network id; without it the token's primary network.")
    lookback: Lookback = Field(
        default=timedelta(days=30),
        description="How far back a later run reads again, for edits, deletions and reactions ('30d', 'all'): one "
        "request per 20 messages in it.",
    )
    reactions: Literal["listed", "full"] = Field(
        default="listed",
        description="'full' asks for the whole list of who reacted where a message shows a part of it: one request per "
        "50 people of each such message, again when its count moves.",
    )
    company_feed: bool = Field(
        default=False,
        description="Also read the feed of the whole company, where messages stand that are in no group (storylines, "
        "All Company in older networks): one request per 20 messages of all groups.",
    )
    graph: bool = Field(
        default=False,
        description="Also read Microsoft Graph: who owns and is in a community, roles, usage reports.",
    )
    reports: Literal["off", "D7", "D30", "D90", "D180"] = Field(
        default="D30", description="Period of the usage reports that are read with `graph`."
    )
    export_since: AwareDatetime | None = Field(
        default=None,
        description="Also fetch network data exports from then on (network or Engage administrators only): deletions, "
        "earlier versions, private groups.",
    )
    export_window: Lookback = Field(
        default=timedelta(days=30),
        description="Length of the window that one export covers ('7d', 'all'); smaller ones fail less.",
    )

    @property
    def lookback_length(self) -> timedelta | None:
        """The look-back as a length; None is all."""
        return lookback_length(self.lookback)

    def window(self, whole: timedelta) -> timedelta:
        """The length of an export's window; `whole` is all that is left."""
        return lookback_length(self.export_window) or whole

    @property
    def graph_base(self) -> str:
        """The address that Graph's paths are added to."""
        return (self.graph_url or GRAPH_URL).rstrip("/") + "/"

    @property
    def rest_base(self) -> str:
        """The address that REST's paths are added to."""
        return (self.base_url or REST_URL).rstrip("/") + "/"

    @property
    def device_url(self) -> str:
        """Where a login by a code begins ("OAuth 2.0 device authorization grant flow")."""
        return self.token_url.removesuffix("token") + "devicecode"

    @property
    def token_url(self) -> str:
        """Where tokens are renewed ("Microsoft identity platform and OAuth 2.0 authorization code flow")."""
        return f"{(self.login_url or LOGIN_URL).rstrip('/')}/{self.tenant}/oauth2/v2.0/token"
