"""A reply that is taken for ordinary is one that the translator understands, whatever stands in it."""

from __future__ import annotations

from typing import Any

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from communitykit.connector.parts import is_understood
from communitykit_slack.api.threads import _ORDINARY, _is_ordinary
from communitykit_slack.translate import TRANSLATORS

CONTEXT = {"team": "T1", "channel": "C1", "origin": "api", "url": "https://x.slack.com/"}
STAMPS = st.sampled_from(["1512104434.000490", "1512104434", "99999999999.1", "1000000", "0", "1512104434.x", "", 1.5])
ODD = st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2) | st.just({"a": 1})
REPLIES = st.fixed_dictionaries(
    {},
    optional={
        "ts": STAMPS | ODD,
        "thread_ts": STAMPS | ODD,
        "user": st.sampled_from(["U1", "USLACKBOT", "", "Ü1", "U/1"]) | ODD,
        "text": st.text(alphabet="ab <>&@|!#*_~`:\n\ud83d/", max_size=20)
        | st.sampled_from(
            ["<@U1>", "<#C1|a> *b*", "<!subteam^\ud83d>", "<!here>", "<https://a.example|b>", "<@\ud83d|c>"]
        )
        | ODD,
        "blocks": st.lists(st.sampled_from([{"type": "rich_text", "elements": 7}, {"type": "rich_text"}, {}]) | ODD)
        | ODD,
        **dict.fromkeys(("team", "client_msg_id", "parent_user_id", "type", "subtype", "files"), ODD),
        "edited": st.fixed_dictionaries({}, optional={"ts": STAMPS | ODD, "user": ODD}) | ODD,
        "reactions": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "name": st.text(max_size=3) | ODD,
                    "users": st.lists(st.text(max_size=3)) | ODD,
                    "count": ODD,
                },
            )
            | ODD
        )
        | ODD,
    },
)


@settings(deadline=None, max_examples=300)
@given(REPLIES | ODD)
@example(
    {"ts": "1512104434.000490", "thread_ts": "1512104434.000100", "user": "U1", "text": "*a* &amp; _b_", "team": 7}
)
@example({"ts": "1512104434.000490", "thread_ts": "1512104434.000100", "user": "U1", "text": "<!subteam^\ud83d>"})
@example({"ts": "1512104434.000490", "thread_ts": "1512104434.000100", "user": "U1", "text": "a", "edited": [1]})
def test_what_is_ordinary_is_understood(reply: Any) -> None:
    if _is_ordinary(reply):
        event("ordinary")
        assert is_understood(TRANSLATORS["message"].translate, reply, CONTEXT)


def test_most_replies_are_ordinary_and_what_may_be_odd_is_not() -> None:
    reply = dict.fromkeys(_ORDINARY - {"edited", "reactions"}, "x") | {
        "ts": "1512104434.000490", "thread_ts": "1512104434.000100", "blocks": [{"type": "rich_text"}],
    }  # fmt: skip
    assert _is_ordinary(reply | {"text": "<@U1> *b*", "edited": {"ts": "x"}, "reactions": [7, {"name": "+1"}]})
    for name, odd in {
        "ts": "x", "thread_ts": None, "user": "", "text": "<!subteam^S1>", "edited": 1, "reactions": None,
        "blocks": [{"type": "section"}], "files": [],
    }.items():  # fmt: skip
        assert not _is_ordinary({**reply, name: odd})
