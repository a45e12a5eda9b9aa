from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communitykit.connector import Rejected, make_event_id, parse_id
from communitykit_slack.ids import from_seconds, local_channel, parse_ts, place_of, ts_key, ts_of
from communitykit_slack.translate.messages import reaction_event

SECONDS = st.integers(min_value=1_000_000, max_value=4_000_000_000)
MICROS = st.integers(min_value=0, max_value=999_999)


@given(SECONDS, MICROS)
def test_times_are_exact(seconds: int, micros: int) -> None:
    ts = f"{seconds}.{micros:06d}"
    moment = parse_ts(ts)
    assert moment == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=micros)
    assert ts_of(moment) == ts
    assert ts_key(ts) == (seconds, micros)


def test_a_ts_is_never_a_float() -> None:
    ts = "1512104434.000490"
    assert place_of({"team": "T1", "channel": "C1"}).post(ts) == f"slack:T1:post:C1/{ts}"
    assert str(float(ts)) != ts


@pytest.mark.parametrize(
    "ts",
    [
        "",
        "x",
        "0000000000.000000",
        "1.5",
        "-1512104434.0",
        "1512104434.x",
        "9" * 30,
        "9" * 5000,
        "²²²²²²²²",
        "1512104434x000490",
        "15121²4434.000490",
        1512104434.00049,
    ],
)
def test_what_is_no_time_is_rejected(ts: Any) -> None:
    with pytest.raises(Rejected):
        parse_ts(ts)


@pytest.mark.parametrize("value", [0, 1, None, "", "x", True, -5, 10**15, []])
def test_placeholders_are_no_time(value: object) -> None:
    assert from_seconds(value) is None


def test_seconds_may_be_text() -> None:
    assert from_seconds("1433558319") == from_seconds(1433558319) == datetime(2015, 6, 6, 2, 38, 39, tzinfo=UTC)


@given(st.text(min_size=1, max_size=12), st.sampled_from(["C1", local_channel(["C1", "C2"], "équipe/1")]))
def test_reaction_ids_are_those_of_the_core(name: str, channel: str) -> None:
    place = place_of({"team": "T1", "channel": channel})
    post = place.post("1512104434.000490")
    made = reaction_event(post, place, "U1", name)["id"]
    actor = place.member("U1")
    assert made == make_event_id("slack", "T1", "reacted", target=post, actor=actor, detail=name)


def test_a_foreign_host_gives_the_network() -> None:
    place = place_of({"team": "T1", "channel": "C1", "host": "T2", "people": "E1"})
    assert place.community_id == "slack:T2:community:C1"
    assert place.member("U1") == "slack:E1:member:U1"
    assert parse_id(place.post("1512104434.000490")).native == ("C1", "1512104434.000490")
