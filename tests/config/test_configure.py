"""The configuration of another program: sources listed in its own, or a configuration file by name."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from communitykit.config import configure, installed, load, refresh
from communitykit.connector.registry import registry
from communitykit.errors import CommunityKitError, SettingsError
from communitykit.sandbox import World, serve
from communitykit.store import Store

Write = Callable[[str], Path]
TOKEN = "xoxb-1234567890-abcdefghijkl"


def test_secrets_may_be_in_clear_there_and_are_not_shown(write: Write) -> None:
    made = configure({"sources": [{"connector": "slack", "token": TOKEN, "since": "90d", "name": None}]}, "tap")
    (source,) = made.sources
    assert (source.settings["token"], source.since, source.name) == (TOKEN, "90d", "slack")
    assert TOKEN not in repr(made)
    with pytest.raises(SettingsError, match="in clear"):
        load(write(f'[[sources]]\nconnector = "slack"\ntoken = "{TOKEN}"\n'))


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({}, "tap: neither config nor sources are told"),
        ({"config": "a.toml", "sources": [{"connector": "slack"}]}, "tap: both config and sources are told"),
        ({"sources": [7]}, "tap: sources are no list of tables"),
        ({"sources": "slack"}, "tap: sources are no list of tables"),
        ({"sources": [{"connector": "slack", "tokn": TOKEN}]}, r"tap \[\[sources\]\] slack: tokn: .*'token'"),
        ({"sources": [{"connector": "slack"}] * 2}, "tap: two sources are called 'slack'"),
        ({"sources": [{"connector": "slack"}], "content": "some"}, "tap: content: is to be"),
        ({"config": "nowhere.toml"}, "there is no such configuration"),
    ],
)
def test_what_is_wrong_is_said(told: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(CommunityKitError, match=sentence) as raised:
        configure(told, "tap", tmp_path)
    assert TOKEN not in str(raised.value)


def test_a_file_that_is_named_is_that_configuration(write: Write, tmp_path: Path) -> None:
    write('[[sources]]\nconnector = "slack"\n')
    assert configure({"config": "communitykit.toml"}, "tap", tmp_path) == load(tmp_path / "communitykit.toml")


def test_every_connector_says_what_it_can_be_told() -> None:
    found = {one["properties"]["connector"]["const"]: one["properties"] for one in installed(secret={"hide": True})}
    assert set(found) == {"matrix", "slack", "teams", "workplace", "yammer"}
    for name, properties in found.items():
        assert set(registry().get(name).settings.model_fields) < set(properties)
        assert properties["proxy"]["hide"] is True
        assert "hide" not in properties["base_url"]
    assert found["slack"]["token"]["hide"] is True
    assert found["slack"]["concurrency"]["type"] == "integer"


@pytest.mark.slow
def test_a_store_is_brought_up_to_date_and_what_is_past_its_time_is_erased(write: Write, tmp_path: Path) -> None:
    world = World(seed=1, size="tiny", now=datetime.now(UTC), platforms=("slack",))
    store = tmp_path / "deep" / "kept.duckdb"
    with serve(world, registry().get("slack").simulated()) as server:
        told = {"connector": "slack", **server.settings}
        assert refresh(configure({"sources": [told]}, "tap"), store).complete
        with Store(store) as opened:
            written = [at for at in opened.arrow("posts")["created_at"].to_pylist() if at is not None]
        late = sum(at > datetime.now(UTC) - timedelta(days=30) for at in written)
        assert len(written) > late > 0
        place = f'base_url = "{server.settings["base_url"]}"\nrate = inf\ntoken = {{ file = "token" }}\n'
        config = write(f'[privacy]\nkeep = "30d"\n[[sources]]\nconnector = "slack"\n{place}')
        config.with_name("token").write_text(server.token)
        assert refresh(load(config), store).complete
    with Store(store) as opened:
        assert 0 < opened.arrow("posts").num_rows <= late + 1
