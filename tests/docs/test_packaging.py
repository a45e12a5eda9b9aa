"""Versions stand in one place each, and our packages fit together."""

import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from pages import ROOT

from communitykit.connector.registry import registry

PROJECTS = [ROOT / "pyproject.toml", *sorted((ROOT / "plugins").glob("*/pyproject.toml"))]


def project(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    return found


@pytest.mark.parametrize("path", PROJECTS[1:], ids=lambda path: path.parent.name)
def test_plugins_ask_for_the_core_that_they_were_made_with(path: Path) -> None:
    own = project(PROJECTS[0])["version"]
    asked = [one for one in project(path)["dependencies"] if one.partition("~")[0].partition("[")[0] == "communitykit"]
    assert [one.partition("~=")[2] for one in asked] == [own]


def test_type_checkers_look_into_every_connector() -> None:
    for name in registry().connectors:
        assert (ROOT / f"plugins/communitykit-{name}/src/communitykit_{name}/py.typed").is_file()


def test_connectors_tell_the_version_that_is_installed() -> None:
    found = registry().connectors
    assert len(found) >= 5
    for name, connector in found.items():
        assert connector.version == version(f"communitykit-{name}")


def test_no_version_is_written_in_code() -> None:
    numbers = {project(path)["version"] for path in PROJECTS}
    for path in [*(ROOT / "src").rglob("*.py"), *(ROOT / "plugins").glob("*/src/**/*.py")]:
        text = path.read_text(encoding="utf-8")
        assert not [number for number in numbers if f'"{number}"' in text], path
