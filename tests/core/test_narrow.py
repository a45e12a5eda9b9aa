"""What no column holds is refused where it costs one record: wider numbers, halves of characters, what is no JSON."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from communitykit import Community, Member, Post
from communitykit.model import Coverage
from communitykit.model.records import RECORD_TYPES

ROOM, WIDEST = "p:n:community:room", 2**63 - 1


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_a_number_wider_than_a_column_is_refused(number: int) -> None:
    with pytest.raises(ValidationError, match="member_count"):
        Community(id=ROOM, member_count=number)
    with pytest.raises(ValidationError, match=r"reactions\.like"):
        Post.model_validate({"id": "p:n:post:1", "counts": {"reactions": {"like": number}}})
    with pytest.raises(ValidationError, match="read"):
        Coverage(run_id="r", slice="p:n:x", status="complete", read=number)


def test_the_widest_that_a_column_holds_is_not() -> None:
    assert Community(id=ROOM, member_count=WIDEST).member_count == WIDEST
    assert Community(id=ROOM, member_count=-WIDEST - 1).member_count == -WIDEST - 1


@pytest.mark.parametrize("field", ["display_name", "email", "username", "id"])
def test_half_a_character_is_refused(field: str) -> None:
    told: dict[str, Any] = {"id": "p:n:member:1", field: "p:n:member:cut \ud83d"}
    with pytest.raises(ValidationError, match=field):
        Member(**told)


@pytest.mark.parametrize("extra", [{"a": ["\ud83d"]}, {"\ud83d": 1}, {"a": {"b": object()}}])
def test_so_is_what_is_no_json(extra: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="extra"):
        Member(id="p:n:member:1", extra=extra)


def test_whole_characters_stay_as_they_are() -> None:
    told = "naïve 👩‍🚀 \u0000 \ufffd"
    member = Member(id="p:n:member:1", display_name=told, extra={"a": told})
    assert (member.display_name, member.extra) == (told, {"a": told})


def test_no_whole_number_of_the_model_is_wider() -> None:
    assert {kind for kind, model in RECORD_TYPES.items() if "exclusiveMaximum" in str(model.model_json_schema())} == {
        "community", "post", "coverage",
    }  # fmt: skip
    for model in RECORD_TYPES.values():
        for part in [model.model_json_schema(), *model.model_json_schema().get("$defs", {}).values()]:
            for field in part["properties"].values():
                for one in [field, *field.get("anyOf", [])]:
                    assert one.get("type") != "integer" or "exclusiveMaximum" in one
