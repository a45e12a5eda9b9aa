"""HTML as plain text: words stay, markup goes, and what browsers do not show is not shown."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communitykit.connector.html import html_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain  words\nhere", "plain words here"),
        ("<p>if a < b and c > d</p>", "if a < b and c > d"),
        ("<p>one</p><p>two<br>three</p>", "one\ntwo\nthree"),
        ("a<style>p { color: red }</style>b<script>if (a<b) alert('c')</script>c<!-- d > e -->f", "abcf"),
        ("<html><head><title>t</title></head><body>words</body></html>", "words"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><th>c</th>\n<th>d</th></tr></table>", "a b\nc d"),
        ("<ul><li>one</li><li>two</li></ul>after", "• one\n• two\nafter"),
        ("<pre>a\n  b</pre>c", "a\n  b\nc"),
        ("&lt;b&gt; &amp; caf&eacute;&nbsp;&#128512;", "<b> & café \N{GRINNING FACE}"),
        ("R&D and A&B; 1 <2 and 3> 2", "R&D and A&B; 1 <2 and 3> 2"),
        ("shown<!-- never closed", "shown"),
        ("words<b", "words<b"),
        ("<p><p><p>nested</div></span> odd", "nested\nodd"),
        ("one<br/>two<hr/>three", "one\ntwo\nthree"),
        ("", ""),
    ],
)
def test_words_stay_and_markup_goes(html: str, text: str) -> None:
    assert html_text(html) == text


def test_a_platforms_own_tags() -> None:
    seen: list[tuple[str, str | None]] = []

    def on_tag(tag: str, attributes: Mapping[str, str | None]) -> str:
        seen.append((tag, attributes.get("id")))
        return "@" if tag == "at" else ""

    html = '<at id="0">Ada</at> <quiet><i id="1">x</i></quiet><code><b>a</b>\n  b</code>'
    assert html_text(html, on_tag, silent=frozenset({"quiet"}), preformatted=frozenset({"code"})) == "@Ada\na\n  b"
    assert seen == [("at", "0"), ("code", None), ("b", None)]


_PIECES = (
    *("words", " ", "  \n", "&", "&amp;", "&am", "&lt;b&gt;", "\xa0", "a > b", "a < b", "<", ">", "\0", "<!-- ", "-->"),
    *("<p>", "</p>", "<p >", "<br>", "<br/>", "<br />", "<li>", "<td>", "<b>", "</b>", "</ b>", "<P>", "<b"),
    *(
        '<at id="0">',
        "</at>",
        '<img alt="&quot;" src="x">',
        '<a href="?a=1&amp;b=&amp;amp;">',
        '<img alt="a\nb" alt="c"/>',
        "<img alt=x>",
        '<i x="1" y="">',
    ),
    *("<pre>", "</pre>", "<code>", "</code>", "<code/>", "<quiet>", "</quiet>", "<quiet/>", "<event/>", "</br>"),
    *("<script>", "</script>", "<style/>", "<title>", "</title>", "<textarea>", "</textarea>", "<plaintext>"),
)


@given(st.lists(st.sampled_from(_PIECES), max_size=12))
def test_plain_tags_are_read_just_as_the_parser_reads_them(pieces: list[str]) -> None:
    html = "".join(["<p>", *pieces])
    assert _read(html) == _read(f"<!-- nothing but for the parser -->{html}")


def _read(html: str) -> tuple[str, list[tuple[str, dict[str, str | None]]]]:
    seen: list[tuple[str, dict[str, str | None]]] = []

    def on_tag(tag: str, attributes: Mapping[str, str | None]) -> str:
        seen.append((tag, dict(attributes)))
        return attributes.get("alt") or ""

    return html_text(html, on_tag, silent=frozenset({"quiet"}), preformatted=frozenset({"code"})), seen


def test_plain_tags_need_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(HTMLParser, "goahead")
    html = '<div class="x"><p>one &amp; <at id="0">Ada</at></p><i alt="x&amp;y" title=""></i>three<br/>four</div>'
    assert _read(html)[0] == "one & Ada\nx&ythree\nfour"
