"""What a document says of an error: whose it is, and no store that was never made."""

from __future__ import annotations

from typing import Any

import pytest

from communitykit.connector.registry import load, registry
from communitykit.sandbox import World, serve

CONFIG = """
[store]
path = "a.duckdb"
[[sources]]
name = "emea"
connector = "slack"
token = {{ env = "EMEA" }}
base_url = "{url}"
[[sources]]
name = "export"
connector = "slack"
archive = "none.zip"
[[sources]]
name = "apac"
connector = "slack"
token = {{ env = "APAC" }}
base_url = "{url}"
[people]
roster = "none.csv"
"""


@pytest.fixture
def url() -> Any:
    world = World(seed=2, size="tiny", platforms=("slack",))
    with serve(world, registry().get("slack").simulated()) as server:
        yield server.settings["base_url"]


def test_each_error_names_its_platform_and_its_source(typed: Any, url: str, tmp_path: Any) -> None:
    (tmp_path / "c.toml").write_text(CONFIG.format(url=url))
    done = typed("run", "--config", tmp_path / "c.toml", "--json", APAC="xoxb-refused-1")
    told = [(one["kind"], one["platform"], one["source"]) for one in done.document["errors"]]
    assert told == [
        ("SettingsError", "slack", "emea"),
        ("ArchiveError", "slack", "export"),
        ("ArchiveError", "directory", "roster"),
        ("CredentialError", "slack", "apac"),
    ]
    beginning = "slack: c.toml [[sources]] emea: token: the environment variable"
    assert done.document["errors"][0]["message"].startswith(beginning)
    assert (done.document["store"], done.document["pull"]["store"]) == (None, None)
    assert not (tmp_path / "a.duckdb").exists()
    for words in (("pull", "emea"), ("check", "emea")):
        error = typed(*words, "--config", tmp_path / "c.toml", "--json").document["error"]
        assert (error["platform"], error["source"]) == ("slack", "emea"), words


def test_a_document_names_no_store_that_was_not_made(typed: Any, url: str) -> None:
    words = ("pull", "slack", "--set", f"base_url={url}", "--set", "token=xoxb-refused-1", "--json")
    refused = typed(*words, "--to", "none.duckdb").document
    assert (refused["store"], refused["errors"][0]["source"]) == (None, None)


def test_an_export_that_cannot_be_opened_names_its_platform(typed: Any) -> None:
    done = typed("import", "slack", "none.zip", "--json")
    assert (done.document["error"]["platform"], done.document["error"]["subject"]) == ("slack", "none.zip")


def test_a_demo_without_a_connector_says_how_to_install_one(typed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("communitykit.cli.simulated.registry", lambda: load(()))
    told = typed("sandbox", "serve")
    assert told.code == 1
    assert "The extra [all] brings no platform, each is a package: pip install communitykit_slack-*.whl" in told.err


def test_what_could_not_begin_says_what_is_wrong_and_nothing_of_what_was_asked(
    typed: Any, exports: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COMMUNITYKIT_SLACK_TOKEN", raising=False)
    for words in (("pull", "slack"), ("import", "directory", exports["slack"])):
        done = typed(*words)
        assert (done.code, done.out) == (1, ""), words
        assert done.err.startswith("Error: "), words
    done = typed("import", "slack", exports["slack"])
    assert "Asked for what was written " in done.out
    assert " s in all." in done.out
