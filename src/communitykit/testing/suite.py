"""The contract of a connector: subclass it with an empty body but for the connector's name."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest

from communitykit.clock import Clock
from communitykit.connector import Connector
from communitykit.registry import registry
from communitykit.sandbox import FAULTS, Platform, World, parse_fault, project, serve
from communitykit.session import connect, read_archive
from communitykit.sinks import from_json_line, to_json_line
from communitykit.testing.reading import current, read_into, store_records

MOVING_FAULTS = frozenset({"changing"})
"""Faults under which there is no one truth while the run reads: only the run after it can be held against one."""


class ConnectorSuite:
    """Everything that a connector declares, held against a company whose truth is known.

    `everything` are the settings with which the connector finds whatever its platform still tells, at whatever price.
    """

    connector: ClassVar[str]
    seed: ClassVar[int] = 5
    everything: ClassVar[dict[str, Any]] = {"lookback": "all", "threads": "all"}

    @pytest.fixture
    def declared(self) -> Connector:
        """Give the connector's declaration; the suite needs its sandbox."""
        found = registry().get(self.connector)
        if found.sandbox is None:
            pytest.skip(f"{self.connector} declares no sandbox, so there is no truth to hold it against")
        return found

    @pytest.fixture
    def platform(self, declared: Connector) -> Platform:
        """Give the simulated platform."""
        if declared.sandbox is None:
            raise TypeError(declared.name)
        made: Platform = declared.sandbox()
        return made

    @pytest.fixture
    def world(self) -> World:
        """Give the company."""
        return World(seed=self.seed, size="tiny", platforms=(self.connector,))

    def _truth_of(self, declared: Connector, world: World, platform: Platform, store: Path, **door: Any) -> list[Any]:  # noqa: ANN401
        found: list[Any] = project(world, declared.capabilities, platform, **door).compare(current(store))
        return found

    def _everything(self, declared: Connector) -> dict[str, Any]:
        return {name: value for name, value in self.everything.items() if name in declared.settings.model_fields}

    def test_what_the_api_gives_is_the_truth(
        self, declared: Connector, platform: Platform, world: World, tmp_path: Path
    ) -> None:
        """A first read holds what happened, and nothing else."""
        run = read_into(declared, world, tmp_path / "a.duckdb")
        assert run.left_out == []
        assert self._truth_of(declared, world, platform, tmp_path / "a.duckdb") == []

    def test_private_and_direct_stay_out_unless_asked_for(
        self, declared: Connector, platform: Platform, world: World, tmp_path: Path
    ) -> None:
        """What was asked for, and not a message more."""
        for private, direct in ((False, False), (True, False), (True, True)):
            store = tmp_path / f"{private}-{direct}.duckdb"
            read_into(declared, world, store, include_private=private, include_direct=direct)
            assert self._truth_of(declared, world, platform, store, private=private, direct=direct) == []

    def test_an_archive_is_the_truth(
        self, declared: Connector, platform: Platform, world: World, tmp_path: Path
    ) -> None:
        """Every style of export archive gives what it can tell, with the API's ids."""
        if declared.archive is None:
            pytest.skip(f"{self.connector} declares no archive door")
        for style in platform.archive_styles:
            path = platform.write_archive(world, tmp_path / f"{style}.zip", style=style)
            with read_archive(self.connector, path) as archive:
                records = [one for one in archive.records() if one.record not in {"coverage", "issue"}]
            store_records(tmp_path / f"{style}.duckdb", records, world.now)
            assert self._truth_of(declared, world, platform, tmp_path / f"{style}.duckdb", door="archive") == []

    def test_an_archive_then_the_api_is_the_api(
        self, declared: Connector, platform: Platform, world: World, tmp_path: Path
    ) -> None:
        """History from an export and news from the API join without duplicates."""
        if declared.archive is None:
            pytest.skip(f"{self.connector} declares no archive door")
        store = tmp_path / "a.duckdb"
        path = platform.write_archive(world, tmp_path / "export.zip", style=platform.archive_styles[0])
        with read_archive(self.connector, path, clock=Clock(now=lambda: world.now)) as archive:
            records = [one for one in archive.records() if one.record not in {"coverage", "issue"}]
        store_records(store, records, world.now)
        read_into(declared, world, store)
        read_into(declared, world, tmp_path / "b.duckdb")
        both, alone = current(store), current(tmp_path / "b.duckdb")
        assert {one["id"] for one in both["post"]} == {one["id"] for one in alone["post"]}
        assert {one["id"] for one in both["member"]} >= {one["id"] for one in alone["member"]}

    def test_sync_reads_what_async_reads(
        self, declared: Connector, platform: Platform, world: World, tmp_path: Path
    ) -> None:
        """Two drivers, one set of decisions."""
        run = read_into(declared, world, tmp_path / "a.duckdb")
        with serve(world, platform) as server, connect(self.connector, **server.settings) as session:
            records = [one for one in session.records() if one.record not in {"coverage", "issue"}]
        assert _told(records) == _told(run.records)

    def test_a_second_run_changes_nothing_and_asks_little(
        self, declared: Connector, world: World, tmp_path: Path
    ) -> None:
        """Without news there is nothing to store and less to ask."""
        store = tmp_path / "a.duckdb"
        first = read_into(declared, world, store)
        before = current(store)
        second = read_into(declared, world, store)
        assert current(store) == before
        assert len(second.requests) < len(first.requests)

    def test_a_month_later_an_incremental_run_finds_what_a_fresh_one_finds(
        self, declared: Connector, platform: Platform, world: World, tmp_path: Path
    ) -> None:
        """Late replies, edits, deletions, undone reactions: all of it, with the connector's own "all" settings."""
        store = tmp_path / "a.duckdb"
        read_into(declared, world, store)
        world.advance(days=30)
        read_into(declared, world, store, settings=self._everything(declared))
        assert self._truth_of(declared, world, platform, store) == []

    def test_inside_the_look_back_the_usual_settings_find_new_and_late_posts(
        self, declared: Connector, world: World, tmp_path: Path
    ) -> None:
        """What a run with the usual settings holds is what a fresh one holds, as far as posts go."""
        if "late_replies" not in declared.capabilities.features:
            pytest.skip(f"{self.connector} does not claim to find late replies")
        read_into(declared, world, tmp_path / "a.duckdb")
        world.advance(days=14, reach=timedelta(days=14))
        read_into(declared, world, tmp_path / "a.duckdb")
        read_into(declared, world, tmp_path / "b.duckdb")
        incremental, fresh = current(tmp_path / "a.duckdb"), current(tmp_path / "b.duckdb")
        assert {one["id"] for one in incremental["post"]} == {one["id"] for one in fresh["post"]}

    def test_a_run_cut_anywhere_and_resumed_ends_as_an_uninterrupted_one(
        self, declared: Connector, world: World, tmp_path: Path
    ) -> None:
        """Ten seeded points of the run, each followed by a run to the end."""
        whole = read_into(declared, world, tmp_path / "whole.duckdb")
        expected = current(tmp_path / "whole.duckdb")
        for point in sorted(Random(self.seed).sample(range(1, len(whole.requests)), 10)):
            store = tmp_path / f"{point}.duckdb"
            read_into(declared, world, store, cut=lambda site, point=point: len(site.requests) >= point)  # type: ignore[misc] # a default in a lambda
            read_into(declared, world, store)
            assert current(store) == expected, f"cut at request {point}"

    @pytest.mark.parametrize("name", sorted(FAULTS))
    def test_every_fault_ends_in_the_truth_or_is_told(
        self, declared: Connector, platform: Platform, world: World, tmp_path: Path, name: str
    ) -> None:
        """Under a fault a run ends as without it, or says what it could not read; a clean run then mends it."""
        store = tmp_path / "a.duckdb"
        run = read_into(declared, world, store, faults=[parse_fault(name)])
        if name not in MOVING_FAULTS:
            assert self._truth_of(declared, world, platform, store) == [] or run.left_out
        read_into(declared, world, store, settings=self._everything(declared))
        assert self._truth_of(declared, world, platform, store) == []

    def test_limits_are_kept_and_used(self, declared: Connector, world: World, tmp_path: Path) -> None:
        """The platform counts: no budget exceeded, no request before a Retry-After has passed."""
        run = read_into(declared, world, tmp_path / "a.duckdb", rate=0.2)
        assert run.violations == []
        assert run.left_out == []

    def test_no_request_before_a_retry_after_has_passed(
        self, declared: Connector, world: World, tmp_path: Path
    ) -> None:
        """Refusals out of the blue are waited out."""
        run = read_into(declared, world, tmp_path / "a.duckdb", rate=1, faults=[parse_fault("limited")])
        assert run.violations == []

    def test_records_round_trip_ids_are_unique_and_references_resolve(
        self, declared: Connector, world: World, tmp_path: Path
    ) -> None:
        """JSON Lines keep everything; every author, actor and community is there, as itself or as a stub."""
        records = read_into(declared, world, tmp_path / "a.duckdb").records
        assert all(from_json_line(to_json_line(record)) == record for record in records)
        members = {record.id for record in records if record.record == "member"}
        communities = {record.id for record in records if record.record == "community"}
        kinds: dict[str, set[str]] = {}
        for record in records:
            kinds.setdefault(record.id, set()).add(record.record)
            for name in ("author_id", "actor_id", "member_id"):
                assert (getattr(record, name, None) or next(iter(members))) in members
            assert (getattr(record, "community_id", None) or next(iter(communities))) in communities
        assert all(len(found) == 1 for found in kinds.values())

    def test_no_secret_is_kept_or_shown(
        self, platform: Platform, world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The token is in no log line, repr, error or store."""
        caplog.set_level(logging.DEBUG)
        with serve(world, platform) as server:
            secrets = [str(value) for name, value in server.settings.items() if name not in {"base_url", "rate"}]
            with connect(self.connector, **server.settings) as session:
                shown = repr(session) + repr(session.conductor.settings)
                records = list(session.records(keep_raw=True))
            store_records(
                tmp_path / "a.duckdb", [one for one in records if one.record not in {"coverage", "issue"}], world.now
            )
        text = shown + caplog.text + "".join(map(repr, records))
        kept = (tmp_path / "a.duckdb").read_bytes()
        assert [secret for secret in secrets if secret in text or secret.encode() in kept] == []


def _told(records: list[Any]) -> Counter[str]:
    """Count records by what they tell, when apart."""
    return Counter(to_json_line(record.model_copy(update={"source": None})) for record in records)
