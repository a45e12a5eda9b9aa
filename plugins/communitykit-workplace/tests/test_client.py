"""Asking a mirror: errors mapped to the next move, usage obeyed, batches, cut edges, proofs, increments."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from communitykit import (
    CredentialError,
    CursorError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
    RateLimitedError,
    SettingsError,
    TransientError,
    connect,
)
from communitykit.connector import Batch, Request, Response, Selection, Slice
from communitykit.sandbox import World, project
from communitykit.testing import drive, in_turn
from communitykit.testing.reading import Kept, Run, read
from communitykit_workplace import WORKPLACE
from communitykit_workplace.api.access import authorize, proof
from communitykit_workplace.api.asking import gather
from communitykit_workplace.api.checkpoint import Progress
from communitykit_workplace.api.methods import (
    TooMuchError,
    UnknownFieldError,
    fault,
    following,
    graph,
    graph_pager,
    pause,
)
from communitykit_workplace.api.reading import discover
from communitykit_workplace.sandbox import WorkplacePlatform
from communitykit_workplace.settings import WorkplaceSettings

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def answer(data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(graph("10/feed", limit=5), status, headers or {}, data, NOW)


def refused(code: int, message: str = "", **more: Any) -> Any:
    return fault(answer({"error": {"code": code, "message": message, **more}}, status=400))


def world(seed: int = 7) -> World:
    return World(seed=seed, size="tiny", platforms=("workplace",))


def differences(made: World, store: Kept, **door: Any) -> list[str]:
    truth = project(made, WORKPLACE.capabilities, WorkplacePlatform(), **door)
    return [str(one) for one in truth.compare(store.current())]


@pytest.mark.parametrize(
    ("code", "more", "error"),
    [
        (1, {}, TransientError),
        (1, {"message": "Please reduce the amount of data you're asking for"}, TooMuchError),
        (2, {}, TransientError),
        (99, {"is_transient": True}, TransientError),
        (4, {}, RateLimitedError),
        (17, {}, RateLimitedError),
        (32, {}, RateLimitedError),
        (613, {}, RateLimitedError),
        (80006, {}, RateLimitedError),
        (190, {"error_subcode": 463}, CredentialError),
        (10, {}, PermissionMissingError),
        (200, {}, PermissionMissingError),
        (299, {}, PermissionMissingError),
        (100, {"error_subcode": 33}, ObjectUnavailableError),
        (803, {}, ObjectUnavailableError),
        (100, {"message": "(#100) Invalid cursors values were provided"}, CursorError),
        (100, {"message": "(#100) Tried accessing nonexisting field (poll)"}, UnknownFieldError),
        (100, {"message": "Invalid appsecret_proof provided"}, CredentialError),
        (100, {"message": "something else"}, ProtocolError),
    ],
)
def test_codes_are_the_callers_next_move(code: int, more: dict[str, Any], error: type[Exception]) -> None:
    found = refused(code, **more)
    assert type(found) is error


def test_a_body_without_type_or_trace_is_an_error_like_others() -> None:
    found = fault(answer({"error": {"code": 1, "message": "An unknown error occurred"}}))
    assert isinstance(found, TransientError)
    assert fault(answer({"data": []})) is None


def test_how_long_to_wait_is_told_in_minutes() -> None:
    use = [{"type": "x", "call_count": 100, "estimated_time_to_regain_access": 3}]
    headers = {"x-business-use-case-usage": json.dumps({"1": use})}
    found = fault(answer({"error": {"code": 80001, "message": ""}}, status=400, headers=headers))
    assert isinstance(found, RateLimitedError)
    assert found.retry_after == 180.0
    assert pause(headers) == 180.0


def test_usage_is_obeyed_before_anything_is_refused() -> None:
    def used(share: float) -> dict[str, str]:
        return {"x-app-usage": json.dumps({"call_count": share, "total_time": 1})}

    assert pause(used(50)) == 0.0
    assert pause(used(96)) == 60.0
    assert pause(used(100)) == 300.0
    assert pause({"x-app-usage": "no json"}) == 0.0
    quick, slow = read(WORKPLACE, world()), read(WORKPLACE, world(), options={"used": 96})
    assert slow.seconds > quick.seconds + 60
    assert {one.id for one in slow.records} == {one.id for one in quick.records}


def test_pages_go_on_only_while_next_is_there() -> None:
    request = graph("10/feed", limit=5, fields="id")
    cursors = {"cursors": {"after": "abc"}}
    assert graph_pager(request, answer({"data": [], "paging": cursors})) is None
    told = "https://elsewhere.example/1/feed?access_token=SECRET&limit=100&until=7&__paging_token=x"
    found = graph_pager(request, answer({"data": [], "paging": {"next": told}}))
    assert found is not None
    assert found.url == "10/feed", "the address itself is never followed"
    assert found.params == {"limit": 5, "fields": "id", "until": "7", "__paging_token": "x"}
    with pytest.raises(CursorError):
        following(request, "https://elsewhere.example/next")


def test_the_proof() -> None:
    right = hmac.new(b"hush", b"token", hashlib.sha256).hexdigest()
    assert proof("token", "hush") == right
    settings = WorkplaceSettings(token="token", app_secret="hush", timed_proof=False)
    with pytest.raises(StopIteration) as plain:
        next(authorize(settings, None, NOW))
    assert plain.value.value.params == {"appsecret_proof": right}
    assert plain.value.value.expires_at is None
    with pytest.raises(StopIteration) as timed:
        next(authorize(WorkplaceSettings(token="token", app_secret="hush"), None, NOW))
    at = int(NOW.timestamp())
    assert timed.value.value.params["appsecret_proof"] == proof("token", "hush", at=at)
    assert timed.value.value.expires_at == NOW + timedelta(minutes=10)
    with pytest.raises(SettingsError):
        next(authorize(WorkplaceSettings(), None, NOW))


def test_a_wrong_proof_is_refused_and_a_fresh_one_taken() -> None:
    run = read(WORKPLACE, world(), settings={"app_secret": "another"})
    assert any("the token is refused" in text for text in run.left_out)
    assert read(WORKPLACE, world(), options={"strict": True}).left_out == []


def test_without_an_address_nothing_is_asked() -> None:
    with pytest.raises(SettingsError, match="base_url"):
        connect("workplace", token="x")


def part(code: int, body: Any) -> dict[str, Any]:
    return {"code": code, "headers": [{"name": "X", "value": "y"}], "body": json.dumps(body)}


def test_a_batch_and_its_parts_asked_again() -> None:
    requests = [graph(str(native), subject=f"object {native}") for native in range(1, 5)]
    parts = [part(200, {"id": "1"}), None, part(500, {"error": {"code": 2, "message": ""}}),
             part(400, {"error": {"code": 100, "error_subcode": 33, "message": ""}})]  # fmt: skip
    again = [answer({"id": "2"}), answer({"id": "3"})]
    run = drive(gather(requests, batch=True), in_turn(answer(parts), *again))
    found = run.returned or []
    form = run.requests[0].form
    assert form is not None
    assert json.loads(str(form["batch"]))[0] == {"method": "GET", "relative_url": "1?"}
    assert run.requests[0].costs[0].units == 4
    assert [[one.url for one in some] for some in run.together] == [["2", "3"]]
    assert [one.data["id"] for one in found[:3]] == ["1", "2", "3"]
    assert isinstance(found[3], ObjectUnavailableError)
    assert "object 4" in str(found[3])


def test_a_mirror_without_batches_is_asked_one_by_one() -> None:
    requests = [graph("1"), graph("2")]
    run = drive(gather(requests, batch=True), in_turn(ProtocolError("no"), {"id": "1"}, {"id": "2"}))
    assert [len(some) for some in run.together] == [2]
    assert [one.data["id"] for one in run.returned or []] == ["1", "2"]
    made, store = world(), Kept()
    assert store.read(WORKPLACE, made, options={"batches": False}).left_out == []
    assert differences(made, store) == []


@pytest.mark.parametrize(
    "options",
    [{"silent_parts": True}, {"heavy": 3}, {"nested": 1, "page": 1}, {"nested": 3}],
    ids=["parts unanswered", "less at a time", "tiny pages", "cut edges"],
)
def test_odd_mirrors_are_read_whole(options: dict[str, Any]) -> None:
    made, store = world(), Kept()
    assert store.read(WORKPLACE, made, options=options, include_private=True).left_out == []
    assert differences(made, store, private=True) == []


def test_a_mirror_without_polls_says_so() -> None:
    run = read(WORKPLACE, world(), options={"polls": False})
    assert any("polls are not told" in text for text in run.left_out)
    assert [one for one in run.records if one.record == "post"]


def test_views_votes_and_answers_are_read() -> None:
    run = read(WORKPLACE, world())
    kinds = {one.kind for one in run.records if one.record == "event"}
    assert {"viewed", "voted", "rsvp", "account_changed", "reacted", "x-workplace-story"} <= kinds
    without = read(WORKPLACE, world(), settings={"views": False})
    assert "viewed" not in {one.kind for one in without.records if one.record == "event"}


def test_scim_is_the_source_of_manager_and_country() -> None:
    members = {one.id: one for one in read(WORKPLACE, world()).records if one.record == "member" and one.country}
    assert members
    assert any(one.manager_id for one in members.values())
    settings = {"scim_url": None}
    site = read(WORKPLACE, world()).site
    assert site is not None
    without: Run = read(WORKPLACE, world(), settings=settings, platform=_Without())
    assert not [one for one in without.records if one.record == "member" and one.country]
    assert without.left_out == []


class _Without(WorkplacePlatform):
    def settings(self, site: Any) -> dict[str, Any]:
        return {name: value for name, value in super().settings(site).items() if name != "scim_url"}


def test_a_quiet_group_is_not_asked_again() -> None:
    made, store = world(), Kept()
    first, second = store.read(WORKPLACE, made), store.read(WORKPLACE, made)

    def feeds(run: Run) -> int:
        return sum(1 for one in run.site.requests if one.name.endswith("/feed")) if run.site else 0

    assert feeds(second) < feeds(first)


def test_an_earlier_since_reads_what_was_never_read() -> None:
    made, store = world(), Kept()
    store.read(WORKPLACE, made, since=made.now - timedelta(days=20))
    assert differences(made, store) != []
    store.read(WORKPLACE, made)
    assert differences(made, store) == []


def test_a_closed_group_is_reported_as_such() -> None:
    made = world()
    public = [one for one in made.on("workplace") if one.privacy == "public"]
    run = read(WORKPLACE, made, faults=[_closing(public[1].number)])
    denied = {one.community_id for one in run.coverage if one.status == "denied" and "feed/" in one.slice}
    assert denied == {WorkplacePlatform().community_id(made, public[1])}


def _closing(number: int) -> Any:
    from communitykit.sandbox import parse_fault  # noqa: PLC0415 # beside its only use

    return parse_fault(f"unreadable={number}")


def test_checkpoints_survive_and_old_ones_begin_anew() -> None:
    made = Progress(high=9, floor=1, walk=(1, 5, 9), newest=8, updated=8)
    assert Progress.load(json.loads(json.dumps(made.save()))) == made
    assert Progress.load({"v": 0, "high": 5}) == Progress()
    assert "token" not in json.dumps(made.save())


def discovered(answers: Mapping[str, Any], **asked: Any) -> list[Any]:
    """Run discovery over prepared answers by path, and by `after` for further pages."""
    scope = Selection(settings=WorkplaceSettings(token="x"), until=NOW, **asked)

    def answer(request: Request) -> Any:
        key = request.url + (f"?{request.params['after']}" if "after" in request.params else "")
        return answers.get(key, {"data": []})

    return drive(discover(scope), answer).steps


def test_subgroups_are_read_however_deep_and_however_many() -> None:
    def group(native: str, **more: Any) -> dict[str, Any]:
        return {"id": native, "name": f"g{native}", "privacy": "OPEN", **more}

    deep = {"data": [group("3")]}
    inner = {"data": [group("2", groups=deep)], "paging": {"next": "https://x.example/1/groups?after=more"}}
    answers = {
        "community": {"id": "9", "name": "Company"},
        "community/groups": {"data": [group("2"), group("1", groups=inner)]},
        "1/groups": {"data": [group("2"), group("5")], "paging": {"next": "https://x.example/1/groups?after=more"}},
        "1/groups?more": {"data": [group("6", privacy="SECRET")]},
        "3/groups": {"data": [group("4")]},
    }
    steps = discovered(answers)
    parents = {
        one.items[0]["id"]: one.context["parent"] for one in steps if isinstance(one, Batch) and one.kind == "group"
    }
    assert parents == {"1": "9", "2": "1", "3": "2", "4": "3", "5": "1"}
    feeds = [one.key for one in steps if isinstance(one, Slice) and one.key.startswith("feed/")]
    assert sorted(feeds) == ["feed/1", "feed/2", "feed/3", "feed/4", "feed/5"]
    assert len([one for one in discovered(answers, include_private=True) if isinstance(one, Slice)]) == len(feeds) + 4
    wanted = discovered(answers, communities=("g4",))
    assert [one.key for one in wanted if isinstance(one, Slice) and "feed/" in one.key] == ["feed/4"]


def test_claim_links_of_a_mirror_are_not_kept() -> None:
    people = {"community": {"id": "9"}, "community/members": {"data": [{"id": "5", "claim_link": "https://x/claim/y"}]}}
    (batch, _) = [one for one in discovered(people) if isinstance(one, Batch) and one.kind == "member"]
    assert batch.items == [{"id": "5"}]


def test_every_error_that_the_graph_documents_has_a_remedy_of_its_own() -> None:
    documented = (1, 2, 3, 4, 10, 12, 17, 21, 32, 100, 102, 104, 190, 200, 210, 299, 341, 368, 463, 467, 613, 803, 2500,
                  2635, 80000, 80014)  # fmt: skip
    for code in documented:
        found = refused(code)
        assert "report" not in str(found).lower(), code
    assert "report" in str(refused(9_999_999))
