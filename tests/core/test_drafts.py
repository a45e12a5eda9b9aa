"""Drafts are the model's fields, typed; what every connector says is built in one place."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Literal, Required, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from pydantic import TypeAdapter

from communitykit.connector import acted, make_event_id, membership, occurred, reacted, tombstone
from communitykit.connector.drafts import MembershipDraft, RecordDraft, acted_by
from communitykit.model import RECORD_TYPES, Record, drafts, records

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
POST, MEMBER, ROOM = "forum:main:post:b/1", "forum:main:member:ann", "forum:main:community:news"
RECORDS: TypeAdapter[Any] = TypeAdapter(Record)
NESTED = ["Mention", "Attachment", "PollOption", "Poll", "Counts", "Features"]
OURS = {"source", "raw", "observed_after"}  # told by the core and the store, never by a connector


def kinds() -> dict[str, type]:
    found = {get_args(get_type_hints(draft)["record"])[0]: draft for draft in get_args(RecordDraft)}
    assert all(is_typeddict(draft) for draft in found.values())
    return found


def test_every_record_has_a_draft_with_its_fields() -> None:
    assert set(kinds()) == set(RECORD_TYPES) - {"coverage", "issue"}
    for name, draft in kinds().items():
        assert set(get_type_hints(draft)) == set(RECORD_TYPES[name].model_fields) - OURS, name
    for name in NESTED:
        assert set(get_type_hints(getattr(drafts, f"{name}Draft"))) == set(getattr(records, name).model_fields), name


def test_a_draft_requires_what_the_model_requires() -> None:
    for name, draft in kinds().items():
        required = {field for field, told in RECORD_TYPES[name].model_fields.items() if told.is_required()}
        hints = get_type_hints(draft, include_extras=True)
        assert {field for field, hint in hints.items() if get_origin(hint) is Required} == required | {"record"}, name


def test_words_are_the_model_s_words() -> None:
    nested = {getattr(drafts, f"{name}Draft"): getattr(records, name) for name in NESTED}
    for draft, model in [*nested.items(), *((draft, RECORD_TYPES[name]) for name, draft in kinds().items())]:
        ours, theirs = get_type_hints(draft), get_type_hints(model)
        for field, hint in ours.items():
            assert _words(hint) == _words(theirs[field]), (draft, field)


def _words(hint: Any) -> set[Any]:
    if get_origin(hint) is Literal:
        return set(get_args(hint))
    return {word for part in get_args(hint) for word in _words(part)} | ({None} if hint is type(None) else set())


SAMPLES: dict[str, Any] = {
    "str": "text", "int": 1, "float": 1.5, "bool": True, "datetime": AT, "date": date(2026, 3, 2),
}  # fmt: skip


def _sample(hint: Any) -> Any:
    if is_typeddict(hint):
        return {name: _sample(kind) for name, kind in get_type_hints(hint).items()}
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return parts[0]
    if origin is dict:
        return {_sample(parts[0]): 1}
    if origin is not None and parts:
        inner = next(part for part in parts if part is not type(None))
        return _sample(inner) if type(None) in parts else [_sample(inner)]
    return SAMPLES[hint.__name__]


@pytest.mark.parametrize("name", sorted(kinds()))
def test_what_a_draft_allows_the_model_takes(name: str) -> None:
    whole = {field: _sample(hint) for field, hint in get_type_hints(kinds()[name]).items()}
    whole |= {"kind": "reacted"} if name == "event" else {}
    told = RECORDS.validate_python(whole)
    assert told.model_fields_set == set(whole)


def test_acts_have_the_ids_that_are_known() -> None:
    act = reacted("smile", target=POST, actor=MEMBER, community=ROOM)
    assert act["id"] == make_event_id("forum", "main", "reacted", target=POST, actor=MEMBER, detail="smile")
    assert act["detail"] == "smile"
    assert not {"occurred_at", "time_source"} & set(act), "a time that nobody told would be one that is known"
    timed = reacted("smile", target=POST, actor=MEMBER, at=AT, active=False)
    assert timed["id"] == act["id"]
    assert (timed["occurred_at"], timed["time_source"], timed["active"]) == (AT, "event", False)
    assert "community_id" not in timed
    bare = acted("viewed", target=POST, actor=None)
    assert (bare["id"], "detail" in bare) == ("forum:main:event:viewed/b%2F1/-", False)
    for one in (act, timed, bare):
        RECORDS.validate_python(one)


def test_one_act_of_many_is_what_each_of_them_did() -> None:
    others = [MEMBER, "forum:main:member:a/b", MEMBER]
    times = [AT, None, None]
    told = acted_by(others, "viewed", target=POST, community=ROOM, at=times)
    assert told == [
        acted("viewed", target=POST, actor=one, community=ROOM, at=at) for one, at in zip(others, times, strict=True)
    ]
    assert "community_id" not in acted_by([MEMBER], "viewed", target=POST, at=[None])[0]
    with pytest.raises(ValueError, match="zip"):
        acted_by(others, "viewed", target=POST, at=[None])


def test_occurrences_are_told_apart_by_their_own_id_or_their_time() -> None:
    told = occurred("joined", target=ROOM, actor=MEMBER, at=AT, occurrence="e1", community=ROOM)
    assert told["id"] == "forum:main:event:joined/news/ann/e1"
    assert (told["occurred_at"], told["time_source"]) == (AT, "event")
    timed = occurred("community_changed", target=ROOM, actor=None, at=AT, detail="topic")
    assert timed["id"] == "forum:main:event:community_changed/news/-/2026-03-02T09:00:00Z"
    assert timed["detail"] == "topic"
    untimed = occurred("left", target=ROOM, actor=MEMBER, at=None, occurrence="e2")
    assert "occurred_at" not in untimed
    for one in (told, timed, untimed):
        RECORDS.validate_python(one)
    with pytest.raises(ValueError, match="could not be told apart"):
        occurred("left", target=ROOM, actor=MEMBER, at=None)


def test_a_tombstone_keeps_nothing_of_what_was_said() -> None:
    stone = tombstone(POST, deleted_at=AT)
    assert stone["gone"] == "deleted"
    assert (stone["title"], stone["body"], stone["text"], stone["mentions"], stone["links"]) == (
        None,
        None,
        None,
        (),
        (),
    )
    assert "deleted_at" not in tombstone(POST)
    RECORDS.validate_python(stone)


def test_a_membership_is_its_community_s_and_its_member_s() -> None:
    draft: MembershipDraft = membership("forum:main:community:a/b", "forum:other:member:ann", role="owner", active=True)
    assert draft == {
        "record": "membership",
        "id": "forum:main:membership:a/b/ann",
        "community_id": "forum:main:community:a/b",
        "member_id": "forum:other:member:ann",
        "role": "owner",
        "active": True,
    }
    RECORDS.validate_python(draft)
