"""Ids, times of every form, addresses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from communitykit_workplace.ids import address, comment_id, native_id, parse_time


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2017-03-29T20:39:12+0000", "2017-03-29T20:39:12+00:00"),
        ("2017-03-29T20:39:12-0700", "2017-03-30T03:39:12+00:00"),
        ("2020-06-02T08:00+00:00", "2020-06-02T08:00:00+00:00"),
        ("2020-06-02 08:00:01", "2020-06-02T08:00:01+00:00"),
        (1600000000, "2020-09-13T12:26:40+00:00"),
        ("1600000000", "2020-09-13T12:26:40+00:00"),
        (1600000000123, "2020-09-13T12:26:40.123000+00:00"),
        (datetime(2020, 1, 1, tzinfo=UTC), "2020-01-01T00:00:00+00:00"),
        (0, None),
        ("0", None),
        ("2020-06-02", None),
        ("1970-01-01T00:00:00+0000", None),
        ("", None),
        (None, None),
        (True, None),
        ("yesterday afternoon", None),
        (10**30, None),
        ("0001-01-01T00:00:00+2300", None),
    ],
)
def test_times(told: Any, expected: str | None) -> None:
    found = parse_time(told)
    assert (found.isoformat() if found else None) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("12_34", "12_34"),
        (12, "12"),
        ("t_10", "t_10"),
        ("0", None),
        (0, None),
        (True, None),
        ("a name", None),
        (None, None),
        ("~ab/1", None),
    ],
)
def test_native_ids_keep_the_platforms_text(told: Any, expected: str | None) -> None:
    assert native_id(told) == expected


def test_an_address_made_up_for_people_without_one_is_none() -> None:
    assert address("1001@aurora.emailless.facebook.com") is None
    assert address(" a@b.example ") == "a@b.example"
    assert address("no address") is None


def test_a_comments_address_holds_its_id() -> None:
    url = "https://x.workplace.com/groups/1/permalink/22/?comment_id=333"
    assert comment_id({"permalink_url": url}) == "22_333"
    assert comment_id({"id": "9", "permalink_url": url}) == "9"
    assert comment_id({"permalink_url": "https://x.example/"}) is None
