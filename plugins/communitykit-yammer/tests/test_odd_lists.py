"""Lists inside of messages and users that have another shape, or hold what cannot be read: what was known stays."""

from __future__ import annotations

from typing import Any

import pytest

from communitykit.testing.reading import Kept

MESSAGE: dict[str, Any] = {
    "id": 9,
    "sender_id": 20,
    "thread_id": 9,
    "replied_to_id": None,
    "created_at": "2025/01/02 11:00:00 +0000",
    "body": {"parsed": "Hello [[user:7]]"},
    "liked_by": {"count": 0, "names": []},
}
ODD: list[Any] = ["words", {"odd": 1}, [0.5]]
TOPIC = {"type": "topic", "id": 5, "name": "travel"}
THREAD = {"type": "thread", "id": 9, "stats": {"updates": 3}}


def read(translate: Any, *, context: Any = None, **fields: Any) -> tuple[dict[str, Any], Any]:
    found = translate("message", {**MESSAGE, **fields}, **(context or {}))
    (one,) = found.of("post")
    return dict(one), found


@pytest.mark.parametrize("odd", [*ODD, [{"type": "file", "id": 5}, 5]])
def test_attachments_with_what_is_none_are_left_out(translate: Any, odd: Any) -> None:
    post, found = read(translate, attachments=odd)
    assert not {"attachments", "praised_ids"} & post.keys()
    assert found.rejected == ["odd_part"]


@pytest.mark.parametrize("odd", [*ODD, [3, 0.5]])
def test_who_is_praised_is_left_out_where_it_cannot_be_read(translate: Any, odd: Any) -> None:
    file = {"type": "file", "id": 5, "original_name": "a.txt"}
    post, found = read(translate, attachments=[{"type": "praise", "praised_user_ids": odd}, file])
    assert "praised_ids" not in post
    assert [one["name"] for one in post["attachments"]] == ["a.txt"]
    assert found.rejected == ["odd_part"]


@pytest.mark.parametrize("odd", [*ODD, [8, 0.5]])
def test_mentions_are_left_out_where_those_notified_cannot_be_read(translate: Any, odd: Any) -> None:
    post, found = read(translate, notified_user_ids=odd)
    assert "mentions" not in post
    assert post["text"] == "Hello @7"
    assert found.rejected == ["odd_part"]


@pytest.mark.parametrize("odd", [*ODD, [{"answer": "Yes"}, 0.5]])
def test_a_poll_is_left_out_where_an_option_cannot_be_read(translate: Any, odd: Any) -> None:
    post, found = read(translate, message_type="poll", title="Lunch?", poll_options=odd)
    assert post["kind"] == "poll"
    assert "poll" not in post
    assert found.rejected == ["odd_part"]


@pytest.mark.parametrize("none", [None, []])
def test_lists_without_anything_are_told_as_such(translate: Any, none: Any) -> None:
    lists = dict.fromkeys(("attachments", "notified_user_ids", "poll_options"), none)
    praise = [{"type": "praise", "praised_user_ids": none}]
    post, found = read(translate, **lists)
    assert (post["attachments"], post["praised_ids"]) == ((), ())
    assert [one["id"] for one in post["mentions"]] == ["yammer:1:member:7"]
    assert read(translate, attachments=praise)[0]["praised_ids"] == ()
    assert found.rejected == []


def test_who_reacted_is_told_as_far_as_it_can_be_read_and_takes_nothing_away(translate: Any) -> None:
    ann = {"user_id": 5, "full_name": "A", "network_id": 1}
    context = {"replies": {"9": 2}}
    for liked, counts in (
        ({"names": [ann, 0.5]}, None),
        ({"count": 1, "names": [ann, 0.5]}, {"replies": 2, "reacted": 1}),
    ):
        post, found = read(translate, liked_by=liked, context=context)
        assert post.get("counts") == counts
        assert len(found.of("event")) == 1
        assert (found.swept, found.rejected) == ([], ["odd_part"])
    for odd in ("words", {"odd": 1}):
        post, found = read(translate, liked_by={"count": 1, "names": odd}, context=context)
        assert "counts" not in post
        assert (found.swept, found.rejected) == ([], ["odd_part"])


@pytest.mark.parametrize(
    "contact", ["words", *({"email_addresses": odd} for odd in ODD), {"email_addresses": [{"address": 5}]}]
)
def test_an_address_stays_where_the_list_of_them_cannot_be_read(translate: Any, contact: Any) -> None:
    found = translate("user", {"id": 5, "email": None, "contact": contact})
    assert "email" not in found.one("member")
    assert found.rejected == ["odd_part"]
    found = translate("user", {"id": 5, "email": "ann@aurora.example", "contact": contact})
    assert (found.one("member")["email"], found.rejected) == ("ann@aurora.example", [])


def test_an_address_that_can_be_read_is_told(translate: Any) -> None:
    for contact in (None, {}, {"email_addresses": None}, {"email_addresses": []}):
        assert translate("user", {"id": 5, "email": "", "contact": contact}).one("member")["email"] is None
    listed = {"email_addresses": [{"type": "primary", "address": "ann@aurora.example"}, 0.5]}
    found = translate("user", {"id": 5, "email": None, "contact": listed})
    assert (found.one("member")["email"], found.rejected) == ("ann@aurora.example", [])


@pytest.mark.parametrize("odd", [*ODD, [TOPIC, {**THREAD, "stats": {"updates": "odd"}}]])
def test_what_stands_beside_a_page_takes_nothing_away_where_it_cannot_be_read(network: Any, odd: Any) -> None:
    network.write(9, days=2, body={"parsed": "To [[tag:5]]"}, liked_by={"count": 1, "names": [{"user_id": 5}]})
    network.references = [TOPIC, THREAD]
    kept = Kept()
    network.read(kept)

    def stored() -> Any:
        (post,) = kept.current()["post"]
        return post["text"], post["topics"], post["mentions"], post["counts"]

    before = stored()
    assert before[0] == "To #travel"
    assert before[3]["replies"] == 2
    network.references = odd
    network.read(kept)
    assert stored() == before


@pytest.mark.parametrize("odd", ["no", {"odd": 1}, ["odd"], 0.5])
def test_a_flag_that_cannot_be_read_leaves_what_was_known(translate: Any, odd: Any) -> None:
    found = translate("group", {"id": 3, "full_name": "General", "company_group": odd})
    assert "is_default" not in found.one("community")
    assert found.rejected == ["odd_part"]
