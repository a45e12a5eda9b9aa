"""Lists that are narrowed by links, and the page for SQL, from rows to HTML. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from communitykit.browse.facets import FACETS, Chosen
from communitykit.browse.markup import Markup, el
from communitykit.browse.pages import paged, table, threads
from communitykit.browse.queries import PAGE
from communitykit.printable import counted

if TYPE_CHECKING:
    from communitykit.browse.querying import Answer

Row = Mapping[str, Any]
_MANY = 8
"""Values of a facet that stand there unfolded."""
_WIDEST = 300
"""Characters of a cell that are shown."""
_FEW = 3
"""Columns beside which there is room for whole cells."""
_GLANCE = 30
"""Characters of a cell that are seen at any width; what is longer has a title."""
_EXAMPLES: Mapping[str, str] = {
    "Which communities write the most?": """SELECT c.platform, c.name, count(*) AS posts
FROM posts p JOIN communities c ON c.id = p.community_id
GROUP BY ALL ORDER BY posts DESC""",
    "How much is written in each month?": """SELECT date_trunc('month', created_at)::DATE AS month,
  count(*) AS posts, count(DISTINCT author_id) AS authors
FROM posts GROUP BY ALL ORDER BY month""",
    "Which threads have the most replies?": """SELECT r.community, r.author, left(r.text, 80) AS text,
  count(*) AS replies
FROM posts r JOIN posts p ON p.root_id = r.id
GROUP BY ALL ORDER BY replies DESC""",
}
"""Questions for who does not know the tables yet."""


def narrowing(chosen: Chosen, choices: Sequence[Row], base: str, words: str = "") -> Markup | None:
    """Return what a list can be narrowed by, and what it is narrowed to, as links with counts."""
    parts = []
    for name in FACETS[chosen.listed]:
        values = [(row["value"], row["number"]) for row in choices if row["facet"] == name]
        if name in chosen.values:
            without = {key: value for key, value in chosen.values.items() if key != name}
            said = (
                el("strong", chosen.values[name]),
                " · ",
                el("a", f"any {name}", href=_at(chosen, base, words, without)),
            )
            parts.append(el("details", el("summary", name), el("p", *said), open=True))
        elif len(values) > 1:
            links = [
                el("li", el("a", value, href=_at(chosen, base, words, {**chosen.values, name: value})), f" {number:,}")
                for value, number in values
            ]
            parts.append(el("details", el("summary", name), el("ul", *links), open=len(values) <= _MANY))
    return el("nav", *parts, class_="facets", aria_label="Narrow the list") if parts else None


def in_all(choices: Sequence[Row]) -> int:
    """Return how many rows were counted: every post has a platform."""
    return sum(row["number"] for row in choices if row["facet"] == "platform")


def filtering(chosen: Chosen, base: str, words: str) -> Markup:
    """Return where names of communities are looked for, within what was chosen."""
    kept = [el("input", type="hidden", name=name, value=value) for name, value in chosen.values.items()]
    return el(
        "form",
        el("label", "Name", for_="name"),
        el("input", type="search", id="name", name="q", value=words, maxlength=200),
        *kept,
        el("button", "Filter", type="submit"),
        action=f"{base}communities",
        method="get",
    )


def posts(
    chosen: Chosen, rows: Sequence[Row], choices: Sequence[Row], base: str, *, words: str, page: int
) -> list[object]:
    """Return a page of posts."""
    if not rows and not page:
        told = f"No post that is shown holds every word of “{words}”." if words else "No post is shown."
        return [el("p", told, role="status"), narrowing(chosen, choices, base, words)]
    there = in_all(choices)
    number = counted(there, "post")
    told = f"{number} with “{words}”, the newest first." if words else f"{number}, the newest first."
    address = _at(chosen, base, words, chosen.values)
    more = el("a", "Older posts", href=f"{address}&page={page + 1}") if len(rows) > PAGE else None
    newer = el("a", "Newer posts", href=f"{address}&page={page - 1}") if page else None
    return [
        el("p", told, f" {paged(page, there)}" if there > PAGE else None, role="status"),
        narrowing(chosen, choices, base, words),
        threads(rows[:PAGE], base),
        el("nav", el("p", newer, " ", more), aria_label="Further posts") if newer or more else None,
    ]


def _at(chosen: Chosen, base: str, words: str, values: Mapping[str, str]) -> str:
    return f"{base}{chosen.listed}?{urlencode({'q': words, **values})}"


def sql(
    question: str, answer: Answer | None, tables: Mapping[str, Mapping[str, str]] | None, base: str
) -> list[object]:
    """Return the page on which SQL is asked."""
    if tables is None:
        return [
            el(
                "p",
                "This store is too large to be copied for this page. DuckDB itself reads all of it, private talk too:",
            ),
            el("pre", el("code", "duckdb -readonly activity.duckdb")),
        ]
    form = el(
        "form",
        el("label", "One SELECT, in DuckDB's SQL", for_="question"),
        el("textarea", question, id="question", name="q", rows=5, maxlength=4000, spellcheck="false", required=True),
        el("button", "Ask", type="submit"),
        action=f"{base}sql",
        method="get",
        class_="question",
    )
    examples = [el("li", el("a", told, href=f"{base}sql?{urlencode({'q': one})}")) for told, one in _EXAMPLES.items()]
    known = [el("details", el("summary", el("code", name)), _columns(columns)) for name, columns in tables.items()]
    return [
        form,
        *(_answered(answer) if answer else ()),
        el("h2", "Questions to begin with"),
        el("ul", *examples),
        el("h2", "What can be asked"),
        el("p", "A copy of what these pages show, and of nothing else; times are UTC.", class_="muted"),
        *known,
    ]


def _columns(types: Mapping[str, str]) -> Markup:
    return el(
        "ul", *(el("li", el("code", name), " ", el("span", kind, class_="muted")) for name, kind in types.items())
    )


def _answered(answer: Answer) -> list[object]:
    if answer.error is not None:
        return [el("pre", answer.error, role="alert")]
    caption = f"The first {len(answer.rows):,} rows" if answer.more else counted(len(answer.rows), "row")
    rows = [[_shown(cell) for cell in row] for row in answer.rows]
    width = "wide answer" if len(answer.columns) > _FEW else "wide answer few"
    return [table(caption, answer.columns, rows, numbers=answer.numbers, class_=width)]


def _shown(cell: str | None) -> Markup:
    if cell is None:
        return el("em", "NULL", class_="muted")
    cut = cell if len(cell) <= _WIDEST else f"{cell[:_WIDEST]}…"
    return el("div", cut, title=cell if len(cell) > _GLANCE else None)
