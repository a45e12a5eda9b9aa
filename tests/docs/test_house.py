"""What a stranger meets: files that can be read in one go, and types where the idea is new."""

import re
from pathlib import Path
from statistics import median

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
