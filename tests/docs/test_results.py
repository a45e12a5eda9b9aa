"""The tutorial and the questions in SQL: what they show is what comes out, from the first command to the last chart."""

from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest
import results
from pages import PAGES

LESSONS = 10
QUESTIONS = 20


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[results.Step]]]:
    folder = tmp_path_factory.mktemp("tutorial")
    with pytest.MonkeyPatch.context() as patch, chdir(folder):
        patch.setenv("COLUMNS", str(results.WIDTH))
        yield {page: results.run_page(page) for page in results.SHOWN}


@pytest.mark.slow
@pytest.mark.parametrize("page", results.SHOWN)
def test_pages_show_what_comes_out(page: str, ran: dict[str, list[results.Step]]) -> None:
    compared = [step for step in ran[page] if step.shown is not None]
    assert len(compared) >= (QUESTIONS if page.endswith("sql.md") else LESSONS - 2)
    for step in compared:
        assert step.shown == step.came, f"{step.code}\nrun: uv run python tests/docs/results.py"
        assert len(step.came.splitlines()) >= 1


def test_the_tutorial_ends_in_a_chart(ran: dict[str, list[results.Step]]) -> None:
    assert ran
    drawn = Path("first-chart.svg").read_text(encoding="utf-8")
    assert "threads responded to" in drawn
    shown = (PAGES["docs/tutorial.md"].parent / "pictures/first-chart.svg").read_text(encoding="utf-8")
    assert shown.count("<path") == drawn.count("<path")


def test_every_question_has_rows(ran: dict[str, list[results.Step]]) -> None:
    asked = ran["docs/reference/sql.md"]
    assert len(asked) == QUESTIONS
    assert all(len(step.came.splitlines()) > 1 for step in asked), [step.code for step in asked]
