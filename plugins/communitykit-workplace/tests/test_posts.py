"""Posts, comments and what is beside them."""

from __future__ import annotations

from typing import Any

import pytest

POST = {
    "id": "10_20",
    "created_time": "2020-01-01T10:00:00+0000",
    "updated_time": "2020-02-01T10:00:00+0000",
    "from": {"id": "5", "name": "Ann"},
    "to": {"data": [{"id": "10", "name": "General"}]},
    "message": "Hello Bo, see https://a.example/x.",
    "message_tags": [{"id": "6", "name": "Bo", "type": "user", "offset": 6, "length": 2}],
}


def test_a_post(translate: Any) -> None:
    (post,) = translate("post", POST).of("post")
    assert post["id"] == "workplace:graph:post:10_20"
    assert post["community_id"] == "workplace:graph:community:10"
    assert post["author_id"] == "workplace:graph:member:5"
    assert post["created_at"].isoformat() == "2020-01-01T10:00:00+00:00"
    assert post["mentions"] == ({"kind": "member", "id": "workplace:graph:member:6", "label": "Bo"},)
    assert post["links"] == ("https://a.example/x",)
    assert "edited_at" not in post, "updated_time moves with every comment"
    assert "counts" not in post, "nothing was asked for, so nothing is told"


def test_the_three_shapes_of_message_tags(translate: Any) -> None:
    tag = {"id": "7", "name": "Team", "type": "group"}
    for tags in ([tag], {"6": [tag]}, {"6": tag}):
        (post,) = translate("post", {**POST, "message_tags": tags}).of("post")
        assert [one["id"] for one in post["mentions"]] == ["workplace:graph:community:7"]
    (post,) = translate("post", {**POST, "message_tags": []}).of("post")
    assert post["mentions"] == ()


def test_a_story_is_no_post(translate: Any) -> None:
    story = {"id": "10_21", "story": "Ann created the group.", "from": {"id": "5"}, "created_time": 1600000000}
    found = translate("post", story)
    assert found.of("post") == []
    (event,) = found.of("event")
    assert event["kind"] == "x-workplace-story"
    assert event["detail"] == "Ann created the group."


def test_nested_comments_know_root_and_parent(translate: Any) -> None:
    reply = {"id": "20_32", "message": "no", "from": {"id": "6"}, "created_time": "2020-01-03T00:00:00+0000"}
    comment = {"id": "20_31", "message": "yes", "comments": {"data": [reply]}}
    found = translate("post", {**POST, "comments": {"data": [comment]}})
    root, first, second = found.of("post")
    assert root["counts"] == {"replies": 2}
    assert (first["root_id"], first["parent_id"]) == (root["id"], root["id"])
    assert (second["root_id"], second["parent_id"]) == (root["id"], first["id"])
    assert second["community_id"] == root["community_id"]


def test_cut_edges_tell_only_what_is_told(translate: Any) -> None:
    cut = {"data": [{"id": "20_31"}], "paging": {"next": "https://graph.example/20/comments?after=x"}}
    reactions = {"data": [{"id": "6", "type": "LIKE"}], "paging": {"next": "…"}, "summary": {"total_count": 40}}
    found = translate("post", {**POST, "comments": cut, "reactions": reactions})
    assert found.of("post")[0]["counts"] == {"reacted": 40}
    assert found.swept == [], "who is not on the first page has not taken anything back"


def test_reactions_have_no_time_and_likes_do_not_count_twice(translate: Any) -> None:
    rows = [{"id": "6", "type": "LOVE"}, {"id": "6", "type": "LOVE"}, {"id": "8", "type": "NONE"}]
    both = {"reactions": {"data": rows}, "likes": {"data": [{"id": "6"}]}}
    found = translate("post", {**POST, **both})
    (event,) = found.of("event")
    assert event["detail"] == "LOVE"
    assert "occurred_at" not in event
    assert found.of("post")[0]["counts"]["reactions"] == {"LOVE": 1}
    assert [one.within["kind"] for one in found.swept] == ["reacted"]
    (liked,) = translate("post", {**POST, "likes": {"data": [{"id": "6"}]}}).of("event")
    assert liked["detail"] == "LIKE"


def test_aliases_of_scripts_are_counts(translate: Any) -> None:
    told = {"reactions_like": {"summary": {"total_count": 3}}, "reactions_wow": {"summary": {"total_count": 0}}}
    (post,) = translate("post", {**POST, **told}).of("post")
    assert post["counts"] == {"reactions": {"LIKE": 3}}


def test_views_have_a_time_where_it_is_told(translate: Any) -> None:
    seen = {"data": [{"id": "6", "seen_time": "2020-01-02T00:00:00+0000"}, {"id": "7"}], "summary": {"total_count": 9}}
    found = translate("post", {**POST, "seen": seen})
    timed, untimed = found.of("event")
    assert timed["time_source"] == "event"
    assert "occurred_at" not in untimed
    assert found.of("post")[0]["counts"]["views"] == 9


@pytest.mark.parametrize("odd", [{"id": True}, {"id": ["6"]}, {"name": "nobody"}, "6", None, {"id": "0"}])
def test_a_viewer_who_cannot_be_read_costs_no_other_view(translate: Any, odd: Any) -> None:
    plain = [{"id": "6", "seen_time": "2020-01-02T00:00:00+0000"}, {"id": 1}, {"id": "8", "seen_time": None}]
    found = translate("post", {**POST, "seen": {"data": [*plain[:2], odd, plain[2]]}})
    assert found.of("event") == translate("post", {**POST, "seen": {"data": plain}}).of("event")
    assert [one["actor_id"].rpartition(":")[2] for one in found.of("event")] == ["6", "1", "8"]
    assert len(found.rejected) == 1


def test_polls_and_votes(translate: Any) -> None:
    options = [{"id": "90", "name": "Yes", "vote_count": 1, "votes": {"data": [{"id": "6"}]}},
               {"id": "91", "name": "No", "vote_count": 0, "votes": {"data": []}}]  # fmt: skip
    found = translate("post", {**POST, "poll": {"id": "9", "options": {"data": options}}})
    (post,), (vote,) = found.of("post"), found.of("event")
    assert post["kind"] == "poll"
    assert [(one["text"], one["votes"]) for one in post["poll"]["options"]] == [("Yes", 1), ("No", 0)]
    assert (vote["kind"], vote["detail"]) == ("voted", "Yes")
    assert vote["id"].endswith("/90")


def test_albums_links_files_and_shared_posts(translate: Any) -> None:
    album = {
        "type": "album",
        "subattachments": {
            "data": [{"type": "photo", "media": {"image": {"src": "https://c.example/a.png"}}, "target": {"id": "77"}}]
        },
    }
    file = {"type": "file_upload", "title": "plan.pdf", "url": "https://x.example/plan"}
    link = {"type": "share", "title": "News", "unshimmed_url": "https://n.example/", "url": "https://l.example/?u="}
    found = translate("post", {**POST, "parent_id": "10_1", "attachments": {"data": [album, file, link]}})
    (post,) = found.of("post")
    assert [one["kind"] for one in post["attachments"]] == ["image", "file", "link"]
    assert post["attachments"][2]["url"] == "https://n.example/"
    assert post["shared_from_id"] == "workplace:graph:post:10_1"


def test_markdown_loses_its_marks_in_text_only(translate: Any) -> None:
    text = "# News\n**Big** snake_case `code` [here](https://a.example/)"
    (post,) = translate("post", {**POST, "formatting": "MARKDOWN", "message": text}).of("post")
    assert post["body"] == text
    assert post["text"] == "News\nBig snake_case code here (https://a.example/)"


def test_lost_columns_say_nothing(translate: Any) -> None:
    row = {name: POST[name] for name in ("id", "from", "to", "created_time")}
    (post,) = translate("post", row, lost=["message"]).of("post")
    assert "body" not in post
    (empty,) = translate("post", row).of("post")
    assert empty["body"] is None


def test_a_timeline_post_is_in_no_group(translate: Any) -> None:
    (post,) = translate("post", {"id": "5_1", "from": {"id": "5"}, "message": "hi"}).of("post")
    assert "community_id" not in post


def test_without_an_id_there_is_no_record(translate: Any) -> None:
    assert translate("post", {"message": "x"}).rejected == ["no_id"]
    assert translate("comment", {"message": "x"}).rejected == ["no_id"]
    assert translate("edge", {"seen": {"data": [{"id": "1"}]}}).rejected == ["no_object"]


def test_a_comment_apart_from_its_post(translate: Any) -> None:
    (found,) = translate("comment", {"id": "20_31", "message": "x"}, post="10_20", parent="20_30").of("post")
    assert found["root_id"] == "workplace:graph:post:10_20"
    assert found["parent_id"] == "workplace:graph:post:20_30"
    assert found["community_id"] == "workplace:graph:community:10"
    url = "https://x.workplace.com/groups/10/permalink/20/?comment_id=31"
    (told,) = translate("comment", {"permalink_url": url, "message": "x"}).of("post")
    assert (told["id"], told["root_id"]) == ("workplace:graph:post:20_31", "workplace:graph:post:10_20")


@pytest.mark.parametrize(("kind", "field"), [("page", "content"), ("page", "title"), ("event", "description")])
def test_an_odd_part_of_a_page_or_event_is_left_untold(translate: Any, kind: str, field: str) -> None:
    whole = {"id": "70", "title": "t", "content": "<p>words</p>", "description": "words", "name": "n"}
    found = translate(kind, {**whole, field: ["odd"]})
    (post,) = found.of("post")
    assert "title" not in post if field == "title" else not {"body", "text", "links"} & post.keys()
    assert ("body" if field == "title" else "title") in post
    assert found.rejected == [f"odd_{field}"]
