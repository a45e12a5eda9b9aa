"""A served company that the documentation's examples find in their environment."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from communitykit.connector.registry import registry
from communitykit.sandbox import World, serve
from communitykit.sandbox.roster import write_roster

sys.path.insert(0, str(Path(__file__).parent))  # pages.py and generate.py, beside this file

from pages import blocks  # it is found there


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve a tiny company; the working directory holds the files that examples name."""
    platform, world = registry().get("slack").simulated(), World(seed=4, size="tiny", platforms=("slack",))
    platform.write_archive(world, tmp_path / "export.zip")
    write_roster(world, tmp_path / "hr.csv")
    message = {"type": "message", "user": "U1", "text": "hello <@U2>", "ts": "1512104434.000490"}
    (tmp_path / "message.json").write_text(json.dumps(message), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (page,) = blocks("docs/how-to/run-every-night.md", "toml")
    (tmp_path / "communitykit.toml").write_text(page, encoding="utf-8")
    with serve(world, platform) as server:
        for name, value in server.settings.items():
            monkeypatch.setenv(f"COMMUNITYKIT_SLACK_{name.upper()}", str(value))
        monkeypatch.setenv("SLACK_EMEA", str(server.settings["token"]))
        (tmp_path / "us.token").write_text(str(server.settings["token"]), encoding="utf-8")
        yield tmp_path
