"""The pages, from rows to HTML. Nothing is fetched, nothing runs, and every word of the store is text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from communitykit.browse.markup import Markup, el, join
from communitykit.browse.queries import PAGE, REPLIES
from communitykit.printable import counted, several
from communitykit.result import in_words_of, outcome

STYLE = files("communitykit.browse").joinpath("style.css").read_text(encoding="utf-8")
_PAGES = {
    "": "Overview",
    "communities": "Communities",
    "posts": "Posts",
    "sql": "SQL",
    "coverage": "Coverage and issues",
}
_SHORT = 240
"""Characters of a post that lists show."""
Row = Mapping[str, Any]


def page(title: str, *body: object, base: str, here: str = "", words: str = "", note: str = "") -> str:
    """Return a whole page; `base` is the address of the overview, with the token."""
    links = [
        el("li", el("a", name, href=base + path, aria_current="page" if path == here else None))
        for path, name in _PAGES.items()
    ]
    search = el(
        "form",
        el("label", "Search posts", for_="words"),
        el("input", type="search", id="words", name="q", value=words, maxlength=200),
        el("button", "Search", type="submit"),
        action=f"{base}posts",
        method="get",
        role="search",
    )
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"{title} · communitykit"),
        Markup(f"<style>{STYLE}</style>"),
    )
    inside = el(
        "body",
        el("a", "Skip to the content", class_="skip", href="#content"),
        el("header", el("nav", el("ul", *links), aria_label="Pages"), search),
        el("main", el("h1", title), *body, id="content", tabindex="-1"),
        el("footer", el("p", f"communitykit browse: read-only, on this machine alone. {note} Ctrl-C ends it.")),
    )
    return "<!DOCTYPE html>" + el("html", head, inside, lang="en")


def overview(rows: Sequence[Row], hidden: Mapping[str, int]) -> list[object]:
    """Return what is in the store."""
    columns = ("platform", "accounts", "communities", "posts", "acts", "first post (UTC)", "last post (UTC)")
    counted = ("platform", "accounts", "communities", "posts", "acts")
    cells = [[*(row[one] for one in counted), when(row["first"]), when(row["last"])] for row in rows]
    told = table("What is shown, by platform", columns, cells) if rows else el("p", "There is nothing in it yet.")
    return [told, _counted_here() if rows else None, kept_out(hidden)]


def _counted_here() -> Markup:
    return el(
        "p",
        "Counted is what these pages show. ",
        el("code", "communitykit show"),
        " counts more: private and direct talk too, what is gone (deleted posts, communities that are no more, and "
        "talk in them), and groups of users.",
        class_="muted",
    )


def kept_out(hidden: Mapping[str, int]) -> Markup | None:
    """Say what is not shown."""
    if not hidden["places"]:
        return None
    places, posts = counted(hidden["places"], "private or direct place"), counted(hidden["posts"], "post")
    told = f"In the store, and not shown: {places}, with {posts}. "
    options = el("code", "--include-private"), " or ", el("code", "--include-direct")
    return el("p", told, "Ask for them with ", *options, ".")


def communities(rows: Sequence[Row], base: str) -> list[object]:
    """Return the list of places."""
    cells = [
        [
            el("a", called(row), href=f"{base}community?id={quote(row['id'], safe='')}"),
            row["parent"] or "-",
            row["platform"],
            row["kind"] + (", archived" if row["archived"] else ""),
            row["threads"],
            row["posts"],
            when(row["last"]),
        ]
        for row in rows
    ]
    columns = ("community", "in", "platform", "kind", "threads", "posts", "last post (UTC)")
    return [table(counted(len(rows), "community", "communities"), columns, cells)]


def called(place: Row) -> str:
    """Return a place's name, or what it is where it has none."""
    return place["name"] or f"unnamed {place['kind']}"


def paged(number: int, rows: int) -> str:
    """Say which page of how many this is."""
    return f"Page {number + 1:,} of {-(-rows // PAGE):,}."


def community(place: Row, rows: Sequence[Row], number: int, base: str, *, there: int) -> list[object]:
    """Return a page of a place's threads."""
    about = " · ".join(str(one) for one in (place["platform"], place["kind"], place["privacy"]) if one)
    address = f"{base}community?id={quote(place['id'], safe='')}&page="
    more = el("a", "Older threads", href=f"{address}{number + 1}") if len(rows) > PAGE else None
    newer = el("a", "Newer threads", href=f"{address}{number - 1}") if number else None
    return [
        el("p", about, class_="muted"),
        el("p", el("strong", "Topic: "), place["topic"]) if place["topic"] else None,
        el("p", el("strong", "Purpose: "), place["purpose"])
        if place["purpose"] and place["purpose"] != place["topic"]
        else None,
        el("h2", "Threads, the newest first"),
        el("p", paged(number, there), class_="muted", role="status") if there > PAGE else None,
        threads(rows[:PAGE], base) if rows else el("p", "Nobody has written here."),
        el("nav", el("p", newer, " ", more), aria_label="Further threads") if newer or more else None,
    ]


def threads(rows: Iterable[Row], base: str) -> Markup:
    """Return posts in short, each with the address of its thread."""
    return el("ol", *(el("li", _short(row, base)) for row in rows), class_="threads")


def _short(row: Row, base: str) -> Markup:
    words = row["title"] or row["text"] or _untold(row)
    shown = words if len(words) <= _SHORT else f"{words[:_SHORT]}…"
    told = [f"{row['author'] or 'somebody'}", when(row["created_at"])]
    told += [counted(row["replies"], "reply", "replies")] if row.get("replies") else []
    told += [f"in {row['community']}"] if row["community"] and "replies" not in row else []
    return join(
        el("a", shown, href=f"{base}thread?id={quote(row['id'], safe='')}"),
        el("p", " · ".join(told), class_="meta muted"),
    )


def thread(rows: Sequence[Row], reactions: Mapping[str, Mapping[str, int]], base: str) -> list[object]:
    """Return a thread as people saw it."""
    place = rows[0]
    address = f"{base}community?id={quote(place['community_id'], safe='')}"
    items = [
        el("li", _post(row, reactions.get(row["id"], {})), class_="reply" if row["root_id"] else None)
        for row in rows[:REPLIES]
    ]
    return [
        el("p", "In ", el("a", place["community"] or "its community", href=address), class_="muted"),
        el("ol", *items, class_="posts"),
        el("p", f"Only the first {REPLIES:,} posts are shown.") if len(rows) > REPLIES else None,
    ]


def _post(row: Row, reactions: Mapping[str, int]) -> Markup:
    facts = [f"{name}: {number:,}" for name, number in reactions.items()]
    facts += [f"{one['kind']}: {one['name'] or 'without a name'}" for one in row["attachments"] or ()]
    for option in (row["poll"] or {}).get("options") or ():
        facts.append(f"{option['text']}: {option['votes'] if option['votes'] is not None else '?'} votes")
    marks = [row["kind"]] if row["kind"] != "post" else []
    marks += ["edited"] if row["edited_at"] else []
    head = [el("strong", row["author"] or "somebody"), *(f" · {one}" for one in (when(row["created_at"]), *marks))]
    link = _outside(row["url"], row["platform"])
    return el(
        "article",
        el("p", *head, " · " if link else None, link, class_="meta"),
        el("p", el("strong", row["title"]), class_="words", dir="auto") if row["title"] else None,
        el("p", row["text"] or (None if row["title"] else el("em", _untold(row))), class_="words", dir="auto"),
        el("ul", *(el("li", one) for one in facts), class_="facts") if facts else None,
    )


def _untold(row: Row) -> str:
    if row["features"]:
        return f"(the text is not kept: {row['features']['length'] or 0:,} characters)"
    return "(no text)"


def _outside(url: str | None, platform: str) -> Markup | None:
    """Return a link to the platform's own page, where its address is one."""
    if url is None or not url.lower().startswith(("https://", "http://")):  # it may be no address that can be split
        return None
    return el("a", f"open in {platform.title()}", href=url, rel="noreferrer noopener external")


def coverage(covered: Sequence[Row], issues: Sequence[Row], runs: Sequence[Row]) -> list[object]:
    """Return what was read, what was not and why."""
    return [
        table(
            "Coverage: the latest reading of each part",
            ("status", "parts", "why", "up to (UTC)"),
            [
                [
                    outcome(row["status"], row["by_policy"]),
                    row["parts"],
                    in_words_of(reason),
                    when(row["until"]),
                ]
                for row in covered
                for reason in several(row["reason"] or "-")
            ],
        ),
        table(
            "Issues: payloads that became no record",
            ("reason", "payload", "number", "detail"),
            [[row["reason"], row["wire_kind"], row["number"], row["detail"] or "-"] for row in issues],
        )
        if issues
        else el("p", "No issues."),
        table(
            "Latest runs",
            ("run", "started (UTC)", "status", "requests"),
            [[row["run_id"], when(row["started_at"]), row["status"], row["requests"] or 0] for row in runs],
        ),
    ]


def table(
    caption: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    numbers: Sequence[bool] | None = None,
    class_: str = "wide",
) -> Markup:
    """Return a table that scrolls by itself where it is wider than the window; `numbers` stand at the right."""
    sides = numbers or ([isinstance(cell, int) for cell in rows[0]] if rows else [False] * len(columns))
    heads = zip(columns, sides, strict=True)
    head = el("tr", *(el("th", name, scope="col", class_="number" if right else None) for name, right in heads))
    body = [el("tr", *(_cell(one, right=right) for one, right in zip(row, sides, strict=True))) for row in rows]
    whole = el("table", el("caption", caption), el("thead", head), el("tbody", *body))
    return el("div", whole, class_=class_, role="region", aria_label=caption, tabindex="0")


def _cell(value: object, *, right: bool) -> Markup:
    told = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
    return el("td", told, class_="number" if right else None)


def when(moment: datetime | None) -> str:
    """Return a moment in UTC to the minute."""
    return "-" if moment is None else moment.astimezone(UTC).isoformat(" ", "minutes")[:16]
