"""What results, stores and sessions show of themselves, and how long a run waited."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from communitykit import Coverage, PullResult, Session, SettingsError, connect
from communitykit.clock import SYSTEM_CLOCK
from communitykit.connector.waiting import joined, waited
from communitykit.http.operations import Meter
from communitykit.model import Issue
from communitykit.store import Store

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
STEERING = "<script>alert(1)</script>\x1b[2J&\u202e"


def test_a_result_tells_what_came_what_did_not_and_why() -> None:
    result = PullResult("r", AT)
    result.coverage = [Coverage(run_id="r", slice=f"x:n:{n}", status="denied", reason=STEERING) for n in range(3)]
    result.issues = [Issue(run_id="r", slice="x:n:1", wire_kind="message", reason="no_author")] * 2
    result.errors = [SettingsError("no token"), SettingsError("it is gone", remedy=f"Do this.{' And that.' * 20}")]
    result.coverage.append(Coverage(run_id="r", slice="x", status="partial", reason=str(result.errors[1])))
    shown, html = repr(result), result._repr_html_()
    assert "denied      3  <script>" in shown
    assert "no_author  message       2  -" in shown
    assert "no token" in shown
    assert shown.count("it is gone") == 1
    assert shown.endswith(f"Do this. {'And that. ' * 20}".rstrip())
    assert "And that. And that.</td>" in html
    assert "\x1b" not in shown + html
    assert "<script>" not in html


def test_a_store_tells_its_tables_and_when_it_is_closed(store: Path) -> None:
    with Store(store) as opened:
        shown, html = repr(opened), opened._repr_html_()
        posts = opened.sql("SELECT 1 FROM posts").num_rows
    assert "posts" in shown
    assert f"{posts:,}" in shown
    assert "<td" in html
    assert repr(opened) == f"Store {store} (closed)"


def test_a_session_tells_its_platform_and_no_secret() -> None:
    with connect("slack", token="xoxb-very-secret-1") as session:  # invented
        assert isinstance(session, Session)
        told = session._repr_html_() + repr(session)
    assert "Slack" in told
    assert "xoxb" not in told


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)).map(lambda one: (one[0], one[0] + one[1]))))
def test_what_waits_side_by_side_waits_once(spans: list[tuple[int, int]]) -> None:
    seconds = {second for begin, end in spans for second in range(begin, end)}
    assert waited(spans) == len(seconds)
    assert waited(joined(spans)) == len(seconds)
    assert waited(spans, 10) == sum(second < 10 for second in seconds)
    assert len(joined(spans)) <= len(spans)


def test_a_meter_counts_a_wait_of_many_once() -> None:
    meter = Meter()
    begin = SYSTEM_CLOCK.monotonic()
    for _ in range(5_000):
        meter.wait(begin, 10.0)
    assert meter.waited == 10.0
    assert len(meter.spans) <= 1_001
