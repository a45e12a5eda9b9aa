from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communitykit_slack.ids import place_of
from communitykit_slack.translate.text import plain

PLACE = place_of({"team": "T1", "channel": "C1"})


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("nothing to do", "nothing to do"),
        ("*bold* _slanted_ ~gone~ `code`", "bold slanted gone code"),
        ("*_both_* _*too*_", "both too"),
        ("snake_case_name 2*3*4 a~b~c", "snake_case_name 2*3*4 a~b~c"),
        ("`*not bold*` ```\n_x_\n```", "*not bold* _x_"),
        ("* not a marker *", "* not a marker *"),
        ("<@U1|bob> and <@U2>", "@bob and @U2"),
        ("<#C1|general> <#C2> <#C3|>", "#general #C2 #C3"),
        ("<!here> <!channel|@channel> <!everyone>", "@here @channel @everyone"),
        ("<!subteam^S1|@devs> <!subteam^S2>", "@devs @S2"),
        ("<!date^1392734382^{date}|18 Feb>", "18 Feb"),
        ("<https://a.example/x_y_z|a &amp; b>", "a & b"),
        ("<https://a.example/?a=1&amp;b=2>", "https://a.example/?a=1&b=2"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("*<https://a.example|bold link>*", "bold link"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&amp;lt;", "&lt;"),
        (":white_check_mark: *:tada:*", ":white_check_mark: :tada:"),
        ("if (a < b && c > d)", "if (a < b && c > d)"),
        ("مرحبا *عالم*", "مرحبا عالم"),
        ("\ue000 <@U1> \ue000", "\ue000 @U1 \ue000"),
    ],
)
def test_plain_text(body: str, text: str) -> None:
    assert plain(body, PLACE).text == text


def test_mentions_keep_ids_and_labels() -> None:
    found = plain("<@U1|bob> <@U1> <#C2|ops> <!here> <!subteam^S1|@devs>", PLACE)
    assert [(one["kind"], one["id"], one["label"]) for one in found.mentions] == [
        ("member", "slack:T1:member:U1", "bob"),
        ("community", "slack:T1:community:C2", "ops"),
        ("everyone", None, "here"),
        ("user_group", "slack:T1:community:S1", "devs"),
    ]


def test_links_are_listed_once_and_unescaped() -> None:
    found = plain("<https://a.example/?x=1&amp;y=2|one> <https://a.example/?x=1&amp;y=2> <mailto:a@b.example>", PLACE)
    assert found.links == ("https://a.example/?x=1&y=2",)


@given(st.text())
def test_escaped_text_comes_back_where_nothing_is_marked(text: str) -> None:
    safe = "".join(" " if char in "*_~`:" else char for char in text)
    escaped = safe.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert plain(escaped, PLACE).text == safe


@given(st.text(alphabet="*_~`<>@#!|&;:^ab \n\ue000", max_size=60))
def test_any_markup_gives_text_without_an_error(body: str) -> None:
    found = plain(body, PLACE)
    assert isinstance(found.text, str)
    beside = re.sub(r"<[^<>]+>", "", body)  # a reference shows its label, and not all else that stands in it
    assert beside.count("\ue000") <= found.text.count("\ue000") <= body.count("\ue000")


@given(st.lists(st.sampled_from(["<@U1>", "<!here>", "<https://a.example|b>", *"<>@#!|&;:^ab \n\ue000"]), max_size=20))
def test_text_without_formatting_is_read_as_beside_some(pieces: list[str]) -> None:
    body = "".join(pieces)
    alone, beside = plain(body, PLACE), plain(f"`code` {body}", PLACE)
    assert (f"code {alone.text}", *alone[1:]) == beside
