"""Logging in over real HTTP: a browser that comes back, a code that is typed, a name and a password."""

from __future__ import annotations

import html
import http.client
import json
import re
import socket
import stat
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from communitykit import CommunityKitError, CredentialError, SettingsError, connect
from communitykit.connector.registry import registry
from communitykit.doors.login import Asking, log_in, manifest
from communitykit.sandbox import Server, World, serve

PORT = 18_912


@pytest.fixture(scope="module")
def company() -> World:
    return World(seed=3, size="tiny", platforms=("slack", "teams", "yammer", "matrix"))


@pytest.fixture(scope="module", params=["slack", "teams", "yammer", "matrix"])
def served(request: pytest.FixtureRequest, company: World) -> Iterator[tuple[str, Server]]:
    options = {"entra": True} if request.param == "yammer" else {}
    with serve(company, registry().get(request.param).simulated(), **options) as server:
        yield request.param, server


def of(platform: str, company: World, **options: Any) -> Any:
    return serve(company, registry().get(platform).simulated(), **options)


def settings(name: str, server: Server, store: Path | str) -> dict[str, Any]:
    """What somebody has who has no token: addresses, and an app's public half."""
    assert not re.search("token|secret", " ".join(server.login)), name
    return {**server.login, "credential_store": store}


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    headers: dict[str, str]
    body: bytes


def _fetched(address: str, *hosts: str) -> Page:
    """Ask for an address, in the name of its own host or of others."""
    parts = urlsplit(address)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=10)) as connection:
        connection.putrequest("GET", f"{parts.path}?{parts.query}", skip_host=True)
        for host in hosts or (parts.netloc,):
            connection.putheader("Host", host)
        connection.endheaders()
        with connection.getresponse() as answer:
            return Page(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())


class Person:
    """Does in a browser what is told at the terminal."""

    def __init__(self, server: Server, *, slow: int = 0, alter: Callable[[str], str] = str) -> None:
        self.said: list[str] = []
        self.paused: list[float] = []
        self.asked: list[tuple[str, bool]] = []
        self.came = threading.Event()
        self.page: Page | None = None
        self._server, self._slow, self._alter = server, slow, alter

    @property
    def asking(self) -> Asking:
        return Asking(self._tell, self._ask, self._pause)

    def _tell(self, text: str) -> None:
        self.said.append(text)
        if "\n" in text:
            threading.Thread(target=self._visit, args=(text.partition("\n")[2],), daemon=True).start()

    def _visit(self, address: str) -> None:
        back = self._alter(_fetched(address).headers["location"])
        here = f"http://127.0.0.1:{PORT}"
        for other in ("/", "/favicon.ico"):  # browsers ask for more than they were sent to
            assert _fetched(f"{here}{other}").status == 404
        with closing(socket.create_connection(("127.0.0.1", PORT))) as gone:
            gone.sendall(b"GET /call")
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # who hangs up in the middle
        for stray in ("error=access_denied", "loginToken=x", "code=x&state=forged", ""):  # and so does anybody
            page = _fetched(f"{here}/callback?{stray}")
            assert (page.status, b"no answer to the login" in page.body) == (400, True)
        own = f"127.0.0.1:{PORT}"
        for forged in (("evil.example",), (f"evil.example:{PORT}",), ("127.0.0.1:1",), ("localhost",), (own, own)):
            assert _fetched(back.replace("localhost", "127.0.0.1"), *forged).status == 400  # with the right state
        self.page = _fetched(back.replace("localhost", "127.0.0.1"))
        self.came.set()

    def seen(self) -> str:
        """Return what the browser shows in the end."""
        assert self.came.wait(10)
        assert self.page is not None
        assert self.page.headers["content-security-policy"] == "default-src 'none'"
        return self.page.body.decode()

    def _ask(self, question: str, hidden: bool) -> str:  # noqa: FBT001 # as it is called
        self.asked.append((question, hidden))
        return "sandbox-password" if hidden else "reader"

    def _pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        if len(self.paused) > self._slow:
            code = self.said[0].rpartition(" ")[2]
            assert _fetched(f"{self._server.url}/devicelogin?user_code={code}").status == 200


def test_who_logs_in_can_read_and_later_runs_find_the_token(served: tuple[str, Server], tmp_path: Path) -> None:
    name, server = served
    store = tmp_path / "kept" / "credentials.json"
    told = settings(name, server, store)
    with connect(name, **told) as session, pytest.raises(CommunityKitError):
        next(session.members())
    person = Person(server, slow=2)
    with connect(name, **told) as session:
        log_in(session, person.asking, port=PORT)
    if person.said[0].startswith("Open this address"):
        assert "Thank you, you are logged in." in person.seen()
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    kept = json.loads(store.read_text(encoding="utf-8"))
    (saved,) = kept.values()
    assert saved["access_token"] not in " ".join(person.said)
    assert len(person.paused) == (3 if name in {"teams", "yammer"} else 0)  # twice nobody had typed it
    with connect(name, **told) as session:  # another process, another day
        assert len(list(session.members())) > 3
        session.check()


def test_matrix_asks_for_a_name_and_a_password_too(company: World, tmp_path: Path) -> None:
    with of("matrix", company) as server:
        told = settings("matrix", server, tmp_path / "c.json")
        person = Person(server)
        with connect("matrix", **told) as session:
            log_in(session, person.asking, visit=False)
            assert session.check() == []
        assert person.asked == [("User name?", False), ("Password?", True)]
        wrong = Asking(person.asking.tell, lambda _, __: "wrong")
        with (
            connect("matrix", **told) as session,
            pytest.raises(CredentialError, match="the login is refused") as found,
        ):
            log_in(session, wrong, visit=False)
        assert found.value.code == "M_FORBIDDEN"


def test_a_token_of_a_login_is_renewed_without_the_apps_secret(company: World, tmp_path: Path) -> None:
    with of("slack", company) as server:
        store = tmp_path / "c.json"
        told = settings("slack", server, store)
        with connect("slack", **told) as session:
            log_in(session, Person(server).asking, port=PORT)
        kept = json.loads(store.read_text(encoding="utf-8"))
        (key,) = kept
        first = dict(kept[key])
        kept[key]["expires_at"] = "2020-01-01T00:00:00+00:00"
        store.write_text(json.dumps(kept), encoding="utf-8")
        with connect("slack", **told) as session:
            assert len(list(session.members())) > 3
        assert json.loads(store.read_text(encoding="utf-8"))[key]["refresh_token"] != first["refresh_token"]


@pytest.mark.parametrize(
    ("alter", "why"),
    [
        (
            lambda back: re.sub("code=[^&]*", "error=access_denied", back),
            r"slack: login: somebody declined the login in the browser \(access_denied\)\. Log in again, and allow it",
        ),
        (
            lambda back: re.sub("code=[^&]*", "code=stolen", back),
            r"slack: login: the login is refused \(invalid_code\)\. The code is too old, or was used already: log in",
        ),
    ],
    ids=["denied", "stolen"],
)
def test_what_comes_back_is_held_to_this_login(
    company: World, tmp_path: Path, alter: Callable[[str], str], why: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with of("slack", company) as server:
        told = settings("slack", server, tmp_path / "c.json")
        person = Person(server, alter=alter)
        with connect("slack", **told) as session, pytest.raises(CredentialError, match=why) as found:
            log_in(session, person.asking, port=PORT)
    assert f"You are not logged in: {found.value}" in html.unescape(person.seen())
    assert "Thank you" not in person.seen()
    assert capfd.readouterr().err == ""  # nothing of whoever else came
    assert not (tmp_path / "c.json").exists()
    asked = parse_qs(urlsplit(person.said[0].partition("\n")[2]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"http://localhost:{PORT}/callback"]
    assert "scope" not in asked  # Slack gives no bot scopes to who comes back to a machine of their own


def test_a_code_that_nobody_types_ends(company: World, tmp_path: Path) -> None:
    with of("yammer", company, entra=True) as server:
        person = Person(server, slow=10_000)
        told = settings("yammer", server, tmp_path / "c.json")
        with connect("yammer", **told) as session, pytest.raises(CredentialError, match="nobody typed the code"):
            log_in(session, person.asking)
        assert 890 <= sum(person.paused) <= 900
        with connect("yammer", **{**told, "client_id": "another"}) as session:
            with pytest.raises(CredentialError, match="the login is refused") as found:
                log_in(session, person.asking)
            assert found.value.code == "unauthorized_client"
            assert found.value.remedy == "Check client_id and client_secret."


def test_what_is_missing_is_said(company: World, tmp_path: Path) -> None:
    with of("slack", company) as server:
        told = settings("slack", server, tmp_path / "c.json")
        nobody = Person(server).asking
        with (
            connect("slack", **{**told, "credential_store": None}) as session,
            pytest.raises(SettingsError, match="no place to keep"),
        ):
            log_in(session, nobody)
        with (
            connect("slack", **{**told, "client_id": None}) as session,
            pytest.raises(SettingsError, match="no client_id"),
        ):
            log_in(session, nobody)
    with (
        connect("slack", **told) as session,
        pytest.raises(SettingsError, match=r"Slack offers no login by name and password\. Leave --password out"),
    ):
        log_in(session, nobody, visit=False)
    with (
        connect("workplace", base_url="https://w.example/", token="x") as session,
        pytest.raises(SettingsError, match="lets nobody log in"),
    ):
        log_in(session, nobody)


def test_a_platform_without_a_login_says_so_first_and_what_to_do_instead(typed: Any) -> None:
    done = typed("login", "workplace")
    assert done.code == 1
    assert "Workplace from Meta lets nobody log in from a terminal. Give base_url and token in the settings" in done.err
    assert "or read an export: communitykit import workplace FILE." in done.err
    done = typed("login", "directory")
    assert "lets nobody log in from a terminal. Read an export: communitykit import directory FILE." in done.err


def test_a_second_login_learns_that_one_waits(typed: Any, tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        done = typed(
            "login", "slack", "--set", "client_id=1.2", "--port", str(port), "--credential-store", tmp_path / "c"
        )
        assert done.code == 1
        assert f"port {port} is taken, perhaps by another login that waits. Wait for its end, or name an" in done.err
        assert "Errno" not in done.err
    done = typed("login", "slack", "--set", "client_id=1.2", "--port", "99999", "--credential-store", tmp_path / "c")
    assert "port 99999 is no port: they go from 0 to 65535. " in done.err


def test_the_manifest_asks_for_what_a_run_needs(typed: Any) -> None:
    done = typed("login", "slack", "--manifest", "--json")
    assert done.code == 0, done.err
    scopes = done.document["oauth_config"]["scopes"]["user"]
    assert {"channels:read", "channels:history", "users:read"} <= set(scopes)
    assert not [one for one in scopes if one.startswith(("im:", "mpim:", "groups:"))]
    assert done.document["oauth_config"]["redirect_urls"] == ["http://localhost:8912/callback"]
    shown = typed("login", "slack", "--manifest")
    assert json.loads(shown.out)["display_information"]["name"] == "communitykit"
    assert "api.slack.com/apps" in shown.err
    with connect("matrix", base_url="https://m.example") as session:
        assert manifest(session) is None


def test_the_systems_keyring(company: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept: dict[tuple[str, str], str] = {}
    fake = ModuleType("keyring")
    fake.errors = SimpleNamespace(KeyringError=RuntimeError)  # type: ignore[attr-defined]
    fake.get_password = lambda service, key: kept.get((service, key))  # type: ignore[attr-defined]
    fake.set_password = lambda service, key, value: kept.__setitem__((service, key), value)  # type: ignore[attr-defined]
    monkeypatch.setenv("HOME", str(tmp_path))
    with of("slack", company) as server:
        told = settings("slack", server, "keyring")
        monkeypatch.setitem(sys.modules, "keyring", None)
        with pytest.raises(SettingsError, match=r"communitykit\[keyring\]"):
            connect("slack", **told)
        monkeypatch.setitem(sys.modules, "keyring", fake)
        with connect("slack", **told) as session:
            log_in(session, Person(server).asking, port=PORT)
        assert [service for service, _ in kept] == ["communitykit"]
        with connect("slack", **told) as session:
            assert len(list(session.members())) > 3
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert not [path for path in files if b"xox" in path.read_bytes()]
        fake.get_password = lambda *_: "cut sh"  # type: ignore[attr-defined]
        with connect("slack", **told) as session, pytest.raises(CredentialError, match="no login of ours"):
            next(session.members())
        fake.get_password = _locked  # type: ignore[attr-defined]
        with connect("slack", **told) as session, pytest.raises(CredentialError, match="keyring cannot be used"):
            next(session.members())


def _locked(*_: object) -> None:
    raise RuntimeError
