"""What is told on the error stream, beside whatever goes to standard output."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from communitykit import testing
from communitykit.cli.progress import Silence
from communitykit.clock import Clock
from communitykit.connector import Request
from communitykit.connector.registry import registry
from communitykit.http.operations import Meter, Send
from communitykit.sandbox import World, parse_fault, serve


@pytest.fixture
def slow(world: World) -> Iterator[Any]:
    with serve(world, registry().get("slack").simulated(), faults=[parse_fault("latency=100ms")]) as server:
        yield server


def set_to(server: Any) -> list[str]:
    return [word for name, value in server.settings.items() for word in ("--set", f"{name}={value}")]


def test_json_speaks_for_standard_output_alone(
    typed: Any, exports: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("communitykit.progress.LINE_SECONDS", -1)
    told = {}
    for words in ((), ("--json",), ("--quiet",), ("--json", "--quiet")):
        done = typed("import", "yammer", exports["yammer"], "--to", f"{len(told)}.duckdb", *words)
        told[words] = done.err
        assert done.code == 0
        assert "--json" not in words or done.document["new"]["posts"] > 0
    assert told[("--json",)] == told[()]
    assert "slices read" in told[()] or "slice read" in told[()]
    assert not told[("--quiet",)] + told[("--json", "--quiet")]


@pytest.mark.parametrize("configured", [False, True])
def test_a_stop_is_told_beside_a_document(typed: Any, slow: Any, *, configured: bool) -> None:
    words = ["pull", "slack", *set_to(slow)]
    if configured:
        Path("c.toml").write_text(
            f'[store]\npath = "a.duckdb"\n[[sources]]\nname = "s"\nconnector = "slack"\ntoken = {{ env = "T" }}\n'
            f'base_url = "{slow.settings["base_url"]}"\n'
        )
        words = ["run", "--config", "c.toml"]
    done = typed(*words, "--max-time", "1s", "--json", T=slow.settings["token"])
    assert done.code == 130
    assert (done.document["pull"] if configured else done.document)["interrupted"]
    assert "Stopped, since --max-time is over." in done.err
    assert "Stopped" not in typed(*words, "--max-time", "1s", "--quiet", T=slow.settings["token"]).err


@pytest.fixture
def nobody() -> str:
    """An address of this machine at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("configured", [False, True])
def test_nobody_there_is_a_failure_whatever_time_a_run_has(typed: Any, nobody: str, *, configured: bool) -> None:
    words = ["pull", "slack", "--set", f"base_url={nobody}", "--set", "token=xoxb-1"]
    if configured:
        Path("c.toml").write_text(
            f'[store]\npath = "activity.duckdb"\n[[sources]]\nname = "s"\nconnector = "slack"\n'
            f'token = {{ env = "T" }}\nbase_url = "{nobody}"\n'
        )
        words = ["run", "--config", "c.toml"]
    done = typed(*words, "--max-time", "1s", "--json", T="xoxb-1")
    assert (done.code, done.document["interrupted"], done.document["store"]) == (1, True, None)
    (error,) = done.document["errors"]
    assert "Connection refused" in error["message"]
    assert "Connection refused" in done.err
    assert "Stopped, since --max-time is over. Nothing had come" in done.err
    assert not Path("activity.duckdb").exists()


def asking(address: str) -> dict[str, list[str]]:
    """Commands that ask a platform without reading it."""
    Path("c.toml").write_text(
        f'[store]\npath = "a.duckdb"\n[[sources]]\nname = "s"\nconnector = "slack"\ntoken = {{ env = "T" }}\n'
        f'base_url = "{address}"\n'
    )
    sets = ["--set", f"base_url={address}"]
    return {
        "check": ["check", "slack", *sets, "--set", "token=x"],
        "estimate": ["pull", "slack", *sets, "--set", "token=x", "--estimate"],
        "config check": ["config", "check", "--config", "c.toml"],
        "login": ["login", "matrix", *sets, "--password"],
    }


@pytest.mark.parametrize("name", ["check", "estimate", "config check", "login"])
def test_what_is_waited_for_is_told_at_once_where_nobody_listens(
    typed: Any, nobody: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("communitykit.http.retrying._jitter.uniform", lambda *_: 0.0)
    began = time.monotonic()
    done = typed(*asking(nobody)[name], T="x")
    assert done.code == 1
    assert time.monotonic() - began < 15  # four attempts, not six
    host = nobody.removeprefix("http://")
    lines = done.err.splitlines()
    told = f"{'matrix' if name == 'login' else 'slack'}: no connection to {host}: "
    assert [line.startswith(told) for line in lines[:3]] == [True] * 3
    assert "; asked again at " in lines[0]
    assert "token:" not in done.err
    assert len(lines) == 4
    assert f"no connection to {host}: Connection refused. Check the network" in lines[3]
    assert not Path("a.duckdb").exists()


@pytest.mark.parametrize("name", ["check", "estimate", "config check"])
def test_who_takes_a_request_and_never_answers_is_told_of(
    typed: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("communitykit.http.conductor.attempts_for", lambda _: 1)
    monkeypatch.setattr("communitykit.cli.progress.SILENT_SECONDS", 0.05)
    monkeypatch.setattr("communitykit.cli.progress._LOOK_SECONDS", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        host = f"127.0.0.1:{mute.getsockname()[1]}"
        words = asking(f"http://{host}")[name]
        done = typed(*words, T="x", COMMUNITYKIT_SLACK_MAX_ANSWER_TIME="0.5", COMMUNITYKIT_S_MAX_ANSWER_TIME="0.5")
        assert done.code == 1
        assert done.err.splitlines()[0] == f"slack: no answer from {host} yet; it is waited for."
        assert done.err.count("waited for") == 1
        again = typed(*words, "--quiet", COMMUNITYKIT_SLACK_MAX_ANSWER_TIME="0.5", COMMUNITYKIT_S_MAX_ANSWER_TIME="0.5")
    assert "waited for" not in again.err


def test_silence_is_told_once_and_after_a_while(capfd: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    clock = Clock(monotonic=lambda: now)
    with testing.connect("slack", {"base_url": "http://127.0.0.1:9", "token": "x"}, clock=clock) as session:
        conductor = session.conductor
        silence = Silence([conductor])
        asking = conductor.send(Request("auth.test"), Meter())
        while not isinstance(next(asking), Send):
            pass
        for moment, lines in ((2.9, 0), (3.0, 1), (60.0, 0)):
            now = moment
            silence.look()
            assert capfd.readouterr().err.count("slack: no answer from 127.0.0.1:9 yet") == lines
        asking.close()
        assert conductor.silent(0) is None


def test_waits_are_told_once_and_not_where_it_is_to_be_quiet(
    typed: Any, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("communitykit.http.retrying.MAX_REFUSED_HERE", 2)
    words = asking(nobody)["check"]
    assert len(typed(*words, "--quiet").err.splitlines()) == 1
    verbose = typed(*words, "-v").err.splitlines()
    assert len(verbose) == 2
    assert verbose[0].startswith("info: slack: no connection to")
    assert verbose[0].endswith(" s, attempt 2 of 2)")
    told = [json.loads(line) for line in typed(*words, "-v", "--log-format", "json").err.splitlines()]
    assert [told[0][one] for one in ("error", "attempt", "attempts")] == ["NoConnectionError", 2, 2]


def test_lines_of_two_sources_of_a_platform_name_source_and_run(
    typed: Any, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("communitykit.http.retrying.MAX_REFUSED_HERE", 2)
    source = f'connector = "slack"\ntoken = {{ env = "T" }}\nbase_url = "{nobody}"\n'
    Path("c.toml").write_text(
        f'[store]\npath = "a.duckdb"\n[[sources]]\nname = "emea"\n{source}[[sources]]\nname = "us"\n{source}'
    )
    done = typed("pull", "--config", "c.toml", "-vv", "--log-format", "json", T="x")
    lines = [json.loads(line) for line in done.err.splitlines()]
    begins, ends = (next(line for line in lines if f" {word}: " in line["message"]) for word in ("begins", "ends"))
    for line in (begins, ends):
        assert (line["platform"], line["platforms"], line["sources"]) == ("slack", ["slack"], ["emea", "us"])
    assert "begins: emea, us" in begins["message"]
    again = [line for line in lines if "attempts" in line]
    asked = [line for line in lines if "method" in line]
    assert {(line["source"], line["run_id"], line["platform"]) for line in again} == {
        (name, begins["run_id"], "slack") for name in ("emea", "us")
    }
    assert {(line["source"], line["run_id"]) for line in asked} == {(name, begins["run_id"]) for name in ("emea", "us")}
    checked = typed("config", "check", "--config", "c.toml", "-v", "--log-format", "json", T="x").err.splitlines()
    told = [line for line in map(json.loads, checked) if "attempts" in line]
    assert [(line["source"], "run_id" in line) for line in told] == [("emea", False), ("us", False)]


def test_each_request_that_is_sent_again_says_so(typed: Any, world: World) -> None:
    with serve(world, registry().get("slack").simulated(), faults=[parse_fault("outage=1")]) as server:
        done = typed("check", "slack", *set_to(server), "-vv", "--log-format", "json")
    asked = [line for line in map(json.loads, done.err.splitlines()) if line.get("method")]
    assert [line["attempt"] for line in asked][:3] == [1, 2, 3]
    assert "(attempt" not in asked[0]["message"]
    assert asked[1]["message"].endswith(" s (attempt 2)")


def test_a_pull_into_which_nothing_came_leaves_no_store(
    typed: Any, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("communitykit.http.retrying.MAX_REFUSED_HERE", 1)
    words = ("pull", "slack", "--set", f"base_url={nobody}", "--set", "token=x", "--to", "n.duckdb")
    assert typed(*words).code == 1
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    "words", [("--log-format", "json"), ("--log-format=json",), ("--json", "--log-format", "json")]
)
def test_a_wrong_option_is_a_line_of_json_where_lines_are(typed: Any, words: tuple[str, ...]) -> None:
    for line in (("pull", "slack", "--nosuch", *words), ("pull", "slack", *words, "--nosuch"), ("nosuch", *words)):
        done = typed(*line)
        (told,) = map(json.loads, done.err.splitlines())
        assert (done.code, told["level"], "No such" in told["message"]) == (2, "error", True)
    assert typed("pull", "slack", "--nosuch").err.startswith("Usage: ")


def test_a_source_whose_secret_is_missing_says_so_once(typed: Any, exports: dict[str, Path]) -> None:
    Path("c.toml").write_text(
        '[store]\npath = "a.duckdb"\n[[sources]]\nname = "emea"\nconnector = "slack"\ntoken = { env = "NOBODYS" }\n'
        f'[[sources]]\nname = "old"\nconnector = "yammer"\narchive = {json.dumps(str(exports["yammer"]))}\n'
    )
    for words in ((), ("--quiet",)):
        done = typed("run", "--config", "c.toml", *words)
        assert (done.out + done.err).count("NOBODYS is not set") == 1
        assert "Error: slack: c.toml [[sources]] emea: token: the environment variable NOBODYS" in done.err
