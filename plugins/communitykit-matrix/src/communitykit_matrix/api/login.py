"""How a run is let in: by the settings' token, or by that of a login. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

import communitykit.connector as ck
from communitykit import SettingsError
from communitykit.connector import JSON, as_mapping, as_text
from communitykit.connector.login import PasswordOrVisitLogin
from communitykit.connector.payload import as_mappings
from communitykit_matrix.settings import MatrixSettings

_WAYS = {"m.login.sso": "visit", "m.login.password": "password"}


def _logged_in(**told: ck.JSON) -> ck.Request:
    body = {**told, "initial_device_display_name": "communitykit"}
    url = "_matrix/client/v3/login"
    return ck.Request(url, method="POST", json=body, subject="login", authorized=False, any_status=True)


def _offered(told: ck.JSON) -> frozenset[str]:
    types = [as_text(one.get("type")) for one in as_mappings(as_mapping(told).get("flows"))]
    return frozenset(_WAYS[one] for one in types if one in _WAYS)


def _visit(settings: MatrixSettings, back: str) -> str:
    home = (settings.base_url or "").rstrip("/")
    return f"{home}/_matrix/client/v3/login/sso/redirect?{urlencode({'redirectUrl': back})}"


def _ways() -> ck.Request:
    return ck.Request("_matrix/client/v3/login", subject="login", authorized=False, any_status=True)


def _by_token(token: str) -> ck.Request:
    return _logged_in(type="m.login.token", token=token)


def _by_password(name: str, password: str) -> ck.Request:
    return _logged_in(type="m.login.password", identifier={"type": "m.id.user", "user": name}, password=password)


LOGIN = PasswordOrVisitLogin(
    ways=_ways,
    offered=_offered,
    visit=_visit,
    returned="loginToken",
    by_token=_by_token,
    by_password=_by_password,
)
"""By the homeserver's single sign-on, or by name and password ("Client-Server API", "Login")."""


def authorize(settings: MatrixSettings, saved: Mapping[str, JSON] | None, now: datetime) -> ck.AuthFlow:  # noqa: ARG001
    """Return the token as it is: the settings', or that of a login.

    Raises SettingsError where there is none.
    """
    yield from ()
    if settings.token is not None:
        return ck.bearer(settings.token.get_secret_value())
    kept = as_text((saved or {}).get("access_token"))
    if not kept:
        raise SettingsError(
            "there is no token",
            platform="matrix",
            remedy="Give token (COMMUNITYKIT_MATRIX_TOKEN), or log in: communitykit login matrix.",
        )
    return ck.bearer(kept, saved=saved)
