"""A list that cannot be read, or something in it, takes nothing away: what it would tell is left untold, and said."""

from __future__ import annotations

from typing import Any

import pytest
from teams_faults import Altered, altered, in_messages

from communitykit.sandbox import Call, Site, World
from communitykit.testing.base import between
from communitykit.testing.reading import Kept
from communitykit_teams import TEAMS

NONE = ["odd", {"odd": 1}, [0.5], [{"odd": 1}], 7]
"""What is no list of objects."""
CARD = {"id": "c", "contentType": "application/vnd.microsoft.card.thumbnail", "content": '{"title": "Lunch"}'}


def message(**told: Any) -> dict[str, Any]:
    return {"id": "1", "createdDateTime": "2026-01-02T03:04:05Z", "body": {"content": "Hello"}, **told}


@pytest.mark.parametrize("odd", [*NONE, [None], [{"mentioned": "odd"}, {"mentionText": "Ann"}]])
def test_mentions_are_told_whole_or_not_at_all(translate: Any, odd: Any) -> None:
    found = translate("message", message(mentions=odd))
    assert "mentions" not in found.one("post")
    assert len(found.rejected) == 1
    assert found.one("post")["text"] == "Hello"


@pytest.mark.parametrize("odd", [*NONE, [None], [CARD, "odd"]])
def test_attachments_that_cannot_be_read_empty_nothing_that_is_made_of_them(translate: Any, odd: Any) -> None:
    found = translate("message", message(attachments=odd, subject=None, replies=[message(id="2")]))
    root, reply = found.of("post")
    assert not {"attachments", "kind", "title", "text", "shared_from_id"} & root.keys()
    assert (root["body"], root["counts"], reply["text"]) == ("Hello", {"replies": 1, "reactions": {}}, "Hello")
    assert found.rejected == ["odd_part"]
    assert translate("message", message(attachments=odd, subject="Plan")).one("post")["title"] == "Plan"


@pytest.mark.parametrize("replies", ["odd", {"odd": 1}, [0.5], [None], [{"odd": 1}, message(id="2")]])
def test_replies_of_which_one_cannot_be_read_are_not_counted(translate: Any, replies: Any) -> None:
    found = translate("message", message(replies=replies))
    assert "counts" not in found.of("post")[0]
    assert len(found.rejected) == 1


def test_reactions_that_are_no_list_are_not_counted(translate: Any) -> None:
    for odd in ({}, "", 0):
        found = translate("message", message(reactions=odd, replies=[]))
        assert "counts" not in found.one("post")
        assert found.rejected == ["no_list"]
    assert translate("message", message(reactions=None, replies=[])).one("post")["counts"]["reactions"] == {}


@pytest.mark.parametrize("odd", [*NONE, [None], ["owner", 5]])
def test_roles_that_cannot_be_read_make_no_owner_a_member(translate: Any, odd: Any) -> None:
    item = {"id": "x", "userId": "u1", "roles": odd, "tenantId": "tenant-1"}
    found = translate("member", item, community="team-1")
    assert found.one("membership")["active"] is True
    assert "role" not in found.one("membership")
    assert found.rejected == ["odd_part"]
    abroad = translate("member", {**item, "tenantId": "tenant-2"}, community="team-1")
    assert (abroad.one("membership")["role"], abroad.rejected) == ("guest", []), "whatever is told, they own nothing"


@pytest.mark.parametrize("odd", [*NONE, [None]])
def test_a_changed_role_that_cannot_be_read_is_left_untold(translate: Any, odd: Any) -> None:
    detail = {
        "@odata.type": "#microsoft.graph.conversationMemberRoleUpdatedEventMessageDetail",
        "conversationMemberUser": {"id": "u1"},
    }
    found = translate("message", message(eventDetail={**detail, "conversationMemberRoles": odd}))
    plain = translate("message", message(eventDetail={**detail, "conversationMemberRoles": ["Owner"]})).one("event")
    assert plain["detail"] == "role: owner"
    assert found.one("event") == {name: told for name, told in plain.items() if name != "detail"}
    assert found.rejected == ["odd_part"]
    for none in ({}, {"conversationMemberRoles": None}, {"conversationMemberRoles": []}):
        assert translate("message", message(eventDetail={**detail, **none})).one("event")["detail"] == "role: member"


@pytest.mark.parametrize("odd", ["odd", {"odd": 1}, [0.5]])
def test_a_second_read_of_odd_lists_changes_nothing_and_the_next_one_heals(odd: Any) -> None:
    world, store, ask = World(seed=5, size="tiny", platforms=("teams",)), Kept(), {"lookback": "all"}
    store.read(TEAMS, world, force=True, include_private=True)
    before = store.current()

    def spoil(one: dict[str, Any]) -> None:
        one |= {name: odd for name in ("mentions", "attachments") if one.get(name)}

    def spoil_listed(name: str) -> Altered:
        def each(_site: Site, _call: Call, data: Any) -> None:
            for one in data["value"]:
                one.update({name: odd} if one.get(name) else {})

        return altered("messages", "members", change=each)

    for fault in (in_messages(spoil), spoil_listed("replies"), spoil_listed("roles")):
        world.advance(hours=1, kinds=frozenset())
        run = store.read(TEAMS, world, force=True, include_private=True, settings=ask, faults=[fault])
        assert run.left_out != []
        assert between(before, store.current()) == []
    world.advance(days=1, kinds=frozenset())  # members are listed once a day
    assert store.read(TEAMS, world, include_private=True).left_out == []
    assert between(before, store.current()) == []


@pytest.mark.parametrize("odd", ["no", {"odd": 1}, ["odd"], 0.5])
def test_a_flag_that_cannot_be_read_leaves_what_was_known(translate: Any, odd: Any) -> None:
    found = translate("user", {"id": "u1", "accountEnabled": odd}, listed=True)
    assert "active" not in found.one("member")
    assert found.rejected == ["odd_part"]
    assert translate("user", {"id": "u1", "accountEnabled": False}, listed=True).one("member")["active"] is False
