"""Credentials and their refresh, as flows: nothing here sends anything."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeAlias

from communitykit.connector.flow import Request, Response
from communitykit.errors import CredentialError, SettingsError
from communitykit.model.values import JSON


@dataclass(frozen=True, slots=True)
class Credential:
    """What goes into requests: `headers` (and `params`, for platforms that want them there), until `expires_at`.

    `saved` is what must survive the process (a rotated refresh token, say); it never enters settings or the store.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers_of: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """By the beginning of an address ("https://graph.example/"): headers for there in place of `headers`."""
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    expires_at: datetime | None = None
    saved: Mapping[str, JSON] | None = field(default=None, repr=False)

    def headers_for(self, address: str) -> Mapping[str, str]:
        """Return the headers that an absolute address gets."""
        return next((headers for start, headers in self.headers_of.items() if address.startswith(start)), self.headers)

    def same_as(self, other: Credential) -> bool:
        """Tell whether the other would be refused just as well."""
        return (self.headers, self.headers_of, self.params) == (other.headers, other.headers_of, other.params)

    def fresh(self, now: datetime, *, margin: timedelta = timedelta(minutes=5)) -> bool:
        """Tell whether it will still be good in `margin`."""
        return self.expires_at is None or now + margin < self.expires_at


_TEN_YEARS = 10 * 365 * 86_400.0

AuthFlow: TypeAlias = Generator[Request, Response, Credential]
"""How a credential is had: requests, sent without one, and in the end the Credential."""
Authorize: TypeAlias = Callable[[JSON, Mapping[str, JSON] | None, datetime], AuthFlow]
"""`authorize(settings, saved, now)`: yields requests (sent without credential), returns the Credential.

`saved` is what an earlier Credential asked to keep, or None. Run single-flight before expiry, and once after a refusal.
"""


class _GivesTokens(Protocol):
    def get_token(self, *scopes: str) -> object: ...


TokenProvider: TypeAlias = Callable[[], object] | _GivesTokens
"""What `token_from` asks: a function without arguments, or an object with `get_token(*scopes)`."""


def bearer(token: str, *, expires_at: datetime | None = None, saved: Mapping[str, object] | None = None) -> Credential:
    """Make the usual credential: `Authorization: Bearer …`."""
    return Credential(headers={"Authorization": f"Bearer {token}"}, expires_at=expires_at, saved=saved)


def token_from(provider: object, *scopes: str, platform: str) -> Credential:
    """Ask a token provider of the caller's own for a token, and make the credential that it gives.

    `provider` is a function without arguments, or an object with `get_token(*scopes)` (azure-identity's credentials are
    such). It gives the token as text, as a pair (token, time it expires in seconds since 1970), or as an object with
    `token` and `expires_on`. It is asked again before a token expires and after a refusal; it may block, so a slow one
    should keep its tokens.

    Raises CredentialError when it gives something else, and SettingsError when it is no provider.
    """
    ask = getattr(provider, "get_token", None)
    if not callable(ask) and not callable(provider):
        raise SettingsError(
            f"a {type(provider).__name__} cannot provide tokens",
            platform=platform,
            remedy="Give a function that returns a token, or an object with get_token(*scopes).",
        )
    given = ask(*scopes) if callable(ask) else provider()  # type: ignore[operator] # one of the two is callable
    token, expires = _given_token(given)
    if not isinstance(token, str) or not token:
        if inspect.iscoroutine(given):
            given.close()
        raise CredentialError(
            f"the token provider gave a {type(given).__name__}, not a token",
            platform=platform,
            subject="token",
            remedy="It must return the token itself, not a coroutine: use the synchronous credential.",
        )
    return bearer(token, expires_at=datetime.fromtimestamp(float(expires), UTC) if expires else None)


def _given_token(given: object) -> tuple[object, float | None]:
    if isinstance(given, tuple) and len(given) >= 2:  # noqa: PLR2004 # token and time
        return given[0], given[1]
    return getattr(given, "token", given), getattr(given, "expires_on", None)


def client_credentials(
    url: str,
    *,
    client_id: str,
    client_secret: str | None = None,
    assertion: str | None = None,
    now: datetime,
    platform: str,
    scope: str | None = None,
) -> AuthFlow:
    """OAuth 2 client credentials grant (RFC 6749, 4.4): POST form to `url`, a bearer token back.

    The client proves itself with its secret or with a signed JWT (`assertion`; RFC 7523, 2.2).

    Raises CredentialError with the server's own `error` when no token comes back.
    """
    form = {"grant_type": "client_credentials", "client_id": client_id}
    if assertion is not None:
        form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        form["client_assertion"] = assertion
    else:
        form["client_secret"] = client_secret or ""
    if scope:
        form["scope"] = scope
    response = yield Request(url, method="POST", form=form, subject="token", authorized=False)
    return token_answer(response, now=now, platform=platform)


def refresh_token(
    url: str,
    *,
    refresh_token: str,
    client_id: str,
    client_secret: str | None,
    now: datetime,
    platform: str,
    scope: str | None = None,
) -> AuthFlow:
    """OAuth 2 refresh (RFC 6749, 6): the answer's new refresh token, if any, is in `saved`.

    `client_secret` is None for public clients; `scope` narrows the token to what it is for, where a server asks that.
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": client_id}
    form |= {"client_secret": client_secret} if client_secret else {}
    form |= {"scope": scope} if scope else {}
    response = yield Request(url, method="POST", form=form, subject="token", authorized=False)
    return token_answer(response, now=now, platform=platform)


def token_answer(response: Response, *, now: datetime, platform: str) -> Credential:
    """Read a token endpoint's answer: access_token, expires_in (seconds), perhaps refresh_token.

    Raises CredentialError when there is no access token in it.
    """
    data = response.data if isinstance(response.data, dict) else {}
    token = data.get("access_token")
    if not isinstance(token, str) or not token:
        raise CredentialError(
            "no access token came back",
            platform=platform,
            subject=response.request.subject,
            status=response.status,
            code=str(data.get("error") or "") or None,
            remedy="Check the client id and secret, and that the app is installed.",
        )
    seconds = lifetime(data.get("expires_in"))
    expires_at = now + timedelta(seconds=seconds) if seconds else None
    saved: dict[str, JSON] = {"access_token": token, "expires_at": expires_at.isoformat() if expires_at else None}
    if data.get("refresh_token"):
        saved["refresh_token"] = data["refresh_token"]
    return bearer(token, expires_at=expires_at, saved=saved)


def lifetime(value: JSON) -> float | None:
    """Read how many seconds something lives: a number, or its text, as some servers write it; None for anything else.

    What would last longer than ten years is taken for no lifetime at all.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if 0 < seconds < _TEN_YEARS else None
