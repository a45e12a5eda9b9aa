"""The README's examples run as they stand, against the simulated tenant."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from communitykit.connector import Settings
from communitykit.sandbox import World, serve
from communitykit_teams.sandbox import TeamsPlatform

README = Path(__file__).parents[1] / "README.md"


def test_every_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 2
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {}
    with serve(World(seed=4, size="tiny", platforms=("teams",)), TeamsPlatform()) as server:
        for name, value in server.settings.items():
            monkeypatch.setenv(f"COMMUNITYKIT_TEAMS_{name.upper()}", str(value))
        for block in blocks:
            exec(compile(block, "README.md", "exec"), namespace)  # noqa: S102 # the documentation's own examples
    printed = capsys.readouterr().out
    assert "everything can be read" in printed
    assert re.search(r"'posts': \d\d", printed)
    assert "/teams/getAllMessages" in printed


def test_every_setting_and_permission_is_explained() -> None:
    from communitykit_teams import TeamsSettings  # noqa: PLC0415 # beside what it is compared with
    from communitykit_teams.sandbox.desk import ROLES  # noqa: PLC0415 # same

    text = README.read_text(encoding="utf-8")
    own = set(TeamsSettings.model_fields) - set(Settings.model_fields) | {"base_url"}
    assert {name for name in own if f"`{name}`" not in text} <= {"certificate_password"}
    assert {role for role in ROLES if f"`{role}`" not in text} == set()
