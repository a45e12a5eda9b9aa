"""What a platform tells in part or out of order takes nothing away, and what cannot be done is said."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from communitykit.clock import SYSTEM_CLOCK
from communitykit.connector.declaration import Connector
from communitykit.connector.settings import load_settings
from communitykit.doors.archive import open_archive
from communitykit.errors import SettingsError
from communitykit.sandbox import Platform, World
from communitykit.testing.base import Checks, hold_none
from communitykit.testing.reading import Kept, read
from communitykit.testing.spoiling import Backdated, CutShort, Emptied, NotAnItem, Recorder

WRITING = frozenset({"posted", "replied"})
"""The changes that make something new."""
NOWHERE = "no-such-community-*"


class TellingChecks(Checks):
    """Times that are out of order, lists that are cut, and wishes that cannot be fulfilled."""

    def test_times_out_of_order_hide_no_post(self, declared: Connector, platform: Platform, world: World) -> None:
        """Windows are bounded by the platform's own order: a message with an older time than its neighbours is one."""
        if not platform.written_at:
            pytest.skip(f"on {platform.name} the id of a message is its time")
        store, fault = Kept(), Backdated(platform.written_at)
        options = platform.tight
        store.read(declared, world, since=world.now - timedelta(days=60), faults=[fault], options=options)
        for _ in range(2):
            store.read(declared, world, faults=[fault], options=options, force=True)
            missing = [
                one for one in self.differences(declared, world, store) if one.record == "post" and not one.field
            ]
            hold_none(missing)
            world.advance(days=7, kinds=WRITING, reach=timedelta(days=25))
        assert fault.hits

    def test_a_list_that_is_cut_short_takes_nothing_away(
        self, declared: Connector, platform: Platform, world: World
    ) -> None:
        """Who is not shown has not taken a reaction back, and the count stays."""
        if not platform.counted:
            pytest.skip(f"{platform.name} counts nothing beside a list that may be cut")
        store, fault = Kept(), CutShort(platform.counted)
        store.read(declared, world, force=True)
        before = store.current()
        world.advance(hours=1, kinds=frozenset())
        store.read(declared, world, force=True, settings=self.all_settings(declared), faults=[fault])
        assert fault.hits
        after = store.current()
        for kind in ("post", "event"):
            assert {row["id"] for row in before[kind]} <= {row["id"] for row in after[kind]}
        counts = {row["id"]: row["counts"] for row in after["post"]}
        assert {row["id"]: row["counts"] for row in before["post"]} == counts

    def test_an_empty_list_takes_no_community_and_nobody_away(
        self, declared: Connector, platform: Platform, world: World
    ) -> None:
        """A company's people and communities do not go all at once: a list that shows none means something else."""
        recorder = Recorder()
        whole = read(declared, world, faults=[recorder], options=platform.tight)
        swept = {one.swept.record for page in whole.pages for one in page.sweeps}
        assert whole.site is not None
        for name in recorder.listing(whole.site):
            store, fault = Kept(), Emptied(name)
            store.read(declared, world, options=platform.tight)
            before = store.current()
            run = store.read(
                declared, world, options=platform.tight, faults=[fault], force=True, ahead=timedelta(hours=30)
            )
            after = store.current()
            for kind in ("community", "member"):
                gone = {row["id"] for row in before[kind]} - {row["id"] for row in after[kind]}
                assert not gone, f"an empty {name} takes {kind} records away"
                listed = {record.id for record in run.records if record.record == kind}
                if fault.hits and before[kind] and not listed and kind in swept:
                    assert run.left_out, f"{name} lists no {kind} any more, and nothing is said"

    def test_what_is_none_among_a_pages_items_is_told(self, declared: Connector) -> None:
        """Of every listing: it becomes an Issue or Coverage, or the run finds another way and ends in the truth."""
        recorder = Recorder()
        site = read(declared, self.make_world(), faults=[recorder]).site
        assert site is not None
        for name in sorted({recorder.names[key] for key in recorder.pages(site)}):
            fault, store, world = NotAnItem(name), Kept(), self.make_world()
            run = store.read(declared, world, faults=[fault])
            assert fault.hits, name
            if not run.left_out:
                hold_none(self.differences(declared, world, store), f"of {name} something is left out without a word")

    def test_what_fits_nothing_is_said(self, declared: Connector, platform: Platform, world: World) -> None:
        """A misspelt setting or option is an error, a glob that matches no community a word."""
        run = read(declared, world)
        hold_none(run.left_out)
        assert run.site is not None
        with pytest.raises(SettingsError, match="no_such_setting"):
            load_settings(declared.name, declared.settings, {**platform.settings(run.site), "no_such_setting": "1"})
        if declared.archive is not None:
            with pytest.raises(SettingsError, match="no_such_option"):
                open_archive(declared, Path("nowhere"), {"no_such_option": "1"}, clock=SYSTEM_CLOCK)
        place = next(one for one in world.on(declared.name) if one.privacy == "public" and not one.archived)
        here = platform.community_id(world, place)  # platforms may call it otherwise than the company does
        name = next(one.name for one in run.records if one.record == "community" and one.id == here)
        told = read(declared, self.make_world(), communities=(name, NOWHERE)).left_out
        assert len(told) == 1
        assert NOWHERE in told[0]
        assert name not in told[0]
