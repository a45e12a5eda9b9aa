"""What a platform may send one day: an odd part costs itself alone, and takes nothing away that was told before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from communitykit.connector import Request, Response, Selection, Swept
from communitykit.testing import Translated
from communitykit_slack.api.discovery import discover
from communitykit_slack.settings import SlackSettings

ODD: list[Any] = [None, True, 7, "x", [], {}, [None], ["x"], {"x": "y"}, [{}], [[]]]
WHOLE: dict[str, Any] = {
    "type": "message",
    "ts": "1700000100.000100",
    "thread_ts": "1700000000.000100",
    "user": "U1",
    "team": "T1",
    "text": "see <https://a.example/x> <@U2>",
    "edited": {"user": "U1", "ts": "1700000200.000000"},
    "blocks": [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"text": "hi"}]}]}],
    "files": [{"id": "F1", "name": "a.txt", "mimetype": "text/plain", "size": 3, "permalink": "https://a.example/f"}],
    "attachments": [
        {"id": 1, "title": "t", "text": "words", "from_url": "https://a.example/x", "fields": [{"title": "a"}]}
    ],
    "reactions": [{"name": "+1", "users": ["U2", "U3"], "count": 2}, {"name": "eyes", "users": ["U2"], "count": 1}],
    "reply_count": 0,
    "pinned_to": ["C1"],
}
BOT: dict[str, Any] = {
    **{name: value for name, value in WHOLE.items() if name != "user"},
    "bot_id": "B1",
    "username": "deploys",
    "bot_profile": {"id": "B1", "name": "deploys", "team_id": "T1"},
    "subtype": "bot_message",
}
NEEDED = {("ts",), ("thread_ts",), ("subtype",), ("user",), ("bot_id",)}
"""Parts without which a message cannot be placed, or is another one."""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Name every place in a payload, below it too."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield (*path, name)
        yield from places(child, (*path, name))


def put(payload: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed: Any = deepcopy(payload)
    at = changed
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    return changed  # type: ignore[no-any-return]


@pytest.mark.parametrize("origin", ["api", "archive", "webhook"])
@pytest.mark.parametrize("payload", [WHOLE, BOT], ids=["person", "bot"])
def test_an_odd_part_costs_itself_alone(
    payload: dict[str, Any], origin: str, translate: Callable[..., Translated]
) -> None:
    whole = translate("message", payload, origin=origin).one("post")
    for path in places(payload):
        if path in NEEDED:
            continue
        for value in ODD:
            told = translate("message", put(payload, path, value), origin=origin)
            (post,) = told.of("post")
            fed = {
                "edited": {"edited_at"},
                "files": {"attachments"},
                "attachments": {"attachments", "text", "mentions", "links"},
                "blocks": {"text", "mentions", "links"},
                "text": {"body", "text", "mentions", "links"},
                "reactions": {"counts"},
                "reply_count": {"counts"},
                "pinned_to": {"pinned"},
                "username": {"author_name"},
                "bot_profile": {"author_id"},
                "team": {"author_id"},
            }.get(str(path[0]), set())
            assert {name: told for name, told in post.items() if name not in fed} == {
                name: told for name, told in whole.items() if name not in fed
            }, (path, value)


@pytest.mark.parametrize("value", [True, 7, {"x": "y"}, ["x"]])
def test_an_unreadable_text_leaves_the_stored_one(value: Any, translate: Callable[..., Translated]) -> None:
    told = translate("message", {**WHOLE, "text": value})
    assert {"body", "text", "mentions", "links"}.isdisjoint(told.one("post"))
    assert told.rejected == ["odd_part"]


def test_of_a_list_what_can_be_read_stays(translate: Callable[..., Translated]) -> None:
    told = translate("message", {**WHOLE, "files": [*WHOLE["files"], 7]})
    assert [one["kind"] for one in told.one("post")["attachments"]] == ["file", "link"]
    assert told.rejected == ["odd_part"]
    assert "attachments" not in translate("message", {**WHOLE, "files": [7]}).one("post")


@pytest.mark.parametrize(
    "reactions",
    [
        None,
        7,
        "x",
        [None, *WHOLE["reactions"]],
        [{"name": None, "users": ["U4"], "count": 1}],
        [{"name": "+1", "users": [7]}],
    ],
)
def test_unreadable_reactions_sweep_none(reactions: Any, translate: Callable[..., Translated]) -> None:
    told = translate("message", {**WHOLE, "reactions": reactions})
    assert [one for one in told.swept if one.record == "event"] == []
    expected = 3 if isinstance(reactions, list) and len(reactions) == 3 else 0
    assert len(told.of("event", "reacted")) == expected
    assert told.one("post")["body"] == WHOLE["text"]


@pytest.mark.parametrize("reactions", [7, "x", {"x": "y"}, [0.5], [{"name": None, "users": ["U4"], "count": 1}]])
def test_unreadable_reactions_leave_what_was_counted(reactions: Any, translate: Callable[..., Translated]) -> None:
    told = translate("message", {**WHOLE, "reactions": reactions})
    assert "counts" not in told.one("post")
    assert told.rejected == ["odd_part"]


@pytest.mark.parametrize("users", ["U4", {"U4": 1}, [0.5], [["U4"]]])
def test_who_reacted_where_that_cannot_be_read_is_an_issue(users: Any, translate: Callable[..., Translated]) -> None:
    told = translate("message", {**WHOLE, "reactions": [{"name": "+1", "users": users, "count": 2}]})
    assert told.one("post")["counts"]["reactions"] == {"+1": 2}
    assert told.of("event", "reacted") == []
    assert told.rejected == ["odd_part"]


LISTS = ["x", {"x": "y"}, [0.5], ["U1", ["U2"]], 7]
"""What is no list of texts: words are none of letters, an object is none of its keys."""


@pytest.mark.parametrize("value", LISTS)
@pytest.mark.parametrize(
    ("name", "field"),
    [("previous_names", "previous_names"), ("connected_team_ids", "shared_with"), ("shared_team_ids", "shared_with")],
)
def test_an_odd_list_of_a_channel_leaves_what_was_known(
    name: str, field: str, value: Any, translate: Callable[..., Translated]
) -> None:
    channel = {"id": "C1", "name": "a", "previous_names": ["b"], "connected_team_ids": ["T2"], "shared_team_ids": []}
    whole = translate("channel", channel).one("community")
    told = translate("channel", {**channel, name: value})
    assert whole["previous_names"] == ("b",)
    assert whole["shared_with"] == ("T2",)
    assert told.one("community") == {key: one for key, one in whole.items() if key != field}
    assert told.rejected == ["odd_part"]


@pytest.mark.parametrize("value", LISTS)
def test_nobody_is_made_up_of_a_user_groups_odd_users(value: Any, translate: Callable[..., Translated]) -> None:
    told = translate("user_group", {"id": "S1", "name": "a", "users": value})
    assert told.of("membership") == []
    assert told.rejected == ["odd_part"]
    assert len(translate("user_group", {"id": "S1", "name": "a", "users": ["U1", None, "U2"]}).of("membership")) == 2


def test_nobody_is_made_up_of_those_who_came_and_went(translate: Callable[..., Translated]) -> None:
    event = {"type": "subteam_members_changed", "subteam_id": "S1", "team_id": "T1"}
    told = translate("event", {**event, "added_users": "U1", "removed_users": ["U2"]}, origin="webhook")
    assert [one["active"] for one in told.of("membership")] == [False]
    assert told.rejected == ["odd_part"]


def test_nobody_is_made_up_of_a_huddles_odd_participants(translate: Callable[..., Translated]) -> None:
    huddle = {"type": "message", "subtype": "huddle_thread", "ts": "1700000000.000100", "user": "USLACKBOT"}
    told = translate("message", {**huddle, "room": {"id": "R1", "participant_history": "U1"}})
    assert told.of("event") == []
    assert told.rejected == ["malformed"]


def test_a_reply_whose_thread_cannot_be_read_is_no_root(translate: Callable[..., Translated]) -> None:
    told = translate("message", {**WHOLE, "thread_ts": 7})
    assert told.drafts == []
    assert told.rejected == ["bad_ts"]


def listed(me: dict[str, Any]) -> list[Any]:
    """Read the users of one workspace of an organization with the token of one of them."""
    answers = {
        "auth.test": {"ok": True, "team_id": "T1", "user_id": "U1", "enterprise_id": "E1"},
        "users.list": {"ok": True, "members": [{"id": "U1", "team_id": "T1", **me}, {"id": "U2", "team_id": "T1"}]},
    }
    now = datetime(2026, 1, 1, tzinfo=UTC)
    scope = Selection(settings=SlackSettings(token="x", profiles=False), until=now, kinds=frozenset({"member"}))
    flow, given, steps = discover(scope), None, list[Any]()
    while True:
        try:
            step = flow.send(given)
        except StopIteration:
            return steps
        given = Response(step, 200, {}, answers[step.url], now) if isinstance(step, Request) else None
        steps.append(step)


@pytest.mark.parametrize("role", ["is_restricted", "is_ultra_restricted"])
def test_whom_a_guest_is_not_shown_is_in_the_workspace_all_the_same(role: str) -> None:
    assert [one.within for one in listed({}) if isinstance(one, Swept)] == [{"community_id": "slack:T1:community:T1"}]
    assert [one for one in listed({role: True}) if isinstance(one, Swept)] == []


def test_who_is_not_said_to_have_left_has_not(translate: Callable[..., Translated]) -> None:
    found = translate("user", {"id": "U7", "team_id": "T1", "name": "ann", "profile": {}, "deleted": 7})
    assert found.rejected == ["odd_part"]
    assert all("active" not in told for told in (*found.of("member"), *found.of("membership")))
    assert found.of("membership")


ODD_FLAGS = ["no", {"x": "y"}, ["x"], 0.5]


@pytest.mark.parametrize("value", ODD_FLAGS)
@pytest.mark.parametrize(
    ("name", "field"),
    [("is_admin", "admin"), ("is_owner", "admin"), ("is_restricted", "guest"), ("is_bot", "kind"),
     ("deleted", "active"), ("is_stranger", "external")],
)  # fmt: skip
def test_an_odd_flag_of_somebody_leaves_what_was_known(
    name: str, field: str, value: Any, translate: Callable[..., Translated]
) -> None:
    user = {"id": "U1", "team_id": "T1", "name": "ada", "is_admin": False, "is_owner": False, "is_restricted": False}
    whole, told = translate("user", user), translate("user", {**user, name: value})
    assert told.one("member") == {key: one for key, one in whole.one("member").items() if key != field}
    assert told.rejected == ["odd_part"]
    hangs_on_it = {"admin": "role", "guest": "role", "active": "active"}.get(field)
    inside = {key: one for key, one in whole.one("membership").items() if key != hangs_on_it}
    assert told.one("membership") == inside


@pytest.mark.parametrize("value", ODD_FLAGS)
def test_an_odd_flag_of_a_channel_leaves_what_was_known(value: Any, translate: Callable[..., Translated]) -> None:
    told = translate("channel", {"id": "C1", "name": "a", "is_archived": value, "is_general": False})
    assert "archived" not in told.one("community")
    assert told.one("community")["is_default"] is False
    assert told.rejected == ["odd_part"]
