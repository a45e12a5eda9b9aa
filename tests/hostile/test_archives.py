"""Hostile archives through every archive door: refused with a reason, or what a good one gives, or a word."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import zipfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from archives import KINDS, Members, zipped

from communitykit import CommunityKitError
from communitykit.connector.registry import registry
from communitykit.sandbox import World
from communitykit.sandbox.roster import write_roster
from communitykit.testing import read_archive

DOORS = [("slack", "modern"), ("slack", "legacy"), ("yammer", "modern"), ("yammer", "networks"), ("workplace", "lists"),
         ("workplace", "scim"), ("directory", "csv")]  # fmt: skip
CASES = [
    pytest.param(*door, kind, marks=pytest.mark.slow if (number + turn) % 3 == 0 else pytest.mark.exhaustive)
    for number, kind in enumerate(KINDS)
    for turn, door in enumerate(DOORS)
]
"""Every one through every door before a release; always every one through two or three."""


def test_there_are_enough_of_them() -> None:
    assert len(KINDS) >= 80


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the members of a good export, and what it gives."""

    @cache
    def made(name: str, style: str) -> tuple[Members, Counter[str], Counter[str]]:
        path = tmp_path_factory.mktemp("good") / "export.zip"
        if name == "directory":
            roster = path.with_name("roster.csv")
            write_roster(World(seed=5, size="tiny"), roster)
            path.write_bytes(zipped({"roster.csv": roster.read_bytes()}))
        else:
            platform = registry().get(name).simulated()
            platform.write_archive(World(seed=5, size="tiny", platforms=(name,)), path, style=style)
        with zipfile.ZipFile(path) as file:
            members = {one: file.read(one) for one in file.namelist()}
        return members, *read(name, path)

    return made


ALTERED = ("no UTF-8", "half characters")
"""What cannot be known of a letter is shown as such (U+FFFD): only who and what is compared."""


def ids(given: Counter[str]) -> Counter[str]:
    return Counter(json.loads(one)["id"] for one in given)


def read(name: str, path: Path) -> tuple[Counter[str], Counter[str]]:
    """Return what an archive gives, by content, and what is told to be missing."""
    given, told = Counter[str](), Counter[str]()
    with read_archive(name, path) as archive:
        for one in archive.records():
            if one.record == "coverage":
                told[f"{one.slice}: {one.status}: {one.reason}"] += one.status != "complete"
            elif one.record == "issue":
                told[f"{one.reason}: {one.detail}"] += 1
            else:
                given[json.dumps(one.model_dump(mode="json", exclude={"source"}), sort_keys=True)] += 1
    return given, +told


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("name", "style", "kind"), CASES)
def test_refused_or_as_a_good_one_or_told(good: Any, tmp_path: Path, name: str, style: str, kind: str) -> None:
    members, expected, anyway = good(name, style)
    path = KINDS[kind](members, tmp_path / "e.zip")
    began = time.monotonic()
    refused: CommunityKitError | None = None
    given, told = Counter[str](), Counter[str]()
    try:
        given, told = read(name, path)
    except CommunityKitError as error:
        refused = error
    said = [str(refused), *told] if refused else list(told)
    assert [one for one in said if "defect" in one or "Traceback" in one] == []
    if kind.startswith(ALTERED):
        given, expected = ids(given), ids(expected)
    if refused is not None:
        assert refused.remedy, refused
    else:
        assert given.keys() == expected.keys() or told - anyway, "something is missing, and nobody says so"
    assert time.monotonic() - began < 30


PROGRAM = """
import json, resource, sys
from communitykit.testing import read_archive
found = {"issue": 0}
with read_archive(sys.argv[1], sys.argv[2]) as archive:
    for one in archive.records():
        found[one.record] = found.get(one.record, 0) + 1
        if one.record == "coverage":
            found["rejected"] = found.get("rejected", 0) + one.rejected
print(json.dumps({**found, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
"""


def measured(name: str, path: Path) -> dict[str, int]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, name, path], check=True, capture_output=True, text=True)
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    "bad", [pytest.param(100_000, marks=pytest.mark.slow), pytest.param(1_000_000, marks=pytest.mark.exhaustive)]
)
def test_a_million_bad_items_take_no_more_memory_than_a_thousand(good: Any, tmp_path: Path, bad: int) -> None:
    members, _, _ = good("slack", "modern")
    found = []
    for number in (1_000, bad):
        path = tmp_path / f"{number}.zip"
        days = {f"general/2020-01-{day:02}.json": b"[" + b"null," * (number // 20) + b"null]" for day in range(1, 21)}
        path.write_bytes(zipped({**members, **days}))
        found.append(measured("slack", path))
    few, many = found
    assert many["rejected"] > bad > few["rejected"] >= 1_000
    assert many["issue"] <= 1_100
    assert many["megabytes"] < few["megabytes"] + 40, found


@pytest.mark.slow
def test_one_field_of_a_hundred_megabytes_costs_its_row(good: Any, tmp_path: Path) -> None:
    members, expected, anyway = good("yammer", "modern")
    path = tmp_path / "e.zip"
    first, rest = members["Messages.csv"].split(b"\n", 1)
    columns = first.count(b",") + 1
    row = b",".join([b"x" * 100_000_000, *[b""] * (columns - 1)])
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as file:
        for name, body in {**members, "Messages.csv": b"\n".join([first, row, rest])}.items():
            file.writestr(name, body)
    path.write_bytes(held.getvalue())
    given, told = read("yammer", path)
    assert expected - given == Counter()
    assert told - anyway
