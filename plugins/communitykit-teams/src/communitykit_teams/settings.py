"""What the Teams connector can be told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from communitykit.connector import JSON, Address, Lookback, Settings, lookback_length

CLOUDS: dict[str, tuple[str, str]] = {
    "global": ("https://graph.microsoft.com/v1.0/", "https://login.microsoftonline.com/"),
    "us-gov-l4": ("https://graph.microsoft.us/v1.0/", "https://login.microsoftonline.us/"),
    "us-gov-dod": ("https://dod-graph.microsoft.us/v1.0/", "https://login.microsoftonline.us/"),
    "china": ("https://microsoftgraph.chinacloudapi.cn/v1.0/", "https://login.chinacloudapi.cn/"),
}
"""Microsoft Graph and its login by national cloud ("National cloud deployments"); GCC is global."""


class TeamsSettings(Settings):
    """An app registration in Microsoft Entra, and how far the connector goes to notice change."""

    tenant: str | None = Field(
        default=None, description="Directory (tenant) id, or a domain of it: on the app registration's Overview."
    )
    client_id: str | None = Field(
        default=None, description="Application (client) id: on the app registration's Overview."
    )
    client_secret: SecretStr | None = Field(
        default=None, description="The app's client secret (Certificates & secrets): its value, not its id."
    )
    certificate: Path | None = Field(
        default=None, description="PEM file with the app's certificate and its private key, in place of a secret."
    )
    certificate_password: SecretStr | None = Field(default=None, description="Password of the private key, if any.")
    federated_token: Path | None = Field(
        default=None, description="File with a token of another identity provider (workload identity federation)."
    )
    token: SecretStr | None = Field(default=None, description="An access token that was got elsewhere; not renewed.")
    credential: JSON = Field(
        default=None,
        exclude=True,
        repr=False,
        description="A function that returns a token, or an object with get_token(*scopes), as azure-identity's.",
    )
    cloud: Literal["global", "us-gov-l4", "us-gov-dod", "china"] = Field(
        default="global", description="National cloud; base_url and login_url win over it."
    )
    login_url: Address = Field(default=None, description="Another address to get tokens from than the cloud's own.")
    reports_url: Address = Field(
        default=None, description="Where usage reports are downloaded from, if that is not Microsoft's own host."
    )
    lookback: Lookback = Field(
        default=timedelta(days=30),
        description="How far back the weekly full reading looks for what the daily one cannot see ('30d', 'all').",
    )
    messages: Literal["channels", "export"] = Field(
        default="channels",
        description="'export' reads whole teams by getAllMessages: fewer requests, no reaction times to rely on.",
    )
    export_model: Literal["A", "B"] | None = Field(
        default=None,
        description="Licensing model named to the export API; unset since August 2025, when it became free.",
    )
    usage: Literal["D7", "D30", "D90", "D180"] | None = Field(
        default=None, description="Period of the usage report to read as measures; none is read without it."
    )

    @model_validator(mode="before")
    @classmethod
    def _by_cloud(cls, given: JSON) -> JSON:
        if not isinstance(given, dict) or given.get("cloud", "global") not in CLOUDS:
            return given
        graph, login = CLOUDS[given.get("cloud", "global")]
        told = {name: value for name, value in given.items() if value is not None}
        addresses = (
            {"login_url": login}
            if given.get("cloud", "global") == "global"
            else {"base_url": graph, "login_url": login}
        )
        return {**addresses, **told}

    @property
    def lookback_length(self) -> timedelta | None:
        """The look-back as a length; None is all."""
        return lookback_length(self.lookback)
