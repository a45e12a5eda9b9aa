"""What a night of `communitykit run` comes to where something is wrong: each thing ends itself alone, and is told."""

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from communitykit.cli import commands as _all  # noqa: F401 # registers every command
from communitykit.cli import interrupts, run
from communitykit.cli.app import app
from communitykit.config import load, refresh
from communitykit.connector.registry import registry
from communitykit.errors import StoreBusyError
from communitykit.sandbox import World, serve
from communitykit.store import Store

NO_TOKEN = '[[sources]]\nname = "engage"\nconnector = "yammer"\ntoken = { env = "NOT_THERE" }\n'
NO_COMMAND = """[[sources]]
name = "us"
connector = "slack"
token = { command = "sh -c 'echo no key for engage >&2; exit 3'" }
"""


def typed(*words: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(app, list(map(str, words)), env=environment)


def with_an_export(folder: Path, *sources: str, end: str = "") -> Path:
    """Write a configuration of an export and of sources that stand in it as they are told."""
    world = World(seed=1, size="tiny", platforms=("slack",))
    registry().get("slack").simulated().write_archive(world, folder / "export.zip")
    path = folder / "communitykit.toml"
    told = ['[[sources]]\nname = "old"\nconnector = "slack"\narchive = "export.zip"\n', *sources, end]
    path.write_text("\n".join(told), encoding="utf-8")
    return path


@pytest.mark.parametrize("word", ["run", "pull"])
def test_a_secret_that_is_not_to_be_had_ends_its_own_source_alone(tmp_path: Path, word: str) -> None:
    path = with_an_export(tmp_path, NO_TOKEN, NO_COMMAND)
    to = [] if word == "run" else ["--to", tmp_path / "activity.duckdb"]
    done = typed(word, "--config", path, "--json", *to)
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    engage, us = (error["message"] for error in told["errors"])
    assert ("[[sources]] engage" in engage, "[[sources]] us" in us) == (True, True)
    assert done.stderr.count("NOT_THERE is not set") == 1
    pulled = told.get("pull", told)
    assert pulled["sources"] == ["old"]
    assert pulled["new"]["posts"] > 50
    followed = refresh(load(path), tmp_path / "followed.duckdb")
    assert [str(error) for error in followed.errors] == [error["message"] for error in told["errors"]]
    assert (followed.complete, followed.tally.new["posts"]) == (False, pulled["new"]["posts"])


def test_a_run_that_is_stopped_after_its_pull_says_so_at_the_top(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        stop = interrupts._INTERRUPTS.stop  # as a signal does
        assert stop is not None
        stop.set()

    monkeypatch.setattr(run._Run, "_people", stopped)
    done = typed("run", "--config", with_an_export(tmp_path), "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["interrupted"], told["pull"]["interrupted"]) == (130, True, False)
    monkeypatch.undo()
    told = json.loads(typed("run", "--config", tmp_path / "communitykit.toml", "--json").stdout)
    assert (told["interrupted"], told["errors"]) == (False, [])


def test_where_no_secret_is_to_be_had_each_is_told_and_the_rest_is_made_of_what_is_there(tmp_path: Path) -> None:
    path = with_an_export(tmp_path)
    assert typed("run", "--config", path, "--quiet").exit_code == 0
    path.write_text(NO_TOKEN + NO_COMMAND, encoding="utf-8")
    done = typed("run", "--config", path, "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, len(told["errors"]), told["people"]["people"] > 5) == (1, 2, True)
    refused = typed("pull", "--config", path, "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["error"]["kind"]) == (1, "SettingsError")
    assert ("] engage: " in refused.stderr, "] us: " in refused.stderr) == (True, True)


def _of_us(line: str) -> bool:
    return "[[sources]] us" in line


def test_a_refused_token_is_told_once_with_its_section_and_where_it_comes_from(tmp_path: Path) -> None:
    text = '[[sources]]\nname = "{}"\nconnector = "{}"\ntoken = {}\nbase_url = {}\n'
    world = World(seed=1, size="tiny", platforms=("slack", "yammer"))
    with ExitStack() as stack:
        addresses = [
            json.dumps(stack.enter_context(serve(world, registry().get(one).simulated())).settings["base_url"])
            for one in ("yammer", "slack")
        ]
        sources = [
            text.format("engage", "yammer", f'{{ command = "cat {tmp_path}/engage" }}', addresses[0]),
            text.format("us", "slack", '{ env = "OF_US" }', addresses[1]),
        ]
        path = with_an_export(tmp_path, *sources)
        (tmp_path / "engage").write_text("hush-hush-1")
        for words in (["run"], ["run", "--quiet"], ["run", "--json"], ["pull", "--quiet"]):
            done = typed(*words, "--config", path, OF_US="xoxb-hush-hush")
            assert done.exit_code == 1
            engage, us = sorted((line for line in done.stderr.splitlines() if "refused" in line), key=_of_us)
            assert f"[[sources]] engage has `token` from `cat {tmp_path}/engage`. Get a new one." in engage
            assert "[[sources]] us has `token` from the environment variable OF_US." in us
            assert "token_provider" not in done.output
            assert "hush-hush" not in done.output
        done = typed("run", "--config", path, OF_US="xoxb-hush-hush", COMMUNITYKIT_US_TOKEN="xoxb-other-hush")
        assert "`token` from the environment variable COMMUNITYKIT_US_TOKEN." in done.stderr
    told = json.loads(typed("run", "--config", path, "--json", OF_US="xoxb-hush-hush").stdout)
    assert told["errors"] == told["pull"]["errors"]


_HOLD = """
import sys
from communitykit.store.connection import connect
connection = connect(__import__("pathlib").Path(sys.argv[1]), read_only=False)
print("held", flush=True)
sys.stdin.readline()
"""


def test_a_store_that_is_taken_asks_to_try_again_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, store = with_an_export(tmp_path), tmp_path / "activity.duckdb"
    assert typed("run", "--config", path, "--quiet").exit_code == 0
    patience = Store.__init__.__kwdefaults__
    assert patience == {"patience": 10.0}  # as the documentation says
    monkeypatch.setitem(patience, "patience", 0.0)
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        for words in (["run", "--config", path], ["pull", "--config", path], ["show", store]):
            done = typed(*words, "--json")
            error = json.loads(done.stdout)["error"]
            assert (done.exit_code, error["kind"]) == (75, "StoreBusyError")
            assert f"process {process.pid}" in error["message"]
        process.communicate("\n", timeout=20)
    busy = StoreBusyError("somebody has it")
    monkeypatch.setattr(run._Run, "_people", lambda _: (_ for _ in ()).throw(busy))
    assert typed("run", "--config", path, "--json").exit_code == 75
    path.write_text(path.read_text() + NO_TOKEN)
    assert typed("run", "--config", path, "--json").exit_code == 1  # what is to be mended comes first
