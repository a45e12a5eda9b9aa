"""The README's example runs as it stands; the package is as small as it says; the core knows nothing of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from communitykit import CredentialError, connect
from communitykit.connector import Settings
from communitykit.connector.registry import OWN
from communitykit.sandbox import World, serve
from communitykit_matrix.sandbox import MatrixPlatform
from communitykit_matrix.settings import MatrixSettings
from communitykit_matrix.translate import IGNORED

PLUGIN = Path(__file__).parents[1]
CORE = PLUGIN.parents[1] / "src" / "communitykit"


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```", (PLUGIN / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    with serve(World(seed=4, size="tiny", platforms=("matrix",)), MatrixPlatform()) as server:
        for name, value in server.settings.items():
            monkeypatch.setenv(f"COMMUNITYKIT_MATRIX_{name.upper()}", str(value))
        exec(compile(block, "README.md", "exec"), {})  # noqa: S102 # the documentation's own example
    assert re.search(r"'posts': \d\d.* complete", capsys.readouterr().out)


def test_every_setting_is_explained() -> None:
    text = (PLUGIN / "README.md").read_text("utf-8")
    general = set(Settings.model_fields) - {"base_url"}
    assert {name for name in MatrixSettings.model_fields if f"`{name}`" not in text} == general


def test_what_reads_the_platform_is_under_1200_lines() -> None:
    """What tells an administrator whom to let in, in two languages, the login and what editors know read nothing."""
    sources = PLUGIN / "src" / "communitykit_matrix"
    others = {"access.py", "keywords.py", "login.py"}
    files = [file for file in sources.rglob("*.py") if "sandbox" not in file.parts and file.name not in others]
    assert len(files) > 10
    assert lines(files) < 1200


def test_the_whole_package_is_under_1350_lines_and_its_simulation_under_800() -> None:
    sources = PLUGIN / "src" / "communitykit_matrix"
    simulated = set((sources / "sandbox").rglob("*.py"))
    assert lines(set(sources.rglob("*.py")) - simulated) < 1350
    assert 0 < lines(simulated) < 800


def lines(files: Iterable[Path]) -> int:
    return sum(len(file.read_text("utf-8").splitlines()) for file in files)


def test_the_core_does_not_know_the_platform() -> None:
    words = re.compile(r"\b(matrix|synapse|homeserver)", re.IGNORECASE)
    files = list(CORE.rglob("*.py"))
    assert len(files) > 50
    named = {file.name: text for file in files if words.search(text := file.read_text("utf-8"))}
    assert list(named) == ["registry.py"]  # which packages there are is all that it knows
    assert len(words.findall(named["registry.py"])) == 1
    assert "matrix" in OWN


def test_what_is_ignored_is_declared() -> None:
    code = "".join(one.read_text("utf-8") for one in (PLUGIN / "src/communitykit_matrix/translate").glob("*.py"))
    named = set(re.findall(r'Ignored\(\s*"([a-z ]+)"', code)) | {"other"}
    assert named == set(IGNORED)


def test_a_check_says_what_the_token_may_do() -> None:
    with serve(World(seed=4, size="tiny", platforms=("matrix",)), MatrixPlatform()) as server:
        with connect("matrix", **server.settings) as matrix:
            assert matrix.check() == []
        with connect("matrix", **{**server.settings, "token": "syt_wrong"}) as matrix, pytest.raises(CredentialError):
            matrix.check()
