"""What is asked, in which order, and what a refusal means: against the simulated tenant, in simulated time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from communitykit import CredentialError, PermissionMissingError, SettingsError, connect
from communitykit.connector import Response, Selection
from communitykit.sandbox import CHANGES, World, parse_fault, project, serve
from communitykit.testing.reading import Kept, read
from communitykit_teams import CAPABILITIES, TEAMS, TeamsSettings
from communitykit_teams.api.access import preflight, roles_of
from communitykit_teams.api.batches import batched
from communitykit_teams.api.checkpoint import Progress, polled
from communitykit_teams.api.methods import Graph
from communitykit_teams.sandbox import CLIENT_SECRET, TeamsPlatform, naming
from communitykit_teams.sandbox.desk import ROLES

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return World(seed=5, size="tiny", platforms=("teams",))


def asked(run: Any) -> Counter[str]:
    return Counter(one.name for one in run.site.requests)


def differences(world: World, store: Kept, **ask: Any) -> list[Any]:
    return project(world, CAPABILITIES, TeamsPlatform(), **ask).compare(store.current())


def test_a_first_reading_asks_as_little_as_there_is(world: World) -> None:
    run = read(TEAMS, world)
    counted = asked(run)
    assert counted["messages"] == counted["members"] == 5
    assert counted["$batch"] == counted["users"] == counted["groups"] == counted["organization"] == 1
    assert counted["replies"] == counted["delta"] == 0


def test_the_next_day_delta_tells_what_changed(world: World) -> None:
    store = Kept()
    store.read(TEAMS, world)
    for _ in range(2):  # by filter first, then by Graph's own link
        world.advance(1, kinds=frozenset({"posted", "replied", "edited", "reply_edited", "deleted", "unreacted"}))
        run = store.read(TEAMS, world)
        assert asked(run)["delta"] == 5
        assert asked(run)["messages"] == 0
        assert differences(world, store) == []


def test_the_same_day_nothing_is_asked_again_unless_forced(world: World) -> None:
    store = Kept()
    store.read(TEAMS, world)
    world.advance(hours=3, kinds=frozenset({"posted", "edited"}))
    run = store.read(TEAMS, world)
    assert asked(run)["messages"] == asked(run)["delta"] == asked(run)["members"] == 0
    assert all("once a day" in text for text in run.left_out)
    assert {one.status for one in run.coverage} == {"complete", "skipped"}
    forced = store.read(TEAMS, world, force=True, settings={"lookback": "all"})
    assert forced.left_out == []
    assert differences(world, store) == []


def test_a_daily_schedule_may_start_some_minutes_early() -> None:
    scope = Selection(settings=TeamsSettings(), until=NOW)
    assert polled((NOW - timedelta(hours=23, minutes=55)).isoformat(), scope) is None
    assert polled((NOW - timedelta(hours=20)).isoformat(), scope) is not None
    assert polled(None, scope) is None


def test_weekly_the_look_back_is_read_whole(world: World) -> None:
    store = Kept()
    store.read(TEAMS, world)
    world.advance(8, reach=timedelta(days=20), kinds=frozenset({"reply_reacted", "reply_unreacted", "reacted"}))
    run = store.read(TEAMS, world)
    assert asked(run)["delta"] == 0
    assert asked(run)["messages"] == 5
    assert differences(world, store) == []


def test_a_tenant_that_refuses_delta_is_read_by_its_list(world: World) -> None:
    store = Kept()
    store.read(TEAMS, world)
    for day in range(2):
        world.advance(1, kinds=frozenset({"posted", "replied"}))
        run = store.read(TEAMS, world, options={"delta": False})
        assert (asked(run)["delta"] > 0) is (day == 0)  # it is asked once, and then known
        assert run.left_out == []
        assert differences(world, store) == []


def test_an_expired_delta_link_begins_anew_by_filter(world: World) -> None:
    store = Kept()
    store.read(TEAMS, world)
    world.advance(1, kinds=frozenset({"posted"}))
    store.read(TEAMS, world)
    state = store.checkpoints()
    for checkpoint in state.values():
        if checkpoint.get("delta"):
            checkpoint["delta"] = checkpoint["delta"].replace("deltatoken=", "deltatoken=x")
    world.advance(1, kinds=frozenset({"posted", "edited"}))
    run = read(TEAMS, world, state=state)
    store.take(run.events, world.now)
    assert asked(run)["delta"] > 5
    assert run.left_out == []
    assert differences(world, store) == []


@pytest.mark.parametrize("spoil", [("http://127.0.0.1:9", "https://elsewhere.example"), ("skiptoken=", "skiptoken=x")])
def test_an_interrupted_walk_whose_next_page_is_good_no_more_begins_anew(world: World, spoil: tuple[str, str]) -> None:
    whole = read(TEAMS, world, options=TeamsPlatform.tight)
    state: dict[str, Any] = {}
    for page in whole.pages:  # as if it had been cut after the first page of each channel
        walking = (page.checkpoint or {}).get("walk")
        if walking and walking["next"] and page.slice not in state:
            state[page.slice] = {**page.checkpoint, "walk": {**walking, "next": walking["next"].replace(*spoil)}}
    assert state
    run = read(TEAMS, world, options=TeamsPlatform.tight, state=state)
    assert run.left_out == []
    assert {one.id for one in run.records if one.record == "post"} == {
        one.id for one in whole.records if one.record == "post"
    }
    assert "elsewhere.example" not in {host for host, _ in run.hosts}


def test_after_more_than_the_look_back_nothing_is_missed(world: World) -> None:
    store = Kept()
    store.read(TEAMS, world)
    world.advance(50, kinds=frozenset({"posted", "replied"}))
    store.read(TEAMS, world, settings={"lookback": "1d"})
    assert differences(world, store) == []


def test_replies_beyond_those_expanded_are_asked_for(world: World) -> None:
    store = Kept()
    run = store.read(TEAMS, world, options={"expand": 2})
    assert asked(run)["replies"] > 0
    assert differences(world, store) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_threads_whose_replies_did_not_come_whole_are_read_again(seed: int) -> None:
    world, store = World(seed=seed, size="tiny", platforms=("teams",)), Kept()
    run = store.read(TEAMS, world, faults=[parse_fault("repeated-cursor")], options=TeamsPlatform.tight)
    assert any("not all replies" in text for text in run.left_out)
    assert any(checkpoint.get("pending") for checkpoint in store.checkpoints().values())
    assert asked(store.read(TEAMS, world))["message"] > 0
    assert differences(world, store) == []
    assert not any(checkpoint.get("pending") for checkpoint in store.checkpoints().values())


@pytest.mark.slow
def test_nine_days_of_everything_day_by_day() -> None:
    world, store = World(seed=3, size="small", platforms=("slack", "teams")), Kept()
    store.read(TEAMS, world, include_private=True)
    quiet = frozenset(CHANGES) - {"reply_reacted", "reply_unreacted"}  # delta does not tell of them
    for day in range(9):
        world.advance(1, reach=timedelta(days=20), kinds=frozenset(CHANGES) if day == 6 else quiet)
        run = store.read(TEAMS, world, include_private=True)
        assert run.left_out == []
        assert (asked(run)["messages"] > asked(run)["delta"]) is (day == 6)  # a week on, the look-back whole
        assert differences(world, store, private=True) == []


def test_since_leaves_older_threads_alone(world: World) -> None:
    since = world.now - timedelta(days=60)
    posts = [one for one in read(TEAMS, world, since=since).records if one.record == "post"]
    assert posts
    active = {one.root_id or one.id for one in posts if one.created_at >= since or one.deleted_at or one.edited_at}
    assert len(active) < len([one for one in read(TEAMS, world).records if one.record == "post"])


def test_a_team_without_the_groups_permission_is_found_one_by_one(world: World) -> None:
    store = Kept()
    run = store.read(TEAMS, world, options={"roles": ROLES - {"GroupMember.Read.All"}})
    assert asked(run)["teams"] == 1
    assert asked(run)["$batch"] == 2
    assert differences(world, store) == []


def test_a_shared_channel_is_read_once_in_its_own_team(world: World) -> None:
    run = read(TEAMS, world, include_private=True)
    keys = [one.slice for one in run.coverage]
    shared = next(place for place in world.on("teams") if place.shared)
    assert sum(f"messages/{naming.channel(world, shared)}" in key for key in keys) == 1
    strangers = [one for one in run.records if one.record == "member" and one.external]
    assert all(naming.tenant(world) not in one.id for one in strangers)


def test_only_what_was_asked_for(world: World) -> None:
    place = next(one for one in world.on("teams") if one.default)
    run = read(TEAMS, world, communities=(place.name,))
    assert {one.community_id for one in run.records if one.record == "post"} == {
        TeamsPlatform().community_id(world, place)
    }
    assert asked(read(TEAMS, world, kinds=frozenset({"member"})))["$batch"] == 0


def test_the_export_api_gives_the_same_posts(world: World) -> None:
    whole = {one.id for one in read(TEAMS, world).records if one.record == "post"}
    store = Kept()
    run = store.read(TEAMS, world, settings={"messages": "export", "export_model": "A"})
    assert asked(run)["getAllMessages"] >= 5
    assert asked(run)["messages"] == 0
    assert {one.id for one in run.records if one.record == "post"} == whole
    assert {one.fields["model"] for one in run.site.requests if one.name == "getAllMessages"} == {"A"}
    world.advance(2, kinds=frozenset({"posted"}))
    later = store.read(TEAMS, world, settings={"messages": "export"})
    assert all(
        "lastModifiedDateTime gt" in one.fields["$filter"]
        for one in later.site.requests
        if one.name == "getAllMessages"
    )


@pytest.mark.parametrize("concealed", [False, True])
def test_usage_reports_are_measures_in_a_slice_of_their_own(world: World, *, concealed: bool) -> None:
    run = read(TEAMS, world, settings={"usage": "D7"}, options={"concealed": concealed})
    measures = [one for one in run.records if one.record == "measure"]
    assert {"Team Chat Message Count", "Post Messages", "Reply Messages"} <= {one.name for one in measures}
    assert {one.concealed for one in measures} == {concealed}
    assert any("conceals" in text for text in run.left_out) is concealed
    members = {one.id for one in run.records if one.record == "member"}
    assert {one.subject_id for one in measures} <= ({None} if concealed else members)
    assert not any(one.record == "measure" for one in read(TEAMS, world).records)


@pytest.mark.slow
def test_a_person_on_two_platforms_carries_the_same_keys() -> None:
    world = World(seed=2, size="small", platforms=("slack", "teams"))
    from communitykit.connector.registry import registry  # noqa: PLC0415 # Slack need not be there for the rest

    mails = {}
    for name in ("slack", "teams"):
        records = read(registry().get(name), world).records
        mails[name] = {one.email.lower(): one for one in records if one.record == "member" and one.email}
    both = mails["slack"].keys() & mails["teams"].keys()
    assert len(both) > 10
    people = {person.directory_id for person in world.people if {"slack", "teams"} <= set(person.platforms)}
    assert {mails["teams"][mail].directory_id for mail in both} <= people


# What refusals say.


@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        ({"tenant": "00000000-0000-0000-0000-000000000000"}, SettingsError, ("AADSTS90002", "no such tenant")),
        ({"client_secret": "wrong"}, CredentialError, ("AADSTS7000215", "secret's value")),
        ({"client_id": "another"}, SettingsError, ("AADSTS700016", "not in this tenant")),
        ({"tenant": "common"}, SettingsError, ("no tenant of one company",)),
    ],
)
def test_a_wrong_registration_says_what_is_wrong(
    world: World, settings: Any, kind: Any, words: tuple[str, ...]
) -> None:
    with serve(world, TeamsPlatform()) as server, connect("teams", **{**server.settings, **settings}) as session:
        with pytest.raises(kind) as raised:
            list(session.posts())
        assert all(word in str(raised.value) for word in words)
        assert CLIENT_SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("ChannelMessage.Read.All", ("ChannelMessage.Read.All", "ChannelMessage.Read.Group", "protected APIs")),
        ("TeamMember.Read.All", ("TeamMember.Read.All",)),
        ("Channel.ReadBasic.All", ("Channel.ReadBasic.All", "team ")),
        ("User.Read.All", ("User.Read.All",)),
    ],
)
def test_a_missing_permission_is_named(world: World, missing: str, words: tuple[str, ...]) -> None:
    run = read(TEAMS, world, options={"roles": ROLES - {missing}})
    told = [text for text in run.left_out if missing in text]
    assert told
    assert all(word in told[0] for word in words)


def test_one_unreadable_channel_is_named_and_the_rest_is_read(world: World) -> None:
    place = [one for one in world.on("teams") if one.privacy == "public"][1]
    run = read(TEAMS, world, faults=[parse_fault(f"unreadable={place.number}")])
    (told,) = run.left_out
    assert "denied" in told
    assert place.name in told
    assert "ChannelMessage.Read" in told
    assert len([one for one in run.records if one.record == "post"]) > 20


def test_one_unreadable_team_is_named_and_the_rest_is_read(world: World) -> None:
    place = next(one for one in world.on("teams") if naming.standard(one) and not one.default)
    run = read(TEAMS, world, options={"closed": {naming.team(world, place)}})
    (told,) = run.left_out
    assert f"team {place.name} cannot be read" in told
    assert "Channel.ReadBasic.All" in told
    assert len({one.community_id for one in run.records if one.record == "post"}) > 2


def test_without_the_organization_the_settings_tell_the_tenant(world: World) -> None:
    options = {"roles": ROLES - {"Organization.Read.All"}}
    assert {one.id for one in read(TEAMS, world, options=options).records} >= {
        f"teams:{naming.tenant(world)}:community:{naming.tenant(world)}"
    }
    run = read(TEAMS, world, options=options, settings={"tenant": naming.UPN_DOMAIN})
    assert any("Organization.Read.All" in text for text in run.left_out)


def test_preflight_reads_the_roles_of_the_token(world: World) -> None:
    def check(roles: frozenset[str], **settings: Any) -> list[str]:
        with (
            serve(world, TeamsPlatform(), roles=roles) as server,
            connect("teams", **{**server.settings, **settings}) as session,
        ):
            return [str(gap) for gap in session.check()]

    assert check(ROLES) == []
    told = check(ROLES - {"ChannelMessage.Read.All", "Reports.Read.All"}, usage="D7")
    assert [role in one for role, one in zip(("ChannelMessage.Read.All", "Reports.Read.All"), told, strict=True)] == [
        True,
        True,
    ]
    with pytest.raises(PermissionMissingError, match=r"User\.Read\.All"):
        check(ROLES - {"User.Read.All"})


def test_opaque_tokens_tell_nothing() -> None:
    assert roles_of("opaque") is None
    assert roles_of("a.!.c") is None
    steps = list(preflight(Selection(settings=TeamsSettings(token="opaque"), until=NOW)))
    assert "reading will tell" in steps[0].reason


# Small parts.


def test_parts_of_a_batch_are_asked_again_after_their_own_time() -> None:
    graph = Graph("t")
    requests = [graph.ask(f"teams/{number}/allChannels", "channels", subject=f"team {number}") for number in range(3)]
    flow = batched(requests, 20)
    first = next(flow)
    assert [part["id"] for part in first.json["requests"]] == ["0", "1", "2"]
    parts = [
        {"id": "2", "status": 404, "body": {"error": {"code": "NotFound", "message": "gone"}}},
        {"id": "0", "status": 200, "body": {"value": []}},
        {"id": "1", "status": 429, "headers": {"Retry-After": "7"}, "body": {"error": {"code": "TooManyRequests"}}},
    ]
    again = flow.send(Response(first, 200, {}, {"responses": parts}, NOW))
    assert again.after == 7
    assert again.url == "teams/1/allChannels"
    with pytest.raises(StopIteration) as done:
        flow.send(Response(again, 200, {}, {"value": [1]}, NOW))
    good, retried, gone = done.value.value
    assert (good.data, retried.data) == ({"value": []}, {"value": [1]})
    assert gone.subject == "team 2"


def test_limits_inside_batches_are_waited_out(world: World) -> None:
    store = Kept()
    run = store.read(TEAMS, world, rate=0.5, options={"mute": True})
    assert run.violations == []
    assert differences(world, store) == []


def test_a_checkpoint_survives_and_one_of_another_version_begins_anew() -> None:
    progress = Progress(high=NOW.isoformat(), delta="https://x", etags={"1": "a"})
    progress.walk = progress.next_walk(Selection(settings=TeamsSettings(), until=NOW + timedelta(days=1)))
    again = Progress.load(progress.save())
    assert again.save() == progress.save()
    assert again.walk is not None
    assert again.walk.resumed
    assert Progress.load({"v": 99}).high is None


def test_a_token_that_ends_in_mid_run_is_renewed(world: World) -> None:
    run = read(TEAMS, world, options={"lifetime": 1})
    assert run.left_out == []
    assert asked(run)["token"] > 1
