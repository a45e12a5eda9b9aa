"""Every example of the documentation runs as it stands, against a simulated company."""

import asyncio
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from pages import PAGES, blocks, with_blocks
from typer.testing import CliRunner

from communitykit import from_records, pull
from communitykit.cli import commands as _all  # noqa: F401 # registers every command
from communitykit.cli.app import app
from communitykit.store import Store
from communitykit.testing import ConnectorSuite

PRINTED = {
    "README.md": [r"'posts': \d+.* complete"],
    "docs/how-to/analyse.md": [r"acts \d+", r"\d{4}-\d\d \w+ \d+"],
    "docs/how-to/browse.md": [r"True"],
    "docs/how-to/read-exports.md": [r"[1-9]\d+ new posts"],
    "docs/how-to/dashboards.md": [r"took part, by month \d+ rows", r"by place \d+ rows", r"not read whole \d+ rows"],
    "docs/how-to/read-on-without-a-store.md": [r"first: \d\d+ records", r"again: \d+ records", r"\d+ posts"],
    "docs/how-to/one-person-many-accounts.md": [r"\d+ accounts are \d+ people; \d+ to look at", r"'person', 'n': \d+"],
    "docs/how-to/report-and-brief.md": [r"\d+ communities were looked at", r"report\.en\.html"],
    "docs/how-to/run-every-night.md": [r"\['emea', 'us'\] \d+ new posts"],
    "docs/how-to/use-in-a-notebook.md": [r"\['[\w-]+'", r"reacted +\d+", r"\d+ communities \d+ posts"],
    "docs/reference/store.md": [r"'replies': \d+", r"'last_post': datetime", r"105 posts"],
}
"""What the examples of each page print."""
ELSEWHERE = {
    "docs/how-to/measure.md",
    "docs/how-to/orchestrate.md",
    "docs/how-to/outgrow-one-machine.md",
    "docs/how-to/receive-webhooks.md",
    "docs/how-to/find-what-changed.md",
    "docs/how-to/follow-updates.md",
    "docs/how-to/try-a-login.md",
    "docs/how-to/write-a-connector.md",
    "docs/how-to/test-a-connector.md",
    "docs/tutorial.md",
}
"""Pages whose examples have a test of their own: of tables, Spark, orchestrators, a delivery, a forum, logins."""


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in with_blocks("python") if page not in ELSEWHERE])
def test_python(page: str, company: Path, capsys: pytest.CaptureFixture[str]) -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page, "python"):
        exec(compile(block, page, "exec"), namespace)  # noqa: S102 # the documentation's own examples
    printed = capsys.readouterr().out
    for expected in PRINTED[page]:
        assert re.search(expected, printed), printed


def test_the_file_says_what_it_holds(tmp_path: Path) -> None:
    (query,) = blocks("docs/reference/store.md", "sql")
    pull(from_records([]), tmp_path / "a.duckdb")
    with Store(tmp_path / "a.duckdb") as store:
        rows = store.sql(query).to_pylist()
    assert len(rows) > 20
    assert all(row["comment"] for row in rows)


def test_the_readme_example_is_short() -> None:
    (block,) = blocks("README.md", "python")
    assert len([line for line in block.splitlines() if line.strip()]) <= 4


def test_cells_run_inside_a_running_loop(company: Path) -> None:
    cells = [block for block in blocks("docs/how-to/use-in-a-notebook.md", "python") if "asyncio.run" not in block]
    assert len(cells) == 2
    namespace: dict[str, Any] = {}

    async def notebook() -> None:
        for cell in cells:
            exec(compile(cell, "cell", "exec"), namespace)  # noqa: S102 # same

    asyncio.run(notebook())
    assert len(namespace["channels"]) > 3
    assert namespace["result"].complete


def test_the_contract_of_the_page_is_the_one_that_connectors_are_held_to() -> None:
    namespace: dict[str, Any] = {}
    block = blocks("docs/how-to/test-a-connector.md", "python")[0]  # the package as a whole: tests/contract
    exec(compile(block, "test_forum.py", "exec"), namespace)  # noqa: S102 # same
    assert issubclass(namespace["TestForum"], ConnectorSuite)
    assert namespace["TestForum"].connector == "forum"


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in with_blocks("console") if page not in ELSEWHERE])
def test_commands(page: str, company: Path) -> None:
    ran = []
    for line in _commands(page):
        words, _, given = line.partition(" < ")
        arguments = shlex.split(words, comments=True)[1:]
        if arguments[:2] == ["sandbox", "serve"] or arguments[0] == "browse":
            arguments += ["--for", "0.1s"]  # the last one counts
        result = CliRunner().invoke(app, arguments, input=Path(given.strip()).read_bytes() if given else None)
        assert result.exit_code == 0, (line, result.output, result.exception)
        ran.append(arguments[0])
    assert ran


def test_every_block_is_of_a_kind_that_is_run_or_shown() -> None:
    for page, path in PAGES.items():
        for language in re.findall(r"^```(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)[::2]:
            assert language in {"python", "console", "sql", "toml", "text", "json"}, (page, language)


def _commands(page: str) -> list[str]:
    """Return the lines that begin a command of ours; those that install or test are run by whoever runs this."""
    lines = [line[2:] for block in blocks(page, "console") for line in block.splitlines() if line.startswith("$ ")]
    for line in lines:
        assert line.startswith(("communitykit ", "pip install ", "export ", "uv ")), line
    return [line for line in lines if line.startswith("communitykit ")]
