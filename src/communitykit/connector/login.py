"""How somebody logs in from a terminal: what connectors declare, and the flows that the core runs of it. Pure."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import urlencode

from communitykit.connector.flow import Request, Response
from communitykit.connector.oauth import lifetime
from communitykit.errors import CredentialError, ProtocolError, SettingsError
from communitykit.model.values import JSON

Saved: TypeAlias = Mapping[str, JSON]
"""What the connector's `authorize` is given as `saved` from then on."""
_USUAL_INTERVAL = 5.0
"""Seconds between two looks where the server says nothing (RFC 8628, 3.2)."""
_USUAL_LIFETIME = 15 * 60.0
_LONGEST = 30 * 60.0
"""Seconds that a login may take, whatever the server says."""
_DECLINED = ("access_denied", "authorization_declined")
"""RFC 6749, 4.1.2.1, and Microsoft's word for it in the device flow."""
_REMEDIES = {
    **dict.fromkeys(
        ("invalid_client", "unauthorized_client", "invalid_client_id", "bad_client_secret"),
        "Check client_id and client_secret.",
    ),
    **dict.fromkeys(("invalid_code", "invalid_grant"), "The code is too old, or was used already: log in again."),
    **dict.fromkeys(
        ("bad_redirect_uri", "redirect_uri_mismatch"),
        "Register the address that the browser comes back to, or name the port of the registered one with --port.",
    ),
    "pkce_not_allowed": "Turn PKCE on in the app's settings.",
    "expired_token": "The code was typed too late: log in again.",
}
"""By the code of a refusal (RFC 6749, 5.2; RFC 8628, 3.5; Slack's `oauth.v2.access`)."""


@dataclass(frozen=True, slots=True)
class DeviceLogin:
    """OAuth 2 device authorization grant (RFC 8628): a code is typed in a browser anywhere. Needs `client_id`."""

    device_url: Callable[[JSON], str]
    token_url: Callable[[JSON], str]
    scope: Callable[[JSON], str]


@dataclass(frozen=True, slots=True)
class CodeLogin:
    """OAuth 2 authorization code with PKCE (RFC 7636) on a loopback redirect (RFC 8252). Needs `client_id`.

    `parameters` name the scopes. `token_of` is the part of the answer that holds the tokens. `manifest` describes the
    app that is to be registered first, for a redirect address; it is printed ready to paste.
    """

    authorize_url: Callable[[JSON], str]
    token_url: Callable[[JSON], str]
    parameters: Callable[[JSON], Mapping[str, str]]
    token_of: Callable[[Mapping[str, JSON]], JSON] = dict
    manifest: Callable[[JSON, str], Mapping[str, JSON]] | None = None
    manifest_at: str = ""
    """Where the manifest is pasted."""


@dataclass(frozen=True, slots=True)
class PasswordOrVisitLogin:
    """A platform's own login: in a browser that comes back with a one-time token, or with a name and a password.

    `ways` asks which of `visit` and `password` there are, read by `offered`; `visit` is the address to go to, that
    leads back to an address with the token in its query as `returned`.
    """

    ways: Callable[[], Request]
    offered: Callable[[JSON], frozenset[str]]
    visit: Callable[[JSON, str], str]
    returned: str
    by_token: Callable[[str], Request]
    by_password: Callable[[str, str], Request]


Login: TypeAlias = DeviceLogin | CodeLogin | PasswordOrVisitLogin


@dataclass(frozen=True, slots=True)
class Tell:
    """Say something to whoever logs in."""

    text: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Let seconds pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Visit:
    """Have an address opened, made of where it is to lead back to; the step's answer is the query that came back.

    What comes back without `state` in its query is no answer to this login.
    """

    address: Callable[[str], str]
    state: str


@dataclass(frozen=True, slots=True)
class Question:
    """Ask something; what is hidden is not shown as it is typed."""

    text: str
    hidden: bool = False


LoginFlow: TypeAlias = Generator[Request | Tell | Pause | Visit | Question, Any, Saved]
"""How somebody logs in: steps in, and in the end what is kept."""


def login_flow(login: Login, settings: object, *, platform: str, now: Callable[[], datetime], visit: bool) -> LoginFlow:
    """Return the flow of a declared login; `visit` is whether a browser is to be preferred to a password."""
    if isinstance(login, DeviceLogin):
        return _device(login, settings, platform, now)
    if isinstance(login, CodeLogin):
        return _code(login, settings, platform, now)
    return _own(login, settings, platform, now, visit=visit)


def _device(login: DeviceLogin, settings: object, platform: str, now: Callable[[], datetime]) -> LoginFlow:
    client = _client(settings, platform)
    form = {"client_id": client, "scope": login.scope(settings)}
    told = _answer((yield _ask(login.device_url(settings), form)), platform)
    code, where = told.get("device_code"), told.get("verification_uri") or told.get("verification_url")
    if not isinstance(code, str) or not isinstance(told.get("user_code"), str) or not isinstance(where, str):
        raise ProtocolError("the login gave no code", platform=platform, subject="login", remedy="Check the address.")
    yield Tell(f"Open {where} in a browser, and type the code {told['user_code']}")
    interval = lifetime(told.get("interval")) or _USUAL_INTERVAL
    left = min(lifetime(told.get("expires_in")) or _USUAL_LIFETIME, _LONGEST)
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "client_id": client, "device_code": code}
    while left > 0:
        yield Pause(interval)
        left -= interval
        answer = yield _ask(login.token_url(settings), form)
        state = answer.data.get("error") if isinstance(answer.data, Mapping) else None
        if state == "slow_down":
            interval += _USUAL_INTERVAL
        elif state != "authorization_pending":
            return _tokens(_answer(answer, platform), now(), platform)
    raise CredentialError("nobody typed the code in time", platform=platform, subject="login", remedy="Log in again.")


def _code(login: CodeLogin, settings: object, platform: str, now: Callable[[], datetime]) -> LoginFlow:
    client = _client(settings, platform)
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    led: list[str] = []

    def address(back: str) -> str:
        led.append(back)
        asked = {"response_type": "code", "client_id": client, "redirect_uri": back, "state": state}
        asked |= {"code_challenge": challenge, "code_challenge_method": "S256", **login.parameters(settings)}
        return f"{login.authorize_url(settings)}?{urlencode(asked)}"

    query: Mapping[str, str] = yield Visit(address, state)
    if "code" not in query:
        raise _refused(query.get("error", "no code came back"), platform)
    form = {"grant_type": "authorization_code", "code": query["code"], "redirect_uri": led[-1], "client_id": client}
    secret = getattr(settings, "client_secret", None)
    form |= {"client_secret": secret.get_secret_value()} if secret is not None else {}
    answer = yield _ask(login.token_url(settings), form | {"code_verifier": verifier})
    part = login.token_of(_answer(answer, platform))
    return _tokens(part if isinstance(part, Mapping) else {}, now(), platform)


def _own(
    login: PasswordOrVisitLogin,
    settings: object,
    platform: str,
    now: Callable[[], datetime],
    *,
    visit: bool,
) -> LoginFlow:
    offered = login.offered(_answer((yield login.ways()), platform))
    if not visit and "visit" in offered and "password" not in offered:
        raise SettingsError(
            "this server offers no login by name and password", platform=platform, remedy="Leave --password out."
        )
    if "visit" in offered and visit:
        state = secrets.token_urlsafe(24)
        query = yield Visit(lambda back: login.visit(settings, f"{back}?{urlencode({'state': state})}"), state)
        if login.returned not in query:
            raise _refused(query.get("error", f"no {login.returned} came back"), platform)
        answer = yield login.by_token(query[login.returned])
    elif "password" in offered:
        name = yield Question("User name?")
        answer = yield login.by_password(name, (yield Question("Password?", hidden=True)))
    else:
        raise SettingsError(
            "this server offers no login from a terminal", platform=platform, remedy="Give a token in the settings."
        )
    return _tokens(_answer(answer, platform), now(), platform)


def _client(settings: object, platform: str) -> str:
    client = getattr(settings, "client_id", None)
    if not client:
        raise SettingsError(
            "there is no client_id",
            platform=platform,
            remedy="Register an app (--manifest describes it, where the platform takes such), and give its client id: "
            "--set client_id=… or client_id=…",
        )
    return str(client)


def _ask(url: str, form: Mapping[str, str]) -> Request:
    return Request(url, method="POST", form=form, subject="login", authorized=False, any_status=True)


def _answer(response: Response, platform: str) -> Mapping[str, JSON]:
    data = response.data
    if isinstance(data, Mapping) and response.status < 300 and not data.get("error"):  # noqa: PLR2004 # good
        return data
    told = (data.get("errcode") or data.get("error")) if isinstance(data, Mapping) else None
    raise _refused(told or f"status {response.status}", platform)


def _refused(code: JSON, platform: str) -> CredentialError:
    what, remedy = "the login is refused", _REMEDIES.get(str(code), "Log in again.")
    if code in _DECLINED:
        what = "somebody declined the login in the browser"
        remedy = "Log in again, and allow it; where an administrator must approve the app, ask for that first."
    return CredentialError(what, platform=platform, subject="login", code=str(code)[:100], remedy=remedy)


def _tokens(data: Mapping[str, JSON], now: datetime, platform: str) -> Saved:
    if not isinstance(data.get("access_token"), str) or not data["access_token"]:
        raise ProtocolError("the login gave no token", platform=platform, subject="login", remedy="Check the address.")
    ends = lifetime(data.get("expires_in"))
    expires_at = (now + timedelta(seconds=ends)).isoformat() if ends else None
    saved = {"access_token": data["access_token"], "expires_at": expires_at}
    refresh = data.get("refresh_token")
    return saved | ({"refresh_token": refresh} if refresh else {})
