"""A setting that names a place to ask is a whole address, or is refused before anything is asked."""

from __future__ import annotations

import pytest

from communitykit import SettingsError, connect
from communitykit.connector.registry import registry
from communitykit.connector.settings import _AskedHost, load_settings

ADDRESSES = [
    (one.name, name)
    for one in registry().connectors.values()
    for name, field in one.settings.model_fields.items()
    if any(isinstance(mark, _AskedHost) for mark in field.metadata)
]


def test_every_platform_has_one() -> None:
    assert {name for name, setting in ADDRESSES if setting == "base_url"} == set(registry().connectors)
    assert ("teams", "login_url") in ADDRESSES


@pytest.mark.parametrize(("name", "setting"), ADDRESSES)
@pytest.mark.parametrize(
    "given", ["slack.example.org/api", "", "https:///api", "ftp://a.example", "https://[", "localhost:80"]
)
def test_what_is_none_is_refused(name: str, setting: str, given: str) -> None:
    kind = registry().get(name).settings
    with pytest.raises(SettingsError, match=f"{setting}: is to be a whole address, as https://example.org") as refused:
        load_settings(name, kind, {setting: given})
    assert not given or given not in str(refused.value)


def test_it_is_said_how_settings_are_given_on_the_command_line() -> None:
    with pytest.raises(
        SettingsError, match=r"as keywords \(on the command line: --set NAME=VALUE\) or as COMMUNITYKIT_"
    ):
        connect("slack", base_url="slack.example.org")
