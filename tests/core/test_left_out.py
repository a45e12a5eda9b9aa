"""What calls for one kind of record leave out is said and kept: they hand on no Coverage."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from little_notes import note, serve_notes, session

from communitykit import AsyncSession, Coverage, CredentialError
from communitykit.connector import Connector, Flow, Gap, Request, Selection, Slice
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor

DENIED = (403, {}, b"{}")


def discover(selection: Selection) -> Flow:
    response = yield Request("rooms", subject="rooms")
    yield Gap("1 private room was left out", "skipped", option="include_private")
    for room in response.data:
        if selection.wants(room):
            yield Slice(f"notes/{room}", "net", ("post",), label=room, params={"room": room})


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    return sorted(one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING)


def read_sync(connector: Connector, platform: Any, kind: str, **asked: Any) -> tuple[list[Any], Sequence[Coverage]]:
    with session(connector, platform) as opened:
        found = list(getattr(opened, kind)(**asked))
        return found, opened.left_out


def read_async(connector: Connector, platform: Any, kind: str, **asked: Any) -> tuple[list[Any], Sequence[Coverage]]:
    async def read() -> tuple[list[Any], Sequence[Coverage]]:
        conductor = Conductor(connector, connector.settings(base_url=platform.url), pace=Pace())
        async with AsyncSession(connector, conductor) as opened:
            found = [record async for record in getattr(opened, kind)(**asked)]
            return found, opened.left_out

    return asyncio.run(read())


both_ways = pytest.mark.parametrize("read", [read_sync, read_async])
Read = Callable[..., tuple[list[Any], Sequence[Coverage]]]


@both_ways
def test_a_room_that_is_refused_is_a_warning_and_so_are_payloads_that_are_none(
    read: Read, platform: Any, little: Callable[..., Connector], caplog: pytest.LogCaptureFixture
) -> None:
    odd_ones = [note(3), note(4, at="noon"), note(5, at="later")]
    serve_notes(platform, {"a": [[note(1)]], "b": [[note(2)]], "c": [odd_ones]})
    platform.answers["/notes/b"] = DENIED
    found, left_out = read(little(discover=discover), platform, "posts")
    assert len(found) == 2
    assert [(one.slice, one.status) for one in sorted(left_out, key=lambda one: one.slice)] == [
        ("little:net:notes/b", "denied"),
        ("little:net:notes/c", "partial"),
    ]
    refused, odd = warned(caplog)
    assert refused.startswith("little:net:notes/b: denied: little: room b: ")
    assert odd.startswith("little:net:notes/c: partial: 2 of what was read could not be translated")
    assert odd.endswith("see the Issues. They are 2 of note (invalid).")


@both_ways
@pytest.mark.parametrize("kind", ["posts", "members", "communities", "memberships", "events"])
def test_a_glob_that_fits_nothing_is_a_warning_whatever_is_asked_for(
    read: Read, kind: str, platform: Any, little: Callable[..., Connector], caplog: pytest.LogCaptureFixture
) -> None:
    serve_notes(platform, {"general": [[note(1)]]})
    found, left_out = read(little(discover=discover), platform, kind, communities="genral")
    assert found == []
    expected = [] if kind == "members" else ["No community that may be read matches 'genral'."]
    assert [one.reason for one in left_out] == expected
    assert warned(caplog) == [f"little:-:discover: skipped: {reason}" for reason in expected]


@both_ways
def test_what_nobody_asked_for_is_none(
    read: Read, platform: Any, little: Callable[..., Connector], caplog: pytest.LogCaptureFixture
) -> None:
    serve_notes(platform, {"a": [[note(1)]]})
    assert read(little(discover=discover), platform, "posts")[1] == []
    assert warned(caplog) == []


@both_ways
def test_what_is_raised_is_not_said_besides(
    read: Read, platform: Any, little: Callable[..., Connector], caplog: pytest.LogCaptureFixture
) -> None:
    platform.answers["/rooms"] = (401, {}, b"{}")
    with pytest.raises(CredentialError):
        read(little(discover=discover), platform, "posts")
    assert warned(caplog) == []


@both_ways
def test_records_hands_coverage_on_and_warns_of_nothing(
    read: Read, platform: Any, little: Callable[..., Connector], caplog: pytest.LogCaptureFixture
) -> None:
    serve_notes(platform, {"a": [[note(1)]], "b": [[note(2)]]})
    platform.answers["/notes/b"] = DENIED
    found, left_out = read(little(discover=discover), platform, "records")
    assert "denied" in [one.status for one in found if one.record == "coverage"]
    assert [one.slice for one in left_out] == ["little:net:notes/b"]
    assert warned(caplog) == []


PROGRAM = """
from communitykit.doors.streaming import Records
from communitykit.http.operations import Meter
from communitykit.model import Coverage
from communitykit.reading.slices import Closed

class Source(Records):
    def reset(self, max_time=None): ...
    def stop(self): ...
    def read(self, options, *, state, run_id, emit):
        coverage = Coverage(run_id=run_id, slice="own:net:a", status="denied", reason="not for you")
        emit(Closed("own:net:a", coverage, Meter()))

list(Source().posts())
"""


def test_python_shows_it_where_no_logging_is_set_up() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stderr == "own:net:a: denied: not for you\n"
