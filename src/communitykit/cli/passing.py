"""Letting time pass on served platforms, when somebody asks for it: then a second pull has news."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from communitykit.model.values import JSON
from communitykit.sandbox import Site

TIMES = 7
"""How often time may pass: the company begins so many lengths early, since nobody reads what is yet to come."""


_NO_MORE = f"time passed {TIMES} times already: serve the company anew"
_SEND = "nothing passes so: send a POST, as curl -X POST does"


class Passing:
    """A company whose time passes `length` by `length`, on all the sites that show it, while they answer."""

    def __init__(self, sites: Sequence[Site], length: timedelta) -> None:
        """Begin; nothing has passed yet."""
        self._sites = sites
        self._length = length
        self._lock = threading.Lock()
        self.left = TIMES

    def advance(self) -> dict[str, JSON] | None:
        """Let time pass; give the company's moment, what happened and how often more it may; None where no more."""
        with self._lock, ExitStack() as held:
            if not self.left:
                return None
            self.left -= 1
            for site in self._sites:
                held.enter_context(site.lock)
            world = self._sites[0].world
            happened = Counter(one.kind for one in world.advance(self._length / timedelta(days=1)))
            return {"now": world.now.isoformat(), "happened": dict(sorted(happened.items())), "left": self.left}


@contextmanager
def passing(time: Passing, tell: Callable[[dict[str, JSON]], None]) -> Iterator[str]:
    """Listen on this machine; each POST to the address that is given lets time pass, and `tell` is told."""

    class Asked(BaseHTTPRequestHandler):
        """A POST lets time pass; all else changes nothing, since browsers send a GET unasked."""

        def do_POST(self) -> None:
            told = time.advance()
            if told is not None:
                tell(told)
            self._answer(200 if told else 409, told or {"error": _NO_MORE})

        def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
            """Answer what is no POST (of which the server would say, in HTML, that it does not know it) as JSON."""
            known = code != HTTPStatus.NOT_IMPLEMENTED
            say: dict[str, JSON] = {
                "error": message or HTTPStatus(code).phrase if known else f"{self.command}: {_SEND}"
            }
            self._answer(code if known else HTTPStatus.METHOD_NOT_ALLOWED, say)

        def _answer(self, status: int, told: dict[str, JSON]) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            if status == HTTPStatus.METHOD_NOT_ALLOWED:
                self.send_header("allow", "POST")
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing of its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    thread = threading.Thread(target=server.serve_forever, name="passing", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
