"""What blocks show, of kinds known and unknown; and what is told in code, or in small letters."""

from __future__ import annotations

from typing import Any

import pytest

TS = "1709300000.000100"
BEN = "U0BEN00002"


def message(**more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U0ANN00001", "text": "hello", "ts": TS, **more}


def said(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def rich(*leaves: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(leaves)}]}


WORDS = {"type": "text", "text": "figures for "}
WHO = {"type": "user", "user_id": BEN}
RAW = {"type": "raw_text", "text": "EMEA"}

BLOCKS: dict[str, tuple[dict[str, Any], str]] = {
    "table": (
        {"type": "table", "rows": [[RAW, rich(WORDS, WHO)], [plain("a"), plain("b")]]},
        f"EMEA figures for @{BEN}\na b",
    ),
    "data_table": (
        {
            "type": "data_table",
            "caption": "Sales",
            "columns": [{"label": "Region"}],
            "rows": [[RAW, {"type": "raw_number", "value": 3, "text": "3"}]],
        },
        "Sales\nRegion\nEMEA 3",
    ),
    "card": (
        {"type": "card", "title": said("*Deal*"), "subtitle": plain("won"), "body": said(f"by <@{BEN}>")},
        f"Deal\nwon\nby @{BEN}",
    ),
    "carousel": (
        {
            "type": "carousel",
            "elements": [{"type": "card", "title": plain("one")}, {"type": "card", "title": plain("two")}],
        },
        "one\ntwo",
    ),
    "container": (
        {"type": "container", "title": plain("Box"), "child_blocks": [{"type": "section", "text": said("inside")}]},
        "Box\ninside",
    ),
    "task_card": (
        {
            "type": "task_card",
            "task_id": "t1",
            "status": "complete",
            "title": "Collect",
            "details": rich(WORDS, WHO),
            "sources": [{"type": "url", "url": "https://a.example/x", "text": "the report"}],
        },
        f"Collect\nfigures for @{BEN}\nthe report",
    ),
    "plan": (
        {"type": "plan", "title": "Plan", "tasks": [{"type": "task_card", "task_id": "t", "title": "First"}]},
        "Plan\nFirst",
    ),
    "never heard of": ({"type": "hologram", "angle": 3, "layers": [{"deep": {"deeper": [said("words")]}}]}, "words"),
    "section": (
        {
            "type": "section",
            "text": said("T"),
            "fields": [plain("f1"), said("f2")],
            "accessory": {"type": "button", "text": plain("Go")},
        },
        "T\nf1\nf2",
    ),
    "actions": ({"type": "actions", "elements": [{"type": "button", "text": plain("Go")}]}, ""),
}


@pytest.mark.parametrize(("block", "shown"), BLOCKS.values(), ids=BLOCKS)
@pytest.mark.parametrize("where", ["bot", "person", "card"])
def test_any_block_tells_its_words(translate: Any, block: dict[str, Any], shown: str, where: str) -> None:
    items = {
        "bot": message(text="", bot_id="B1", blocks=[block]),
        "person": message(blocks=[rich({"type": "text", "text": "hello"}), block]),
        "card": message(attachments=[{"fallback": "[no preview available]", "blocks": [block]}]),
    }
    (post,) = translate("message", items[where]).of("post")
    fallback = "[no preview available]" if where == "card" and not shown else shown
    assert post["text"] == "\n".join(part for part in ("" if where == "bot" else "hello", fallback) if part)
    named = [one["id"] for one in post["mentions"]]
    assert named == ([f"slack:T1:member:{BEN}"] if BEN in shown else [])
    assert list(post["links"]) == (["https://a.example/x"] if "the report" in shown else [])


def test_what_was_written_is_not_said_twice(translate: Any) -> None:
    text = f"look <@{BEN}>"
    leaves = rich({"type": "text", "text": "look "}, WHO)
    (post,) = translate("message", message(text=text, blocks=[leaves, {"type": "section", "text": said(text)}])).of(
        "post"
    )
    assert post["text"] == f"look @{BEN}"


@pytest.mark.parametrize(
    ("text", "shown", "links"),
    [
        ("`<http://a.example/x|a.example/x>`", "a.example/x", ["http://a.example/x"]),
        ("```\ncurl <https://a.example>\n```", "curl https://a.example", ["https://a.example"]),
        ("`a &lt;b&gt; c`", "a <b> c", []),
        ("`x < y` and `y > z`", "x < y and y > z", []),
    ],
)
def test_code_keeps_its_words_and_its_links(translate: Any, text: str, shown: str, links: list[str]) -> None:
    (post,) = translate("message", message(text=text)).of("post")
    assert (post["text"], list(post["links"])) == (shown, links)


def test_a_mention_in_code_counts(translate: Any) -> None:
    (post,) = translate("message", message(text=f"`ping <@{BEN}>`")).of("post")
    assert (post["text"], [one["id"] for one in post["mentions"]]) == (f"ping @{BEN}", [f"slack:T1:member:{BEN}"])


@pytest.mark.parametrize(
    ("text", "kind", "id_", "shown"),
    [
        ("<@u0ben00002>", "member", f"slack:T1:member:{BEN}", f"@{BEN}"),
        ("<@u0ben00002|ben>", "member", f"slack:T1:member:{BEN}", "@ben"),
        ("<@uslackbot>", "member", "slack:T1:member:USLACKBOT", "@USLACKBOT"),
        ("<@ben>", "member", None, "@ben"),
        ("<@ben.smith|Ben>", "member", None, "@Ben"),
        ("<#c0gen00001>", "community", "slack:T1:community:C0GEN00001", "#C0GEN00001"),
        ("<#general>", "community", None, "#general"),
    ],
)
def test_ids_are_upper_case_and_names_are_no_ids(
    translate: Any, text: str, kind: str, id_: str | None, shown: str
) -> None:
    (post,) = translate("message", message(text=text)).of("post")
    assert [(one["kind"], one["id"]) for one in post["mentions"]] == [(kind, id_)]
    assert post["text"] == shown


def test_a_bot_without_an_id_keeps_its_name(translate: Any) -> None:
    nameless = message(subtype="bot_message", username="deploybot", text="done")
    del nameless["user"]
    (post,) = translate("message", nameless).of("post")
    assert (post["author_id"], post["author_name"], post["text"]) == (None, "deploybot", "done")
    (post,) = translate("message", message(username="ann")).of("post")
    assert "author_name" not in post


@pytest.mark.parametrize("subtype", ["huddle_thread", "sh_room_created", None])
def test_a_huddle_is_told_by_those_who_took_part(translate: Any, subtype: str | None) -> None:
    room = {"id": "R1", "date_start": 1709300000, "participant_history": ["U0ANN00001", BEN], "channels": ["REDACTED"]}
    item = message(user="USLACKBOT", text="", room=room, **({"subtype": subtype} if subtype else {}))
    found = translate("message", item)
    assert found.of("post") == []
    assert [(one["kind"], one["actor_id"]) for one in found.of("event")] == [
        ("x-slack-huddle", "slack:T1:member:U0ANN00001"),
        ("x-slack-huddle", f"slack:T1:member:{BEN}"),
    ]


OTHERS = [
    "reminder_add",
    "me_message",
    "slackbot_response",
    "file_mention",
    "document_mention",
    "joiner_notification",
    "joiner_notification_for_inviter",
    "app_conversation_join",
    "app_conversation_leave",
    "assistant_app_thread",
    "canvas_shared",
    "list_record_comment",
    "convo_converted_to_public",
    "retention_policy",
    "shared_channel_joined",
    "sh_room_shared",
    "bot_profile",
    "tabbed_canvas_updated",
    "reply_broadcast",
    "channel_canvas_updated",
    "group_archive",
]


@pytest.mark.parametrize("subtype", OTHERS)
def test_no_subtype_is_dropped(translate: Any, subtype: str) -> None:
    found = translate("message", message(subtype=subtype))
    assert len(found.of("post")) + len(found.of("event")) == 1
    assert found.rejected == found.ignored == []
