"""A list that cannot be read, or something in it, takes nothing away: what it would tell is left untold, and said."""

from __future__ import annotations

from typing import Any

import pytest
from workplace_feeds import comment, edge, feed, page, post, posts

from communitykit.testing.base import between
from communitykit.testing.reading import Kept

NONE = ["odd", {"odd": 1}, [0.5], [{"odd": 1}], [None]]
"""What is no list of objects that can be read."""
EDGES = [*NONE, *({"data": odd} for odd in NONE)]
PLAIN = {"id": "10_20", "message": "Hello", "created_time": "2020-01-01T10:00:00+0000"}


@pytest.mark.parametrize("odd", EDGES)
def test_attachments_that_cannot_be_read_are_left_untold(translate: Any, odd: Any) -> None:
    legacy = {"type": "link", "link": "https://n.example/"}
    for told in ({"attachments": odd}, {"attachments": [{"type": "album", "subattachments": odd}]}):
        found = translate("post", {**PLAIN, **legacy, **told})
        assert "attachments" not in found.of("post")[0]
        assert found.rejected == ["odd_attachments"]
    found = translate("edge", {"attachments": odd}, object="10_20")
    assert (found.of("post"), found.rejected) == ([], ["odd_attachments"])
    for none in (None, [], {"data": []}, {"data": None}):
        assert translate("post", {**PLAIN, "attachments": none}).of("post")[0]["attachments"] == ()


def test_a_comment_s_attachment_that_is_none_is_told(translate: Any) -> None:
    found = translate("comment", {"id": "20_31", "message": "x", "attachment": ["odd"]}, post="10_20")
    assert "attachments" not in found.of("post")[0]
    assert found.rejected == ["odd_attachment"]


@pytest.mark.parametrize("odd", ["odd", {"odd": 1}, [0.5], [None], [{"id": "6"}, {"name": "Bo"}], {"6": [5]}])
def test_mentions_are_told_whole_or_not_at_all(translate: Any, odd: Any) -> None:
    for found in (
        translate("post", {**PLAIN, "message_tags": odd}),
        translate("comment", {"id": "20_31", "message": "x", "message_tags": odd}, post="10_20"),
    ):
        assert "mentions" not in found.of("post")[0]
        assert found.rejected == ["odd_message_tags"]
    for none in (None, [], {}, {"data": []}):
        assert translate("post", {**PLAIN, "message_tags": none}).of("post")[0]["mentions"] == ()


def test_a_poll_whose_options_cannot_be_read_is_left_untold_and_votes_are_not(translate: Any) -> None:
    known = {"id": "90", "name": "Yes", "votes": {"data": [{"id": "6"}]}}
    for odd in [*EDGES, 7, [known, 0.5]]:
        found = translate("post", {**PLAIN, "poll": {"question": "?", "options": odd}})
        (told,) = found.of("post")
        assert told["kind"] == "poll"
        assert "poll" not in told
        assert found.rejected == ["odd_poll"]
        assert [one["actor_id"][-1] for one in found.of("event")] == ["6"] * (odd == [known, 0.5])
        assert [one.within["kind"] for one in found.swept if one.within.get("kind") == "voted"] == []
    none = translate("post", {**PLAIN, "poll": {"question": "?", "options": {"data": []}}})
    assert (none.of("post")[0]["poll"]["options"], none.rejected) == ([], [])


def test_a_poll_of_an_archive_whose_options_cannot_be_read_is_left_untold(translate: Any) -> None:
    entry = {"what": "post", "key": "k", "text": "Lunch"}
    for odd in [*NONE, 7]:
        found = translate("download", {**entry, "poll": {"question": "?", "options": odd}}, digest="d")
        (told,) = found.of("post")
        assert (told["kind"], told["text"]) == ("poll", "Lunch")
        assert "poll" not in told
        assert found.rejected == ["odd_poll"]
    plain = translate("download", {**entry, "poll": {"options": [{"option": "Yes"}]}}, digest="d").of("post")[0]
    assert plain["poll"] == {"question": None, "options": [{"text": "Yes"}]}


@pytest.mark.parametrize(
    "told",
    [
        *({"comments": {"data": odd}} for odd in NONE),
        *({"comments": edge({"id": "20_31", "comments": {"data": odd}})} for odd in NONE),
        *({"reactions": {"data": odd}} for odd in NONE),
        {"reactions": {"data": [0.5], "paging": {"next": "https://x.example/"}}},
        {"seen": {"data": "odd"}},
        {"seen": {"data": [0.5]}},
    ],
)
def test_figures_are_told_whole_or_not_at_all(translate: Any, told: Any) -> None:
    beside = {"comments": edge(), "reactions": edge(), "shares": {"count": 2}}
    for summary in ({}, {"summary": {"total_count": 4}} if "seen" not in told else {}):
        lists = {name: {**found, **summary} for name, found in told.items()}
        found = translate("post", {**PLAIN, **beside, **lists})
        assert "counts" not in found.of("post")[0]
        assert found.rejected != []
    assert translate("post", {**PLAIN, **beside}).of("post")[0]["counts"] == {
        "replies": 0,
        "reactions": {},
        "shares": 2,
    }


def test_figures_that_a_summary_tells_stand_though_the_list_is_odd(translate: Any) -> None:
    found = translate("post", {**PLAIN, "seen": {"data": "odd", "summary": {"total_count": 9}}})
    assert (found.of("post")[0]["counts"], found.rejected) == ({"views": 9}, ["odd_edge"])


@pytest.mark.parametrize("odd", [*EDGES, {"data": [5]}, {"data": [{"name": "Bo"}, {"id": "6"}]}])
def test_a_manager_who_cannot_be_read_is_left_untold(translate: Any, odd: Any) -> None:
    found = translate("member", {"id": "5", "name": "Ann", "managers": odd})
    (member,) = found.of("member")
    assert member["display_name"] == "Ann"
    assert "manager_id" not in member
    assert found.rejected == ["odd_managers"]
    for none in (None, {}, {"data": []}, {"data": None}):
        assert translate("member", {"id": "5", "managers": none}).of("member")[0]["manager_id"] is None


@pytest.mark.parametrize("odd", [*NONE, 7, [{"country": "Germany", "primary": True}, "odd"]])
def test_addresses_of_scim_are_told_whole_or_not_at_all(translate: Any, odd: Any) -> None:
    found = translate("scim_user", {"id": "5", "userName": "a@x.example", "addresses": odd, "emails": odd})
    (member,) = found.of("member")
    assert not {"country", "location"} & member.keys()
    assert (member["email"], found.rejected) == ("a@x.example", ["odd_addresses"]), "of emails nothing is made"
    nameless = translate("scim_user", {"id": "5", "userName": "ann", "emails": odd})
    assert "email" not in nameless.of("member")[0]
    assert nameless.rejected == ["odd_emails"]
    none = translate("scim_user", {"id": "5", "userName": "ann", "addresses": [], "emails": None}).of("member")[0]
    assert (none["country"], none["email"]) == (None, None)


@pytest.mark.parametrize("odd", ["odd", {"odd": 1}, [0.5]])
def test_a_second_read_of_odd_lists_changes_nothing_and_the_next_one_heals(odd: Any) -> None:
    tags = [{"id": "501", "type": "user"}]
    below = edge(comment("10_2", message_tags=tags, comments=edge(comment("10_3", message_tags=tags))))
    shown = {"attachments": {"data": [{"type": "share", "title": "News", "url": "https://n.example/"}]}}
    whole = post("10_1", comments=below, message_tags=tags, poll={"options": {"data": [{"name": "Yes"}]}}, **shown)
    store = Kept()
    feed(store, lambda _: page(whole))
    before, names = store.current(), ("message_tags", "attachments", "comments", "reactions", "poll")
    for day, name in enumerate(names, 1):
        spoiled = {"options": odd} if name == "poll" else odd if name == "message_tags" else {"data": odd}
        assert feed(store, lambda _, told={**whole, name: spoiled}: page(told), day=day).status != "complete"
        assert between(before, store.current()) == [], name
    assert feed(store, lambda _: page(whole), day=len(names) + 1).status == "complete"
    assert between(before, store.current()) == []
    assert posts(store)["10_1"]["mentions"] != ()


@pytest.mark.parametrize("odd", ["perhaps", {"odd": 1}, ["odd"], 0.5])
@pytest.mark.parametrize("flag", ["active", "frontline"])
def test_a_flag_that_cannot_be_read_leaves_what_was_known(translate: Any, flag: str, odd: Any) -> None:
    status, front = "accountstatusdetails", "frontline"
    urn = "urn:ietf:params:scim:schemas:extension:facebook:{}:2.0:User".format
    user = {"id": "5", "userName": "ann", "active": "true", urn(status): {"claimed": True}, urn(front): {}}
    user |= {"active": odd} if flag == "active" else {urn(front): {"is_frontline": odd}}
    found = translate("scim_user", user)
    assert found.rejected == [f"odd_{flag}"]
    assert "extra" not in found.of("member")[0]
    assert ("active" in found.of("member")[0]) is (flag == "frontline")
