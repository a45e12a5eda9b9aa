"""A store as pages in a browser, on this machine alone: read-only, without a script, public talk unless asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from communitykit.errors import SettingsError, told_of_port
from communitykit.store import Store

__all__ = ["browse"]

_PATIENCE = 10.0


@contextmanager
def browse(
    store: str | Path, *, include_private: bool = False, include_direct: bool = False, port: int = 0
) -> Iterator[str]:
    """Serve a store on 127.0.0.1, and yield the address, which holds a random token; it ends with the context.

    `port` 0 takes a free one. Private and direct talk that is in the store is shown where it is asked for.

    Raises SettingsError where the extra is missing or the port is taken, StoreError where there is no store.
    """
    Store(store).close()
    try:
        import uvicorn  # noqa: PLC0415 # only those who browse need it

        from communitykit.browse.app import Browser  # noqa: PLC0415 # same
        from communitykit.browse.queries import Asked  # noqa: PLC0415 # same
    except ImportError:
        raise SettingsError(
            "browsing needs starlette and uvicorn", remedy="Install them: pip install 'communitykit[browse]'."
        ) from None
    app = Browser(Path(store), Asked(include_private, include_direct))
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
    except (OSError, OverflowError) as error:
        listener.close()
        remedy = "Leave --port out, or name another port with it."
        raise told_of_port(port, error, holder="another browse", remedy=remedy) from None
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="critical",
        access_log=False,  # the token is in the address
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="communitykit-browse", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}{app.base}"
    finally:
        server.should_exit = True
        thread.join(_PATIENCE)
        listener.close()
