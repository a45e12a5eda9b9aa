"""Archives that are one person's download of their information: no ids, and mangled letters."""

from __future__ import annotations

from typing import Any

from workplace_archives import member_id


def mangled(text: str) -> str:
    return text.encode().decode("latin-1")


def test_a_download(importing: Any) -> None:
    posts = [
        {"timestamp": 1600000000, "title": "Ann wrote.", "data": [{"post": mangled("Grüße é")}]},
        {"timestamp": 1600000001, "data": [{"post": "already right: ü€"}]},
        {"timestamp": 1600000002, "attachments": [{"data": [{"media": {"uri": "photos/a.jpg"}}]}], "title": "Ann"},
    ]
    comments = {"comments_v2": [{"timestamp": 1600000003, "title": "Ann commented.", "data": [
        {"comment": {"comment": "hm", "author": "Ann", "group": "General", "timestamp": 1600000003}}]}]}  # fmt: skip
    reactions = {
        "reactions_v2": [{"timestamp": 1600000004, "data": [{"reaction": {"reaction": "LOVE", "actor": "Ann"}}]}]
    }
    joined = {
        "groups_joined_v2": [{"timestamp": 1600000005, "title": "Du blev medlem.", "data": [{"name": "General"}]}]
    }
    answers = {"event_responses_v2": {"events_joined": [{"name": "Fair", "start_timestamp": 1600000000}]}}
    profile = {"profile_v2": {"name": {"full_name": "Ann"}, "emails": {"emails": ["ann@b.example"]}}}
    files = {"x/profile.json": profile, "x/posts/your_posts_1.json": posts, "x/c.json": comments, "x/r.json": reactions,
             "x/g.json": joined, "x/e.json": answers}  # fmt: skip
    found = importing(files)
    assert found.issues == []
    bodies = {one.body for one in found.of("post").values()}
    assert {"Grüße é", "already right: ü€", "hm"} <= bodies
    assert all(":~" in one for one in found.of("post"))
    kinds = {one.kind: one for one in found.of("event").values()}
    assert kinds["reacted"].detail == "LOVE"
    assert kinds["reacted"].occurred_at is not None
    assert kinds["rsvp"].detail == "attending"
    assert kinds["x-workplace-story"].detail == "Du blev medlem.", (
        "joined or left: only a sentence tells, in any language"
    )
    assert {one.display_name for one in found.of("member").values()} == {"Ann"}
    assert "no ids" in found.gaps
    # With the company's users beside it the exporter is known by address.
    joined_up = importing({**files, "users.json": [{"id": "50000", "email": "Ann@b.example", "name": "Ann"}]})
    assert {one.author_id for one in joined_up.of("post").values()} == {member_id("50000")}


def test_a_download_that_does_not_say_whose_it_is(importing: Any) -> None:
    found = importing({"posts.json": [{"timestamp": 1600000000, "data": [{"post": "hi"}]}]})
    (post,) = found.of("post").values()
    assert post.author_id is None
    assert "nothing tells whose" in found.gaps
