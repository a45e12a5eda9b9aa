"""A small connector of the core's own, answered over real sockets by what each test scripts."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from communitykit.connector import (
    Batch,
    Budget,
    Capabilities,
    Connector,
    Cost,
    Flow,
    Pages,
    Request,
    Selection,
    Settings,
    Slice,
    WireKind,
    bearer,
    cursor_pager,
    make_id,
)

sys.path.insert(0, str(Path(__file__).parent))  # for what stands beside the tests

from authority import Authority, new_authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("tls"))


@dataclass
class Platform:
    """What the server answers: `(status, headers, body)` per path, each a value or a function of the request number."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def answer(self, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        bare = path.split("?", maxsplit=1)[0]
        number = sum(1 for seen, _ in self.requests if seen.split("?")[0] == bare)
        self.requests.append((path, headers))
        scripted = self.answers.get(bare, (404, {}, b"{}"))
        return scripted(number, path) if callable(scripted) else scripted


@pytest.fixture
def platform() -> Iterator[Platform]:
    scripted = Platform()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            scripted.bodies.append(self.rfile.read(int(self.headers.get("content-length") or 0)))
            status, headers, body = scripted.answer(self.path, {k.lower(): v for k, v in self.headers.items()})
            if status == 0:  # break the connection
                self.close_connection = True
                return
            self.send_response(status)
            length = headers.pop("content-length", str(len(body))) if headers else str(len(body))
            for name, value in {"content-type": "application/json", **headers, "content-length": length}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            if int(length) != len(body):
                self.close_connection = True

        do_POST = do_GET  # noqa: N815 # http.server's name

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    scripted.url = f"http://127.0.0.1:{server.server_port}"
    yield scripted
    server.shutdown()
    server.server_close()
    thread.join(5)


class Plain(Settings):
    """The little connector's settings."""

    token: str = "tok-secret-1"


def translate_note(item: Any, context: Any) -> Iterator[Any]:
    yield {
        "record": "post",
        "id": make_id("little", "net", "post", str(item["id"])),
        "community_id": make_id("little", "net", "community", context["room"]),
        "author_id": make_id("little", "net", "member", item["by"]) if item.get("by") else None,
        "body": item["text"],
        "created_at": item["at"],
        "gone": None,
    }


def discover(selection: Selection) -> Flow:
    response = yield Request("rooms", subject="rooms")
    for room in response.data:
        yield Slice(f"notes/{room}", "net", ("post",), label=room, params={"room": room})


def read(selection: Selection, slice_: Slice, checkpoint: dict[str, Any] | None) -> Flow:
    room = slice_.params["room"]
    request: Request | None = Request(
        f"notes/{room}",
        params={"cursor": (checkpoint or {}).get("cursor", "")},
        costs=(Cost("notes", "net"),),
        subject=f"room {room}",
    )
    pages = Pages(cursor_pager(("next",)))
    while request is not None:
        response = yield request
        following = pages.next(response)
        yield Batch(
            "note", response.data["notes"], {"room": room}, checkpoint={"v": 1, "cursor": request.params["cursor"]}
        )
        request = following


def authorize(settings: Plain, saved: Any, now: Any) -> Any:
    if False:
        yield
    return bearer(settings.token)


@pytest.fixture
def little() -> Callable[..., Connector]:
    def make(**changes: Any) -> Connector:
        declared: dict[str, Any] = {
            "name": "little",
            "title": "Little",
            "version": "1",
            "settings": Plain,
            "capabilities": Capabilities(),
            "translators": {"note": WireKind(translate_note)},
            "budgets": {"notes": Budget(100, 1)},
            "authorize": authorize,
            "discover": discover,
            "read": read,
            "secrets": (r"tok-[\w-]+",),
        }
        return Connector(**{**declared, **changes})

    return make
