"""Logging in: a declared flow is run, its requests are sent where the settings say, and what it gives is kept."""

from __future__ import annotations

import html
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTP_PORT
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from communitykit.connector.declaration import Connector
from communitykit.connector.flow import Request
from communitykit.connector.login import (
    CodeLogin,
    LoginFlow,
    PasswordOrVisitLogin,
    Pause,
    Question,
    Saved,
    Tell,
    Visit,
    login_flow,
)
from communitykit.doors.api import Session
from communitykit.errors import CommunityKitError, CredentialError, SettingsError, told_of_port
from communitykit.model.values import JSON

PORT: Final = 8912
"""Where a browser comes back to, where nobody says another port: platforms want the address registered."""
VISIT_SECONDS: Final = 600.0
_PATH = "/callback"
_NAMES: Final = ("localhost", "127.0.0.1")
_GOOD = "Thank you, you are logged in. You may close this window."
_FAILED = "You are not logged in: {why} You may close this window, and look at the terminal."
_STRANGE = "This is no answer to the login that waits; it goes on waiting. Open the address that the terminal shows."


@dataclass(frozen=True, slots=True)
class Asking:
    """How whoever logs in is spoken to: `tell` says a sentence, `ask` puts a question and returns the answer."""

    tell: Callable[[str], None]
    ask: Callable[[str, bool], str]
    pause: Callable[[float], None] = time.sleep


def log_in(session: Session, asking: Asking, *, port: int = PORT, visit: bool = True) -> None:
    """Log in to a session's platform; what comes back is kept in the `credential_store` of its settings.

    Nothing is sent to a host that neither the settings nor the connector name.

    Raises SettingsError where the platform has no such login, a setting is missing or there is no credential store;
    CredentialError where the login is refused.
    """
    connector, conductor = session.connector, session.conductor
    if connector.login is None:
        raise no_login(connector)
    if not visit and not isinstance(connector.login, PasswordOrVisitLogin):
        raise SettingsError(
            f"{connector.title} offers no login by name and password",
            platform=connector.name,
            remedy="Leave --password out.",
        )
    conductor.authorizing.check_kept()
    flow = login_flow(
        connector.login, conductor.settings, platform=connector.name, now=conductor.clock.now, visit=visit
    )
    with ExitStack() as held:
        browsers: list[socket.socket] = []
        try:
            conductor.authorizing.keep_login(
                _walked(session, flow, asking, port, lambda one: browsers.append(_kept(held, one)))
            )
        except CommunityKitError as error:
            _show(browsers, _FAILED.format(why=_sentence(error)))
            raise
        _show(browsers, _GOOD)


def no_login(connector: Connector) -> SettingsError:
    """Return the error for a platform that has no login, with what lets in there instead."""
    settings = ["base_url"] if connector.discover and not connector.base_url else []
    settings += ["token"] if connector.discover and "token" in connector.settings.model_fields else []
    ways = [f"give {' and '.join(settings)} in the settings"] if settings else []
    ways += [f"read an export: communitykit import {connector.name} FILE"] if connector.archive else []
    remedy = ", or ".join(ways) or "give what it needs in the settings"
    return SettingsError(
        f"{connector.title} lets nobody log in from a terminal",
        platform=connector.name,
        remedy=f"{remedy[0].upper()}{remedy[1:]}.",
    )


def _walked(
    session: Session, flow: LoginFlow, asking: Asking, port: int, keep: Callable[[socket.socket], None]
) -> Saved:
    answer: object = None
    try:
        while True:
            step = flow.send(answer)
            answer = None
            if isinstance(step, Request):
                answer = session.send(step)
            elif isinstance(step, Tell):
                asking.tell(step.text)
            elif isinstance(step, Pause):
                asking.pause(step.seconds)
            elif isinstance(step, Question):
                answer = asking.ask(step.text, step.hidden)
            else:
                answer = _visited(session, step, asking, port, keep)
    except StopIteration as done:
        saved: Saved = done.value
        return saved


def manifest(session: Session, *, port: int = PORT) -> Mapping[str, JSON] | None:
    """Return what describes the app that must be registered before a login; None where there is no such thing."""
    login = session.connector.login
    if not isinstance(login, CodeLogin) or login.manifest is None:
        return None
    return login.manifest(session.conductor.settings, f"http://localhost:{port}{_PATH}")


def _visited(
    session: Session, step: Visit, asking: Asking, port: int, keep: Callable[[socket.socket], None]
) -> Mapping[str, str]:
    with _listening(port, step.state) as server:
        address = step.address(f"http://localhost:{server.server_port}{_PATH}")
        session.conductor.exchange.address(address, subject="login")
        asking.tell(f"Open this address in a browser on this machine:\n{address}")
        ends = time.monotonic() + VISIT_SECONDS
        while server.came is None and time.monotonic() < ends:
            server.handle_request()
    if server.came is None:
        raise CredentialError("nobody came back from the browser", subject="login", remedy="Log in again.")
    browser, query = server.came
    keep(browser)
    return query


class _Server(HTTPServer):
    """Waits for one browser to come back, whose connection stays open: how the login ends is not known yet."""

    timeout = 1.0

    def __init__(self, port: int, state: str) -> None:
        self.state = state
        self.came: tuple[socket.socket, dict[str, str]] | None = None
        super().__init__(("127.0.0.1", port), _Handler)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """End a connection, unless it is that of the browser that came back."""
        if self.came is None or self.came[0] is not request:
            super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of who hangs up in the middle: the login goes on waiting. A defect of ours is told."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type] # as the library calls it


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5.0  # somebody who says nothing keeps nobody waiting

    def do_GET(self) -> None:  # as the library calls it
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        hosts = self.headers.get_all("host", [])
        port = "" if self.server.server_port == HTTP_PORT else f":{self.server.server_port}"  # as browsers write it
        # A name that was made to lead here is another page's trick.
        if hosts not in ([f"{name}{port}"] for name in _NAMES):
            self.connection.sendall(_page(HTTPStatus.BAD_REQUEST, _STRANGE))
        elif parts.path != _PATH:
            self.connection.sendall(_page(HTTPStatus.NOT_FOUND, "There is nothing here."))
        elif secrets.compare_digest(query.get("state", "").encode(), self.server.state.encode()):
            self.server.came = (self.connection, query)
        else:  # anybody on this machine, or any page in the browser, may ask for this address
            self.connection.sendall(_page(HTTPStatus.BAD_REQUEST, _STRANGE))

    def log_message(self, *_: object) -> None:
        """Say nothing: the address holds the code."""


def _page(status: HTTPStatus, text: str) -> bytes:
    head = (
        f"HTTP/1.0 {status.value} {status.phrase}",
        "Content-Type: text/html; charset=utf-8",
        "Content-Security-Policy: default-src 'none'",
        "Referrer-Policy: no-referrer",
        "Cache-Control: no-store",
    )
    page = f"<!DOCTYPE html><html lang=en><title>communitykit</title><p>{html.escape(text)}</p></html>"
    return "\r\n".join((*head, "", page)).encode()


def _kept(held: ExitStack, browser: socket.socket) -> socket.socket:
    return held.enter_context(closing(browser))


def _show(browsers: list[socket.socket], text: str) -> None:
    """Say in the browser how the login ended; who closed the window meanwhile reads it at the terminal."""
    for browser in browsers:
        with suppress(OSError):
            browser.sendall(_page(HTTPStatus.OK, text))


def _sentence(error: CommunityKitError) -> str:
    text = str(error)
    return text if text.endswith((".", "?", "!")) else f"{text}."


@contextmanager
def _listening(port: int, state: str) -> Iterator[_Server]:
    try:
        server = _Server(port, state)
    except (OSError, OverflowError) as error:
        holder, remedy = "another login that waits", "Wait for its end, or name another port with --port."
        raise told_of_port(port, error, holder=holder, remedy=remedy) from None
    try:
        yield server
    finally:
        server.server_close()
