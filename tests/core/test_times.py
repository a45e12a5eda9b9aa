"""How far back, and up to when: one grammar for Python, settings and the command line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from communitykit import ReadOptions, SettingsError
from communitykit.connector import Settings
from communitykit.connector.settings import Lookback, load_settings
from communitykit.connector.times import parse_length, parse_moment

NOW = datetime(2026, 11, 28, 18, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("45s", timedelta(seconds=45)),
        ("30min", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        (" 1.5 H ", timedelta(minutes=90)),
        ("90d", 90 * DAY),
        ("2w", 14 * DAY),
        ("3mo", 93 * DAY),
        ("2y", 732 * DAY),
    ],
)
def test_lengths(text: str, length: timedelta) -> None:
    assert parse_length(text) == length
    assert parse_moment(text, NOW) == NOW - length


@pytest.mark.parametrize("months", range(1, 60))
def test_months_and_years_are_never_shorter_than_the_calendar_s(months: int) -> None:
    year, month = divmod(NOW.year * 12 + NOW.month - 1 - months, 12)
    assert parse_moment(f"{months}mo", NOW) <= NOW.replace(year=year, month=month + 1)
    assert parse_moment(f"{months}y", NOW) <= NOW.replace(year=NOW.year - months)


@pytest.mark.parametrize("text", ["3m", "3 M", "0.5m"])
def test_m_is_asked_back(text: str) -> None:
    with pytest.raises(SettingsError, match=r"minutes or months\?.*min for minutes.*mo for months"):
        parse_moment(text, NOW)


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T08:00", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("2026-01-31T08:00+01:00", datetime(2026, 1, 31, 7, tzinfo=UTC)),
        (date(2026, 1, 31), datetime(2026, 1, 31, tzinfo=UTC)),
        (timedelta(days=2), NOW - 2 * DAY),
        (datetime(2026, 1, 31, tzinfo=timezone(timedelta(hours=2))), datetime(2026, 1, 30, 22, tzinfo=UTC)),
    ],
)
def test_moments(given: Any, moment: datetime) -> None:
    assert parse_moment(given, NOW) == moment


@pytest.mark.parametrize(
    "given",
    ["", "90", "d", "-3d", "90days", "yesterday", "2026-13-01", "9" * 40 + "y", "99999y", timedelta(days=-1)],
)
def test_what_is_no_moment_is_said_with_what_to_write(given: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_moment(given, NOW)
    assert caught.value.remedy is not None
    assert "90d" in caught.value.remedy


def test_a_datetime_without_a_zone_may_mean_two_moments() -> None:
    with pytest.raises(SettingsError, match="no time zone"):
        ReadOptions(since=datetime(2026, 1, 1))  # noqa: DTZ001 # that is the point


def test_options_fix_their_window_when_the_run_begins() -> None:
    selection = ReadOptions(since="90d", until=timedelta(days=1), communities="help-*").selection(None, NOW)
    assert (selection.since, selection.until) == (NOW - 90 * DAY, NOW - DAY)
    assert selection.communities == ("help-*",)
    assert ReadOptions().selection(None, NOW).since is None


@pytest.mark.parametrize(
    ("since", "until", "says"),
    [
        (NOW + DAY, None, "since is in the future"),
        ("2026-12-24", NOW + 90 * DAY, "since is in the future"),
        ("1d", "2d", "is after until"),
        ("2026-11-20", "2026-11-20", "the window is empty"),
    ],
)
def test_a_window_that_holds_nothing_is_said(since: Any, until: Any, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        ReadOptions(since=since, until=until).selection(None, NOW)


def test_a_window_of_moments_that_holds_nothing_is_said_at_once() -> None:
    with pytest.raises(SettingsError, match="is after until"):
        ReadOptions(since=date(2026, 2, 1), until=date(2026, 1, 1))


def test_a_kind_that_is_none_is_said() -> None:
    with pytest.raises(SettingsError, match=r"'posts', did you mean 'post'\?"):
        ReadOptions(kinds={"posts"})


class Looking(Settings):
    lookback: Lookback = "all"


@pytest.mark.parametrize(
    ("given", "length"), [("all", "all"), ("3mo", 93 * DAY), (DAY, DAY), ("P2D", None), (" 2w ", 14 * DAY)]
)
def test_settings_speak_the_same_grammar(given: Any, length: Any) -> None:
    if length is None:
        with pytest.raises(SettingsError, match="lookback: Write for instance 90d"):
            load_settings("little", Looking, {"lookback": given})
    else:
        assert load_settings("little", Looking, {"lookback": given}).lookback == length


def test_a_misspelt_setting_is_told_with_what_may_have_been_meant() -> None:
    with pytest.raises(SettingsError, match=r"lokback: not known, did you mean 'lookback'\?"):
        load_settings("little", Looking, {"lokback": "90d"})
