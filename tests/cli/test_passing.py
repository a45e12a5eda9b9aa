"""Time passes on served platforms when somebody asks for it."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from communitykit import connect, pull
from communitykit.cli.passing import TIMES, Passing, passing
from communitykit.sandbox import World, serve
from communitykit_yammer.sandbox import YammerPlatform


def test_a_post_lets_time_pass_and_then_a_pull_has_news(tmp_path: Path) -> None:
    world = World(seed=5, size="tiny", platforms=("yammer",))
    began, heard, new = world.now, list[dict[str, Any]](), list[int]()
    with (
        serve(world, YammerPlatform()) as server,
        passing(Passing([server.site], timedelta(days=2)), heard.append) as url,
    ):
        with connect("yammer", **server.settings) as session:
            pull(session, to=tmp_path / "a.duckdb")
            for method in ("GET", "PUT", "HEAD"):
                refused = httpx.request(method, url)
                assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
                assert method == "HEAD" or "send a POST, as curl -X POST does" in refused.json()["error"]
            assert world.now == began
            told = httpx.post(url).json()
            new.append(sum(pull(session, to=tmp_path / "a.duckdb").tally.new.values()))
        assert told == heard[0] == {"now": world.now.isoformat(), "happened": told["happened"], "left": TIMES - 1}
        assert world.now - began == timedelta(days=2)
        assert told["happened"]["posted"]
        assert new[0] >= told["happened"]["posted"]
        answers = [httpx.post(url) for _ in range(TIMES)]
        assert [one.status_code for one in answers] == [200] * (TIMES - 1) + [409]
        assert "serve the company anew" in answers[-1].json()["error"]
    with pytest.raises(httpx.ConnectError):
        httpx.post(url)


def test_the_command_gives_the_address_and_a_company_that_begins_early() -> None:
    options = [
        "--platform",
        "yammer",
        "--size",
        "tiny",
        "--today",
        "2026-03-20",
        "--advance",
        "2d",
        "--for",
        "1min",
        "--json",
    ]
    command = [sys.executable, "-m", "communitykit", "sandbox", "serve", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        text = ""
        for line in served.stdout:
            text += line
            if line == "}\n":
                break
        data = json.loads(text)
        told = httpx.post(data["advance"]).json()
        served.terminate()
    assert told["now"].startswith("2026-03-08T")
    assert set(data) == {"yammer", "advance"}
