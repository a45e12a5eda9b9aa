import sys
import types
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from communitykit import UnknownConnectorError
from communitykit.connector import Capabilities, Connector, Settings, hookimpl
from communitykit.connector.registry import OWN, load


def connector(name: str) -> Connector:
    return Connector(name=name, title=name, version="1", settings=Settings, capabilities=Capabilities(), translators={})


def plugin(monkeypatch: pytest.MonkeyPatch, module_name: str, name: str | None) -> EntryPoint:
    module = types.ModuleType(module_name)
    if name is not None:

        @hookimpl
        def communitykit_connector() -> Connector:
            return connector(name)

        module.communitykit_connector = communitykit_connector  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module_name, module)
    return EntryPoint(module_name, module_name, "communitykit")


def test_broken_plugins_are_reported_and_stop_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "fails_to_import.py").write_text("import a_package_that_is_not_there\n")
    (tmp_path / "wrong_hook.py").write_text(
        "from communitykit.connector import hookimpl\n@hookimpl\ndef communitykit_conector(): ...\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    found = load(
        [
            EntryPoint("fails", "fails_to_import", "communitykit"),
            EntryPoint("wrong", "wrong_hook", "communitykit"),
            plugin(monkeypatch, "empty_plugin", None),
            plugin(monkeypatch, "good_plugin", "good"),
            plugin(monkeypatch, "good_plugin_again", "good"),
        ]
    )
    assert list(found.connectors) == ["good"]
    reasons = {broken.name: broken.reason for broken in found.broken}
    assert set(reasons) == {"fails", "wrong", "empty_plugin", "good_plugin_again"}
    assert "a_package_that_is_not_there" in reasons["fails"]
    assert "communitykit_conector" in reasons["wrong"]
    assert "does not implement" in reasons["empty_plugin"]
    assert "already provides" in reasons["good_plugin_again"]


def test_a_misspelt_name_says_what_is_installed_and_advises_no_package_that_may_not_exist(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = load([plugin(monkeypatch, "slack_plugin", "slack")])
    with pytest.raises(UnknownConnectorError) as caught:
        found.get("slak")
    text = str(caught.value)
    assert "installed: slack" in text
    assert "Did you mean 'slack'?" in text
    assert "pip install" not in text


def test_the_package_of_a_connector_of_ours_is_named_and_no_other_is_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = Path(__file__).parents[2] / "plugins"
    assert {one.parents[2].name.removeprefix("communitykit-") for one in ours.glob("*/src/*/wire.py")} == OWN
    found = load([plugin(monkeypatch, "slack_plugin", "slack")])
    for name in OWN - {"slack"}:
        assert (ours / f"communitykit-{name}" / "pyproject.toml").exists()
        with pytest.raises(UnknownConnectorError, match=f"pip install ./plugins/communitykit-{name}"):
            found.get(name)
    with pytest.raises(UnknownConnectorError) as caught:
        found.get("mastodon")
    assert "mastodon" not in str(caught.value.remedy)


def test_who_asks_for_one_loads_no_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "must_not_be_loaded.py").write_text("raise SystemExit('loaded')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = load([EntryPoint("other", "must_not_be_loaded", "communitykit"), plugin(monkeypatch, "mine", "mine")])
    assert found.get("mine").name == "mine"
    with pytest.raises(SystemExit):
        found.get("other's own name")


def test_whose_plugin_is_called_as_it_is_comes_first_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    found = load([plugin(monkeypatch, "a_thief", "slack"), plugin(monkeypatch, "slack", "slack")])
    own = found.get("slack")
    assert found.connectors == {"slack": own}
    assert [(one.name, one.reason) for one in found.broken] == [
        ("a_thief", "another plugin already provides the connector 'slack'")
    ]
    assert found.get("slack") is own
