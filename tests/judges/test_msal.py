"""Microsoft's own msal, which nobody here wrote, logs in to the simulated Entra by device code, and renews that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from communitykit.connector.registry import registry
from communitykit.sandbox import Server, World, serve

pytestmark = pytest.mark.judge
msal = pytest.importorskip("msal", reason="needs the judges group: uv sync --group judges")


@pytest.fixture(scope="module", params=["teams", "yammer"])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[str, Server]]:
    world = World(seed=7, size="tiny", platforms=("teams", "yammer"))
    options = {"entra": True} if request.param == "yammer" else {}
    with serve(world, registry().get(request.param).simulated(), **options) as server:
        yield request.param, server


class Led:
    """msal's way out: what it asks of Microsoft's login is answered by the simulation."""

    def __init__(self, server: Server, tenant: str) -> None:
        self._server, self._tenant = server, tenant

    def _answered(self, method: str, url: str, data: Any = None, params: Any = None) -> Any:
        assert url.startswith("https://login.microsoftonline.com/"), url
        home = f"https://login.microsoftonline.com/{self._tenant}"
        if url.endswith("/.well-known/openid-configuration") and self._tenant == "organizations":
            ends = {"token": "token", "device_authorization": "devicecode", "authorization": "authorize"}
            told = {f"{name}_endpoint": f"{home}/oauth2/v2.0/{end}" for name, end in ends.items()}
            return _answer(200, json.dumps({"issuer": f"{home}/v2.0", **told}))
        there = url.replace("https://login.microsoftonline.com", self._server.url)
        found = httpx.request(method, there, data=data, params=params, timeout=30)
        return _answer(found.status_code, found.text)

    def get(self, url: str, params: Any = None, **_: Any) -> Any:
        return self._answered("GET", url, params=params)

    def post(self, url: str, params: Any = None, data: Any = None, **_: Any) -> Any:
        return self._answered("POST", url, data=data, params=params)

    def close(self) -> None:
        """Nothing is held open."""


def _answer(status: int, text: str) -> Any:
    return SimpleNamespace(status_code=status, text=text, headers={}, raise_for_status=lambda: None)


def test_msal_logs_in_by_device_code_and_renews(served: tuple[str, Server]) -> None:
    name, server = served
    if name == "teams":
        from communitykit_teams.sandbox import CLIENT_ID as CLIENT  # noqa: PLC0415 # beside its only use

        tenant, scope = str(server.settings["tenant"]), "https://graph.microsoft.com/.default"
    else:
        CLIENT, tenant = str(server.settings["client_id"]), "organizations"  # noqa: N806 # as the other
        scope = "https://api.yammer.com/.default"
    app = msal.PublicClientApplication(
        CLIENT,
        authority=f"https://login.microsoftonline.com/{tenant}",
        instance_discovery=False,
        http_client=Led(server, tenant),
    )
    flow = app.initiate_device_flow(scopes=[scope])
    assert flow["user_code"] in flow["message"]
    assert flow["interval"] == 1
    early = app.acquire_token_by_device_flow({**flow, "expires_at": 0})
    assert early["error"] == "authorization_pending"
    typed = httpx.get(f"{server.url}/devicelogin?{urlencode({'user_code': flow['user_code']})}")
    assert typed.status_code == 200
    token = app.acquire_token_by_device_flow(flow)
    assert "error" not in token, token
    assert token["token_type"] == "Bearer"
    again = app.acquire_token_by_device_flow(flow)
    assert again["error"] == "invalid_grant"  # a code is redeemed once
    renewed = app.acquire_token_by_refresh_token(token["refresh_token"], scopes=[scope])
    assert renewed["access_token"] not in {token["access_token"], ""}
