"""What comes through each door is the truth, and the same through all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Unpack

import pytest

from communitykit.clock import Clock
from communitykit.connector.archive import Archive
from communitykit.connector.declaration import Connector
from communitykit.doors.api import Session
from communitykit.doors.archive import ArchiveSession
from communitykit.doors.options import RecordsKeywords
from communitykit.doors.webhook import receive_for
from communitykit.errors import SignatureError
from communitykit.model.merge import merge_records
from communitykit.model.records import Record
from communitykit.model.values import JSON
from communitykit.sandbox import Platform, World, project, serve
from communitykit.sandbox.truth import Difference
from communitykit.sinks import to_json_line
from communitykit.testing.base import Checks, conduct, hold_none
from communitykit.testing.connecting import pull
from communitykit.testing.reading import Kept, Run, current, read

SECRET = "the-contract's-own-secret"  # noqa: S105 # it signs simulated deliveries only
_FILES = frozenset({"file", "image", "video", "audio"})


class DoorChecks(Checks):
    """API, archives and webhooks."""

    def test_what_the_api_gives_is_the_truth(self, declared: Connector, world: World) -> None:
        """A first read holds what happened, and nothing else."""
        store = Kept()
        run = store.read(declared, world)
        hold_none(run.left_out)
        assert run.records
        hold_none(_by_field(self.differences(declared, world, store)))

    def test_private_and_direct_stay_out_unless_asked_for(self, declared: Connector, world: World) -> None:
        """What was asked for, as far as the connector claims to read it, and not a message more."""
        features = declared.capabilities.features
        for private, direct in ((False, False), (True, False), (True, True)):
            store = Kept()
            store.read(declared, world, include_private=private, include_direct=direct)
            shown = {
                "private": private and "private_communities" in features,
                "direct": direct and "direct_messages" in features,
            }
            hold_none(self.differences(declared, world, store, **shown))

    def test_a_pull_over_http_is_the_truth_and_what_async_reads(
        self, declared: Connector, platform: Platform, world: World, tmp_path: Path
    ) -> None:
        """The sync driver, over real sockets and threads, stores exactly what the async driver reads."""
        store = Kept()
        alone = store.read(declared, world)
        told: list[JSON] = []
        clock = Clock(now=lambda: world.now)
        with serve(world, platform) as server:
            conductor = conduct(declared, server.settings, clock=clock)
            with Session(declared, conductor) as session:
                result = pull(
                    session,
                    tmp_path / "sync.duckdb",
                    clock=clock,
                    progress=lambda event: told.extend(getattr(event, "records", ())),
                )
        assert result.complete, [one.reason for one in result.coverage]
        hold_none(self.differences(declared, world, tmp_path / "sync.duckdb"))
        assert current(tmp_path / "sync.duckdb") == store.current()
        assert _told(told) == _told(alone.records)

    def test_an_archive_is_the_truth(
        self, declared: Connector, platform: Platform, world: World, tmp_path: Path
    ) -> None:
        """Every style of export archive gives what it can tell, and private communities only when asked for."""
        for style in _styles(declared, platform):
            path = platform.write_archive(world, tmp_path / f"{style}.zip", style=style, private=True)
            for private in (False, True):
                store = Kept()
                store.put(_archived(declared, world, path, include_private=private), world.now)
                hold_none(self.differences(declared, world, store, door="archive", private=private))

    def test_webhooks_are_the_truth(self, declared: Connector, platform: Platform, world: World) -> None:
        """What a fortnight's deliveries tell is what happened; deliveries that come twice change nothing."""
        changes = world.advance(14)
        for duplicates in (0, 1):
            records = _delivered(declared, platform, world, changes, duplicates=duplicates)
            assert records
            store = Kept()
            store.put(records, world.now)
            found = self.differences(declared, world, store, door="webhook", private=True, changes=changes)
            hold_none(found)

    def test_forged_deliveries_are_refused(self, declared: Connector, platform: Platform, world: World) -> None:
        """A delivery signed with another secret, or changed on its way, is not taken in."""
        if declared.webhook is None:
            pytest.skip(f"{declared.name} declares no webhook door")
        headers, body = next(iter(platform.deliveries(world, world.advance(7), secret=SECRET)))
        clock = Clock(now=lambda: platform.sent_at(headers, body) or world.now)
        for secret, content in (("another secret", body), (SECRET, platform.tampered(body))):
            told = platform.receiving(secret)
            with pytest.raises(SignatureError):
                receive_for(declared, headers=headers, body=content, secret=told, clock=clock)

    def test_the_doors_agree_on_ids_and_on_what_they_both_tell(
        self, declared: Connector, platform: Platform, world: World, whole: Run, tmp_path: Path
    ) -> None:
        """The same post, member or act has one id through every door, and no field with two values."""
        if declared.archive is None and declared.webhook is None:
            pytest.skip(f"{declared.name} declares one door only")
        aliases = project(world, declared.capabilities, platform).aliases
        for style in platform.archive_styles if declared.archive is not None else ():
            path = platform.write_archive(world, tmp_path / f"{style}.zip", style=style, private=True)
            found = _archived(declared, world, path, include_private=True)
            hold_none(_disagreements(whole.records, found, aliases))
        if declared.webhook is not None:
            changes = world.advance(14)
            found = _delivered(declared, platform, world, changes)
            later = read(declared, world, include_private=True, include_direct=True).records
            hold_none(_disagreements(later, found, aliases))

    def test_an_archive_then_the_api_is_the_api(
        self, declared: Connector, platform: Platform, world: World, tmp_path: Path
    ) -> None:
        """History from an export and news from the API join: what is current is what the API alone gives."""
        for style in _styles(declared, platform):
            store = Kept()
            path = platform.write_archive(world, tmp_path / f"{style}.zip", style=style)
            store.put(_archived(declared, world, path), world.now)
            world.advance(3)
            store.read(declared, world)
            hold_none(self.differences(declared, world, store))


def _by_field(found: Iterable[Difference]) -> list[str]:
    """Say of each field how many records differ in it, with one of them: whoever begins sees what to mend first."""
    by: dict[tuple[str, str], list[Difference]] = {}
    for one in found:
        by.setdefault((one.record, one.field), []).append(one)
    return [f"{len(those)} of {record}.{field or 'id'}: {those[0]}" for (record, field), those in by.items()]


def _styles(declared: Connector, platform: Platform) -> tuple[str, ...]:
    if declared.archive is None:
        pytest.skip(f"{declared.name} declares no archive door")
    assert platform.archive_styles, "an archive door, and no style of archive to try it on"
    return platform.archive_styles


def _archived(declared: Connector, world: World, path: Path, **ask: Unpack[RecordsKeywords]) -> list[JSON]:
    opened = Archive(path, nested=declared.archive is not None and declared.archive.nested)
    with ArchiveSession(declared, opened, None, Clock(now=lambda: world.now)) as archive:
        records = list(archive.records(**ask))
    assert [one for one in records if one.record == "issue"] == []
    return [one for one in records if one.record != "coverage"]


def _delivered(
    declared: Connector, platform: Platform, world: World, changes: Iterable[JSON], *, duplicates: int = 0
) -> list[JSON]:
    if declared.webhook is None:
        pytest.skip(f"{declared.name} declares no webhook door")
    records: list[Record] = []
    for headers, body in platform.deliveries(world, changes, secret=SECRET, duplicates=duplicates):
        sent_at = platform.sent_at(headers, body) or world.now
        clock = Clock(now=lambda sent_at=sent_at: sent_at)  # type: ignore[misc] # a default in a lambda
        told = platform.receiving(SECRET)
        received = receive_for(
            declared, headers=headers, body=body, secret=told, include_private=True, include_direct=True, clock=clock
        )
        assert received.issues == ()
        records += received.records
    return records


def _disagreements(ours: Iterable[JSON], theirs: Iterable[JSON], aliases: Mapping[str, str]) -> list[str]:
    """Name the fields that two doors tell differently of one record; where they share no post, that is wrong too."""
    one, other = merge_records(ours), merge_records(theirs)
    shared = one.keys() & other.keys()
    found = [] if any(":post:" in key for key in shared) else ["no post has the same id through both doors"]
    for key in sorted(shared):
        mine, its = one[key].values, other[key].values
        found += [
            f"{key}: {name}: {mine[name]!r} and {its[name]!r}"
            for name in sorted((mine.keys() & its.keys()) - {"extra"})
            if _plain(name, mine[name], aliases) != _plain(name, its[name], aliases)
        ]
    return found


def _plain(name: str, value: JSON, aliases: Mapping[str, str]) -> JSON:
    """Reduce a value to what doors must agree on: files of attachments, members under either of their ids."""
    if name == "attachments":
        return sorted(str(one.name) for one in value or () if one.kind in _FILES)
    if name == "mentions":
        return sorted({(one.kind, aliases.get(one.id or "", one.id or "")) for one in value or ()})
    return aliases.get(value, value) if isinstance(value, str) else value


def _told(records: list[Record]) -> Counter[str]:
    """Count records by what they tell, when apart."""
    return Counter(to_json_line(record.model_copy(update={"source": None})) for record in records)
