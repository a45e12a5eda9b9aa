"""What a connector's records are like: pure translation, stable ids, references that resolve, nothing secret."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from communitykit.connector.declaration import Connector, WireKind
from communitykit.connector.flow import Rejected
from communitykit.doors.api import Session
from communitykit.model import parse_id
from communitykit.model.records import told_fields
from communitykit.pull import pull
from communitykit.reading.slices import Failed
from communitykit.sandbox import Platform, World, parse_fault, serve
from communitykit.sinks import from_json_line, to_json_line
from communitykit.testing.base import Checks, conduct
from communitykit.testing.reading import Run, read

DIRECTORY = frozenset(
    {
        "username", "display_name", "email", "job_title", "department", "division", "organization", "location",
        "country", "manager_id", "employee_number", "directory_id", "time_zone", "language", "admin",
    }
)  # fmt: skip
"""Member fields that a connector claims one by one."""
_REFERENCES = {"author_id": "member", "actor_id": "member", "member_id": "member", "community_id": "community"}


class RecordChecks(Checks):
    """Translation, ids, references, claims and secrets."""

    def test_translation_is_pure(self, declared: Connector, world: World) -> None:
        """The same payload gives the same records each time, and is left as it was."""
        seen = list(_payloads(declared, world))
        assert seen
        for kind, item, context in seen:
            before = copy.deepcopy((item, context))
            first = _drafts(declared, kind, item, context)
            assert (item, context) == before, f"{kind}: the payload was changed"
            assert _drafts(declared, kind, item, context) == first, f"{kind}: another outcome the second time"

    def test_fields_that_nobody_documented_change_nothing(self, declared: Connector, world: World) -> None:
        """A platform may add fields anywhere, whenever it likes."""
        for kind, item, context in _payloads(declared, world):
            plain = _drafts(declared, kind, item, context)
            assert _drafts(declared, kind, _embellished(item), context) == plain, kind

    def test_records_survive_json_lines(self, whole: Run) -> None:
        """Written and read back, a record tells what it told, and no more."""
        assert whole.records
        for record in whole.records:
            again = from_json_line(to_json_line(record))
            assert again == record
            assert told_fields(again) == told_fields(record)

    def test_ids_are_unique_and_stable(self, declared: Connector, platform: Platform, whole: Run) -> None:
        """One id is one thing, and it is the same in another run with other pages."""
        kinds: dict[str, set[str]] = {}
        for record in whole.records:
            kinds.setdefault(record.id, set()).add(record.record)
            parts = parse_id(record.id)
            assert parts.platform == declared.name
            assert parts.kind == record.record
        assert {key: found for key, found in kinds.items() if len(found) > 1} == {}
        again = read(
            declared, self.make_world(), options=platform.tight, include_private=True, include_direct=True
        ).records
        assert {record.id for record in again} == set(kinds)

    def test_references_resolve(self, whole: Run) -> None:
        """Every author, actor, member and community is there, as itself or as a stub; every root is a post."""
        there = {kind: {one.id for one in whole.records if one.record == kind} for kind in ("member", "community")}
        posts = {one.id: one for one in whole.records if one.record == "post"}
        for record in whole.records:
            for name, kind in _REFERENCES.items():
                value = getattr(record, name, None)
                assert value is None or value in there[kind], f"{record.id}: {name} leads nowhere: {value}"
        roots = {one.root_id for one in posts.values() if one.root_id is not None}
        assert {root for root in roots if root in posts and posts[root].root_id is not None} == set()

    def test_no_more_is_told_than_is_claimed(self, declared: Connector, whole: Run) -> None:
        """The capabilities name everything that the connector yields: what they leave out is absent, not hidden."""
        claimed, features = declared.capabilities, declared.capabilities.features
        assert {one.record for one in whole.records if told_fields(one)} <= claimed.records  # stubs tell nothing
        assert {one.kind for one in whole.records if one.record == "event"} <= claimed.events
        members = [one for one in whole.records if one.record == "member"]
        told = {name for name in DIRECTORY for one in members if getattr(one, name) is not None}
        assert told <= claimed.member_fields
        posts = [one for one in whole.records if one.record == "post"]
        assert {one.kind for one in posts} <= claimed.post_kinds
        shown = {
            "titles": any(one.title for one in posts),
            "threads": any(one.root_id for one in posts),
            "nested_replies": any(one.parent_id != one.root_id for one in posts),
            "polls": any(one.poll for one in posts),
            "view_counts": any(one.counts is not None and one.counts.views is not None for one in posts),
            "reaction_times": any(
                one.kind == "reacted" and one.occurred_at is not None for one in whole.records if one.record == "event"
            ),
            "membership_times": any(one.since is not None for one in whole.records if one.record == "membership"),
        }
        assert {name for name, is_shown in shown.items() if is_shown} <= features
        swept = {sweep.swept.record for page in whole.pages for sweep in page.sweeps}
        needed = {
            name
            for record, name in {"member": "directory", "community": "closed_communities"}.items()
            if record in swept
        }
        assert needed <= features

    def test_times_are_told_or_absent(self, world: World, whole: Run) -> None:
        """No time lies in the future or before there were computers, and none is invented where none is told."""
        for record in whole.records:
            for name, value in record:
                if name.endswith("_at") and value is not None:
                    assert 1990 < value.year, f"{record.id}: {name}"  # noqa: PLR2004, SIM300 # a placeholder, told as a time
                    assert value <= world.now, f"{record.id}: {name}"
            if record.record == "event":
                assert (record.occurred_at is None) == (record.time_source == "none"), record.id

    def test_the_credential_goes_to_the_connectors_own_hosts_only(
        self, declared: Connector, platform: Platform, world: World
    ) -> None:
        """An answer that points elsewhere is not followed, with or without the credential."""
        run = read(declared, world, faults=[parse_fault("foreign-link")], options=platform.tight)
        assert run.site is not None
        own = run.site.url.split("/")[2]
        assert {host for host, _ in run.hosts} == {own}

    def test_no_secret_is_kept_or_shown(
        self,
        declared: Connector,
        platform: Platform,
        world: World,
        tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """The token is in no log line, repr, record or store, even when payloads are kept as they came."""
        caplog.set_level(logging.DEBUG)
        with serve(world, platform) as server:
            secrets = _secrets(declared, server.settings)
            conductor = conduct(declared, server.settings)
            with Session(declared, conductor) as session:
                result = pull(session, tmp_path / "a.duckdb", keep_raw=True)
                shown = [repr(session), repr(conductor.settings), repr(result), caplog.text]
        kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert kept
        assert _shown(secrets, "".join(shown)) == set()
        assert {name for name, secret in secrets.items() if secret.encode() in kept} == set()

    @pytest.mark.parametrize("fault", ["revoked=3", "html:share=1,times=99", "error-body:share=1,times=99", "reset"])
    def test_no_secret_is_told_by_an_error(
        self, declared: Connector, world: World, caplog: pytest.LogCaptureFixture, fault: str
    ) -> None:
        """What went wrong is told without the token."""
        caplog.set_level(logging.DEBUG)
        run = read(declared, world, faults=[parse_fault(fault)], keep_raw=True)
        assert run.site is not None
        errors = [event.error for event in run.events if isinstance(event, Failed)]
        text = caplog.text + repr(run.events) + "".join(f"{one} {one!r} {one.__cause__!r}" for one in errors)
        assert _shown(_secrets(declared, run.site.settings), text) == set()


def _payloads(declared: Connector, world: World) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Return every payload that a run translates, apart from what translating it did to it."""
    seen: list[tuple[str, Any, Mapping[str, Any]]] = []

    def watched(kind: str, wire: WireKind) -> WireKind:
        def translate(item: Any, context: Mapping[str, Any]) -> Iterable[Any]:  # noqa: ANN401 # decoded JSON
            seen.append((kind, copy.deepcopy(item), copy.deepcopy(context)))
            return wire.translate(item, context)

        return WireKind(translate, wire.id_field)

    translators = {kind: watched(kind, wire) for kind, wire in declared.translators.items()}
    read(replace(declared, translators=translators), world, include_private=True, include_direct=True)
    return iter(seen)


def _drafts(declared: Connector, kind: str, item: Any, context: Mapping[str, Any]) -> list[Any] | str:  # noqa: ANN401
    """Translate one payload; what is refused gives the reason."""
    try:
        return [copy.deepcopy(draft) for draft in declared.translators[kind].translate(item, context)]
    except Rejected as rejected:
        return f"rejected: {rejected.reason}"


def _embellished(item: Any) -> Any:  # noqa: ANN401 # decoded JSON
    """Add a field to every object that has a type or an id of its own; a mapping by key is no such object."""
    if isinstance(item, list):
        return [_embellished(one) for one in item]
    if not isinstance(item, dict):
        return item
    inner = {name: _embellished(value) for name, value in item.items()}
    return inner | ({"x_unheard_of": {"kind": "new", "values": [1, None, "two"]}} if _is_object(item) else {})


def _is_object(item: Mapping[str, Any]) -> bool:
    return bool(item.keys() & {"id", "type", "name", "ts", "user"})


def _shown(secrets: Mapping[str, str], text: str) -> set[str]:
    """Name the secrets that stand in a text: their names only, since a failing test shows what it compares."""
    return {name for name, secret in secrets.items() if secret in text}


def _secrets(declared: Connector, settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the settings that the connector declares as secret, as they are."""
    loaded = conduct(declared, settings).settings
    return {
        name: value.get_secret_value()
        for name, value in loaded
        if hasattr(value, "get_secret_value") and value.get_secret_value()
    }
