"""Letting time pass on served platforms, when somebody asks for it: then a second pull has news."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from communitykit.model.values import JSON
from communitykit.sandbox import Site

TIMES = 7
"""How often time may pass: the company begins so many lengths early, since nobody reads what is yet to come."""


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
        """A GET changes nothing, since browsers send it unasked."""

        def do_POST(self) -> None:
            told = time.advance()
            if told is not None:
                tell(told)
            body = json.dumps(told or {"error": f"time passed {TIMES} times already: serve the company anew"}).encode()
            self.send_response(200 if told else 409)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
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
