"""The site: every page is in it, it is built strictly, and a reader's browser fetches nothing from elsewhere."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest
from pages import PAGES, ROOT

LOADING = {"src", "srcset", "poster", "data", "href", "xlink:href", "style", "action"}
"""Attributes that make a browser fetch something; an `href` only outside of links that somebody follows."""


def named() -> list[str]:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    return re.findall(r"([\w/-]+\.md)$", text, re.MULTILINE)


def test_every_page_has_its_place() -> None:
    packages = (ROOT / "plugins").glob("*/README.md")
    there = {page.removeprefix("docs/") for page in PAGES if page.startswith("docs/")}
    there |= {f"packages/{one.parent.name.removeprefix('communitykit-')}.md" for one in packages} | {"changelog.md"}
    assert sorted(named()) == sorted(there), "mkdocs.yml's nav names each page once"


class Fetched(HTMLParser):
    """Collects what a page loads by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in LOADING and not (name == "href" and tag in {"a", "area"}):
                self.found.append(value or "")


def foreign(page: Path) -> list[str]:
    """Name the addresses elsewhere that a page, a style sheet or a picture loads."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".css":
        return [one for one in re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')\s]+)", text) if _elsewhere(one)]
    parser = Fetched()
    parser.feed(text)
    loaded = [*parser.found, *re.findall(r"url\(\s*[\"']?([^\"')\s]+)", text)]
    return [one for one in loaded if _elsewhere(one)]


def _elsewhere(address: str) -> bool:
    return "://" in address or address.startswith("//")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.html", '<link rel="stylesheet" href="https://fonts.example/a.css">'),
        ("a.html", '<a href="b.html">b</a><script src="//cdn.example/a.js"></script>'),
        ("a.html", '<style>@font-face { src: url("https://fonts.example/a.woff2") }</style>'),
        ("a.svg", '<svg><image href="https://pictures.example/a.png"/></svg>'),
        ("a.css", "@import 'https://fonts.example/a.css';"),
    ],
)
def test_what_comes_from_elsewhere_is_seen(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert len(foreign(tmp_path / name)) == 1


def test_pictures_load_nothing() -> None:
    pictures = list((ROOT / "docs/pictures").glob("*.svg"))
    assert pictures
    assert {one.name: foreign(one) for one in pictures if foreign(one)} == {}


@pytest.mark.slow
def test_it_is_built_strictly_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    if find_spec("mkdocs") is None:
        pytest.skip("the dependency group docs is not installed")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert built.returncode == 0, built.stderr
    pages = [*tmp_path.rglob("*.html"), *tmp_path.rglob("*.css"), *tmp_path.rglob("*.svg")]
    assert len(pages) > len(named())
    assert {one.name: foreign(one) for one in pages if foreign(one)} == {}
    scripts = "\n".join(one.read_text(encoding="utf-8") for one in tmp_path.rglob("*.js"))
    assert "google-analytics" not in scripts
