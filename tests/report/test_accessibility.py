"""WCAG 2.2 AA by axe in a real Chromium: light and dark, wide and narrow. Nobody here wrote either."""

import os
from pathlib import Path

import pytest
from browser import CHROMIUM, asked, asked_of_all  # beside this file

from communitykit import from_records, pull
from communitykit.people import Leaders, Options, resolve
from communitykit.report import make_report
from communitykit.sandbox.stories import tell_story

ROOT = Path(__file__).parents[2]
AXE = Path(os.environ.get("AXE_CORE", ROOT / "node_modules/axe-core/axe.min.js"))
RUN = """
axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}).then(function (found) {
  var told = {passes: found.passes.length, width: innerWidth, scroll: document.documentElement.scrollWidth,
    dark: matchMedia('(prefers-color-scheme: dark)').matches,
    violations: found.violations.map(function (one) {
      return one.id + ': ' + one.nodes.map(function (node) { return node.html.slice(0, 120); }).slice(0, 3).join(' | ');
    })};
  tell(told);
});
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium"),
    pytest.mark.skipif(
        not AXE.exists(), reason="there is no axe-core: npm install --no-save axe-core, or set AXE_CORE"
    ),
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("accessible")
    pull(from_records(tell_story("silo").records), to=folder / "activity.duckdb")
    resolve(folder / "activity.duckdb", Options(leaders=Leaders(titles="^(head|lead)")))
    return dict(make_report(folder / "activity.duckdb", folder, languages=["en", "fr"]).pages)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_barrier(pages: dict[str, Path], tmp_path: Path, *, dark: bool) -> None:
    frames = [(pages[language], width) for language in ("en", "fr") for width in (1000, 320)]
    found = asked_of_all(frames, script(), tmp_path, dark=dark)
    for (page, width), told in zip(frames, found, strict=True):
        assert told["width"] == width
        assert told["dark"] is dark
        assert told["violations"] == [], page.name
        assert told["passes"] > 10
        assert told["scroll"] <= width, "the page itself never scrolls sideways"


def script() -> str:
    return f"{AXE.read_text(encoding='utf-8')};\n{RUN}"


def test_axe_would_find_one(pages: dict[str, Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    text = pages["en"].read_text(encoding="utf-8")
    broken.write_text(
        text.replace("--muted:#545a66", "--muted:#b0b4bc").replace('<html lang="en">', "<html>"), encoding="utf-8"
    )
    found = " ".join(asked(broken, script(), tmp_path, width=1000, dark=False)["violations"])
    assert "html-has-lang" in found
    assert "color-contrast" in found
