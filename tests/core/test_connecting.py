"""Each plugin's own `connect`, whose settings editors know, is communitykit's with its name."""

import asyncio
from importlib import import_module
from typing import Any, get_args, get_type_hints

import pytest

import communitykit as ck
from communitykit.connector import Connector
from communitykit.connector.registry import registry
from communitykit.testing.keywords import unlike

APIS = [one for one in registry().connectors.values() if one.discover is not None]
each = pytest.mark.parametrize("declared", APIS, ids=lambda one: one.name)
CLOSED = "http://127.0.0.1:9"


def plugin(declared: Connector) -> Any:
    return import_module(f"communitykit_{declared.name}")


def test_every_api_is_looked_at() -> None:
    assert [one.name for one in APIS] == ["matrix", "slack", "teams", "workplace", "yammer"]


@each
def test_its_keywords_are_the_settings(declared: Connector) -> None:
    for connect in (plugin(declared).connect, plugin(declared).connect_async):
        (keywords,) = get_args(get_type_hints(connect)["settings"])
        assert unlike(declared.settings, keywords) == []


@each
def test_it_opens_what_the_name_opens(declared: Connector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"COMMUNITYKIT_{declared.name.upper()}_RATE", "0.5")
    with plugin(declared).connect(base_url=CLOSED, timeout=None) as session:
        with ck.connect(declared.name, base_url=CLOSED) as same:
            assert (type(session), session.connector) == (ck.Session, declared)
            assert session.conductor.settings == same.conductor.settings
        assert (session.conductor.settings.rate, session.conductor.settings.timeout) == (0.5, 30.0)
    opened = plugin(declared).connect_async(base_url=CLOSED)
    assert (type(opened), opened.connector) == (ck.AsyncSession, declared)
    assert opened.conductor.settings == session.conductor.settings
    asyncio.run(opened.aclose())


@each
@pytest.mark.parametrize("wrong", [{"tokn": "secret"}, {"timeout": -1}, {"concurrency": "many"}], ids=str)
def test_it_refuses_what_the_name_refuses_in_the_same_words(declared: Connector, wrong: dict[str, Any]) -> None:
    with pytest.raises(ck.SettingsError) as by_name:
        ck.connect(declared.name, **wrong)
    for connect in (plugin(declared).connect, plugin(declared).connect_async):
        with pytest.raises(ck.SettingsError) as refused:
            connect(**wrong)
        assert str(refused.value) == str(by_name.value)
    if "tokn" in wrong:
        assert "did you mean 'token'" in str(by_name.value)
