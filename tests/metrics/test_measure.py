"""What every figure says beside its value."""

from datetime import UTC, date, datetime, timedelta

import pytest
from world import Opened, World

from communitykit.errors import SettingsError
from communitykit.metrics import Record, catalogue, find, measure, sql
from communitykit.metrics.syntax import GRAINS

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)


def little() -> World:
    """Ten people, five of each department; two communities of two platforms, and a team that holds one of them."""
    world = World(date(2026, 1, 5), date(2026, 3, 31))
    for number in range(1, 11):
        world.person(number, department="sales" if number <= 5 else "care")
    world.place(101, "slack", members=10)
    world.place(102, "yammer", members=10)
    world.place(103, "slack", members=10, is_container=True)
    for platform in ("slack", "yammer"):
        world.rows["coverage"].append({"platform": platform, "what": "posts", "status": "complete"})
    return world


def made(world: World) -> Opened:
    return world.settle().open()


@pytest.mark.parametrize("name", list(catalogue()))
def test_every_metric_answers(name: str, opened: Opened) -> None:
    whole = measure(Record(opened), name, k=1, unsafe=True)
    assert whole.num_rows >= max(1, len(find(name).variants))
    assert any(value is not None for value in whole["value"].to_pylist())


@pytest.mark.parametrize("grain", GRAINS)
def test_periods_are_named_as_the_calendar_names_them(grain: str) -> None:
    tables = made(little())
    labels = measure(tables, "response_rate", by=[grain])["period"].to_pylist()
    column = {"day": "CAST(day AS VARCHAR)"}.get(grain, grain)
    told = tables.connection().sql("SELECT * FROM calendar").project(f"{column} AS label").distinct().fetchall()
    assert labels == sorted(one for (one,) in told)


def test_nothing_to_measure_is_no_zero() -> None:
    (row,) = measure(made(little()), "response_rate").to_pylist()
    assert (row["value"], row["numerator"], row["denominator"]) == (None, 0, 0)
    assert row["reason"] == "nothing_to_measure"
    assert not row["suppressed"]


def test_what_no_platform_tells_is_absent_with_its_reason() -> None:
    world = little()
    world.act("posted", 1, MONDAY, place_id=101, thread_id=1, post_id=1)
    rows = {row["variant"]: row for row in measure(made(world), "active_members").to_pylist()}
    assert (rows["view_window"]["value"], rows["view_window"]["reason"]) == (None, "views_not_told")
    assert rows["view_window"]["platforms"] == ""
    assert (rows["interaction_window"]["numerator"], rows["interaction_window"]["platforms"]) == (1, "slack, yammer")


def test_a_figure_over_several_platforms_names_those_it_could_use() -> None:
    world = little()
    world.act("posted", 1, MONDAY, place_id=101, thread_id=1, post_id=1)
    world.act("viewed", 2, MONDAY, place_id=102, platform="yammer")
    tables = made(world)
    rows = {row["variant"]: row for row in measure(tables, "active_members").to_pylist()}
    assert (rows["access_window"]["numerator"], rows["access_window"]["platforms"]) == (1, "yammer")
    split = {
        (row["platform"], row["variant"]): (row["value"], row["reason"])
        for row in measure(tables, "active_members", by=["platform"]).to_pylist()
    }
    assert split["slack", "view_window"] == (None, "views_not_told")
    assert split["yammer", "view_window"] == (0.1, None)


def test_a_directory_without_leaders_gives_no_zero() -> None:
    (row,) = measure(made(little()), "leader_participation").to_pylist()
    assert (row["value"], row["reason"]) == (None, "leaders_not_told")


def test_small_groups_are_not_shown() -> None:
    world = little()
    world.person(11, department="it")
    world.act("posted", 11, MONDAY, place_id=101, thread_id=1, post_id=1)
    rows = measure(made(world), "participation_split", by=["department"]).to_pylist()
    hidden = [row for row in rows if row["suppressed"]]
    assert {row["department"] for row in hidden} >= {"it"}
    assert all(row["value"] is None and row["numerator"] is None and row["reason"] for row in hidden)


def test_small_groups_are_put_together_only_where_their_counts_add_up() -> None:
    world = little()
    for number in range(11, 17):
        world.person(number, department="it" if number < 14 else "law")
        world.act("posted", number, MONDAY, place_id=101, thread_id=number, post_id=number)
    tables = made(world)
    split = measure(tables, "participation_split", by=["department"]).to_pylist()
    others = {row["variant"]: row["numerator"] for row in split if row["department"] == "other"}
    assert others == {"silent": 0, "occasional": 6, "frequent": 0}
    assert "other" not in measure(tables, "superuser_share", by=["department"])["department"].to_pylist()


@pytest.mark.parametrize("name", ["superuser_share", "first_contribution_attribution"])
def test_what_rests_on_a_few_champions_is_hidden_however_many_there_are_beside_them(name: str) -> None:
    world = little()
    for number in range(100, 190):  # one of a hundred is one person, ten are ten
        world.person(number, department="it")
        world.act("posted", number, MONDAY, place_id=101, thread_id=number, post_id=number)
    rows = {row["variant"]: row for row in measure(made(world), name).to_pylist()}
    few = rows.get("top_1") or rows[None]
    assert (few["suppressed"], few["reason"], few["value"]) == (True, "small_group", None)
    if name == "superuser_share":
        assert (rows["top_10"]["suppressed"], rows["top_10"]["persons"]) == (False, 10)


def test_smaller_groups_are_shown_only_on_purpose() -> None:
    with pytest.raises(SettingsError, match="too small"):
        measure(made(little()), "response_rate", k=3)


def test_coverage_of_the_window_is_told() -> None:
    world = little()
    gap = {"platform": "slack", "what": "posts", "status": "denied"}
    world.rows["coverage"].append({**gap, "since_day": date(2026, 2, 3), "until_day": date(2026, 2, 10)})
    tables = made(world)
    by_month = {row["period"]: row["coverage"] for row in measure(tables, "response_rate", by=["month"]).to_pylist()}
    assert by_month == {"2026-01": "complete", "2026-02": "partial", "2026-03": "complete"}
    by_platform = measure(tables, "active_members", by=["platform"]).to_pylist()
    assert {(row["platform"], row["coverage"]) for row in by_platform if row["variant"] == "interaction_wau"} == {
        ("slack", "partial"),
        ("yammer", "complete"),
    }
    early = measure(tables, "regulars", until=date(2026, 1, 20)).to_pylist()
    assert early[0]["coverage"] == "partial", "28 days reach back before the record begins"
    world = little()
    world.rows["coverage"].pop()
    assert measure(made(world), "response_rate")["coverage"].to_pylist() == ["unknown"]


def test_talk_that_nobody_asked_for_is_no_gap_and_a_communitys_figure_rests_on_its_own_platform() -> None:
    world = little()
    for platform, place in (("slack", 101), ("yammer", 102)):
        world.act("posted", 1, MONDAY, platform=platform, place_id=place, thread_id=place, post_id=place)
    gap = {"platform": "yammer", "what": "posts", "status": "skipped", "until_day": date(2026, 4, 1)}
    world.rows["coverage"].append({**gap, "reason": "not_asked_for"})
    assert measure(made(world), "response_rate")["coverage"].to_pylist() == ["complete"]
    world.rows["coverage"][-1]["reason"] = "left_out"
    rows = measure(made(world), "response_rate", by=["place"], k=1, unsafe=True).to_pylist()
    assert {row["place"]: (row["coverage"], row["platforms"]) for row in rows} == {
        "101": ("complete", "slack"),
        "102": ("partial", "yammer"),
    }


def test_the_share_of_inferred_times_is_told() -> None:
    world = little()
    world.act("posted", 1, MONDAY, place_id=101, thread_id=1, post_id=1)
    for person in (2, 3, 4):
        world.act(
            "reacted", person, MONDAY, place_id=101, thread_id=1, post_id=1, to_person_id=1, at_is_inferred=person > 2
        )
    tables = made(world)
    assert measure(tables, "response_rate", k=1, unsafe=True)["inferred"].to_pylist() == [0.5]
    assert measure(tables, "unanswered_rate", k=1, unsafe=True)["inferred"].to_pylist() == [0.0]
    rows = measure(tables, "response_rate", by=["month", "department"], k=1, unsafe=True).to_pylist()
    assert [(row["period"], row["department"], row["inferred"]) for row in rows] == [("2026-01", "sales", 0.5)]


def test_the_share_of_inferred_times_is_that_of_the_acts_that_the_figure_counts() -> None:
    world = little()
    world.act("posted", 1, MONDAY, place_id=101, thread_id=1, post_id=1)
    for person in (2, 3, 4):
        world.act("viewed", person, MONDAY, place_id=101, thread_id=1, post_id=1, at_is_inferred=person > 2)
    rows = {row["variant"]: row for row in measure(made(world), "active_members", k=1, unsafe=True).to_pylist()}
    told = {kind: rows[f"{kind}_window"]["inferred"] for kind in ("interaction", "view", "access")}
    assert told == {"interaction": 0, "view": pytest.approx(2 / 3), "access": 0.5}


def test_containers_are_not_asleep() -> None:
    world = little()
    world.act("posted", 1, datetime(2026, 3, 30, tzinfo=UTC), place_id=101, thread_id=1, post_id=1)
    rows = measure(made(world), "dormant_communities", by=["place"], quiet_days=30).to_pylist()
    assert {row["place"]: row["value"] for row in rows} == {"101": 0, "102": 1}


@pytest.mark.parametrize(("quiet_days", "hidden"), [(20, True), (21, False), (90, False)])
def test_a_long_silence_is_a_community_s_and_a_short_one_its_few_members(quiet_days: int, *, hidden: bool) -> None:
    world = little()
    world.place(104, "slack", members=2)
    world.act("posted", 1, datetime(2026, 3, 30, tzinfo=UTC), place_id=101, thread_id=1, post_id=1)
    rows = measure(made(world), "dormant_communities", by=["place"], quiet_days=quiet_days).to_pylist()
    told = {row["place"]: (row["suppressed"], row["value"]) for row in rows}
    assert told["104"] == ((True, None) if hidden else (False, 1))
    assert hidden or told == {"101": (False, 0), "102": (False, 1), "104": (False, 1)}


def test_an_answer_that_may_still_come_is_no_silence() -> None:
    world = little()
    for number, day in ((1, 1), (2, 28)):
        world.act("posted", number, datetime(2026, 3, day, tzinfo=UTC), place_id=101, thread_id=number, post_id=number)
    (row,) = measure(made(world), "unanswered_rate", k=1, unsafe=True).to_pylist()
    assert (row["numerator"], row["denominator"]) == (1, 1)


def test_where_fewer_than_half_are_answered_the_median_is_never() -> None:
    world = little()
    for number in range(1, 6):
        world.act("posted", number, MONDAY, place_id=101, thread_id=number, post_id=number)
    for number in (1, 2):
        at = MONDAY + timedelta(hours=number)
        world.act("replied", 9, at, place_id=101, thread_id=number, post_id=10 + number, to_person_id=number)
    rows = {row["variant"]: row for row in measure(made(world), "time_to_first_response").to_pylist()}
    assert rows["median"]["value"] == 1.5
    assert (rows["km_median"]["value"], rows["km_median"]["reason"]) == (None, "never")
    assert (rows["km_median"]["numerator"], rows["km_median"]["denominator"]) == (2, 5)


def test_a_reply_before_its_thread_is_left_out_and_counted() -> None:
    world = little()
    for number, hours in ((1, -1), (2, 2), (3, 2), (4, 2), (5, 2), (6, 2)):
        world.act("posted", number, MONDAY, place_id=101, thread_id=number, post_id=number)
        at = MONDAY + timedelta(hours=hours)
        world.act("replied", 9, at, place_id=101, thread_id=number, post_id=10 + number, to_person_id=number)
    rows = {row["variant"]: row for row in measure(made(world), "time_to_first_response").to_pylist()}
    assert rows["median"]["value"] == 2
    assert (rows["negative"]["numerator"], rows["negative"]["denominator"]) == (1, 6)


def test_leavers_newcomers_and_guests() -> None:
    world = little()
    world.person(11, left_day=date(2026, 1, 31), active=False)
    world.person(12, started_day=date(2026, 3, 1))
    world.person(13, is_eligible=False, kind="guest")
    world.person(14, active=False)
    for number in range(11, 15):
        world.act("posted", number, MONDAY, place_id=101, thread_id=number, post_id=number)
    rows = measure(made(world), "participation_split", by=["month"]).to_pylist()
    members = {row["period"]: row["denominator"] for row in rows}
    assert members == {"2026-01": 11, "2026-02": 10, "2026-03": 11}


def test_what_cannot_be_asked_is_said() -> None:
    tables = made(little())
    for ask, said in (
        ({"by": ["month", "week"]}, "at once"),
        ({"by": ["shoe_size"]}, "Take of: day"),
        ({"colour": 3}, "horizon_days"),
        ({"horizon_days": "soon"}, "whole number"),
        ({"since": date(2030, 1, 1), "until": date(2031, 1, 1)}, "no day of the record"),
        ({"since": date(2026, 2, 1), "until": date(2026, 2, 1)}, "is empty"),
    ):
        with pytest.raises(SettingsError, match=said):
            measure(tables, "response_rate", **ask)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="measure by"):
        measure(tables, "ei_index", attribute="salary")


def test_a_parameter_that_nothing_can_be_counted_with_is_said() -> None:
    world = little()
    world.act("posted", 1, MONDAY, place_id=101, thread_id=1, post_id=1)
    with pytest.raises(SettingsError, match="response_rate: a parameter is larger than anything can be counted with"):
        measure(made(world), "response_rate", horizon_days=99_999_999_999_999)


def test_a_parameter_never_becomes_sql() -> None:
    tables = made(little())
    with pytest.raises(SettingsError):
        measure(tables, "ei_index", attribute="department; DROP TABLE people")
    assert "DROP" not in sql(tables, "response_rate", horizon_days=3)
    assert "3 * 86400000000" in sql(tables, "response_rate", horizon_days=3)


def test_the_printed_query_gives_the_figure() -> None:
    world = little()
    world.act("posted", 1, MONDAY, place_id=101, thread_id=1, post_id=1)
    tables = made(world)
    figures = measure(tables, "participation_split", by=["month"], k=1, unsafe=True).to_pylist()
    printed = tables.connection().execute(sql(tables, "participation_split", by=["month"])).fetchall()
    assert sorted((row[0], row[1], row[2]) for row in printed) == sorted(
        (row["period"], row["variant"], row["value"]) for row in figures
    )


def test_python_takes_the_command_lines_words() -> None:
    opened = made(little())
    record = Record(opened)
    since = record.last_day + timedelta(days=1) - timedelta(days=30)
    expected = measure(record, "active_members", by=["week", "platform"], since=since).to_pylist()
    for given in (
        "30d",
        since.isoformat(),
        timedelta(days=30),
        datetime(since.year, since.month, since.day, 12, tzinfo=UTC),
    ):
        assert measure(record, "active_members", by="week,platform", since=given).to_pylist() == expected
    assert (
        measure(record, "active_members", by="month").num_rows
        == measure(record, "active_members", by=["month"]).num_rows
    )
    with pytest.raises(SettingsError, match="minutes or months"):
        measure(record, "active_members", since="3m")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"by": 3}, "by is to be the name of a period or dimension .* not int"),
        ({"by": [None]}, "by is to be the name of a period or dimension .* not NoneType"),
        ({"k": "5"}, "k is to be a whole number, not str"),
        ({"analysis": "analysis.duckdb"}, "analysis is to be opened analysis tables"),
    ],
)
def test_what_is_of_another_type_is_named(given: dict[str, object], told: str) -> None:
    with pytest.raises(TypeError, match=told):
        measure(**{"analysis": Record(made(little())), "name": "active_members", **given})  # type: ignore[arg-type]
