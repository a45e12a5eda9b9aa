"""Reading from the command line: by a configuration, from several sources at once, and what is told of it."""

import io
import json
import os
import re
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from communitykit import Gap, connect, parse_id, pull, read_archive
from communitykit.cli import reading
from communitykit.cli.output import Exit
from communitykit.connector.registry import registry
from communitykit.printable import counted
from communitykit.reading.slices import _is_by_default, _summed
from communitykit.result import in_words_of
from communitykit.sandbox import World, serve
from communitykit.store import Store, connection
from communitykit.store.at_work import at_work
from communitykit.store.compacting import DUE


def only_in_slack(store: Path) -> str:
    with Store(store) as opened:
        rows = opened.sql("SELECT id FROM communities WHERE platform = 'slack' AND kind = 'channel'").to_pylist()
    return parse_id(rows[0]["id"]).native[0]


def test_a_glob_may_fit_one_of_several_sources(exports: dict[str, Path], store: Path, tmp_path: Path) -> None:
    glob = only_in_slack(store)
    with read_archive("slack", exports["slack"]) as slack, read_archive("yammer", exports["yammer"]) as yammer:
        both = pull([slack, yammer], tmp_path / "a.duckdb", communities=(glob,))
        assert reading.code(both) == Exit.COMPLETE, [(one.status, one.reason) for one in both.coverage]
        neither = pull([slack, yammer], tmp_path / "b.duckdb", communities=(glob, "nowhere-*"))
        alone = pull([yammer], tmp_path / "c.duckdb", communities=(glob,))
    assert reading.code(neither) == reading.code(alone) == Exit.PARTIAL
    reasons = [one.reason for one in neither.coverage if one.status == "skipped" and "matches" in (one.reason or "")]
    assert len(reasons) == 2
    assert all("'nowhere-*'" in reason and glob not in reason for reason in reasons)


def test_a_source_that_another_run_reads_is_refused_before_the_store_is_waited_for(
    typed: Any, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(reading, "_is_demo")  # it opens the store, which the other run may hold for seconds
    with connect("slack", token="xoxb-1") as session, at_work(store, "r", datetime.now(UTC), [session.identity]):
        done = typed("pull", "slack", "--to", store, "--set", "token=xoxb-1", "--json")
    error = done.document["error"]
    assert (done.code, error["kind"]) == (75, "StoreBusyError")
    assert error["at_work"].keys() == {"since", "process", "host", "sources"}
    assert (error["at_work"]["process"], error["at_work"]["sources"]) == (
        os.getpid(), [{"name": "slack", "platform": "slack"}]
    )  # fmt: skip
    assert datetime.fromisoformat(error["at_work"]["since"]).tzinfo is not None


@pytest.mark.parametrize("told", ["lookbak=2d", "slak.lookback=2d", "slack.lookbak=2d", "yammer.lookback=2d"])
def test_a_setting_that_none_of_several_connectors_has_is_an_error(
    typed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    monkeypatch.setenv("COMMUNITYKIT_SLACK_TOKEN", "xoxb-1")
    monkeypatch.setenv("COMMUNITYKIT_MATRIX_TOKEN", "syt")
    monkeypatch.setenv("COMMUNITYKIT_MATRIX_BASE_URL", "http://127.0.0.1:9")
    done = typed("pull", "slack", "matrix", "--to", tmp_path / "a.duckdb", "--set", told)
    assert done.code == 1
    assert f"{told.removeprefix('slack.').partition('=')[0]}: not known" in done.err
    assert not (tmp_path / "a.duckdb").exists()


def test_progress_is_a_line_of_json_too(typed: Any, exports: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("communitykit.progress.LINE_SECONDS", -1)
    done = typed("import", "yammer", exports["yammer"], "--log-format", "json")
    lines = [json.loads(line) for line in done.err.splitlines()]
    assert {line["level"] for line in lines} == {"info"}
    assert set(lines[-1]) == {
        "at", "level", "logger", "message", "records", "posts", "requests", "slices_read", "slices", "seconds_left"
    }  # fmt: skip
    assert lines[-1]["records"] > lines[-1]["posts"] > 0
    assert (lines[-1]["slices"], lines[-1]["requests"]) == (None, 0)


def test_what_an_archive_is_is_told_for_every_connector(typed: Any, exports: dict[str, Path], tmp_path: Path) -> None:
    done = typed("import", "yammer", exports["yammer"], "--to", tmp_path / "a.duckdb")
    assert "Found: Yammer" in done.out
    assert " people, " in done.out.partition("Found: ")[2].splitlines()[0]
    again = typed("import", "slack", exports["slack"], "--to", tmp_path / "a.duckdb", "--json").document
    assert again["archives"][0].startswith("export of the workspace ")


def test_what_lies_beside_an_export_and_is_none_is_named(typed: Any, exports: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "downloads"
    folder.mkdir()
    for platform, path in exports.items():
        shutil.copy(path, folder / f"{platform}.zip")
    done = typed("import", "slack", folder, "--to", tmp_path / "a.duckdb")
    assert done.code == 0
    assert "Found: nothing was read of yammer.zip." in done.out


def is_due(store: str) -> bool:
    with Store(store) as opened:
        return opened.sql(f"SELECT 1 FROM meta WHERE key = '{DUE}'").num_rows == 1  # noqa: S608 # our own name


def test_what_polling_rules_leave_for_later_is_no_fault() -> None:
    assert _is_by_default((Gap("read already; force reads anyway", "skipped", option="force"),))
    assert not _is_by_default((Gap("the force of habit", "skipped"),))
    assert not _is_by_default((Gap("read in part", "partial", option="force"),))


def test_coverage_says_where_only_private_talk_was_left_out() -> None:
    private, direct = (Gap("left out", "skipped", option=one) for one in ("include_private", "include_direct"))
    later, denied = Gap("read already", "skipped", option="force"), Gap("closed", "denied")
    said = [_summed(gaps)["by_policy"] for gaps in ((private, direct), (private, later), (private, denied), ())]
    assert said == [True, None, None, None]


@pytest.fixture
def served(world: World) -> Any:
    with serve(world, registry().get("slack").simulated()) as server:
        yield server


@pytest.mark.slow
def test_a_configuration_says_what_the_command_does_not(typed: Any, served: Any, exports: dict[str, Path]) -> None:
    settings = "\n".join(
        f"{name} = {json.dumps(value) if not isinstance(value, float) else value}"
        for name, value in served.settings.items()
        if name != "token"
    )
    Path("c.toml").write_text(
        f"""
        [store]
        path = "kept/a.duckdb"
        [[sources]]
        name = "emea"
        connector = "slack"
        token = {{ env = "EMEA" }}
        {settings}
        [[sources]]
        name = "old"
        connector = "yammer"
        archive = {json.dumps(str(exports["yammer"]))}
        [privacy]
        content = "features"
        keep = "90y"
        [analysis]
        to = "figures.duckdb"
        """,
        encoding="utf-8",
    )
    secret = {"EMEA": served.settings["token"]}
    assert "may ask for all that a pull reads" in typed("check", "emea", "--config", "c.toml", **secret).out
    assert "old: the archive can be read." in typed("check", "old", "--config", "c.toml").out
    assert "did you mean 'emea'" in typed("check", "emae", "--config", "c.toml").err
    assert typed("pull", "emea", "--config", "c.toml", "--estimate", "--json").document["estimates"][0]["slices"] > 5
    done = typed("pull", "emea", "--config", "c.toml", "--since", "90d", "-vv", "--log-format", "json")
    assert done.code == 0, done.err
    assert "emea: what was written from " in done.out
    lines = [json.loads(line) for line in done.err.splitlines()]
    assert {line["logger"] for line in lines} == {"communitykit"}
    request = next(line for line in lines if line.get("method") == "POST")
    assert {name: request[name] for name in ("platform", "status")} == {"platform": "slack", "status": 200}
    assert request["seconds"] > 0
    assert request["address"].startswith(served.settings["base_url"])
    begins, ends = (next(line for line in lines if f" {word}: " in line["message"]) for word in ("begins", "ends"))
    assert begins["run_id"] == ends["run_id"]
    assert (ends["platform"], ends["status"]) == ("slack", "complete")
    asked = [line["message"] for line in lines if line["level"] == "debug"]
    assert any("/conversations.history: 200 in " in one for one in asked)
    assert served.settings["token"] not in done.err + done.out
    told = typed("import", "old", "--config", "c.toml", "--json").document
    assert told["new"]["posts"] > 0
    failed = typed("import", "old", "--config", "none.toml", "--log-format", "json")
    assert json.loads(failed.err)["error"] == "SettingsError"
    connection.mark(Path("kept/a.duckdb"), DUE, "yes")  # as where deleted posts were emptied
    assert typed("pull", "old", "--config", "c.toml", "--no-compact", "--quiet").out == ""
    assert is_due("kept/a.duckdb")
    assert typed("pull", "--config", "c.toml", "--quiet").out == ""
    assert not is_due("kept/a.duckdb")
    with Store("kept/a.duckdb") as opened:
        assert {row["platform"] for row in opened.sql("SELECT DISTINCT platform FROM posts").to_pylist()} == {
            "slack",
            "yammer",
        }
        assert opened.sql("SELECT 1 FROM posts WHERE text IS NOT NULL").num_rows == 0
    for words in (["export", "--to", "out"], ["people", "review"], ["compact"], ["prune"]):
        assert typed(*words, "--config", "c.toml").code == 0, words
    assert "goes: 0 of " in typed("prune", "--config", "c.toml").out
    everything = typed("prune", "--config", "c.toml", "--keep", "0d")
    assert everything.code == 1
    assert "would be erased: the last one is of " in everything.err
    assert typed("prune", "--config", "c.toml", "--json").document["cutoff"]["older"] == 0
    assert typed("analyse", "--config", "c.toml").code == 0
    run = typed("metrics", "run", "active_members", "--config", "c.toml", "--by", "month", "--json")
    assert run.code == 0, run.err
    assert run.document["figures"]
    query = typed("metrics", "run", "active_members", "--config", "c.toml", "--sql", "--json").document
    assert query["sql"].lower().lstrip().startswith(("select", "with", "--"))


def test_init_prints_one_document_too(typed: Any, served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("token\nmatrix\nhome\n\nhttps://matrix.invalid\nNO_SUCH\n\n\n"))
    done = typed("init", "--json")
    assert done.code == 0, done.err
    assert done.document["connector"] == "matrix"
    assert "an account that is in the rooms to read" in done.document["letter"]
    assert (done.document["sources"], done.document["unset"]) == ([], ["NO_SUCH"])  # nothing is asked before it is
    assert "Which platform?" in done.err


def test_what_nobody_asked_for_is_called_that(typed: Any, tmp_path: Path) -> None:
    world, path = World(seed=2, size="tiny", platforms=("slack",)), tmp_path / "whole.zip"
    registry().get("slack").simulated().write_archive(world, path, private=True)
    done = typed("import", "slack", path, "--to", tmp_path / "a.duckdb")
    assert done.code == 0, done.err
    told = [line.split("\t") for line in done.out.partition("Left out\n")[2].splitlines()[1:]]
    assert {line[0].strip() for line in told} == {"not asked for"}
    assert re.search(r"\d+ private channels? (was|were) left out; ask for them with --include-private", done.out)
    shown = typed("show", tmp_path / "a.duckdb").out
    assert "not asked for\t" in shown
    assert "ask for them with --include-private" in shown
    assert re.search(r"^\d+\.\d s in all\.$", done.out, re.MULTILINE), "an archive is asked nothing"
    assert "skipped" not in shown + done.out
    assert counted(1, "person", "people") == "1 person"
    assert counted(2_000, "post") == "2,000 posts"


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_is_missing_is_said_however_quiet_a_command_is(
    typed: Any, exports: dict[str, Path], tmp_path: Path, form: str
) -> None:
    source = (
        f'[[sources]]\nname = "old"\nconnector = "slack"\narchive = "{exports["slack"]}"\ncommunities = "nowhere-*"\n'
    )
    (tmp_path / "c.toml").write_text(f'[store]\npath = "a.duckdb"\n{source}')
    for words in (("run", "--config", tmp_path / "c.toml"), ("import", "old", "--config", tmp_path / "c.toml")):
        done = typed(*words, "--quiet", "--log-format", form)
        assert (done.code, done.out) == (3, "")
        assert len(done.err.splitlines()) == 1
        assert "'nowhere-*'" in done.err
        if form == "json":
            told = json.loads(done.err)
            assert (told["level"], told["platform"], told["status"]) == ("warning", "slack", "skipped")
            assert told["slice"].startswith("slack:")
            assert told["run_id"]


def test_what_is_left_out_is_logged_with_its_place(typed: Any, exports: dict[str, Path], tmp_path: Path) -> None:
    source = f'name = "old"\nconnector = "slack"\narchive = "{exports["slack"]}"\ncommunities = "nowhere-*"\n'
    (tmp_path / "c.toml").write_text(f'[store]\npath = "a.duckdb"\n[[sources]]\n{source}')
    done = typed("import", "old", "--config", tmp_path / "c.toml", "-v", "--log-format", "json")
    lines = [json.loads(line) for line in done.err.splitlines()]
    (line,) = [one for one in lines if "'nowhere-*'" in one["message"]]
    assert (line["level"], line["platform"], line["status"]) == ("info", "slack", "skipped")
    assert line["slice"].startswith("slack:")
    assert line["run_id"]


def test_what_one_of_two_sources_of_a_network_left_out_is_shown(
    typed: Any, exports: dict[str, Path], tmp_path: Path
) -> None:
    told = f'connector = "slack"\narchive = "{exports["slack"]}"\n'
    sources = [f'[[sources]]\nname = "{name}"\n{told}{more}' for name, more in
               (("odd", 'communities = "nowhere-*"\n'), ("old", ""))]  # fmt: skip
    (tmp_path / "c.toml").write_text('[store]\npath = "a.duckdb"\n' + "".join(sources))
    assert typed("run", "--config", tmp_path / "c.toml", "--quiet").code == 3
    shown = typed("show", tmp_path / "a.duckdb", "--json").document["coverage"]
    assert {"complete", "skipped"} <= {row["status"] for row in shown}
    assert any("'nowhere-*'" in (row["reason"] or "") for row in shown)


def test_several_reasons_stand_apart(typed: Any, tmp_path: Path) -> None:
    world, path = World(seed=2, size="tiny", platforms=("slack",)), tmp_path / "whole.zip"
    registry().get("slack").simulated().write_archive(world, path, private=True)
    words = ("import", "slack", path, "--to", tmp_path / "a.duckdb", "--since", "2000-01-01")
    (reason,) = [one["reason"] for one in typed(*words, "--json").document["coverage"] if one["reason"]]
    private, direct = reason.split(" · ")
    for told in (typed(*words).out, typed("show", tmp_path / "a.duckdb").out):
        rows = [line.split("\t") for line in told.splitlines() if line.startswith("not asked for\t")]
        assert [row[1] for row in rows] == ["1", "1"]
        assert {row[2] for row in rows} == {in_words_of(private), in_words_of(direct)}
    with read_archive("slack", path) as archive:
        shown = repr(pull(archive, tmp_path / "b.duckdb"))
    assert f"not asked for      1  {private}\n" in f"{shown}\n"
    assert f"not asked for      1  {direct}\n" in f"{shown}\n"


@pytest.mark.parametrize("form", ["text", "json"])
def test_each_of_several_reasons_is_a_line_where_a_command_is_quiet(
    typed: Any, exports: dict[str, Path], form: str
) -> None:
    source = f'name = "old"\nconnector = "slack"\narchive = "{exports["slack"]}"\ncommunities = ["no-*", "none-*"]\n'
    Path("c.toml").write_text(f'[store]\npath = "a.duckdb"\n[[sources]]\n{source}')
    lines = typed("run", "--config", "c.toml", "--quiet", "--log-format", form).err.splitlines()
    assert len(lines) == 2
    assert ["'no-*'" in lines[0], "'none-*'" in lines[1]] == [True, True]
