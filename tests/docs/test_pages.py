"""What the documentation says of names, commands, tables and packages is so; its links lead somewhere."""

import re
import tomllib
import types
from pathlib import Path

import generate
import pytest
from pages import PAGES, ROOT
from pydantic import BaseModel

import communitykit
import communitykit.connector
from communitykit.cli.output import Exit
from communitykit.store import SCHEMA_VERSION, Store
from communitykit.store.writer import Writer

PLUGINS = [one for one in sorted((ROOT / "plugins").iterdir()) if (one / "pyproject.toml").is_file()]


def text(page: str) -> str:
    return PAGES[page].read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("page", generate.generated(), ids=lambda page: page.name)
def test_generated_parts_are_current(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == generate.generated()[page], "run: uv run python tests/docs/generate.py"


@pytest.mark.parametrize("name", communitykit.__all__)
def test_every_method_that_a_name_has_is_in_the_reference(name: str) -> None:
    page, kind = text("docs/reference/api.md"), getattr(communitykit, name)
    assert f"\n## `{name}`\n" in page
    if not isinstance(kind, type) or issubclass(kind, Exception | BaseModel):
        return
    for base in kind.__mro__:
        for method, found in vars(base).items() if base.__module__.startswith("communitykit.") else ():
            if not method.startswith("_") and isinstance(found, types.FunctionType):
                assert f"\n{name}.{method}(" in page, method


@pytest.mark.parametrize("page", ["api", "model", "connector-api", "testing-api"])
def test_no_reference_shows_how_an_object_looks_inside(page: str) -> None:
    told = text(f"docs/reference/{page}.md")
    assert not re.findall(r"FieldInfo\(|Annotated\[|Column\(|<function | object at 0x", told)


def test_every_connector_is_in_the_readme() -> None:
    for plugin in PLUGINS:
        assert f"](plugins/{plugin.name}/README.md)" in text("README.md")


@pytest.mark.parametrize("page", [*PAGES, *(f"plugins/{one.name}/README.md" for one in PLUGINS)])
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            name, _, anchor = target.partition("#")
            linked = (path.parent / name).resolve() if name else path
            assert linked.exists(), target
            assert not anchor or anchor in _anchors(linked), target


def test_every_page_is_linked_from_the_readme_or_from_an_index() -> None:
    for page in PAGES:
        assert page == "README.md" or f"]({page})" in text("README.md") or _in_index(page), page


def _in_index(page: str) -> bool:
    """Tell whether the documentation's first page, or the index of its folder, leads there."""
    index = (ROOT / page).parent / "index.md"
    first = f"]({page.removeprefix('docs/')})" in text("docs/index.md")
    return first or (index.exists() and f"]({Path(page).name})" in index.read_text(encoding="utf-8"))


def test_exit_codes_are_the_documented_ones() -> None:
    codes = re.findall(r"^\| (\d+) \|", text("docs/reference/command-line.md"), re.MULTILINE)
    assert [int(code) for code in codes] == [int(code) for code in Exit]


def test_commands_that_pages_name_exist() -> None:
    known = {name for name, _ in generate.commands()} | {"people"}  # `people STORE` is `people resolve STORE`
    for page in PAGES:
        code = "\n".join(_code(text(page)))
        for named in re.findall(r"communitykit ((?:(?:sandbox|metrics|config|privacy) )?[a-z]+)\b", code):
            assert named in known, (page, named)


def test_tables_and_columns_are_the_documented_ones(tmp_path: Path) -> None:
    Writer(tmp_path / "a.duckdb").release()
    page = text("docs/reference/store.md")
    with Store(tmp_path / "a.duckdb") as store:
        tables = store.sql("SELECT table_name FROM duckdb_tables()")["table_name"].to_pylist()
        activity = store.sql("DESCRIBE activity")["column_name"].to_pylist()
    assert set(re.findall(r"^\| `(\w+)` \|", page.partition("## The view")[0], re.MULTILINE)) == set(tables)
    view = page.partition("## The view")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", view, re.MULTILINE) == activity
    assert f"schema version is {SCHEMA_VERSION}" in page


def test_every_room_is_told_and_every_path_is_there() -> None:
    core = ROOT / "src/communitykit"
    rooms = {one.name for one in core.iterdir() if (one / "__init__.py").exists()}
    rooms |= {one.stem for one in core.glob("*.py") if not one.stem.startswith("__")}
    told = set(re.findall(r"`([\w_]+)`", text("docs/explanation/how-it-works.md").partition("## Where is what")[2]))
    assert rooms - told == set()
    page = text("docs/explanation/architecture.md")
    assert {room for room in rooms if not re.search(rf"\b{room}\b", page)} <= {"progress", "result"}
    for named in re.findall(r"`(communitykit(?:_\w+)?/[\w/]+(?:\.py)?/?)`", page):
        package = named.partition("/")[0]
        home = ROOT / "src" if package == "communitykit" else ROOT / f"plugins/{package.replace('_', '-')}/src"
        assert (home / named).exists(), named
    for named in re.findall(
        r"`((?!communitykit)\w+/\w+\.py|ids\.py)`", page.partition("and the row that they become")[2]
    ):
        slack = ROOT / "plugins/communitykit-slack/src/communitykit_slack"
        assert (core / named).exists() or (slack / named).exists(), named


def test_every_dependency_has_its_reason() -> None:
    page = text("docs/explanation/dependencies.md")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for requirement in [*project["dependencies"], *(one for extra in extras.values() for one in extra)]:
        name = re.split(r"[\[>=<]", requirement)[0]
        assert name == "communitykit" or re.search(rf"^\|.*\b{name}\b.*\|.+\|$", page, re.MULTILINE), name
    for extra in extras:
        assert f"`{extra}`" in page, extra


def test_public_names_are_exactly_all() -> None:
    assert {name for name in dir(communitykit) if not name.startswith("_")} == set(communitykit.__all__)
    for name in communitykit.__all__:  # imported when it is asked for
        assert not isinstance(getattr(communitykit, name), types.ModuleType), name
    with pytest.raises(AttributeError, match="no attribute 'import_nothing'"):
        getattr(communitykit, "import_nothing")  # noqa: B009 # what an attribute does
    assert communitykit.__all__ == sorted(communitykit.__all__, key=_as_ruff_sorts)


def test_what_authors_write_against_is_sorted_and_no_more_than_most_of_them_need() -> None:
    names = communitykit.connector.__all__
    assert names == sorted(names, key=_as_ruff_sorts)
    assert len(names) <= 60, "what only some connectors need is imported from the room that it lies in"


def _as_ruff_sorts(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _code(page: str) -> list[str]:
    return [*re.findall(r"^```console\n(.*?)^```", page, re.DOTALL | re.MULTILINE), *re.findall(r"`([^`\n]+)`", page)]
