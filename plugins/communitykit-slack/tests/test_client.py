"""Discovery, members, profiles, preflight, authorizing and refusals, against scripted answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from communitykit import (
    CommunityKitError,
    CredentialError,
    PermissionMissingError,
    TransientError,
)
from communitykit.connector import Batch, Gap, Request, Response, Selection, Slice, Swept
from communitykit_slack import SlackSettings, api
from communitykit_slack.api.methods import BUDGETS, call, fault

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ME = {"ok": True, "team_id": "T1", "team": "Acme", "url": "https://acme.slack.com/", "user_id": "UB", "bot_id": "B1"}
PUBLIC = {"id": "C1", "name": "general", "is_member": True, "num_members": 2, "is_private": False}
CLOSED = {"id": "C2", "name": "closed", "is_member": False, "num_members": 5, "is_private": False}
SHARED = {"id": "C3", "name": "shared", "is_member": True, "is_ext_shared": True, "conversation_host_id": "T9"}
SECRET = {"id": "G1", "name": "secret", "is_member": True, "is_private": True}
DIRECT = {"id": "D1", "is_im": True, "user": "U1"}
ANN = {"id": "U1", "team_id": "T1", "name": "ann", "updated": 1772366399, "profile": {}}
EVE = {"id": "U9", "team_id": "T9", "name": "eve", "profile": {}}
FIELDS = {"profile": {"fields": [{"id": "Xf1", "label": "Department"}, {"id": "Xf2", "label": "Shoe size"}]}}


class Slack:
    """Answers by method; a callable decides by the form, a string is an error code."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = {
            "auth.test": ME,
            "users.list": {"members": [ANN, {"id": "USLACKBOT", "team_id": "T1", "name": "slackbot"}]},
            "usergroups.list": {"usergroups": [{"id": "S1", "name": "On duty", "users": ["U1"]}]},
            "team.profile.get": FIELDS,
            "conversations.list": self.channels,
            "conversations.members": lambda form: {"members": ["U1", "U9"] if form["channel"] == "C3" else ["U1"]},
            "users.info": lambda form: {"user": EVE} if form["user"] == "U9" else "user_not_found",
            "bots.info": {"bot": {"id": "B7", "name": "ci", "deleted": False}},
            "users.profile.get": {"profile": {"fields": {"Xf1": {"value": "Sales"}}}},
        }
        self.answers.update({name.replace("_", "."): value for name, value in answers.items()})
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.headers: dict[str, str] = {}

    def channels(self, form: dict[str, Any]) -> Any:
        kinds = {"public_channel": [PUBLIC, CLOSED, SHARED], "private_channel": [SECRET], "im": [DIRECT], "mpim": []}
        return {"channels": kinds[form["types"]]}

    def __call__(self, request: Request) -> Response | CommunityKitError:
        form = dict(request.form or {})
        self.asked.append((request.url, form))
        answer = self.answers[request.url]
        answer = answer(form) if callable(answer) else answer
        data = {"ok": False, "error": answer} if isinstance(answer, str) else {"ok": True, **answer}
        response = Response(request, 200, self.headers, data, NOW)
        return fault(response) or response


def scope(**more: Any) -> Selection:
    settings = more.pop("settings", {})
    return Selection(settings=SlackSettings(token="xoxb-1", **settings), until=NOW, **more)


def drive(flow: Any, slack: Callable[[Request], Any]) -> list[Any]:
    steps: list[Any] = []
    answer: Any = None
    while True:
        try:
            step = flow.throw(answer) if isinstance(answer, CommunityKitError) else flow.send(answer)
        except StopIteration:
            return steps
        answer = None
        if isinstance(step, Request):
            answer = slack(step)
        elif isinstance(step, tuple):
            answer = [slack(one) for one in step]
        else:
            steps.append(step)


def read(selection: Selection, one: Slice, checkpoint: Any) -> Any:
    return api.READERS[one.key.split("/", 1)[0]].read(selection, one, checkpoint)


def estimated(one: Slice, checkpoint: Any) -> Any:
    estimate = api.READERS[one.reader].estimate
    assert estimate is not None
    return estimate(scope(), one, checkpoint)


def slices(steps: list[Any]) -> dict[str, Slice]:
    return {one.key: one for one in steps if isinstance(one, Slice)}


def gaps(steps: list[Any]) -> list[str]:
    return [one.reason for one in steps if isinstance(one, Gap)]


def batches(steps: list[Any], kind: str) -> list[Any]:
    return [item for one in steps if isinstance(one, Batch) and one.kind == kind for item in one.items]


def test_discovery_stays_public_unless_asked() -> None:
    slack = Slack()
    steps = drive(api.discover(scope()), slack)
    assert {form["types"] for method, form in slack.asked if method == "conversations.list"} == {"public_channel"}
    assert set(slices(steps)) == {
        "profiles",
        *(f"{what}/{one}" for what in ("messages", "members") for one in ("C1", "C2", "C3")),
    }
    assert gaps(steps) == []


def test_private_and_direct_when_asked() -> None:
    found = slices(drive(api.discover(scope(include_private=True, include_direct=True)), Slack()))
    assert {"messages/G1", "messages/D1"} <= set(found)


def test_globs_choose_channels() -> None:
    found = slices(drive(api.discover(scope(communities=("gen*",))), Slack()))
    assert {key for key in found if key != "profiles"} == {"messages/C1", "members/C1"}


@pytest.mark.parametrize(
    ("kinds", "absent"),
    [
        ({"post"}, {"usergroups.list", "team.profile.get"}),
        ({"member"}, {"conversations.list", "usergroups.list"}),
        ({"community"}, {"users.list", "team.profile.get"}),
    ],
)
def test_only_what_is_needed_is_asked_for(kinds: set[str], absent: set[str]) -> None:
    slack = Slack()
    drive(api.discover(scope(kinds=frozenset(kinds))), slack)
    assert absent.isdisjoint({method for method, _ in slack.asked})


def test_a_channel_that_another_company_hosts_belongs_to_it() -> None:
    steps = drive(api.discover(scope()), Slack())
    assert slices(steps)["messages/C3"].community_id == "slack:T9:community:C3"
    assert [one["id"] for one in batches(steps, "user")] == ["U1", "USLACKBOT"]


def test_a_channel_that_the_bot_is_not_in_costs_no_request() -> None:
    slack = Slack()
    closed = slices(drive(api.discover(scope()), slack))["messages/C2"]
    before = len(slack.asked)
    (gap,) = drive(read(scope(), closed, None), slack)
    assert (gap.status, len(slack.asked)) == ("denied", before)
    assert "Invite it" in gap.reason


def test_a_user_token_tries_public_channels_it_is_not_in() -> None:
    me = {name: value for name, value in ME.items() if name != "bot_id"}
    assert "closed" not in slices(drive(api.discover(scope()), Slack(auth_test=me)))["messages/C2"].params


@pytest.mark.parametrize("method", ["usergroups_list", "team_profile_get", "conversations_list"])
def test_a_missing_scope_is_a_gap_and_the_rest_goes_on(method: str) -> None:
    steps = drive(api.discover(scope()), Slack(**{method: "missing_scope"}))
    assert len(gaps(steps)) == 1
    assert batches(steps, "user")


@pytest.mark.parametrize("code", ["some_new_code", "internal_error", "user_not_found"])
@pytest.mark.parametrize("method", ["usergroups_list", "team_profile_get"])
def test_an_unexpected_code_of_one_list_costs_only_that(method: str, code: str) -> None:
    steps = drive(api.discover(scope()), Slack(**{method: code}))
    assert len(gaps(steps)) == 1
    assert code in gaps(steps)[0]
    assert {"messages/C1", "members/C1"} <= set(slices(steps))
    with pytest.raises(CredentialError):
        drive(api.discover(scope()), Slack(**{method: "token_revoked"}))


def test_odd_rows_of_lists_become_issues_and_hold_up_nothing() -> None:
    odd: list[Any] = [None, 7, {}, {"id": 5}]
    slack = Slack(
        users_list={"members": [*odd, ANN]},
        usergroups_list={"usergroups": [None, {"id": "S1", "users": ["U1"]}]},
        team_profile_get={"profile": {"fields": [None, {"id": None, "label": 7}, *FIELDS["profile"]["fields"]]}},
        conversations_list={"channels": [*odd, {**PUBLIC, "name": None}]},
    )
    steps = drive(api.discover(scope()), slack)
    assert batches(steps, "user") == [*odd, ANN]
    assert [one for one in batches(steps, "channel") if one in odd] == odd
    assert {"messages/C1", "members/C1", "profiles"} == set(slices(steps))


def test_a_profile_that_fails_costs_only_itself_and_is_asked_for_again() -> None:
    users = {f"U{number}": number for number in range(30)}
    many = Slice("profiles", "T1", ("member",), params={"fields": {"Xf1": "department"}, "users": users})
    answer = {"profile": {}}
    failing = Slack(users_profile_get=lambda form: "internal_error" if form["user"] == "U3" else answer)
    steps = drive(read(scope(), many, None), failing)
    assert len(batches(steps, "profile")) == 29
    assert len(gaps(steps)) == 1
    saved = next(one.checkpoint for one in reversed(steps) if isinstance(one, Batch))
    again = Slack()
    drive(read(scope(), many, saved), again)
    assert [form["user"] for _, form in again.asked] == ["U3"]
    with pytest.raises(TransientError):
        drive(read(scope(), many, None), Slack(users_profile_get="internal_error"))


def test_a_free_plan_has_no_user_groups_and_that_is_no_gap() -> None:
    assert gaps(drive(api.discover(scope()), Slack(usergroups_list="plan_upgrade_required"))) == []


def test_an_organizations_token_names_each_workspace() -> None:
    slack = Slack(
        auth_test={**ME, "is_enterprise_install": True},
        auth_teams_list={"teams": [{"id": "T1", "name": "a"}, {"id": "T2", "name": "b"}]},
    )
    steps = drive(api.discover(scope()), slack)
    assert [form["team_id"] for method, form in slack.asked if method == "users.list"] == ["T1", "T2"]
    assert [one["id"] for one in batches(steps, "workspace")] == ["T1", "T2"]


def test_an_organizations_token_without_workspaces_says_so() -> None:
    slack = Slack(auth_test={**ME, "is_enterprise_install": True}, auth_teams_list={"teams": []})
    (gap,) = drive(api.discover(scope()), slack)
    assert (gap.status, "approved for no workspace" in gap.reason) == ("denied", True)
    assert drive(api.resolve(scope(), "T1", ("slack:T1:member:U9",)), slack) == []


def test_lists_are_walked_by_cursor_over_empty_pages() -> None:
    pages = {"": ([ANN], "x"), "x": ([], "y"), "y": ([EVE], "")}

    def users(form: dict[str, Any]) -> Any:
        found, following = pages[form.get("cursor", "")]
        return {"members": found, "response_metadata": {"next_cursor": following}}

    steps = drive(api.discover(scope(kinds=frozenset({"member"}))), Slack(users_list=users))
    assert [one["id"] for one in batches(steps, "user")] == ["U1", "U9"]


def test_a_repeated_cursor_ends_a_list_with_a_gap() -> None:
    answer = {"members": [ANN], "response_metadata": {"next_cursor": "again"}}
    steps = drive(api.discover(scope(kinds=frozenset({"member"}))), Slack(users_list=answer))
    assert "same cursor twice" in gaps(steps)[0]


def test_an_expired_cursor_begins_a_list_anew() -> None:
    stale = iter(["invalid_cursor", {"members": [EVE]}])

    def users(form: dict[str, Any]) -> Any:
        return next(stale) if "cursor" in form else {"members": [ANN], "response_metadata": {"next_cursor": "x"}}

    steps = drive(api.discover(scope(kinds=frozenset({"member"}))), Slack(users_list=users))
    assert {one["id"] for one in batches(steps, "user")} == {"U1", "U9"}
    assert gaps(steps) == []


def test_members_are_swept_after_the_whole_list() -> None:
    slack = Slack()
    found = slices(drive(api.discover(scope()), slack))["members/C1"]
    *_, last = steps = drive(read(scope(), found, None), slack)
    assert batches(steps, "member") == [{"user": "U1"}]
    assert last == Swept("membership", {"community_id": "slack:T1:community:C1"})


def test_profiles_are_asked_for_when_they_changed() -> None:
    slack = Slack()
    found = slices(drive(api.discover(scope()), slack))["profiles"]
    assert found.params["fields"] == {"Xf1": "department"}
    steps = drive(read(scope(), found, None), slack)
    assert batches(steps, "profile")[0]["user"] == "U1"
    checkpoint = next(one.checkpoint for one in reversed(steps) if isinstance(one, Batch))
    assert drive(read(scope(), found, checkpoint), slack) == []
    assert estimated(found, None) == {"users.profile.get": 1}
    assert estimated(found, checkpoint) == {"users.profile.get": 0}


def test_checkpoints_of_many_profiles_are_few_and_the_last_holds_all() -> None:
    users = {f"U{number}": number for number in range(600)}
    many = Slice("profiles", "T1", ("member",), params={"fields": {"Xf1": "department"}, "users": users})
    steps = drive(read(scope(), many, None), Slack())
    saved = [one.checkpoint for one in steps if one.checkpoint is not None]
    assert [len(one["seen"]) for one in saved] == [256, 512, 600]
    rest = Slack()
    drive(read(scope(), many, saved[1]), rest)
    assert len(rest.asked) == 600 - 512
    assert saved[-1]["seen"] == users


def test_no_fields_of_interest_no_requests() -> None:
    assert "profiles" not in slices(drive(api.discover(scope()), Slack(team_profile_get={"profile": {"fields": []}})))
    assert "profiles" not in slices(drive(api.discover(scope(settings={"profiles": False})), Slack()))


def test_strangers_and_bots_are_looked_up() -> None:
    ids = ("slack:T1:member:U9", "slack:T1:member:U404", "slack:T1:member:B7")
    steps = drive(api.resolve(scope(), "T1", ids), Slack())
    assert batches(steps, "user") == [EVE]
    assert [(one["id"], one["name"]) for one in batches(steps, "bot")] == [("B7", "ci")]
    assert gaps(steps) == []


def test_nobody_is_looked_up_when_members_are_not_asked_for() -> None:
    slack = Slack()
    assert drive(api.resolve(scope(kinds=frozenset({"post"})), "T1", ("slack:T1:member:U9",)), slack) == []
    assert slack.asked == []


def test_preflight_names_the_scope_its_use_and_how_to_get_it() -> None:
    slack = Slack()
    slack.headers = {"x-oauth-scopes": "channels:read,users:read"}
    with pytest.raises(PermissionMissingError, match=r"channels:history.*messages of public channels.*Grant"):
        drive(api.preflight(scope()), slack)
    slack.headers = {"x-oauth-scopes": "channels:read,channels:history,users:read,users:read.email,usergroups:read"}
    found = gaps(drive(api.preflight(scope(include_private=True)), slack))
    assert [next(word for word in text.split() if ":" in word).rstrip(":") for text in found] == [
        "users.profile:read",
        "reactions:read",
        "groups:read",
        "groups:history",
    ]


def test_every_method_that_is_called_has_a_budget() -> None:
    slack = Slack()
    drive(api.discover(scope(include_private=True, include_direct=True)), slack)
    assert {method for method, _ in slack.asked} <= set(BUDGETS)
    request = call("users.list", "T1", limit=1)
    assert (request.method, request.url, [(one.budget, one.scope) for one in request.costs]) == (
        "POST",
        "users.list",
        [("users.list", "T1")],
    )
