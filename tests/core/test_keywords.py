"""What is misspelt fails at the call, before anything is asked; the doors of tests have a clock of their own."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import communitykit as ck
from communitykit import testing
from communitykit.clock import Clock
from communitykit.connector import Connector
from communitykit.doors.options import ReadKeywords, RecordsKeywords

CALLS = ["records", "posts", "members", "communities", "memberships", "events"]
TYPO = r"unexpected keyword 'sinc', did you mean 'since'\? Known: since, until"


def test_keywords_are_the_fields_of_the_options() -> None:
    assert set(get_type_hints(RecordsKeywords)) == {field.name for field in fields(ck.ReadOptions)}
    assert set(get_type_hints(ReadKeywords)) == {field.name for field in fields(ck.ReadOptions)} - {"kinds"}


@pytest.mark.parametrize("call", CALLS)
def test_a_misspelt_keyword_fails_at_the_call(platform: Any, little: Callable[..., Connector], call: str) -> None:
    with testing.connect(little(), {"base_url": platform.url}) as session, pytest.raises(TypeError, match=TYPO):
        getattr(session, call)(sinc="90d")
    with pytest.raises(TypeError, match=TYPO):
        getattr(testing.connect_async(little(), {"base_url": platform.url}), call)(sinc="90d")
    assert platform.requests == []


@pytest.mark.parametrize("call", CALLS[1:])
def test_a_call_for_one_kind_takes_no_kinds(platform: Any, little: Callable[..., Connector], call: str) -> None:
    with (
        testing.connect(little(), {"base_url": platform.url}) as session,
        pytest.raises(TypeError, match="unexpected keyword 'kinds'"),
    ):
        getattr(session, call)(kinds={"measure"})
    with pytest.raises(TypeError, match="unexpected keyword 'kinds'"):
        getattr(testing.connect_async(little(), {"base_url": platform.url}), call)(kinds={"measure"})


@pytest.mark.parametrize("call", CALLS)
def test_a_moment_that_is_none_fails_at_the_call(platform: Any, little: Callable[..., Connector], call: str) -> None:
    for connect in (testing.connect, testing.connect_async):
        opened = connect(little(), {"base_url": platform.url})
        with pytest.raises(ck.SettingsError, match="minutes or months"):
            getattr(opened, call)(since="3m")
        with pytest.raises(ck.SettingsError, match="in the future"):
            getattr(opened, call)(since="9999-01-01")  # nothing is gone through
        with pytest.raises(ck.SettingsError, match=r"is after until|is until, so"):
            getattr(opened, call)(since="1d", until="90d")
        for empty in ("", " ", ["help-*", ""]):
            with pytest.raises(ck.SettingsError, match="an empty pattern fits nothing"):
                getattr(opened, call)(communities=empty)
    assert platform.requests == []


def test_a_pull_is_checked_before_it_makes_a_store(tmp_path: Path) -> None:
    to = tmp_path / "activity.duckdb"
    with pytest.raises(TypeError, match=TYPO):
        ck.pull([], to, sinc="90d")  # type: ignore[call-arg]
    with pytest.raises(ck.SettingsError, match="in the future"):
        ck.pull([], to, since="9999-01-01")
    for wrong in (-1, -0.5, float("nan"), timedelta(seconds=-1)):
        with pytest.raises(ck.SettingsError, match="max_time is to be at least 0 seconds"):
            ck.pull(ck.from_records([]), to, max_time=wrong)
    with pytest.raises(ck.SettingsError, match="minutes or months"):
        ck.pull(ck.from_records([]), to, max_time="10m")
    with pytest.raises(ck.SettingsError, match="not a length of time: '60'"):
        ck.pull(ck.from_records([]), to, max_time="60")
    with pytest.raises(TypeError, match="to"):
        ck.pull([])  # type: ignore[call-arg]
    assert not to.exists()


def test_public_doors_take_no_clock_and_no_answers_of_tests() -> None:
    for door in (ck.connect, ck.connect_async, ck.read_archive, ck.receive, ck.pull):
        assert not {"clock", "pace", "app"} & set(inspect.signature(door).parameters), door


def test_a_test_s_session_lives_at_its_own_time(platform: Any, little: Callable[..., Connector]) -> None:
    then = datetime(2020, 1, 1, tzinfo=UTC)
    platform.answers["/rooms"] = (200, {}, b"[]")
    clock = Clock(now=lambda: then)
    with testing.connect(little(), {"base_url": platform.url}, clock=clock) as session:
        (coverage,) = session.records(since="1d", kinds="post")
    assert isinstance(coverage, ck.Coverage)
    assert (coverage.until, coverage.status) == (then, "complete")


def test_an_application_answers_instead_of_the_network(little: Callable[..., Connector]) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"[]"})

    async def read() -> list[Any]:
        session = testing.connect_async(little(), {"base_url": "https://little.example"}, app=app)
        async with session:
            return [record async for record in session.records()]

    assert [one.status for one in asyncio.run(read())] == ["complete"]
