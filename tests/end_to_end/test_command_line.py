"""The commands as a user types them, in a process of their own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from communitykit import pull, read_archive
from communitykit.cli.demo import Held
from communitykit.connector.registry import registry
from communitykit.sandbox import World, parse_fault, serve
from communitykit.store import Store


def run(*arguments: str | Path, stdin: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "communitykit.cli", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        input=stdin,
        timeout=120,
        env={**{key: value for key, value in os.environ.items() if not key.startswith("COMMUNITYKIT_")}, **environment},
    )


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=2, size="tiny", platforms=("slack",))


@pytest.fixture
def served(world: World) -> Iterator[dict[str, str]]:
    platform = registry().get("slack").simulated()
    with serve(world, platform) as server:
        yield {f"COMMUNITYKIT_SLACK_{name.upper()}": str(value) for name, value in server.settings.items()}


@pytest.fixture(scope="module")
def export(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    platform = registry().get("slack").simulated()
    path = tmp_path_factory.mktemp("export") / "export.zip"
    platform.write_archive(world, path, style="modern")
    return path


def test_connectors() -> None:
    assert "slack" in run("connectors").stdout
    listed = json.loads(run("connectors", "--json").stdout)
    assert listed["broken"] == []
    assert {"api", "archive", "webhook", "sandbox"} <= set(listed["connectors"][0]["doors"])


@pytest.mark.slow
def test_check_pull_show_export(served: dict[str, str], tmp_path: Path) -> None:
    store = tmp_path / "a.duckdb"
    assert run("check", "slack", **served).returncode == 0
    estimate = json.loads(run("pull", "slack", "--estimate", "--json", "--to", store, **served).stdout)
    assert estimate["estimates"][0]["slices"] > 5
    assert not store.exists()
    pulled = run("pull", "slack", "--to", store, **served)
    assert pulled.returncode in {0, 3}, pulled.stderr
    assert "posts" in pulled.stdout
    assert "requests" in pulled.stdout
    shown = json.loads(run("show", store, "--json").stdout)
    assert shown["records"]["posts"]["slack"] > 50
    assert run("show", store).stdout.startswith("Records")
    again = json.loads(run("pull", "slack", "--to", store, "--json", **served).stdout)
    assert (again["new"], again["changed"], again["vanished"]) == ({}, {}, {})
    for file_format in ("parquet", "jsonl", "csv"):
        assert run("export", store, "--to", tmp_path / file_format, "--format", file_format).returncode == 0
        assert (tmp_path / file_format / f"posts.{file_format}").stat().st_size > 1000


@pytest.mark.slow
def test_import_twice(export: Path, tmp_path: Path) -> None:
    store = tmp_path / "a.duckdb"
    first = json.loads(run("import", "slack", export, "--to", store, "--json").stdout)
    second = json.loads(run("import", "slack", export, "--to", store, "--json").stdout)
    assert first["new"]["posts"] > 50
    assert re.fullmatch(r"export of the workspace T\w+: \d+ people, \d+ conversations", first["archives"][0])
    assert f"Found: {first['archives'][0]}." in run("import", "slack", export, "--to", store).stdout
    assert (second["new"], second["changed"]) == ({}, {})


@pytest.mark.slow
def test_translate() -> None:
    message = {"type": "message", "user": "U1", "text": "hello <@U2>", "ts": "1512104434.000490"}
    context = ("--context", "team=T1", "--context", "channel=C1")
    done = run("translate", "slack", "--kind", "message", *context, stdin=json.dumps(message))
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    post = next(record for record in records if record["record"] == "post")
    assert (post["id"], post["text"]) == ("slack:T1:post:C1/1512104434.000490", "hello @U2")
    lines = json.dumps(message) + "\n" + json.dumps({**message, "ts": None}) + "\n"
    done = run("translate", "slack", "--kind", "message", *context, stdin=lines)
    assert done.returncode == 3
    assert "Issue: message" in done.stderr
    assert "has no payloads of kind" in run("translate", "slack", "--kind", "massage", stdin="[]").stderr
    assert "neither JSON" in run("translate", "slack", "--kind", "message", stdin="{{").stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("pull", "slak"), 1, "Did you mean 'slack'?"),
        (("pull", "slack"), 1, "COMMUNITYKIT_SLACK_"),
        (("pull", "slack", "--since", "soon"), 1, "not a moment"),
        (("import", "slack", "nothing.zip"), 1, "no such file"),
        (("show", "nothing.duckdb"), 1, "no such store"),
        (("pull",), 2, "No connector is named"),
        (("frobnicate",), 2, "No such command"),
    ],
)
def test_errors_are_one_paragraph(arguments: tuple[str, ...], code: int, text: str, tmp_path: Path) -> None:
    done = run(*arguments, *(("--to", tmp_path / "a.duckdb") if arguments[0] in {"pull", "import"} else ()))
    assert done.returncode == code
    assert text in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_wrong_token_is_said_without_showing_it(served: dict[str, str], tmp_path: Path) -> None:
    wrong = {**served, "COMMUNITYKIT_SLACK_TOKEN": "xoxb-wrong-token-1234"}
    done = run("pull", "slack", "--to", tmp_path / "a.duckdb", **wrong)
    assert done.returncode == 1
    assert "invalid_auth" in done.stderr
    assert "xoxb-wrong" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_committed_and_says_how_to_go_on(world: World, tmp_path: Path) -> None:
    platform = registry().get("slack").simulated()
    store = tmp_path / "a.duckdb"
    with serve(world, platform, faults=[parse_fault("latency=300ms")]) as server:
        settings = {f"COMMUNITYKIT_SLACK_{name.upper()}": str(value) for name, value in server.settings.items()}
        with subprocess.Popen(
            [sys.executable, "-m", "communitykit.cli", "pull", "slack", "--to", str(store)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **settings},
            # A test run in the background ignores Ctrl-C, and children inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 # no threads fork here
        ) as process:
            while len(server.requests) < 6:
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "run the same command again" in stderr
    with Store(store) as opened:
        assert opened.arrow("runs")["status"].to_pylist() == ["interrupted"]


def test_sandbox_serve_prints_what_any_client_needs() -> None:
    done = run("sandbox", "serve", "--platform", "slack", "--size", "tiny", "--for", "1s", "--json")
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)["slack"]
    assert printed["settings"]["base_url"].startswith("http://127.0.0.1:")
    assert printed["settings"]["token"]
    assert printed["settings"]["rate"]
    assert printed["login"]["settings"].keys() == {"base_url", "client_id", "rate"}


def test_sandbox_serve_serves_every_platform_where_none_is_named() -> None:
    done = run("sandbox", "serve", "--size", "tiny", "--for", "1s")
    assert done.returncode == 0, done.stderr
    simulated = {name for name, one in registry().connectors.items() if one.sandbox is not None}
    assert {name for name in simulated if f"communitykit pull {name} --set" in done.stdout} == simulated
    let_in = {name for name in simulated if registry().get(name).login is not None}
    assert {name for name in simulated if f"communitykit login {name} --set" in done.stdout} == let_in


@pytest.mark.slow
def test_sandbox_serve_says_which_port_it_cannot_take() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        taken = str(other.getsockname()[1])
        for port, why in (
            ("99999", "is no port"),
            ("-5", "is no port"),
            (taken, "is taken, perhaps by another sandbox"),
        ):
            done = run("sandbox", "serve", "--platform", "slack", "--size", "tiny", "--port", port, "--for", "1s")
            assert (done.returncode, f"port {port} {why}" in done.stderr) == (1, True), done.stderr
            assert "Errno" not in done.stderr


@pytest.mark.slow
def test_sandbox_export_writes_what_can_be_imported(tmp_path: Path) -> None:
    export, store = tmp_path / "export.zip", tmp_path / "a.duckdb"
    done = run("sandbox", "export", "slack", export, "--size", "tiny", "--style", "legacy", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["style"] == "legacy"
    assert run("import", "slack", export, "--to", store, "--json").returncode == 0
    with Store(store) as opened:
        assert opened.arrow("posts").num_rows > 50

    again = run("sandbox", "export", "slack", export)
    assert (again.returncode, "exists" in again.stderr) == (1, True)
    none = run("sandbox", "export", "teams", tmp_path / "b.zip")
    assert (none.returncode, "gives no export archives" in none.stderr) == (1, True)
    odd = run("sandbox", "export", "slack", tmp_path / "b.zip", "--style", "odd")
    assert (odd.returncode, "modern, legacy" in odd.stderr) == (1, True)
    day = run("sandbox", "export", "slack", tmp_path / "b.zip", "--today", "June")
    assert (day.returncode, "June" in day.stderr, "no such company" in day.stderr) == (1, True, True)
    taken = run("sandbox", "export", "slack", tmp_path / "b.zip", "--roster", export)
    assert (taken.returncode, "export.zip exists" in taken.stderr) == (1, True)
    assert not (tmp_path / "b.zip").exists()


@pytest.mark.slow
def test_the_demo(export: Path, tmp_path: Path) -> None:
    store = tmp_path / "demo.duckdb"
    done = run("demo", "--to", store)
    assert done.returncode == 0, done.stderr
    assert "A month passes" in done.stdout
    assert "fewer than the first" in done.stdout
    counted = re.search(
        r"(\d+) accounts and \d+ rows of the roster are (\d+) people \(.*\d+ person.*\)\.\n(\d+) of them are in the",
        done.stdout,
    )
    assert counted is not None
    assert int(counted[1]) > 2 * int(counted[2]) > 2 * int(counted[3]) > 50
    somebody = re.search(r"(.+) has 5 accounts: `communitykit people show ", done.stdout)
    assert somebody is not None
    evidence = run("people", "show", somebody[1], store).stdout
    assert all(f"{name}:" in evidence for name in ("matrix", "slack", "teams", "workplace", "yammer", "directory"))
    with Store(store) as opened:
        told = opened.sql("SELECT platform, count(*) AS posts FROM posts GROUP BY platform").to_pylist()
        gone = opened.sql("SELECT id FROM communities WHERE gone IS NOT NULL").to_pylist()
    simulated = {name for name, one in registry().connectors.items() if one.sandbox is not None}
    assert {one["platform"] for one in told} == simulated >= {"matrix", "slack", "teams", "workplace", "yammer"}
    assert all(one["posts"] > 500 for one in told)
    assert gone == []  # the company closes none
    titles = [registry().get(name).title for name in simulated if name != "slack"]
    assert all(re.search(rf"{re.escape(one)}: all [\d,]+ things are as they are there", done.stdout) for one in titles)
    # Slack claims no reply changes: whether any reply changed among those told is a matter of the day.
    slack = re.search(r"Slack: (all|(\d+) of) [\d,]+ things are (as|not .*: without reply changes,)", done.stdout)
    assert slack is not None
    assert (slack[1] == "all", int(slack[2] or 0) < 30) == (slack[3] == "as", True)
    assert "The answer of its report:" in done.stdout
    assert "What to do this week" in done.stdout
    written = [Path(one) for one in re.findall(r"Written: (.+)", done.stdout)]
    assert [one.name for one in written] == ["report.en.html", "report.fr.html", "brief.en.html", "brief.fr.html"]
    assert all(20_000 < one.stat().st_size < 500_000 for one in written[:2])
    again = run("demo", "--to", store, "--json")
    told = json.loads(again.stdout)
    assert (again.returncode, told["errors"], told["interrupted"]) == (0, [], False)
    refused = run("import", "slack", export, "--to", store)
    assert refused.returncode == 1
    assert "holds the demo's fictional company" in refused.stderr
    with read_archive("slack", export) as archive:
        pull(archive, store)  # a script may mix them, but another demonstration then deletes nothing
    assert run("demo", "--to", store).returncode == 1


def test_what_the_demo_says_of_what_it_could_not_find() -> None:
    found = Held("slack", "Slack", current=1_923, wrong=5, unclaimed=("reply changes",))
    assert str(found).startswith("Slack: 5 of 1,923 things are not as they are there: without reply changes, later")
    assert str(replace(found, unclaimed=())).endswith("5 of 1,923 things are not as they are there.")
    assert str(replace(found, wrong=0)) == "Slack: all 1,923 things are as they are there."


@pytest.mark.slow
def test_the_demo_never_touches_other_stores(export: Path, tmp_path: Path) -> None:
    store = tmp_path / "mine.duckdb"
    assert run("import", "slack", export, "--to", store).returncode in {0, 3}
    before = store.read_bytes()
    done = run("demo", "--to", store)
    assert done.returncode == 1
    assert "Give another file" in done.stderr
    assert store.read_bytes() == before
