"""Logging in: a declared flow is run, its requests are sent where the settings say, and what it gives is kept."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from communitykit.connector.flow import Request
from communitykit.connector.login import CodeLogin, Pause, Question, Tell, Visit, login_flow
from communitykit.doors.api import Session
from communitykit.errors import CredentialError, SettingsError
from communitykit.model.values import JSON

PORT: Final = 8912
"""Where a browser comes back to, where nobody says another port: platforms want the address registered."""
VISIT_SECONDS: Final = 600.0
_PATH = "/callback"
_PAGE = b"<!DOCTYPE html><html lang=en><title>communitykit</title><p>Thank you. You may close this window.</p></html>"


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
        raise SettingsError(
            "this platform lets nobody log in from a terminal",
            platform=connector.name,
            remedy="Give a token in the settings.",
        )
    conductor.check_kept()
    flow = login_flow(
        connector.login, conductor.settings, platform=connector.name, now=conductor.clock.now, visit=visit
    )
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
                answer = _visited(session, step, asking, port)
    except StopIteration as done:
        conductor.keep_login(done.value)


def manifest(session: Session, *, port: int = PORT) -> Mapping[str, JSON] | None:
    """Return what describes the app that must be registered before a login; None where there is no such thing."""
    login = session.connector.login
    if not isinstance(login, CodeLogin) or login.manifest is None:
        return None
    return login.manifest(session.conductor.settings, f"http://localhost:{port}{_PATH}")


def _visited(session: Session, step: Visit, asking: Asking, port: int) -> Mapping[str, str]:
    with _listening(port) as server:
        address = step.address(f"http://localhost:{server.server_port}{_PATH}")
        session.conductor.exchange.address(address, subject="login")
        asking.tell(f"Open this address in a browser on this machine:\n{address}")
        ends = time.monotonic() + VISIT_SECONDS
        while not server.came and time.monotonic() < ends:
            server.handle_request()
    if not server.came:
        raise CredentialError("nobody came back from the browser", subject="login", remedy="Log in again.")
    return server.came[0]


class _Server(HTTPServer):
    """Waits for one browser to come back."""

    timeout = 1.0

    def __init__(self, port: int) -> None:
        self.came: list[dict[str, str]] = []
        super().__init__(("127.0.0.1", port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5.0  # somebody who says nothing keeps nobody waiting

    def do_GET(self) -> None:  # as the library calls it
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        wanted = parts.path == _PATH and query
        self.send_response(200 if wanted else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if wanted:
            self.wfile.write(_PAGE)
            self.server.came.append(query)

    def log_message(self, *_: object) -> None:
        """Say nothing: the address holds the code."""


@contextmanager
def _listening(port: int) -> Iterator[_Server]:
    try:
        server = _Server(port)
    except (OSError, OverflowError, socket.gaierror) as error:
        raise SettingsError(
            f"port {port} cannot be taken: {error}", subject="login", remedy="Name another with --port."
        ) from None
    try:
        yield server
    finally:
        server.server_close()
