from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from communitykit import CredentialError, SettingsError
from communitykit.connector import Credential, Request, Response
from communitykit.connector.oauth import lifetime, refresh_token, token_answer, token_from

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class AccessToken:
    token: str
    expires_on: int


class AzureLike:
    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def get_token(self, *scopes: str) -> AccessToken:
        self.asked.append(scopes)
        return AccessToken("secret", 1_800_000_000)


@pytest.mark.parametrize(
    ("provider", "expires_at"),
    [
        (lambda: "secret", None),
        (lambda: ("secret", 1_800_000_000), datetime(2027, 1, 15, 8, tzinfo=UTC)),
        (AzureLike(), datetime(2027, 1, 15, 8, tzinfo=UTC)),
    ],
)
def test_a_token_comes_from_a_function_or_a_credential_object(
    provider: Callable[[], object], expires_at: datetime | None
) -> None:
    credential = token_from(provider, "https://graph.example/.default", platform="acme")

    assert credential.headers == {"Authorization": "Bearer secret"}
    assert credential.expires_at == expires_at
    assert "secret" not in repr(credential)


def test_a_credential_object_is_told_the_scopes() -> None:
    provider = AzureLike()

    token_from(provider, "one", "two", platform="acme")

    assert provider.asked == [("one", "two")]


def test_what_gives_no_token_is_named() -> None:
    async def later() -> str:
        await asyncio.sleep(0)
        return "secret"

    with pytest.raises(CredentialError, match="gave a coroutine"):
        token_from(later, platform="acme")
    with pytest.raises(CredentialError, match="gave a NoneType"):
        token_from(lambda: None, platform="acme")
    with pytest.raises(SettingsError, match="a str cannot provide tokens"):
        token_from("secret", platform="acme")


def test_each_address_gets_its_own_headers() -> None:
    credential = Credential(headers={"A": "1"}, headers_of={"https://graph.example/": {"A": "2"}})

    assert credential.headers_for("https://graph.example/v1.0/me") == {"A": "2"}
    assert credential.headers_for("https://graph.example.evil/v1.0/me") == {"A": "1"}
    assert not credential.same_as(Credential(headers={"A": "1"}))


def test_a_public_client_refreshes_without_a_secret_and_for_one_resource() -> None:
    flow = refresh_token(
        "token",
        refresh_token="r1",
        client_id="c",
        client_secret=None,
        now=NOW,
        platform="x",
        scope="https://a/.default",
    )
    request = next(flow)
    assert request.form == {
        "grant_type": "refresh_token",
        "refresh_token": "r1",
        "client_id": "c",
        "scope": "https://a/.default",
    }
    answer = {"access_token": "a", "expires_in": 60, "refresh_token": "r2"}
    with pytest.raises(StopIteration) as done:
        flow.send(Response(request, 200, {}, answer, NOW))
    assert done.value.value.saved["refresh_token"] == "r2"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (3600, 3600),
        ("3600", 3600),
        (0, None),
        (-5, None),
        ("soon", None),
        (1e30, None),
        (True, None),
        (None, None),
        ([], None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_a_lifetime_is_seconds_or_nothing(told: object, seconds: float | None) -> None:
    request = Request("https://auth.example/token")
    response = Response(request, 200, {}, {"access_token": "secret", "expires_in": told}, NOW)
    expected = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert token_answer(response, now=NOW, platform="acme").expires_at == expected
    assert lifetime(told) == seconds
