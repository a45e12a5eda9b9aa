"""Whoever copies a script out of the documentation may check its types as strictly as mypy does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import blocks, with_blocks

PARTS = {
    "docs/how-to/write-a-connector.md": "a plugin's modules",
    "docs/how-to/find-what-changed.md": "the same plugin's",
    "docs/how-to/follow-updates.md": "another plugin's",
    "docs/how-to/test-a-connector.md": "the same plugin's tests",
    "docs/how-to/orchestrate.md": "programs of tools that are not installed here",
    "docs/how-to/outgrow-one-machine.md": "the same of Spark",
}
"""Pages whose blocks are no programs of their own, and what they are instead."""
PROGRAMS = [one for one in with_blocks("python") if one == "README.md" or one.startswith("docs/how-to/")]


@pytest.mark.slow
def test_scripts_of_the_readme_and_of_the_how_tos_are_typed(tmp_path: Path) -> None:
    files = {}
    for page in sorted({*PROGRAMS} - {*PARTS}):
        file = tmp_path / f"{re.sub('[^a-z]', '_', page.lower())}.py"
        file.write_text("\n".join(blocks(page, "python")), encoding="utf-8")  # later blocks go on from earlier ones
        files[file] = page
    assert "README.md" in files.values()
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={tmp_path}", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
