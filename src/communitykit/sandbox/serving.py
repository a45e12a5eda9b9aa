"""Serving a simulated platform over real HTTP, on this machine only, until the context ends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.errors import SettingsError, told_of_port
from communitykit.model.values import JSON
from communitykit.sandbox.platform import Platform
from communitykit.sandbox.site import Logged, Site
from communitykit.sandbox.throttle import Violation
from communitykit.sandbox.world import World

if TYPE_CHECKING:
    from communitykit.sandbox.faults import Fault

_PATIENCE = 10.0
"""Seconds to wait for the server to start or stop."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running simulation: where it is, its token, and what came in."""

    site: Site
    url: str

    @property
    def token(self) -> str:
        """A token that may do everything a connector needs."""
        return self.site.token

    @property
    def rate(self) -> float:
        """What multiplies the platform's limits: `settings` hands it on."""
        return self.site.rate

    @property
    def settings(self) -> dict[str, JSON]:
        """What `communitykit.connect(platform, **settings)` needs."""
        return self.site.settings

    @property
    def login(self) -> dict[str, JSON]:
        """What a login needs instead of a token; empty where nobody logs in from a terminal."""
        told = self.site.platform.login(self.site)
        return {**told, "rate": self.rate} if told else {}

    @property
    def requests(self) -> list[Logged]:
        """The requests that came, the last hundred thousand of them."""
        return list(self.site.requests)

    @property
    def violations(self) -> list[Violation]:
        """The requests that should not have been sent."""
        return self.site.violations


@contextmanager
def serve(
    world: World,
    platform: Platform,
    *,
    faults: Sequence[Fault] = (),
    rate: float = inf,
    port: int = 0,
    clock: Clock = SYSTEM_CLOCK,
    **options: JSON,
) -> Iterator[Server]:
    """Serve a world's platform on 127.0.0.1; `port` 0 takes a free one. The server stops when the context ends.

    Raises SettingsError when uvicorn is not installed or the port is taken.
    """
    try:
        import uvicorn  # noqa: PLC0415 # only those who serve need it
    except ImportError:
        raise SettingsError(
            "the sandbox needs uvicorn", remedy="Install it: pip install 'communitykit[sandbox]'."
        ) from None
    site = Site(world, platform, rate=rate, faults=faults, clock=clock, **options)
    started = threading.Event()

    class Quiet(uvicorn.Server):
        """Tells when it has started."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            started.set()

    # TCP is named, since asyncio switches Nagle's algorithm off only where it is; else every answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(256)
    except (OSError, OverflowError) as error:
        listener.close()
        remedy = "Name another, or leave it out."
        raise told_of_port(port, error, holder="another sandbox", remedy=remedy) from None
    site.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        site,
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    server = Quiet(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="sandbox", daemon=True)
    thread.start()
    try:
        if not started.wait(_PATIENCE):
            raise TimeoutError("the sandbox did not start")
        yield Server(site, site.url)
    finally:
        server.should_exit = True
        thread.join(_PATIENCE)
        listener.close()
    if site.crash is not None:
        raise RuntimeError("the simulation itself failed while answering") from site.crash
