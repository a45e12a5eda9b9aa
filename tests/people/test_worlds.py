"""Fictional companies, dirty as real ones are: nobody is taken for somebody else, and nearly all are found."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from companies import SOURCE

from communitykit import Member, pull, read_archive
from communitykit.connector.registry import registry
from communitykit.people import Options, resolve
from communitykit.sandbox import Size, World, project
from communitykit.sandbox.identities import spoil, who_is_who
from communitykit.sandbox.roster import write_roster
from communitykit.sandbox.vocabulary import DOMAIN, FORMER_DOMAIN, PARTNER_DOMAIN
from communitykit.store import Store
from communitykit.store.writer import Group, Writer

PLATFORMS = ("matrix", "slack", "teams", "workplace", "yammer")
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HANDLES = {"slack": DOMAIN, f"matrix:{DOMAIN}": DOMAIN, f"matrix:{PARTNER_DOMAIN}": PARTNER_DOMAIN}
OPTIONS = Options(domains={FORMER_DOMAIN: DOMAIN}, handles=HANDLES)


def accounts_of(world: World) -> tuple[list[Member], dict[str, int]]:
    """Every platform's members as a perfect connector tells them, and the person behind each."""
    members, whose = [], {}
    truth = who_is_who(world)
    for name in PLATFORMS:
        connector = registry().get(name)
        platform = connector.simulated()
        told = project(world, connector.capabilities, platform).records["member"]
        ids = {platform.member_id(world, one): one for one in world.people if name in one.platforms}
        for key, fields in told.items():
            if key not in ids or key in whose or ids[key].kind == "bot":
                continue
            known = {field: value for field, value in fields.items() if field in Member.model_fields}
            person = ids[key]
            if known.get("active") is False and person.left_at is not None:
                known["updated_at"] = datetime.fromtimestamp(person.left_at / 1e6, UTC)
            members.append(Member(id=key, source=SOURCE, **{"kind": "person", **known}))
            whose[key] = truth[person.number]
    return members, whose


@dataclass(frozen=True)
class Found:
    """Over all pairs of accounts: how many are one person's, how many of them were found, and what is wrong."""

    true: int
    right: int
    wrong: list[tuple[str, str]]

    @property
    def recall(self) -> float:
        return self.right / self.true


def found_in(world: World, path: Path, *, roster: bool = True) -> Found:
    members, whose = accounts_of(world)
    store = path / "a.duckdb"
    writer = Writer(store)
    writer.commit(Group(records=members), run_id="r", now=NOW)
    writer.release()
    if roster:
        write_roster(world, path / "hr-2026-03-01.csv")
        with read_archive("directory", path / "hr-2026-03-01.csv") as archive:
            pull([archive], store)
        numbers = {one.employee_number: who_is_who(world)[one.number] for one in reversed(world.people)}
        with Store(store) as opened:
            rows = opened.sql("SELECT id, employee_number FROM members WHERE platform = 'directory'").to_pylist()
        whose |= {row["id"]: numbers[row["employee_number"]] for row in rows}
    resolve(store, OPTIONS)
    with Store(store) as opened:
        rows = opened.sql("SELECT account_id, person_id FROM identities WHERE undone_at IS NULL").to_pylist()
    found = _pairs({row["account_id"]: row["person_id"] for row in rows if row["account_id"] in whose})
    true = _pairs(whose)
    return Found(len(true), len(found & true), sorted(found - true))


def _pairs(whose: dict[str, Any]) -> set[tuple[str, str]]:
    held: dict[Any, list[str]] = {}
    for account, person in whose.items():
        held.setdefault(person, []).append(account)
    return {pair for accounts in held.values() for pair in combinations(sorted(accounts), 2)}


SIZE = Size(people=400, posts=40, communities=10, days=400)


def a_world(seed: int, people: int, dirt: float) -> World:
    size = replace(SIZE, people=people)
    return spoil(World(seed=seed, size=size, now=NOW, platforms=PLATFORMS), dirt=dirt)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nobody_is_taken_for_somebody_else(tmp_path: Path, seed: int) -> None:
    found = found_in(a_world(seed, 120, 1.0), tmp_path)
    assert found.wrong == []
    assert found.recall >= 0.96  # of one in 120 who came back under another number nothing may tell


@pytest.mark.parametrize(
    "companies", [pytest.param(10, marks=pytest.mark.slow), pytest.param(50, marks=pytest.mark.exhaustive)]
)
def test_over_many_companies_nobody_is_taken_for_somebody_else(tmp_path: Path, companies: int) -> None:
    found = []
    for seed in range(companies):
        (tmp_path / str(seed)).mkdir()
        found.append(found_in(a_world(100 + seed, 400, 1.0), tmp_path / str(seed)))
        assert found[-1].wrong == []
    assert sum(one.right for one in found) / sum(one.true for one in found) >= 0.985
    assert min(one.recall for one in found) >= 0.97


@pytest.mark.slow
def test_without_a_roster_nobody_is_taken_for_somebody_else_whose_networks_tell(tmp_path: Path) -> None:
    found = found_in(World(seed=7, size=SIZE, now=NOW, platforms=PLATFORMS), tmp_path, roster=False)
    assert found.wrong == []
    assert found.recall >= 0.985
