"""Which source a session is, told before anything is asked of it."""

from pathlib import Path
from typing import Any

import pytest

from communitykit import connect
from communitykit.config import load, opened

TEAMS = {"tenant": "contoso.example", "client_id": "app", "client_secret": "hush-hush-hush"}


def account(name: str, **settings: Any) -> str | None:
    with connect(name, **settings) as session:
        assert (session.identity.name, session.identity.platform, session.identity.config) == (name, name, None)
        return session.identity.account


@pytest.mark.parametrize(
    ("name", "settings", "other", "same"),
    [
        ("slack", {"token": "xoxb-1"}, {"token": "xoxb-1"}, True),
        ("slack", {"token": "xoxb-1"}, {"token": "xoxb-1", "lookback": "7d", "threads": "all", "rate": 0.5}, True),
        ("slack", {"token": "xoxb-1"}, {"token": "xoxb-2"}, False),
        ("slack", {"token": "xoxb-1"}, {"token": "xoxb-1", "base_url": "https://enterprise.example/api/"}, False),
        ("slack", {"client_id": "1", "credential_store": Path("a")}, {"client_id": "1"}, False),
        ("yammer", {"token": "t", "network": "1"}, {"token": "t", "network": "2"}, False),
        ("teams", TEAMS, {**TEAMS, "usage": "D7", "proxy": "http://proxy.example"}, True),
        ("teams", TEAMS, {**TEAMS, "tenant": "fabrikam.example"}, False),
    ],
)
def test_the_settings_that_say_whose_it_is_make_an_account(
    name: str, settings: dict[str, Any], other: dict[str, Any], *, same: bool
) -> None:
    one = account(name, **settings)
    assert one is not None
    assert (one == account(name, **other)) is same


def test_no_account_holds_a_secret_and_none_is_known_of_a_function() -> None:
    told = account("teams", **TEAMS)
    assert told is not None
    assert "hush" not in told
    assert len(told.rpartition(":")[2]) == 8
    assert account("teams", tenant="contoso.example", credential=lambda: "token") is None
    assert account("slack", token="xoxb-1") != account("matrix", token="xoxb-1", base_url="https://slack.com/api/")


def test_a_source_of_a_configuration_is_known_by_its_name_and_file_too(tmp_path: Path) -> None:
    path, link = tmp_path / "one.toml", tmp_path / "link.toml"
    path.write_text('[[sources]]\nname = "emea"\nconnector = "slack"\ntoken = { env = "TOKEN" }\n')
    link.symlink_to(path)
    told = []
    for file, token in ((path, "xoxb-1"), (link, "xoxb-2")):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TOKEN", token)
            with opened(load(file)) as (source,):
                told.append(source.identity)
    one, other = told
    assert one is not None
    assert other is not None
    assert (one.name, one.platform, one.config) == ("emea", "slack", str(path.resolve()))
    assert one.account != other.account
    assert one.is_same(other)
