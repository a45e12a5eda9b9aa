"""Every refusal that Slack documents has its word and its remedy, and an answer without its list is no page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from slack_deliveries import NOW
from test_client import Slack, drive, read

from communitykit import CommunityKitError, CredentialError, TransientError
from communitykit.connector import Batch, Gap, Request, Response, Selection, Slice, Swept
from communitykit_slack import SlackSettings, api
from communitykit_slack.api.methods import BUDGETS, LISTS, ORG_METHODS, call, fault
from communitykit_slack.api.refusals import MEANINGS, refusal

GENERIC = (
    "not_authed invalid_auth account_inactive token_expired token_revoked no_permission missing_scope"
    " not_allowed_token_type access_denied accesslimited ekm_access_denied enterprise_is_restricted org_login_required"
    " team_added_to_org two_factor_setup_required request_timeout service_unavailable fatal_error internal_error"
    " deprecated_endpoint method_deprecated unknown_method invalid_arg_name invalid_array_arg invalid_charset"
    " invalid_form_data invalid_post_type missing_post_type invalid_cursor limit_required missing_argument"
    " team_access_not_granted"
)
"""What any method may answer, by Slack's documentation."""


@pytest.fixture(scope="module")
def reference() -> dict[str, dict[str, Any]]:
    folder = Path(__file__).resolve().parents[4] / "shared/data/slack/slack-api-ref/docs.slack.dev/methods"
    if not folder.is_dir():
        pytest.skip("Slack's reference is not at hand: ../shared/data/slack beside the repository")
    return {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in [*BUDGETS, "oauth.v2.access"]}


def test_every_documented_code_has_its_word_and_its_remedy(reference: dict[str, dict[str, Any]]) -> None:
    documented = {code for method in reference.values() for code in method.get("errors") or {}}
    assert len(documented) > 40
    assert sorted((documented | set(GENERIC.split())) - set(MEANINGS) - {"ratelimited"}) == []


@pytest.mark.parametrize("code", MEANINGS)
def test_nothing_documented_asks_for_a_report(code: str) -> None:
    assert "report" not in str(refusal(code, {}))
    assert "report" in str(refusal("never_heard_of", {}))


def test_only_methods_that_take_a_workspace_are_told_one(reference: dict[str, dict[str, Any]]) -> None:
    assert {name for name, told in reference.items() if "team_id" in told["args"].get("properties", {})} == ORG_METHODS


@pytest.mark.parametrize("method", LISTS)
@pytest.mark.parametrize("more", [{}, {"value": None}, "null", "text", {"a": 1}])
def test_a_good_answer_without_its_list_is_none(method: str, more: Any) -> None:
    body = {"ok": True, LISTS[method]: None if more == "null" else more}
    assert isinstance(fault(Response(call(method), 200, {}, body, NOW)), TransientError)
    assert isinstance(fault(Response(call(method), 200, {}, {"ok": True}, NOW)), TransientError)
    assert fault(Response(call(method), 200, {}, {"ok": True, LISTS[method]: []}, NOW)) is None


def scope(**more: Any) -> Selection:
    return Selection(settings=SlackSettings(token="xoxb-1"), until=NOW, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["users.list", "conversations.list", "usergroups.list", "team.profile.get"])
@pytest.mark.parametrize("answer", [{}, "internal_error", "never_heard_of"])
def test_a_list_that_fails_costs_itself_and_sweeps_nothing(method: str, answer: Any) -> None:
    steps = drive(api.discover(scope()), Slack(**{method.replace(".", "_"): answer}))
    assert len([one for one in steps if isinstance(one, Gap)]) == 1
    others = {one.kind for one in steps if isinstance(one, Batch)}
    lost = {"users.list": "user", "conversations.list": "channel", "usergroups.list": "user_group"}.get(method)
    assert others == {"workspace", "user", "channel", "user_group"} - {lost}
    swept = [one for one in steps if isinstance(one, Swept) and one.record == "community"]
    assert len(swept) == (method != "conversations.list")
    with pytest.raises(CredentialError):
        drive(api.discover(scope()), Slack(**{method.replace(".", "_"): "token_revoked"}))


def test_a_whole_list_of_public_channels_shows_which_are_gone() -> None:
    swept = [
        one for one in drive(api.discover(scope()), Slack()) if isinstance(one, Swept) and one.record == "community"
    ]
    assert [(one.within, one.network) for one in swept] == [({"kind": "channel", "privacy": "public"}, "T1")]
    some = drive(api.discover(scope(communities=("gen*",))), Slack())
    guest = {"id": "UB", "team_id": "T1", "is_restricted": True, "profile": {}}
    shown = drive(api.discover(scope()), Slack(users_list={"members": [guest]}))
    for steps in (some, shown):
        assert not [one for one in steps if isinstance(one, Swept) and one.record == "community"]


ORG = {
    "ok": True,
    "team_id": "E1",
    "enterprise_id": "E1",
    "is_enterprise_install": True,
    "user_id": "UB",
    "bot_id": "B1",
}
TEAMS = {"teams": [{"id": "T2", "name": "Two"}, {"id": "T1", "name": "One"}]}


def channels(form: dict[str, Any]) -> dict[str, Any]:
    shared = {"id": "C9", "name": "all", "is_member": True, "is_org_shared": True}
    own = {"id": f"C{form['team_id'][1]}", "name": "own", "is_member": True}
    return {"channels": [shared, own] if form["types"] == "public_channel" else []}


def test_an_organizations_token_reads_every_workspace_and_what_they_share_once(translate_steps: Any) -> None:
    def users(form: dict[str, Any]) -> dict[str, Any]:
        told = {"id": "U1", "enterprise_id": "E1", "teams": ["T1", "T2"]}
        own = {"id": "U2", "enterprise_id": "E1", "teams": ["T2"]}
        both = [
            {"id": "U1", "team_id": "T1", "enterprise_user": told},
            {"id": "U2", "team_id": "T2", "enterprise_user": own},
        ]
        return {"members": both[: 1 + (form["team_id"] == "T2")]}

    slack = Slack(auth_test=ORG, auth_teams_list=TEAMS, conversations_list=channels, users_list=users)
    steps = drive(api.discover(scope()), slack)
    found = {(one.network, one.key): one for one in steps if isinstance(one, Slice)}
    assert {pair for pair in found if pair[1].startswith("messages")} == {
        ("T1", "messages/C9"),
        ("T1", "messages/C1"),
        ("T2", "messages/C2"),
    }
    assert found["T1", "messages/C9"].community_id == "slack:E1:community:C9"
    told = translate_steps(steps)
    assert {one["id"] for one in told.of("member")} == {"slack:E1:member:U1", "slack:E1:member:U2"}
    assert not any(one["external"] for one in told.of("member"))
    workspaces = {
        (one["community_id"], one["member_id"]) for one in told.of("membership") if ":T" in one["community_id"][12:]
    }
    assert {pair for pair in workspaces if not pair[0].endswith("S1")} == {
        ("slack:T1:community:T1", "slack:E1:member:U1"),
        ("slack:T2:community:T2", "slack:E1:member:U1"),
        ("slack:T2:community:T2", "slack:E1:member:U2"),
    }
    for method, form in slack.asked:
        assert ("team_id" in form) == (method in ORG_METHODS)


def answer(request: Request) -> Response | CommunityKitError:
    return Response(request, 200, {}, {"ok": True}, NOW)


@pytest.mark.parametrize("key", ["messages/C1", "members/C1"])
def test_a_page_without_its_list_moves_no_checkpoint_and_sweeps_nothing(key: str) -> None:
    one = Slice(key, "T1", ("post",), "slack:T1:community:C1", "general", {"channel": "C1", "url": "", "org": False})
    steps: list[Any] = []

    def run() -> None:
        flow = read(scope(), one, None)
        step = next(flow)
        while True:
            steps.append(step)
            step = flow.send(answer(step)) if isinstance(step, Request) else next(flow)

    with pytest.raises(CommunityKitError, match="must hold a list"):
        run()
    assert not [step for step in steps if isinstance(step, Swept | Batch)]


@pytest.mark.parametrize(
    ("flags", "option"),
    [
        ({"is_private": True}, "include_private"),
        ({"is_group": True}, "include_private"),
        ({"id": "G0SEC00002"}, "include_private"),
        ({"is_mpim": True}, "include_direct"),
        ({"is_im": True}, "include_direct"),
        ({"name": "mpdm-ann--ben-1"}, "include_direct"),
        ({"id": "D0SEC00002"}, "include_direct"),
    ],
)
def test_private_talk_among_public_channels_stays_out(flags: dict[str, Any], option: str) -> None:
    def rows(form: dict[str, Any]) -> dict[str, Any]:
        hidden = {"id": "C0SEC00002", "name": "secret", "is_member": True, **flags}
        return {"channels": [hidden] if form["types"] == "public_channel" else []}

    for asked in ({}, {"include_private": True}, {"include_direct": True}):
        steps = drive(api.discover(scope(**asked)), Slack(conversations_list=rows))
        told = any(one.items for one in steps if isinstance(one, Batch) and one.kind == "channel")
        assert told == any(isinstance(one, Slice) and one.key.startswith("messages") for one in steps)
        assert told == (option in asked)


def test_what_is_listed_is_there_whether_it_is_read_or_not() -> None:
    def rows(form: dict[str, Any]) -> dict[str, Any]:
        turned = {"id": "C0TRN00002", "name": "turned", "is_member": True, "is_private": "words"}
        return {"channels": [turned] if form["types"] == "public_channel" else []}

    steps = drive(api.discover(scope()), Slack(conversations_list=rows))
    (swept,) = [one for one in steps if isinstance(one, Swept) and one.record == "community"]
    assert swept.held == {"C0TRN00002"}
