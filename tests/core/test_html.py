"""HTML as plain text: words stay, markup goes, and what browsers do not show is not shown."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

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
