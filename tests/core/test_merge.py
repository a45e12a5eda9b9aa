from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from communitykit import Member, Mention, Post, Provenance
from communitykit.model.merge import begin, merge, merge_records

START = datetime(2026, 1, 1, tzinfo=UTC)


def source(day: int, origin: Any = "api") -> Provenance:
    moment = START + timedelta(days=day)
    return Provenance(connector="test", version="0", origin=origin, fetched_at=moment, as_of=moment)


def archive(day: int, read: int) -> Provenance:
    moment = START + timedelta(days=day)
    return source(day, "archive").model_copy(update={"fetched_at": moment + timedelta(hours=read)})


tellings = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.dictionaries(st.sampled_from(["a", "b", "c"]), st.one_of(st.none(), st.integers(0, 3)), max_size=3),
    ),
    min_size=1,
    max_size=4,
)


@given(tellings)
def test_the_outcome_depends_neither_on_order_nor_on_repetition(told: list[tuple[int, dict[str, Any]]]) -> None:
    def outcome(order: Any) -> tuple[Any, Any]:
        known = begin({}, START)
        for day, values in order:
            merge(known, values, START + timedelta(days=day))
        return known.values, known.told_at

    expected = outcome(told)
    assert all(outcome(order) == expected for order in permutations(told))
    assert outcome(told + told) == expected


imports = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 3),
        st.dictionaries(st.sampled_from(["a", "b"]), st.one_of(st.none(), st.integers(0, 3)), max_size=2),
    ),
    min_size=1,
    max_size=4,
)


@given(imports)
def test_of_archives_of_one_date_the_one_that_was_read_later_counts_in_any_order(
    told: list[tuple[int, int, dict[str, Any]]],
) -> None:
    def outcome(order: Any) -> tuple[Any, Any]:
        known = begin({}, START)
        for day, read, values in order:
            merge(known, values, START + timedelta(days=day), archive(day, read))
        return known.values, known.told_at

    expected = outcome(told)
    assert all(outcome(order) == expected for order in permutations(told))
    assert outcome(told + told) == expected
    for name, value in expected[0].items():
        latest = max((day, read) for day, read, values in told if name in values)
        assert value in [values[name] for day, read, values in told if name in values and (day, read) == latest]


def test_between_doors_the_time_of_reading_settles_nothing() -> None:
    asked = Member(id="p:n:member:1", job_title="B", source=source(1))
    export = Member(id="p:n:member:1", job_title="A", source=archive(1, 9))
    for order in permutations([asked, export]):
        assert merge_records(order)["p:n:member:1"].values == {"job_title": "B"}


def test_what_a_source_does_not_tell_never_overwrites_and_none_is_an_answer() -> None:
    full = Member(id="p:n:member:1", display_name="Ada", email="ada@example.org", source=source(1))
    stub = Member(id="p:n:member:1", source=source(2))
    nameless = Member(id="p:n:member:1", email=None, source=source(3))
    known = merge_records([full, stub, nameless])["p:n:member:1"]
    assert known.values == {"display_name": "Ada", "email": None}


def test_an_old_export_never_undoes_an_edit() -> None:
    edited = Post(id="p:n:post:1", body="new", edited_at=START + timedelta(days=4), source=source(5))
    export = Post(id="p:n:post:1", body="old", edited_at=None, source=source(2, "archive"))
    known = merge_records([edited, export])["p:n:post:1"]
    assert known.values["body"] == "new"
    assert known.values["edited_at"] == START + timedelta(days=4)
    assert [version["body"] for version in known.replaced] == ["old"]


def test_a_deleted_post_loses_its_body_and_its_versions() -> None:
    first = Post(id="p:n:post:1", body="secret", text="secret", mentions=(), source=source(1))
    second = Post(id="p:n:post:1", body="secret 2", text="secret 2", source=source(2))
    deleted = Post(id="p:n:post:1", gone="deleted", source=source(3))
    late = Post(id="p:n:post:1", title="secret title", body="secret", source=source(2, "archive"))
    for order in permutations([first, second, deleted, late]):
        known = merge_records(order)["p:n:post:1"]
        assert known.values["gone"] == "deleted"
        assert "secret" not in repr((known.values, known.replaced))


def test_what_is_shown_of_a_record_tells_unset_from_none() -> None:
    told = Post(id="forum:main:post:1", author_id=None, text="Hello")
    assert repr(told) == "Post(id='forum:main:post:1', author_id=None, text='Hello')"
    assert repr(Mention(kind="everyone")) == "Mention(kind='everyone')"
