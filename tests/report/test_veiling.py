"""Nobody of a record stands behind an `@` in a quote, however an account is called, and whichever platform it is of."""

from collections.abc import Callable, Iterator
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from communitykit.model import make_id
from communitykit.report.veiling import SOMEBODY, behind_at, veiled
from communitykit.sandbox.chronicle import Chronicle
from communitykit.store import Store

Kept = Callable[[Chronicle], Path]
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=60).map(
    lambda text: " ".join(text.replace("@", "").split())
).filter(bool)  # fmt: skip
WORDS = st.sampled_from(["", "and ", "Zürich: ", "(", "お願い ", "3 < 5 & rising. ", "a@b.example "])
ENDS = st.sampled_from(["", " ", ", please", ".", "?", ") ", "…"])


@pytest.fixture(scope="module")
def store(keep: Kept) -> Iterator[Store]:
    told = Chronicle()
    told.person("Ada")
    with Store(keep(told)) as opened:
        yield opened


def _hold(store: Store, names: list[str], natives: list[str]) -> None:
    ids = [make_id("another", "n", "member", one) for one in natives]
    store.sql("CREATE OR REPLACE TEMP TABLE called AS SELECT unnest($names::VARCHAR[]) AS name", {"names": names})
    store.sql("CREATE OR REPLACE TEMP TABLE members AS SELECT unnest($ids::VARCHAR[]) AS id", {"ids": ids})


@settings(max_examples=60, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=4), st.lists(NAMES, min_size=1, max_size=4), WORDS, ENDS, st.data())
def test_every_name_and_id_of_any_member_behind_an_at_is_somebody(
    store: Store, names: list[str], natives: list[str], before: str, after: str, data: st.DataObject
) -> None:
    _hold(store, names, natives)
    one = data.draw(st.sampled_from([*names, *natives]))
    text = f"{before}@{one}{after}"
    assert veiled(text, (), behind_at(store, [text])).startswith(f"{before}{SOMEBODY}")
    assert f"@{one}" not in veiled(text, (), behind_at(store, [text]))


@given(NAMES, WORDS, ENDS)
def test_who_is_mentioned_is_somebody_with_and_without_an_at(name: str, before: str, after: str) -> None:
    assume(name.strip() not in before)  # else what stands there is the name, too
    assert veiled(f"{before}@{name}{after}", [name]).startswith(f"{before}{SOMEBODY}")
    assert veiled(f"- {name}{after}", [name]).startswith(f"- {SOMEBODY}") or name == "-"


@example("@35001607-2fae-b220-6eb6-bb498109a0e2", "", "")  # whose beginning is a number by itself
@given(
    st.one_of(
        st.from_regex(r"@[UW][A-Z0-9]{8,12}", fullmatch=True),
        st.from_regex(r"<@!?[UW]?[A-Z0-9]{1,20}(\|[a-z. ]{1,12})?>", fullmatch=True),
        st.from_regex(r"@\[[A-Za-z0-9: ]{1,20}\](\([a-z0-9:-]{1,30}\))?", fullmatch=True),
        st.from_regex(r"@[a-z]{1,9}:[a-z]{1,9}\.(example|test)", fullmatch=True),
        st.from_regex(r"\[\[user:[0-9]{1,12}\]\]", fullmatch=True),
        st.from_regex(r"@[0-9]{6,20}", fullmatch=True),
        st.uuids().map(lambda one: f"@{one}"),
    ),
    WORDS,
    st.sampled_from(["", " ", ", please", "?"]),
)
def test_what_looks_like_an_id_is_somebody_though_the_record_knows_nobody_of_that_name(
    mark: str, before: str, after: str
) -> None:
    assert veiled(f"{before}{mark}{after}", ()) == f"{before}{SOMEBODY}{after}"


@pytest.mark.parametrize("text", ["a@b.example", "@here, @everyone", "3 @ 5", "@Ada", "@U2", "@sales-team"])
def test_what_names_nobody_of_the_record_stays(store: Store, text: str) -> None:
    _hold(store, ["b.example", "Ad", "5", "sales"], ["U", "x"])
    assert veiled(text, (), behind_at(store, [text])) == text.replace("@sales-", f"{SOMEBODY}-")


def test_a_name_ends_where_its_word_does_and_in_scripts_without_blanks_where_it_does() -> None:
    assert [category(one) for one in "n明"] == ["Ll", "Lo"]
    assert veiled("@Anna and 你好@小明请看", (), ["Ann", "小明"]) == "@Anna and 你好@…请看"
