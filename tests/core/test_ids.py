import pytest
from hypothesis import given
from hypothesis import strategies as st

from communitykit.connector import make_event_id, make_id, parse_id

parts = st.text(min_size=1, max_size=20)


@given(network=parts, native=st.lists(parts, min_size=1, max_size=3))
def test_an_id_is_taken_apart_into_what_it_was_made_of(network: str, native: list[str]) -> None:
    made = make_id("slack", network, "post", *native)
    assert parse_id(made) == ("slack", network, "post", tuple(native))
    assert made.count(":") >= 3


@given(first=st.lists(parts, min_size=1, max_size=3), second=st.lists(parts, min_size=1, max_size=3))
def test_different_parts_make_different_ids(first: list[str], second: list[str]) -> None:
    same = make_id("p", "n", "post", *first) == make_id("p", "n", "post", *second)
    assert same == (first == second)


def test_the_platforms_own_text_is_kept() -> None:
    assert make_id("slack", "T1", "post", "C1", "1512104434.000490") == "slack:T1:post:C1/1512104434.000490"
    assert make_id("matrix", "localhost:8008", "member", "@a:b") == "matrix:localhost%3A8008:member:@a:b"


@pytest.mark.parametrize("parts", [("", "T", "post", "1"), ("p", "", "post", "1"), ("p", "n", "post", "")])
def test_nothing_is_never_a_part(parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="an id needs"):
        make_id(*parts)


def test_a_state_like_act_has_no_time_and_an_occurrence_has_its_own_id() -> None:
    target, actor = make_id("p", "n", "post", "C", "1"), make_id("p", "n", "member", "U")
    state = make_event_id("p", "n", "reacted", target=target, actor=actor, detail="+1")
    assert state == "p:n:event:reacted/C%2F1/U/+1"
    once = make_event_id("p", "n", "joined", target=target, actor=actor, occurrence="m7")
    assert once.endswith("/U/m7")
    assert make_event_id("p", "n", "joined", target=target).endswith("/-")
