"""One configuration, two workspaces and a network over real HTTP: `communitykit run`, as a nightly job runs it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from communitykit.cli import commands as _all  # noqa: F401 # registers every command
from communitykit.cli.app import app
from communitykit.config import load, opened, run_options
from communitykit.config.named import in_slices_of
from communitykit.connector.registry import registry
from communitykit.http.operations import Meter
from communitykit.model import Coverage, Issue
from communitykit.pulling import pull
from communitykit.reading.slices import Closed, Opened
from communitykit.reading.translation import Page
from communitykit.sandbox import World, parse_fault, serve
from communitykit.sandbox.roster import write_roster
from communitykit.store import Store

TEXT = """
[store]
path = "data/activity.duckdb"

[[sources]]
name = "emea"
connector = "slack"
{emea}

[[sources]]
name = "us"
connector = "slack"
communities = "g*"
{us}

[[sources]]
name = "chatter"
connector = "yammer"
since = "2y"
{chatter}

[people]
roster = "hr.csv"
roster_options = {{ whole = true }}

[privacy]
content = "features"
"""
MADE = """
[analysis]
to = "made/analysis"
zone = "Europe/Paris"

[report]
to = "made/report"
languages = ["fr", "en"]

[brief]
to = "made/brief.md"
"""


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Any]]:
    with ExitStack() as stack:
        found = {}
        for name, platform, seed in (("emea", "slack", 1), ("us", "slack", 2), ("chatter", "yammer", 3)):
            world = World(seed=seed, size="tiny", platforms=(platform,))
            found[name] = stack.enter_context(serve(world, registry().get(platform).simulated()))
        yield found


def configured(folder: Path, servers: dict[str, Any], made: str = "") -> tuple[Path, dict[str, str]]:
    """Write a configuration; return it, and the environment that holds its secrets."""
    lines, environment = {}, {}
    for name, server in servers.items():
        told = []
        for key, value in server.settings.items():
            if "token" in key or "secret" in key:
                environment[f"SECRET_{name.upper()}_{key.upper()}"] = str(value)
                told.append(f'{key} = {{ env = "SECRET_{name.upper()}_{key.upper()}" }}')
            else:
                told.append(f"{key} = {json.dumps(value) if not isinstance(value, float) else value}")
        lines[name] = "\n".join(told)
    write_roster(World(seed=1, size="tiny", platforms=("slack",)), folder / "hr.csv")
    path = folder / "communitykit.toml"
    path.write_text(TEXT.format(**lines) + made, encoding="utf-8")
    return path, environment


def command(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("COMMUNITYKIT_")}
    return subprocess.run(
        [sys.executable, "-m", "communitykit.cli", *map(str, words)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env={**clean, **environment},
    )


def typed(*words: str | Path, **environment: str) -> Result:
    """Run a command in this process, which is quicker."""
    return CliRunner().invoke(app, list(map(str, words)), env=environment)


@pytest.mark.slow
def test_two_workspaces_and_a_network_twice(servers: dict[str, Any], tmp_path: Path) -> None:
    path, environment = configured(tmp_path, servers)
    done = typed("run", "--config", path, "--json", **environment)
    told = json.loads(done.stdout)
    assert done.exit_code == 0, (done.stderr, told["pull"]["coverage"])
    assert told["errors"] == []
    assert told["pull"]["sources"] == ["emea", "us", "chatter", "roster"]
    by_source = told["pull"]["by_source"]
    assert list(by_source) == told["pull"]["sources"]
    assert sum(one["requests"] for one in by_source.values()) == told["pull"]["requests"]
    assert all(one["new"] for one in by_source.values())
    assert told["people"]["in_roster"] > 0
    with Store(tmp_path / "data" / "activity.duckdb") as store:
        rows = store.sql(
            "SELECT DISTINCT c.platform, c.network, c.name FROM communities c JOIN posts p ON p.community_id = c.id"
        ).to_pylist()
        assert store.sql("SELECT 1 FROM posts WHERE text IS NOT NULL").num_rows == 0
    names: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        names.setdefault((row["platform"], row["network"]), []).append(row["name"])
    assert [platform for platform, _ in sorted(names)] == ["slack", "slack", "yammer"]
    slack = [found for (platform, _), found in names.items() if platform == "slack"]
    assert sorted(all(name.startswith("g") for name in found) for found in slack) == [False, True], names
    again = json.loads(typed("run", "--config", path, "--json", **environment).stdout)
    assert (again["pull"]["new"], again["pull"]["changed"], again["pull"]["vanished"]) == ({}, {}, {})
    spoken = typed("run", "--config", path, **environment)
    assert re.search(r"chatter: what was written from .* to .* UTC, 732 days\.", spoken.stdout)
    silent = typed("run", "--config", path, "--quiet", **environment)
    assert (silent.exit_code, silent.stdout, silent.stderr) == (0, "", "")


def test_each_source_of_a_platform_has_a_discovery_of_its_own(servers: dict[str, Any], tmp_path: Path) -> None:
    path, environment = configured(tmp_path, servers)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        config, to = load(path), tmp_path / "a.duckdb"
        for only in (("emea", "us"), ("us",)):  # what emea's said stays said, whoever is read without it
            with opened(config, only=only, asked={"communities": ("nothing-is-called-so",)}) as sources:
                result = pull(sources, to=to, **run_options(config))
            found = {one.slice: one.status for one in result.coverage if ":-:" in one.slice}
            assert found == {f"slack:-:discover/{name}": "skipped" for name in only}
        with opened(config, only=("emea",)) as sources:
            pull(sources, to=to, **run_options(config))
            kept = [one for one in _checkpoints(to) if ":messages/" in one]
            again = pull(sources, to=to, **run_options(config))
    assert kept
    assert again.tally.new == {}
    shown = json.loads(typed("show", to, "--json").stdout)["coverage"]
    assert sum("nothing-is-called-so" in (row["reason"] or "") for row in shown) == 1  # us, which was not read since


def _checkpoints(path: Path) -> list[str]:
    with Store(path) as store:
        return [row["slice"] for row in store.sql("SELECT slice FROM checkpoints").to_pylist()]


def test_what_a_source_says_of_no_network_is_its_own() -> None:
    told = Coverage(run_id="r", slice="x:-:discover", status="partial")
    issue = Issue(run_id="r", slice="x:-:discover", wire_kind="user", reason="malformed")
    for event in (
        Opened("x:-:discover", "x"),
        Page("x:-:discover", issues=[issue]),
        Closed("x:-:discover", told, Meter()),
    ):
        renamed: Any = in_slices_of("emea", event)
        beside = [renamed.coverage] if isinstance(event, Closed) else getattr(renamed, "issues", [])
        assert {one.slice for one in (renamed, *beside)} == {"x:-:discover/emea"}
    for kept in (Opened("x:T1:messages/C1", "x"), Page("x:-:discover", checkpoint={"v": 1})):
        assert in_slices_of("emea", kept) is kept  # a checkpoint is looked up by the slice's own name


@pytest.mark.slow
def test_what_stays_out_by_default_is_told_and_is_no_fault(tmp_path: Path) -> None:
    platform, world = registry().get("slack").simulated(), World(seed=1, size="tiny", platforms=("slack",))
    platform.write_archive(world, tmp_path / "export.zip", private=True)
    path = tmp_path / "communitykit.toml"
    text = '[[sources]]\nconnector = "slack"\narchive = "export.zip"\n'
    path.write_text(text, encoding="utf-8")
    done = typed("run", "--config", path)
    assert done.exit_code == 0, done.output
    assert re.search(r"left out; ask for them with include_(private|direct) = true", done.stdout)
    told = json.loads(typed("run", "--config", path, "--json").stdout)["pull"]
    assert (told["complete"], {one["status"] for one in told["coverage"]}) == (True, {"skipped", "complete"})
    imported = typed("import", "slack", tmp_path / "export.zip", "--to", tmp_path / "b.duckdb")
    assert imported.exit_code == 0
    assert "ask for them with --include-" in imported.stdout
    path.write_text(f"{text}include_private = true\ninclude_direct = true\n", encoding="utf-8")
    done = typed("run", "--config", path)
    assert (done.exit_code, "left out; ask" in done.stdout) == (0, False)


def test_what_was_asked_for_and_is_missing_is_told_by_the_exit_code(servers: dict[str, Any], tmp_path: Path) -> None:
    path, environment = configured(tmp_path, servers)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('communities = "g*"', 'communities = ["g*", "nowhere-*"]'), encoding="utf-8")
    done = typed("run", "--config", path, **environment)
    assert done.exit_code == 3
    assert "matches 'nowhere-*'" in done.stdout


def test_a_source_that_fails_ends_itself_alone_and_is_named(servers: dict[str, Any], tmp_path: Path) -> None:
    path, environment = configured(tmp_path, servers)
    done = typed("run", "--config", path, "--json", **environment, COMMUNITYKIT_US_TOKEN="xoxb-wrong")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    (error,) = told["pull"]["errors"]
    assert told["errors"] == [error]
    assert (error["kind"], error["code"], error["platform"]) == ("CredentialError", "invalid_auth", "slack")
    assert "us" in error["message"].split(": ")[:3]
    assert "xoxb-wrong" not in done.output
    assert told["pull"]["new"]["posts"] > 50
    assert told["people"]["people"] > 5


def test_handles_of_a_network_that_is_not_in_the_store_are_refused(servers: dict[str, Any], tmp_path: Path) -> None:
    path, environment = configured(tmp_path, servers)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[people]\n", '[people]\nhandles = { slak = "corp.example" }\n'), encoding="utf-8")
    done = typed("run", "--config", path, "--json", **environment)
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    (error,) = told["errors"]
    assert "people: the store has no network 'slak'; it has " in error["message"]
    assert "people" not in told
    refused = typed("people", "--config", path, **environment)
    assert (refused.exit_code, "no network 'slak'" in refused.output) == (1, True)


def test_where_every_token_is_refused_nothing_is_made_and_each_is_told_once(
    servers: dict[str, Any], tmp_path: Path
) -> None:
    path, environment = configured(tmp_path, servers)
    path.write_text(path.read_text(encoding="utf-8").partition("[people]")[0], encoding="utf-8")  # without a roster
    done = typed("run", "--config", path, **dict.fromkeys(environment, "xoxb-wrong"))
    assert done.exit_code == 1
    told = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(told) == len(servers)
    assert all("refused" in line for line in told)
    assert not list(tmp_path.rglob("*.duckdb"))


def test_a_source_that_cannot_be_opened_is_left_out_alone(servers: dict[str, Any], tmp_path: Path) -> None:
    path, environment = configured(tmp_path, servers)
    del environment["SECRET_US_TOKEN"]
    done = typed("run", "--config", path, "--json", **environment)
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    (error,) = told["errors"]
    assert error["kind"] == "SettingsError"
    assert "[[sources]] us" in error["message"]
    assert "SECRET_US_TOKEN" in error["message"]
    assert told["pull"]["sources"] == list(told["pull"]["by_source"]) == ["us", "emea", "chatter", "roster"]
    assert not told["pull"]["complete"]
    assert told["pull"]["errors"] == [error]
    assert told["pull"]["new"]["posts"] > 50


@pytest.mark.slow
def test_everything_that_is_configured_is_made(servers: dict[str, Any], tmp_path: Path) -> None:
    path, environment = configured(tmp_path, servers, MADE)
    for _ in range(2):
        done = command("run", "--config", path, "--json", **environment)
        told = json.loads(done.stdout)
        assert (done.returncode, told["errors"]) == (0, []), done.stderr
        assert told["analysis"]["about"]["content"] == "features"
        assert set(told["report"]["pages"]) == {"en", "fr"}
    alone = json.loads(command("report", "--config", path, "--json").stdout)
    assert set(alone["pages"]) == {"en", "fr"}
    assert str(tmp_path / "made" / "report") in alone["data"]
    made = tmp_path / "made"
    written = {one.name for one in (made / "report").iterdir() if not one.name.startswith(".")}
    assert written == {"report.en.html", "report.fr.html", "figures.json"}
    assert (made / "brief.md").read_text(encoding="utf-8").strip()
    assert (made / "analysis" / "people.parquet").exists()


def test_a_clear_secret_is_refused_before_anything_is_sent(servers: dict[str, Any], tmp_path: Path) -> None:
    path, environment = configured(tmp_path, servers)
    text = path.read_text(encoding="utf-8").replace('{ env = "SECRET_US_TOKEN" }', '"xoxb-hush-hush"')
    path.write_text(text, encoding="utf-8")
    before = {name: len(server.requests) for name, server in servers.items()}
    done = typed("run", "--config", path, "--json", **environment)
    assert done.exit_code == 1
    assert "xoxb-hush-hush" not in done.output
    assert json.loads(done.stdout)["error"]["kind"] == "SettingsError"
    for way in ("env = ", "file = ", "command = "):
        assert way in done.stderr
    assert before == {name: len(server.requests) for name, server in servers.items()}
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_killed_in_the_middle_and_run_again_is_as_if_it_had_not_been(tmp_path: Path) -> None:
    world = World(seed=5, size="tiny", platforms=("slack",))
    with serve(world, registry().get("slack").simulated(), faults=[parse_fault("latency=30ms")]) as server:
        address = json.dumps(server.settings["base_url"])
        text = f'[[sources]]\nconnector = "slack"\ntoken = {{ env = "T" }}\nbase_url = {address}\n'
        path = tmp_path / "communitykit.toml"
        path.write_text(f"{text}rate = inf\n", encoding="utf-8")
        token = str(server.settings["token"])
        for number in (signal.SIGKILL, signal.SIGTERM):
            before = len(server.requests)
            with subprocess.Popen(
                [sys.executable, "-m", "communitykit.cli", "run", "--config", path],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={**os.environ, "T": token},
            ) as process:
                while len(server.requests) < before + 12:
                    assert process.poll() is None
                process.send_signal(number)
                process.communicate(timeout=30)
            assert process.returncode == (143 if number == signal.SIGTERM else -signal.SIGKILL)
        assert command("run", "--config", path, T=token).returncode == 0
        config = load(path)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("T", token)
            with opened(config) as sources:
                pull(sources, tmp_path / "fresh.duckdb", **run_options(config))
    held = []
    for name in ("activity.duckdb", "fresh.duckdb"):
        with Store(tmp_path / name) as store:
            held.append({table: {row["id"] for row in store.sql(f"SELECT id FROM {table}").to_pylist()}  # noqa: S608 # our own names
                         for table in ("posts", "members", "communities", "memberships", "events")})  # fmt: skip
    assert held[0] == held[1]
    assert len(held[0]["posts"]) > 50
