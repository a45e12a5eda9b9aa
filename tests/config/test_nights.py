"""What a night of `communitykit run` comes to where something is wrong: each thing ends itself alone, and is told."""

import json
import subprocess
import sys
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from communitykit.cli import commands as _all  # noqa: F401 # registers every command
from communitykit.cli import interrupts, run
from communitykit.cli.app import app
from communitykit.cli.show import summary
from communitykit.config import load, refresh
from communitykit.connector.registry import registry
from communitykit.errors import ArchiveError, StoreBusyError
from communitykit.sandbox import World, serve
from communitykit.store import Store

moment = datetime.fromisoformat
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
    assert pulled["sources"] == list(pulled["by_source"]) == ["engage", "us", "old"]
    assert list(pulled["windows"]) == ["old", "engage", "us"]
    assert pulled["errors"] == told["errors"]
    assert pulled["new"]["posts"] > 50
    slices = {"yammer:-:discover/engage": engage, "slack:-:discover/us": us}
    with Store(tmp_path / "activity.duckdb") as store:
        told_of = store.sql("SELECT slice, reason FROM coverage WHERE status <> 'complete'").to_pylist()
        ((run,),) = (row.values() for row in store.sql("SELECT sources FROM runs").to_pylist())
    assert {row["slice"]: row["reason"] for row in told_of} == slices
    assert set(json.loads(run)) == {"slack", "yammer"}
    spoken = typed(word, "--config", path, *to)
    assert "\nengage\t0\t0\t0\t0\t0\n" in spoken.stdout
    assert spoken.output.count("NOT_THERE is not set") == 1
    assert "[[sources]] engage" in typed("show", tmp_path / "activity.duckdb").stdout
    followed = refresh(load(path), tmp_path / "followed.duckdb")
    assert [str(error) for error in followed.errors] == [error["message"] for error in told["errors"]]
    assert (followed.complete, followed.tally.new["posts"]) == (False, pulled["new"]["posts"])
    assert list(followed.by_source) == ["engage", "us", "old"]


def test_what_could_not_be_opened_is_told_until_a_run_can_open_it(tmp_path: Path) -> None:
    path, store = with_an_export(tmp_path), tmp_path / "activity.duckdb"
    (tmp_path / "export.zip").rename(tmp_path / "later.zip")
    path.write_text(path.read_text() + '[people]\nroster = "hr.csv"\n')
    with pytest.raises(ArchiveError):
        refresh(load(path), store)
    assert not store.exists()
    for told in ("run", "pull"):
        assert typed(told, "--config", path, "--json").exit_code == 1
        assert not store.exists()
    (tmp_path / "later.zip").rename(tmp_path / "export.zip")
    assert typed("run", "--config", path, "--json").exit_code == 1  # the roster
    assert summary(store)["runs"][0]["status"] == "partial"
    (tmp_path / "export.zip").rename(tmp_path / "later.zip")
    for told in ("run", "pull"):
        typed(told, "--config", path)
    with pytest.raises(ArchiveError):
        refresh(load(path), store)
    shown = summary(store)
    assert [one["status"] for one in shown["runs"]] == [*["failed: ArchiveError"] * 3, "partial"]
    assert sum("export.zip" in (one["reason"] or "") for one in shown["coverage"]) == 1
    (tmp_path / "later.zip").rename(tmp_path / "export.zip")
    typed("run", "--config", path)
    reasons = [one["reason"] or "" for one in summary(store)["coverage"]]
    assert (any("export.zip" in one for one in reasons), any("hr.csv" in one for one in reasons)) == (False, True)


def test_a_window_that_reaches_back_beyond_what_is_kept_is_said_to_be_cut(tmp_path: Path) -> None:
    path = with_an_export(tmp_path, end='[privacy]\nkeep = "30d"\n')
    text = path.read_text()
    spoken = "since = 180d goes further back than keep = 30d of [privacy] does: what is older than that is not read."
    for since, is_said in (("180d", True), ("20d", False), (None, False)):
        path.write_text(text.replace('name = "old"', f'name = "old"\nsince = "{since}"') if since else text)
        checked = typed("config", "check", "--config", path)
        assert (checked.exit_code, spoken in checked.stdout) == (0, is_said), since
        assert (spoken in typed("run", "--config", path).stdout) == is_said
        remarks = json.loads(typed("config", "check", "--config", path, "--json").stdout)["sources"][0]["remarks"]
        assert remarks == ([spoken] if is_said else [])
        window = json.loads(typed("run", "--config", path, "--json").stdout)["pull"]["windows"]["old"]
        days = [(moment(window["until"]) - moment(window[one])).days for one in ("since", "asked_since")]
        assert days == {"180d": [30, 180], "20d": [20, 20], None: [30, 30]}[since]
    path.write_text(text + NO_TOKEN + 'since = "90d"\n' + NO_COMMAND + 'since = "2999-01-01"\n')
    windows = json.loads(typed("pull", "--config", path, "--json", "--to", tmp_path / "b.duckdb").stdout)["windows"]
    assert (moment(windows["engage"]["until"]) - moment(windows["engage"]["asked_since"])).days == 90
    assert windows["us"] == {"since": None, "until": None, "asked_since": None}  # its window is what is wrong


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
