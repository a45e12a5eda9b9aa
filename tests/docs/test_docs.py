"""What the documentation says is run, and what is generated is compared."""

import asyncio
import hashlib
import hmac
import json
import re
import sys
import threading
import time
import types
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import httpx
import pytest

import communitykit
from communitykit import Session, pull
from communitykit.cli.app import app
from communitykit.cli.output import Exit
from communitykit.clock import SYSTEM_CLOCK
from communitykit.connector import load_settings
from communitykit.operations import Conductor
from communitykit.registry import load, registry
from communitykit.sandbox import World, serve
from communitykit.store import Store

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]

sys.path.insert(0, str(Path(__file__).parent))
import generate  # noqa: E402 # the script beside this file


def blocks(page: Path, language: str = "python") -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    make = registry().get("slack").sandbox
    assert make is not None
    with serve(World(seed=4, size="tiny", platforms=("slack",)), make()) as server:
        for name, value in server.settings.items():
            monkeypatch.setenv(f"COMMUNITYKIT_SLACK_{name.upper()}", str(value))
        yield


@pytest.mark.parametrize(
    "page", ["README.md", "docs/how-to/read-on-without-a-store.md", "docs/reference/store.md"], ids=str
)
@pytest.mark.usefixtures("sandbox")
def test_examples_run(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = blocks(ROOT / page)
    assert found
    namespace: dict[str, Any] = {}
    for block in found:
        exec(compile(block, page, "exec"), namespace)  # noqa: S102 # the documentation's own examples
    printed = capsys.readouterr().out
    if page == "README.md":
        assert "complete" in printed
        assert "posted" in printed
        assert len([line for line in found[0].splitlines() if line.strip()]) <= 15
    else:
        assert re.search(r"\d{2}", printed)


def test_the_webhook_example_runs() -> None:
    (block,) = blocks(ROOT / "docs/how-to/receive-webhooks.md")
    namespace: dict[str, Any] = {}
    exec(compile(block, "receive-webhooks.md", "exec"), namespace)  # noqa: S102 # same
    body = json.dumps(
        {
            "type": "event_callback",
            "team_id": "T1",
            "event_id": "Ev1",
            "event_time": 1512104434,
            "event": {
                "type": "message",
                "channel": "C1",
                "user": "U1",
                "text": "hello",
                "ts": "1512104434.000490",
                "event_ts": "1512104434.000490",
            },
        }
    ).encode()
    stamp = str(int(time.time()))
    digest = hmac.new(b"signing-secret", b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}
    forged = {**headers, "X-Slack-Signature": "v0=00"}

    async def deliver() -> list[int]:
        transport = httpx.ASGITransport(app=namespace["app"])
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            answers = [await client.post("/slack/events", content=body, headers=sent) for sent in (headers, forged)]
        return [answer.status_code for answer in answers]

    assert asyncio.run(deliver()) == [200, 401]
    assert "slack:T1:post:C1/1512104434.000490" in {record.id for record in namespace["kept"]}


def test_the_connector_example_is_a_whole_connector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("communitykit_forum")
    (block,) = blocks(ROOT / "docs/how-to/write-a-connector.md")
    exec(compile(block, "communitykit_forum.py", "exec"), module.__dict__)  # noqa: S102 # same
    monkeypatch.setitem(sys.modules, "communitykit_forum", module)
    found = load([EntryPoint("forum", "communitykit_forum", "communitykit")])
    assert found.broken == ()
    connector = found.get("forum")
    notes = {
        "": [{"id": 1, "by": "ann", "text": "one", "at": "2026-01-01T00:00:00+00:00"}, {"id": 2, "text": "nobody"}],
        "2": [{"id": 3, "draft": True}, {"id": 4, "by": "bob", "text": "two", "at": "2026-01-02T00:00:00+00:00"}],
    }

    class Forum(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            cursor = self.path.partition("cursor=")[2]
            if self.headers["Authorization"] != "Bearer right":
                answer: Any = {"error": "bad token"}
            elif self.path == "/boards":
                answer = {"boards": [{"name": "news"}, {"name": "closed"}]}
            elif self.path.startswith("/boards/news"):
                answer = {"notes": notes[cursor], "next": "" if cursor else "2"}
            else:
                self.send_error(404)
                return
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Forum)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"

        def session(token: str) -> Session:
            settings = load_settings(connector, {"token": token, "base_url": address})
            return Session(connector, Conductor(connector, settings, clock=SYSTEM_CLOCK))

        with session("right") as opened:
            result = pull(opened, tmp_path / "a.duckdb")
        with session("wrong") as opened:
            refused = pull(opened, tmp_path / "a.duckdb")
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
    with Store(tmp_path / "a.duckdb") as store:
        assert store.sql("SELECT text FROM posts ORDER BY id")["text"].to_pylist() == ["one", "two"]
    assert [issue.reason for issue in result.issues] == ["no_author"]
    assert result.ignored == {"draft": 1}
    assert {one.slice: one.status for one in result.coverage}["forum:main:notes/closed"] == "denied"
    assert "Make a new one" in str(refused.errors[0])


def test_generated_parts_are_current() -> None:
    hint = "run: uv run python tests/docs/generate.py"
    assert (ROOT / "README.md").read_text(encoding="utf-8") == generate.readme(), hint
    assert (ROOT / "docs/reference/model.md").read_text(encoding="utf-8") == generate.model_reference(), hint


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_commands_and_exit_codes_are_the_documented_ones() -> None:
    text = (ROOT / "docs/reference/command-line.md").read_text(encoding="utf-8")
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    documented = set(re.findall(r"^\| `communitykit (\w+)", text, re.MULTILINE)) - {"sandbox"}
    assert documented == commands
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == {int(code) for code in Exit}


def test_public_names_are_exactly_all() -> None:
    public = {
        name
        for name, value in vars(communitykit).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType) and name != "annotations"
    }
    assert public == set(communitykit.__all__)
