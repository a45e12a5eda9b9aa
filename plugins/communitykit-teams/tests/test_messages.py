"""Messages, their text, mentions, attachments, reactions and tombstones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from communitykit_teams.translate.text import plain_text

PREFIX = "teams:tenant-1:post:19:c@thread.tacv2/"


def message(**told: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "messageType": "message",
        "createdDateTime": "2026-01-02T03:04:05.678Z",
        "lastModifiedDateTime": "2026-01-02T03:04:05.678Z",
        "from": {"user": {"id": "u1", "displayName": "Ada", "userIdentityType": "aadUser", "tenantId": "tenant-1"}},
        "body": {"contentType": "html", "content": "<p>Hello</p>"},
        **told,
    }


def reaction(kind: Any, user: str | None = "u2", **told: Any) -> dict[str, Any]:
    who = {"user": {"id": user, "displayName": None}} if user else {}
    return {"reactionType": kind, "createdDateTime": "2026-01-02T04:00:00Z", "user": who, **told}


def test_a_post_tells_what_the_message_tells(translate: Any) -> None:
    post = translate(
        "message",
        message(
            subject="Plan",
            importance="urgent",
            lastEditedDateTime="2026-01-02T05:00:00Z",
            webUrl="https://teams.microsoft.com/l/1",
            replies=[],
        ),
    ).one("post")
    assert post["id"] == PREFIX + "1"
    assert post["author_id"] == "teams:tenant-1:member:u1"
    assert (post["title"], post["importance"], post["text"]) == ("Plan", "urgent", "Hello")
    assert post["created_at"] == datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    assert post["edited_at"] == datetime(2026, 1, 2, 5, tzinfo=UTC)
    assert post["counts"] == {"replies": 0, "reactions": {}}
    assert (post["gone"], post.get("root_id")) == (None, None)


def test_what_only_an_id_is_told_of_is_deleted_and_nothing_else_of_it_is_told(translate: Any) -> None:
    post = translate("message", {"id": "1", "@removed": {"reason": "deleted"}}).one("post")
    assert (post["id"], post["gone"]) == (PREFIX + "1", "deleted")
    assert not {"created_at", "deleted_at", "author_id", "root_id", "counts"} & set(post)


def test_a_payload_that_tells_little_empties_nothing(translate: Any) -> None:
    found = translate("message", {"id": "1", "messageType": "message"})
    assert set(found.one("post")) == {"record", "id", "community_id", "gone"}
    assert found.swept == []


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"replies": [message(id="2", body="odd"), message(id="3")]}, "malformed"),
        ({"replies": [{"body": {}}, message(id="3")]}, "no_id"),
        ({"replies": ["odd", message(id="3")]}, "no_object"),
        ({"replies": "odd"}, "no_list"),
        ({"reactions": "odd", "replies": [message(id="3")]}, "no_list"),
        ({"reactions": [None, reaction("like")], "replies": [message(id="3")]}, "malformed"),
        ({"reactions": [reaction({"odd": 1}), reaction("like")], "replies": [message(id="3")]}, "odd_reaction"),
        ({"reactions": [reaction(None), reaction("like")], "replies": [message(id="3")]}, "odd_reaction"),
        ({"messageHistory": ["odd"], "replies": [message(id="3")]}, "malformed"),
        ({"mentions": "odd", "replies": [message(id="3")]}, "no_list"),
        ({"mentions": [None], "replies": [message(id="3")]}, "malformed"),
        ({"mentions": [{"mentioned": {"user": {"id": 5}}}], "replies": [message(id="3")]}, "odd_id"),
        ({"mentions": [{"mentionText": 5}], "replies": [message(id="3")]}, "odd_mention"),
    ],
)
def test_an_odd_part_costs_itself_alone(translate: Any, odd: dict[str, Any], reason: str) -> None:
    found = translate("message", message(**odd))
    assert found.rejected == [reason]
    assert [one["id"] for one in found.of("post")] == [PREFIX + "1", PREFIX + "3"][: 1 + (odd.get("replies") != "odd")]
    assert [one["actor_id"][-2:] for one in found.of("event")] == ["u2"] * (reason != "no_list" and "reactions" in odd)
    if "reactions" in odd:
        assert [one.within for one in found.swept if one.within["target_id"] == PREFIX + "1"] == []
        assert "counts" not in found.of("post")[0]


def test_an_odd_root_does_not_cost_its_replies(translate: Any) -> None:
    found = translate("message", message(body="odd", replies=[message(id="2")]))
    assert found.rejected == ["malformed"]
    assert [(one["id"], one["root_id"]) for one in found.of("post")] == [(PREFIX + "2", PREFIX + "1")]


def test_who_reacted_may_be_told_flatly(translate: Any) -> None:
    flat = {"reactionType": "like", "createdDateTime": "2026-01-02T04:00:00Z", "user": {"id": "u2"}}
    assert translate("message", message(reactions=[flat])).one("event")["actor_id"] == "teams:tenant-1:member:u2"


def test_a_reaction_bumps_no_edit(translate: Any) -> None:
    post = translate("message", message(lastModifiedDateTime="2026-01-05T00:00:00Z", lastEditedDateTime=None)).one(
        "post"
    )
    assert post["edited_at"] is None


def test_replies_come_with_their_root_and_are_counted_without_the_deleted(translate: Any) -> None:
    replies = [
        message(id="2", replyToId="1"),
        message(id="3", replyToId="1", deletedDateTime="2026-01-03T00:00:00Z", body={"content": ""}),
    ]
    posts = translate("message", message(replies=replies)).of("post")
    assert [one.get("root_id") for one in posts] == [None, PREFIX + "1", PREFIX + "1"]
    assert posts[0]["counts"]["replies"] == 1
    assert posts[2]["gone"] == "deleted"
    assert posts[2]["deleted_at"] == datetime(2026, 1, 3, tzinfo=UTC)
    assert posts[2]["body"] is None


@pytest.mark.parametrize("told", [{}, {"replies": [], "replies@odata.nextLink": "https://graph.microsoft.com/v1.0/x"}])
def test_a_root_without_all_its_replies_does_not_count_them(translate: Any, told: Any) -> None:
    assert "counts" not in translate("message", message(**told)).one("post")


def test_reactions_unicode_custom_and_old_ones_with_their_time(translate: Any) -> None:
    custom = reaction("custom", displayName=None, reactionContentUrl="https://g/hostedContents/aWQ/$value")
    found = translate("message", message(reactions=[reaction("👀"), reaction("like"), custom], replies=[]))
    events = found.of("event", "reacted")
    assert [one["detail"] for one in events] == ["👀", "like", "aWQ"]
    assert {one["occurred_at"] for one in events} == {datetime(2026, 1, 2, 4, tzinfo=UTC)}
    assert {one["time_source"] for one in events} == {"event"}
    assert found.one("post")["counts"]["reactions"] == {"👀": 1, "like": 1, "aWQ": 1}
    assert found.swept[0].within["target_id"] == PREFIX + "1"


def test_a_reaction_of_nobody_is_an_act_is_counted_and_sweeps_nothing(translate: Any) -> None:
    found = translate("message", message(reactions=[reaction("like", user=None)], replies=[]))
    event = found.one("event")
    assert (event["actor_id"], event["detail"], event["active"]) == (None, "like", True)
    assert found.one("post")["counts"]["reactions"] == {"like": 1}
    assert [one.record for one in found.swept] == ["post"]


def test_reactions_taken_back_are_known_by_the_history(translate: Any) -> None:
    removed = {"modifiedDateTime": "2026-01-03T00:00:00Z", "actions": "reactionRemoved", "reaction": reaction("heart")}
    again = {**removed, "reaction": reaction("like")}
    found = translate("message", message(reactions=[reaction("like")], messageHistory=[removed, again]))
    assert {one["detail"]: one["active"] for one in found.of("event")} == {"like": True, "heart": False}


def test_mentions_keep_ids(translate: Any) -> None:
    def named(label: str, **whom: Any) -> dict[str, Any]:
        return {"id": 0, "mentionText": label, "mentioned": whom}

    post = translate(
        "message",
        message(
            mentions=[
                named("Ada", user={"id": "u1"}),
                named("Bot", application={"id": "a1"}),
                named("General", conversation={"id": "19:x@thread.tacv2", "conversationIdentityType": "channel"}),
                named("Team", conversation={"id": "team-1", "conversationIdentityType": "team"}),
                named("Duty", tag={"id": "t1"}),
                {"id": 5, "mentionText": "Gone", "mentioned": None},
            ]
        ),
    ).one("post")
    assert [(one["kind"], one.get("id")) for one in post["mentions"]] == [
        ("member", "teams:tenant-1:member:u1"),
        ("member", "teams:tenant-1:member:a1"),
        ("community", "teams:tenant-1:community:19:x@thread.tacv2"),
        ("everyone", None),
        ("tag", "teams:tenant-1:tag:t1"),
        ("member", None),
    ]


def test_authors_whom_no_directory_lists(translate: Any) -> None:
    other = {"id": "u9", "displayName": "Eve", "userIdentityType": "aadUser", "tenantId": "tenant-2"}
    found = translate("message", message(**{"from": {"user": other}}))
    assert found.one("post")["author_id"] == "teams:tenant-2:member:u9"
    assert found.one("member")["external"] is True
    bot = translate("message", message(**{"from": {"application": {"id": "a1", "displayName": "Build"}}})).one("member")
    assert (bot["kind"], bot["display_name"]) == ("bot", "Build")
    assert translate("message", message(**{"from": None})).one("post")["author_id"] is None


def test_announcements_files_cards_and_forwarded_messages(translate: Any) -> None:
    card = {"type": "AdaptiveCard", "body": [{"type": "TextBlock", "text": "Build 7"},
            {"type": "FactSet", "facts": [{"title": "State", "value": "green"}]},
            {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "It "},
                                                  {"type": "TextRun", "text": "runs"}]}],
            "actions": [{"type": "Action.OpenUrl", "title": "Open"}]}  # fmt: skip
    banner = "application/vnd.microsoft.teams.messaging-announcementBanner"
    forwarded = {"originalMessageId": "7", "originalConversationId": "19:y@thread.tacv2"}
    post = translate(
        "message",
        message(
            body={"contentType": "html", "content": '<attachment id="1"></attachment>'},
            attachments=[
                {"id": "1", "contentType": "application/vnd.microsoft.card.adaptive", "content": json.dumps(card)},
                {"id": "2", "contentType": "reference", "name": "plan.pdf", "contentUrl": "https://s/plan.pdf"},
                {"id": "3", "contentType": banner, "content": '{"title":"Town hall"}'},
                {"id": "4", "contentType": "forwardedMessageReference", "content": json.dumps(forwarded)},
                {"id": "5", "contentType": "application/vnd.microsoft.card.thumbnail", "content": "{broken"},
            ],
        ),
    ).one("post")
    assert post["text"] == "Build 7\nState: green\nIt runs"
    assert (post["kind"], post["title"]) == ("announcement", "Town hall")
    assert [(one["kind"], one["name"]) for one in post["attachments"]][1] == ("file", "plan.pdf")
    assert post["shared_from_id"] == "teams:tenant-1:post:19:y@thread.tacv2/7"


def test_what_was_blocked_is_not_republished(translate: Any) -> None:
    post = translate("message", message(policyViolation={"dlpAction": "blockAccess"}, subject="Secret")).one("post")
    assert post["body"] is None
    assert post["text"] is None


def test_malformed_times_cost_no_record(translate: Any) -> None:
    post = translate("message", message(createdDateTime="2021-03-1706:47:05.123Z", lastEditedDateTime="never")).one(
        "post"
    )
    assert not {"created_at", "edited_at"} & set(post)  # so that a time that was told before stays


@pytest.mark.parametrize(("item", "reason"), [({"messageType": "message"}, "no_id"), ({"id": ""}, "no_id")])
def test_what_is_no_message_is_rejected(translate: Any, item: Any, reason: str) -> None:
    assert translate("message", item).rejected == [reason]


def test_where_nothing_tells_the_channel_nothing_is_made_up(translate: Any) -> None:
    assert translate("message", message(), channel=None).rejected == ["no_place"]
    assert translate("message", {"id": "9", "messageType": "typing"}).ignored == ["typing"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("<div>a<br>b</div>", "a\nb"),
        ('<div><at id="0">Ada</at>&nbsp;hi</div>', "@Ada hi"),
        ('<p>go <emoji id="rocket" alt="🚀" title="Rocket"></emoji></p>', "go 🚀"),
        ('<p><customemoji id="x" alt="spark" source="https://e"></customemoji></p>', "spark"),
        ("<ul><li>x</li><li>y</li></ul>", "• x\n• y"),
        ("<p>3 &lt; 5 &amp; up</p>", "3 < 5 & up"),
        ("<codeblock><code>a  b\nc</code></codeblock>", "a  b\nc"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "1 2"),
        ("<systemEventMessage/>", ""),
        ("<p>unclosed <b>bold", "unclosed bold"),
        ("", ""),
    ],
)
def test_html_as_text(html: str, text: str) -> None:
    assert plain_text(html).text == text


def test_links_and_hosted_images(translate: Any) -> None:
    html = '<a href="https://x.example/?a=1&amp;b=2">x</a><img src="https://g/hostedContents/aWQ=/$value" alt="p.png">'
    post = translate("message", message(body={"contentType": "html", "content": html})).one("post")
    assert post["links"] == ("https://x.example/?a=1&b=2",)
    assert post["attachments"] == (
        {"kind": "image", "id": "aWQ=", "name": "p.png", "url": "https://g/hostedContents/aWQ=/$value"},
    )


def test_what_a_page_runs_is_not_what_it_says() -> None:
    hidden = "<script>var words = 'run';</script><style>p {color: red}</style><!-- aside -->"
    assert plain_text(f"<p>before</p>{hidden}<p>after</p>").text.split() == ["before", "after"]
