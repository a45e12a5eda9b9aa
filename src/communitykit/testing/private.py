"""What is private stays where it is: a run that did not ask for it neither reads it nor takes it away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from communitykit.connector.declaration import Connector
from communitykit.model.values import JSON
from communitykit.sandbox import Answer, Call, Fault, Platform, Site, World
from communitykit.sandbox.faults import Proceed
from communitykit.testing.base import Checks, between, hold_none
from communitykit.testing.reading import Kept, read
from communitykit.testing.spoiling import decoded, walk

Rows = dict[str, list[dict[str, JSON]]]

NOTHING: frozenset[str] = frozenset()
"""The changes that happen while time passes and nothing else does."""
LEFT_OUT = object()
"""No value: the field is missing."""
DISGUISES: Mapping[str, object] = {
    "left out": LEFT_OUT,
    "null": None,
    "a number": 7,
    "nought": 0,
    "a list": [],
    "a truth in words": "true",
    "an unheard word": "odd",
}
"""What stands where it should say who may read a community."""


class Disguise(Fault):
    """Nothing that is shown says any more who may read it."""

    def __init__(self, fields: Sequence[str], disguise: object) -> None:
        """Keep the names of the fields that say it, and what stands there instead."""
        super().__init__()
        self.fields, self.disguise = fields, disguise

    def answer(self, _site: Site, call: Call, proceed: Proceed) -> Answer:
        """Answer with the fields disguised, wherever they stand."""
        answer: Answer = proceed()
        data = decoded(answer)
        if data is None:
            return answer
        self._met[call.key] += disguised(data, self.fields, self.disguise)
        return Answer.of(data, status=answer.status, headers=answer.headers)


class PrivateChecks(Checks):
    """Private communities and direct messages, beside plain runs into the same store."""

    def test_a_plain_run_takes_nothing_private_away(
        self, declared: Connector, platform: Platform, world: World
    ) -> None:
        """Read with `include_private` and `include_direct`, then without: what was not asked for has not gone."""
        store = Kept()
        store.read(declared, world, include_private=True, include_direct=True)
        hidden = _hidden(platform, world)
        before = _about(store.current(), hidden)
        if not before["community"] and not before["post"]:
            pytest.skip(f"{declared.name} reads nothing private, asked for or not")
        for days, kinds in ((0, NOTHING), (7, self.findable(declared))):
            world.advance(days, hours=1, reach=timedelta(days=27), kinds=kinds)
            store.read(declared, world, force=True, settings=self.all_settings(declared))
            hold_none(between(before, _about(store.current(), hidden)))

    @pytest.mark.parametrize("what", DISGUISES)
    def test_a_visibility_that_is_absent_or_odd_is_private(
        self, declared: Connector, platform: Platform, world: World, what: str
    ) -> None:
        """Only what is known to be public is: a plain run reads nothing of a private community that does not say so."""
        hidden = _hidden(platform, world)
        if not platform.visibility:
            whole = read(declared, world, include_private=True, include_direct=True)
            assert hidden.isdisjoint(one.id for one in whole.records if one.record in {"community", "post"}), (
                f"{declared.name} reads what is private: {type(platform).__name__}.visibility has to name the fields "
                "of its payloads that say so"
            )
            pytest.skip(f"{declared.name} reads nothing private, asked for or not")
        fault = Disguise(platform.visibility, DISGUISES[what])
        run = read(declared, world, faults=[fault])
        assert fault.hits, f"no answer has one of the fields {', '.join(platform.visibility)}"
        about = (record for record in run.records if not hidden.isdisjoint(_named(record)))
        hold_none(f"{record.record} {record.id}" for record in about)


def disguised(value: object, fields: Sequence[str], disguise: object) -> int:
    """Put a disguise on every object inside a JSON value; return how many fields it took."""
    met = 0
    for _, one in walk((), [value]):
        for field in fields if isinstance(one, dict) else ():
            if field in one:
                met += 1
                if disguise is LEFT_OUT:
                    del one[field]
                else:
                    one[field] = disguise
    return met


def _named(record: JSON) -> set[JSON]:
    """Return what a record is about: a post, an act, somebody's being in a community."""
    if record.record not in {"post", "event", "membership"}:
        return set()
    return {record.id, *(getattr(record, name, None) for name in ("community_id", "target_id", "root_id"))}


def _hidden(platform: Platform, world: World) -> frozenset[str]:
    """Return the ids of what not everybody may read: communities and posts."""
    places = [one for one in world.on(platform.name) if platform.privacy(one) != "public"]
    posts = {platform.post_id(world, message) for place in places for message in world.messages(place)}
    return frozenset(posts.union(platform.community_id(world, one) for one in places))


def _about(rows: Rows, ids: frozenset[str]) -> Rows:
    """Return the records that are about one of these."""
    names = ("id", "community_id", "target_id", "root_id")
    return {kind: [row for row in found if not ids.isdisjoint(map(row.get, names))] for kind, found in rows.items()}
