"""The page on connectors: its file is a whole connector, found through its own entry point, and pulled over HTTP."""

import json
import sys
import threading
import tomllib
import types
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from pages import blocks

from communitykit import CredentialError, connect, pull
from communitykit.connector.registry import load
from communitykit.store import Store

PAGE = "docs/how-to/write-a-connector.md"
NOTES = {
    "": [{"id": 1, "by": "ann", "text": "one", "at": "2026-01-01T00:00:00+00:00"}],
    "2": [
        {"id": 2, "text": "nobody"},
        {"id": 3, "draft": True},
        {"id": 4, "by": "bob", "text": "two", "at": "2026-01-02T00:00:00+00:00"},
    ],
}


class Forum(BaseHTTPRequestHandler):
    """The invented platform: two boards, one of them closed; notes come in two pages, the first try fails."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        cursor = self.path.partition("cursor=")[2]
        if self.headers["Authorization"] != "Bearer right":
            self._answer({"error": "bad token"})
        elif self.path == "/boards":
            self._answer({"boards": [{"name": "news"}, {"name": "closed"}]})
        elif self.path.startswith("/boards/news") and self.asked.count(self.path) == 1 and cursor:
            self.send_error(503)
        elif self.path.startswith("/boards/news"):
            self._answer({"notes": NOTES[cursor], "next": "" if cursor else "2"})
        else:
            self.send_error(404)

    def _answer(self, data: Any) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Serve the forum, install the page's connector, and give the paths that were asked for."""
    module = types.ModuleType("communitykit_forum")
    exec(compile("\n\n".join(blocks(PAGE, "python")), "communitykit_forum.py", "exec"), module.__dict__)  # noqa: S102 # the documentation's own
    monkeypatch.setitem(sys.modules, "communitykit_forum", module)
    (project,) = blocks(PAGE, "toml")
    points = tomllib.loads(project)["project"]["entry-points"]["communitykit"]
    found = load([EntryPoint(name, value, "communitykit") for name, value in points.items()])
    assert found.broken == ()
    monkeypatch.setattr("communitykit.doors.api.registry", lambda: found)
    paths: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Served", (Forum,), {"asked": paths}))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    monkeypatch.setenv("COMMUNITYKIT_FORUM_BASE_URL", f"http://127.0.0.1:{server.server_port}")
    yield paths
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_it_reads_everything_and_says_what_it_could_not(asked: list[str], tmp_path: Path) -> None:
    with connect("forum", token="right") as forum:
        result = pull(forum, tmp_path / "a.duckdb")
    with Store(tmp_path / "a.duckdb") as store:
        assert store.sql("SELECT text FROM posts ORDER BY id")["text"].to_pylist() == ["one", "two"]
        authors = store.sql("SELECT id FROM members WHERE stub ORDER BY id")["id"].to_pylist()
    assert authors == ["forum:main:member:ann", "forum:main:member:bob"]
    assert [issue.reason for issue in result.issues] == ["no_author"]
    assert result.ignored == {"draft": 1}
    assert result.retries == 1
    left_out = [(one.slice, one.status, one.reason) for one in result.coverage if one.status != "complete"]
    assert left_out == [
        ("forum:main:notes/closed", "denied", "board closed is closed to this token: ask its owner to let you in"),
        ("forum:main:notes/news", "partial", "1 of what was read could not be translated: see the Issues."),
    ]


def test_a_second_run_goes_on_from_the_checkpoint(asked: list[str], tmp_path: Path) -> None:
    with connect("forum", token="right") as forum:
        pull(forum, tmp_path / "a.duckdb")
        asked.clear()
        result = pull(forum, tmp_path / "a.duckdb")
    assert [path for path in asked if path.startswith("/boards/news")] == ["/boards/news/notes?cursor=2"] * 2
    assert (result.tally.new, result.tally.changed) == ({}, {})


def test_a_wrong_token_is_explained_and_not_shown(asked: list[str], tmp_path: Path) -> None:
    with connect("forum", token="wrong-one") as forum:
        result = pull(forum, tmp_path / "a.duckdb")
        with pytest.raises(CredentialError, match="Make a new one in your profile"):
            list(forum.records())
    assert "wrong-one" not in str(result.errors[0])


def test_single_flows_and_translations_as_the_page_tests_them(asked: list[str]) -> None:
    block = blocks("docs/how-to/test-a-connector.md", "python")[-1]
    told: dict[str, Any] = {}
    exec(compile(block, "test-a-connector.md", "exec"), told)  # noqa: S102 # the documentation's own
    assert told["post"]["author_id"] == "forum:main:member:ada"
    assert asked == []
