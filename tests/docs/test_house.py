"""What a stranger meets: files that can be read in one go, and types where the idea is new."""

import ast
import re
from pathlib import Path
from statistics import median

from communitykit import connector
from communitykit.connector.registry import registry
from communitykit.connector.settings import addresses

ROOT = Path(__file__).parents[2]
CORE = sorted((ROOT / "src").rglob("*.py"))
CONNECTORS = sorted((ROOT / "plugins").glob("communitykit-*/src/**/*.py"))
TESTS = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "plugins").glob("*/tests/**/*.py")]


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def test_no_file_is_long_and_most_are_short() -> None:
    shipped = [len(lines(file)) for file in (*CORE, *CONNECTORS)]
    assert len(shipped) > 400
    assert median(shipped) <= 120
    assert max(*shipped, *(len(lines(file)) for file in TESTS)) <= 400


def test_any_stands_where_nothing_else_can() -> None:
    assert 0 < sum(bool(re.search(r"\bAny\b", line)) for file in CORE for line in lines(file)) <= 80
    assert sum(bool(re.search(r"\bAny\b", line)) for file in CONNECTORS for line in lines(file)) <= 200


def test_what_most_connectors_need_stands_in_the_room_of_their_authors() -> None:
    """Rooms beside `communitykit.connector` are for what one or two platforms have: OData, tables, a login."""
    users: dict[str, set[str]] = {}
    for file in CONNECTORS:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("communitykit.connector."):
                for one in node.names:
                    users.setdefault(one.name, set()).add(file.relative_to(ROOT).parts[1])
    assert len(users) > 20
    elsewhere = {name: found for name, found in users.items() if name not in connector.__all__}
    assert {name: sorted(found) for name, found in elsewhere.items() if len(found) > 4} == {}


def test_every_address_among_the_settings_is_declared_as_one() -> None:
    """Only what is declared as an address may be asked: a setting that looks like one and is not would be refused."""
    for declared in registry().connectors.values():
        fields = declared.settings.model_fields
        looks = {name for name in fields if name.endswith("_url")}
        values = {name: f"https://{name.replace('_', '-')}.example" for name in looks}
        assert sorted(addresses(declared.settings.model_construct(**values))) == sorted(values.values())
