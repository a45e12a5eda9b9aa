"""What an archive holds in another shape than dumps usually have: private talk stays out, and nothing else is lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from communitykit_workplace.ids import community_id, member_id, post_id

OPEN = {"id": "10000", "name": "General", "privacy": "OPEN"}
WROTE = {"from": {"id": "50000", "name": "Ann"}, "created_time": "2020-01-01T10:00:00+0000"}
POST = {"id": "10000_20", "message": "open words", "updated_time": "2020-01-02T10:00:00+0000", **WROTE}
HUSH = {**POST, "id": "10001_21", "message": "hush"}
REACTED = {"id": "60000", "name": "Bo", "type": "LOVE"}


def said(found: Any) -> str:
    return "".join(one.model_dump_json() for one in found.records if one.record != "coverage")


PRIVATE: Mapping[str, Mapping[str, Any]] = {
    "a group that a list calls closed": {
        "groups.json": [{**OPEN, "id": "10001", "privacy": "CLOSED"}],
        "feed.json": [HUSH],
    },
    "a group that no list tells of": {"feed.json": [HUSH]},
    "a group without a privacy": {"groups.json": [{"id": "10001", "name": "G"}], "feed.json": [HUSH]},
    "a group whose privacy is no word": {
        "groups.json": [{"id": "10001", "name": "G", "privacy": 1}],
        "feed.json": [HUSH],
    },
    "one of two lists": {
        "a/groups.json": [{**OPEN, "id": "10001"}],
        "b/groups.json": [{**OPEN, "id": "10001", "privacy": "SECRET"}],
        "feed.json": [HUSH],
    },
    "a comment apart from its post": {
        "feed.json": [{**HUSH, "message": ""}],
        "comments.json": [{"id": "21_31", "message": "hush", "comment_count": 0, **WROTE}],
    },
    "a reply apart from its comment": {
        "feed.json": [{**HUSH, "message": ""}],
        "21_31/comments.json": [{"id": "21_32", "message": "hush", "comment_count": 0, **WROTE}],
    },
    "comments beside nothing": {
        "objects.json": [{"id": "10001_21", "comments": {"data": [{"id": "21_31", "message": "hush", **WROTE}]}}]
    },
    "an event": {"10001/events.json": [{"id": "77", "name": "hush", "start_time": "2020-01-01T10:00:00+0000"}]},
    "a note": {"10001/docs.json": [{"id": "78", "subject": "hush", "message": "hush"}]},
    "a table of a feed": {
        "feed-10001.csv": "PostId;Author;AuthorId;AuthorEmail;Message;CreatedTime\n10001_21;Ann;50000;;hush;"
        "2020-01-01T10:00:00+0000\n"
    },
    "a table of a post's comments": {
        "stats-10001_21.csv": "Full Name,Id,Email,Message,Interaction,Date\n"
        "Ann,50000,,hush,Comment,2020-01-01 10:00:00\n"
    },
    "a download's comment in a group": {
        "c.json": {
            "group_comments_v2": [
                {"timestamp": 1600000003, "data": [{"comment": {"comment": "hush", "author": "Ann", "group": "Board"}}]}
            ]
        }
    },
    "an inbox": {
        "inbox.json": {
            "data": [
                {
                    "id": "900",
                    "to": {"data": []},
                    "updated_time": "2020-01-01T10:00:00+0000",
                    "unread": 0,
                    "comments": {"data": [{"id": "900_1", "message": "hush", **WROTE}]},
                }
            ]
        }
    },
    "an inbox under another name": {
        "x.json": {
            "data": [
                {
                    "id": "900",
                    "updated_time": "2020-01-01T10:00:00+0000",
                    "unseen": 0,
                    "to": {"data": []},
                    "created_time": "2020-01-01T10:00:00+0000",
                    "message": "hush",
                }
            ]
        }
    },
    "an inbox's thread": {"threads/900.json": [{"id": "900_1", "message": "hush", **WROTE}]},
}


@pytest.mark.parametrize("disguise", PRIVATE)
def test_private_talk_stays_out_in_every_disguise(importing: Any, disguise: str) -> None:
    files = {"community.json": {"id": "1", "name": "Acme", "is_community": True}, **PRIVATE[disguise]}
    open_beside = {"x/groups.json": [OPEN], "x/feed.json": [POST]}
    found = importing({**files, **open_beside}, include_private=False)
    assert "hush" not in said(found)
    assert "open words" in said(found), "what is open is read beside it"
    if "inbox" in disguise:
        assert "hush" not in said(importing(files, include_private=True)), "chats are nobody's to read"
    else:
        assert "include_private" in found.gaps
        assert "hush" in said(importing(files, include_private=True))


def test_bare_names_of_groups_become_no_people(importing: Any) -> None:
    names = [{"id": "10000", "name": "General"}, {"id": "70000", "name": "Who knows"}]
    found = importing({"all_groups.json": names})
    assert set(found.of("community")) == {community_id("10000"), community_id("70000")}
    assert found.of("member") == {}
    found = importing({"list.json": names, "feed.json": [POST]})
    assert found.of("community")[community_id("10000")].name == "General", "posts are in it"
    assert set(found.of("member")) == {member_id("50000")}
    assert "1 object with an id and a name alone" in found.gaps


def test_what_stands_beside_an_object_is_read_without_it(importing: Any) -> None:
    beside = [
        {"id": "10000_20", "seen": {"data": [{"id": "60000", "name": "Bo"}]}},
        {"id": "10000_20", "likes": {"data": [{"id": "60001", "name": "Cy"}]}},
        {
            "id": "10000_20",
            "reactions": {"data": [REACTED]},
            "comments": {"data": [{"id": "20_31", "message": "yes", **WROTE}]},
        },
    ]
    found = importing({"a_feed.json": [POST], "b.json": beside})
    assert found.issues == []
    assert {one.kind for one in found.of("event").values()} == {"viewed", "reacted"}
    posts = found.of("post")
    assert posts[post_id("20_31")].root_id == post_id("10000_20")
    told = [one for one in found.records if one.record == "post" and one.id == post_id("10000_20")]
    assert [one.body for one in told if "body" in one.model_fields_set] == ["open words"], "it is not emptied"
    assert {one.display_name for one in found.of("member").values()} >= {"Bo", "Cy", "Ann"}


def test_groups_that_somebody_looked_after_keep_their_names(importing: Any) -> None:
    profile = {"profile_v2": {"name": {"full_name": "Ann"}}}
    admined = {"groups_admined_v2": [{"name": "General", "timestamp": 1600000000}]}
    found = importing({"x/profile.json": profile, "x/g.json": admined})
    assert {one.name for one in found.of("community").values()} == {"General"}
    (act,) = found.of("event").values()
    assert act.detail == "groups_admined"


def test_who_saw_a_post(importing: Any) -> None:
    rows = "id,name,email,department,division,organization,title\n60000,Bo,bo@b.example,Sales,,,Clerk\n"
    found = importing({"groups.json": [OPEN], "10000_20/user_who_saw_the_post.csv": rows})
    (act,) = found.of("event").values()
    assert (act.kind, act.actor_id, act.target_id) == ("viewed", member_id("60000"), post_id("10000_20"))
    assert found.of("member")[member_id("60000")].department == "Sales"
    found = importing({"user_who_saw_the_post.csv": rows})
    assert found.of("event") == {}
    assert "which post" in found.gaps


def test_rows_of_figures_do_not_overwrite_one_another(importing: Any) -> None:
    rows = "Date,Group,Country,Posts\n2020-01-01,Sales,DE,5\n2020-01-01,Sales,FR,7\n2020-01-01,Sales,FR,8\n"
    figures = importing({"insights.csv": rows}).of("measure").values()
    assert sorted(one.value for one in figures) == [5, 7, 8]
    assert {one.subject_label for one in figures} == {"Sales"}
    again = importing({"insights.csv": rows}).of("measure").values()
    assert {one.id for one in again} == {one.id for one in figures}


def test_ids_hold_no_names_addresses_or_words(importing: Any) -> None:
    profile = {"profile_v2": {"name": {"full_name": "Ann Hushson"}}}
    posts = [{"timestamp": 1600000000, "data": [{"post": "hushed words"}]}]
    joined = {"groups_joined_v2": [{"timestamp": 1600000005, "data": [{"name": "Hushgroup"}]}]}
    poll = {"question": "?", "options": {"data": [{"name": "hushoption", "votes": {"data": [{"id": "60000"}]}}]}}
    files = {
        "x/profile.json": profile, "x/posts.json": posts, "x/g.json": joined, "feed.json": [{**POST, "poll": poll}],
        "employees.csv": "Full Name,Email,Status,Hushpoints\nBo,bo@hush.example,Claimed,3\n",
        "hushtable.csv": "Date,Hushgroup,Posts\n2020-01-01,Hushsales,5\n",
    }  # fmt: skip
    found = importing(files)
    assert {"member", "community", "post", "event", "measure"} <= {one.record for one in found.records}
    assert [one.id for one in found.records if "hush" in str(getattr(one, "id", "")).lower()] == []
    assert "hushoption" in json.dumps([one.detail for one in found.of("event").values()])
