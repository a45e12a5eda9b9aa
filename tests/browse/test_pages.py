"""What the pages tell, to whom, and what they never tell."""

import http.client
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urljoin, urlsplit

import pytest

from communitykit import Community, Provenance, SettingsError, from_records, pull
from communitykit.browse import browse
from communitykit.browse.markup import el
from communitykit.browse.pages import coverage

AT = datetime(2026, 2, 1, tzinfo=UTC)
SOURCE = Provenance(connector="x", version="1", origin="api", fetched_at=AT, as_of=AT)
ALL = "SELECT * FROM {}"
ASKED = [f"sql?q={quote(ALL.format(one))}" for one in ("posts", "acts", "communities", "memberships", "members")]
PAGES = (
    "", "communities", "coverage", "posts?q=ladder", "posts", "thread?id=nothing", "community?id=nothing", "sql", *ASKED
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    headers: dict[str, str]
    text: str


def fetch(address: str, *, method: str = "GET", host: str | None = None) -> Page:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    connection.request(method, path, headers={"Host": host or parts.netloc, "Origin": "https://evil.example"})
    answer = connection.getresponse()
    page = Page(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode())
    connection.close()
    return page


@pytest.fixture(scope="module")
def address(store: Path) -> Iterator[str]:
    with browse(store) as found:
        yield found


class Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name in {"href", "src", "action"}]


def walked(address: str) -> dict[str, Page]:
    """Follow every link to these pages."""
    found: dict[str, Page] = {}
    waiting = [urljoin(address, one) for one in (*PAGES, "posts?q=sesame")]
    while waiting:
        one = waiting.pop()
        narrow = [two for two in parse_qs(urlsplit(one).query) if two not in {"q", "id", "page"}]
        if one in found or not one.startswith(address) or re.search("many-0(?!07)", one) or len(narrow) > 1:
            continue
        found[one] = fetch(one)
        waiting += [urljoin(one, link.partition("#")[0]) for link in Links(found[one].text).links]
    return found


@pytest.mark.slow
def test_every_page_is_safe_and_tells_no_private_word(address: str) -> None:
    pages = walked(address)
    assert len(pages) > 15
    for where, page in pages.items():
        read = Links(page.text)
        assert not read.tags & {"script", "img", "iframe", "object", "svg", "b"}, where
        assert not {one for one in read.attributes if one.startswith("on")} | ({"style"} & read.attributes), where
        assert all(urlsplit(one).scheme in {"", "http", "https"} for one in read.links), where
        told = page.text.replace(quote("sesame"), "") if "q=sesame" in where else page.text
        assert "sesame-" not in told, where
        assert "\x1b" not in page.text
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert not [name for name in page.headers if name.startswith("access-control")]
        assert "server" not in page.headers
    whole = " ".join(page.text for page in pages.values())
    for said in (
        "Who has the ladder?",
        "Not any more.",
        "To the whole company.",
        "tada: 1",
        "edited",
        "number 7<",
    ):
        assert said in whole
    assert whole.count('href="https://x.example/1"') >= 1
    assert "In the store, and not shown: 7 private or direct places, with 5 posts." in whole


def test_private_and_direct_talk_is_shown_where_it_is_asked_for(store: Path) -> None:
    with browse(store, include_private=True) as address:
        private = fetch(f"{address}posts?q=sesame").text
    with browse(store, include_private=True, include_direct=True) as address:
        both = fetch(f"{address}posts?q=sesame").text
        assert "Shown are public and private and direct talk." in both
        assert "sesame: 1" in fetch(f"{address}thread?id=x:n:post:in-dm").text
    with browse(store, include_direct=True) as address:
        direct = fetch(f"{address}posts?q=sesame").text
    shown = [set(re.findall(r"sesame-(\w+)", text)) for text in (private, both, direct)]
    assert shown == [{"closed", "secret", "silent", "inner"}, {"closed", "secret", "silent", "inner", "dm"}, {"dm"}]


def test_lists_are_narrowed_by_links_with_counts(address: str) -> None:
    whole = fetch(f"{address}posts").text
    assert "65 posts, the newest first." in whole
    links = re.findall(r'<a href="([^"]+)">(begins a thread|reply)</a> (\d+)', whole)
    assert {name: number for _, name, number in links} == {"begins a thread": "63", "reply": "2"}
    (replies,) = [unescape(link) for link, name, _ in links if name == "reply"]
    narrowed = fetch(urljoin(address, replies)).text
    assert "2 posts, the newest first." in narrowed
    assert "<strong>reply</strong>" in narrowed
    assert ">any thread</a>" in narrowed
    both = fetch(f"{urljoin(address, replies).replace('?q=', '?q=yard')}&month=2026-01&odd=1").text
    assert "1 post with “yard”" in both
    older = fetch(f"{address}posts?page=1").text
    assert "Newer posts" in older
    assert "Older posts" not in older
    forged = "' OR true --"
    assert "No post is shown." in fetch(f"{address}posts?month={quote(forged)}").text
    kinds = fetch(f"{address}communities?kind=network").text
    assert "1 community<" in kinds
    assert "any kind" in kinds


def named(text: str) -> set[str]:
    """Return the posts of a list, by their ids."""
    return set(re.findall(r"thread\?id=x%3An%3Apost%3A([\w-]+)", text))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ladder who", {"root"}),
        ("WHO   Ladder", {"root"}),
        ("ladder yard", set()),
        ('"the ladder"', {"root"}),
        ("“the ladder” has", {"root"}),
        ('"ladder the"', set()),
        ("yard in", {"reply-1"}),
        ("cafe zoe", {"cafe"}),
        ("CAFÉ", {"cafe"}),
        ('"', {"root"}),
    ],
)
def test_every_word_is_found_in_any_order(address: str, words: str, found: set[str]) -> None:
    assert named(fetch(f"{address}posts?q={quote(words)}").text) == found


def test_who_is_mentioned_is_named(address: str) -> None:
    listed = fetch(f"{address}posts?q=cafe").text
    thread = fetch(f"{address}thread?id=x:n:post:cafe").text
    place = fetch(f"{address}community?id=x:n:community:net").text
    for page in (listed, thread, place):
        assert "@Ada &lt;b&gt;Berg&lt;/b&gt;, @adamant, and @unheard in #c10 too." in page


def test_a_page_beyond_the_last_is_the_last(address: str) -> None:
    for where in ("posts?", "community?id=x:n:community:open&"):
        last, beyond = (fetch(f"{address}{where}page={number}").text for number in (1, 9999))
        assert beyond == last
        assert "Page 2 of 2." in last
        assert named(last)


def test_communities_are_filtered_by_name(address: str) -> None:
    found = fetch(f"{address}communities?q=OPE").text
    assert "1 community<" in found
    assert 'value="OPE"' in found
    assert "0 communities<" in fetch(f"{address}communities?q=closed").text
    narrowed = fetch(f"{address}communities?q=o&kind=channel").text
    assert '<input type="hidden" name="kind" value="channel">' in narrowed
    assert "2 communities<" in narrowed


def test_what_is_counted_is_said(address: str) -> None:
    told = fetch(address).text
    assert told.count(">What is in the store<") == 1
    assert "<code>communitykit show</code> counts more" in told
    place = fetch(f"{address}communities").text
    assert "x:n:community:blank" not in re.sub("<a [^>]*>", "", place)
    assert place.count(">unnamed workspace<") == 2, "of itself, and of what is in it"
    (odd,) = re.findall(r'href="[^"]*/(community\?id=[^"]*odd[^"]*)"', place)
    assert "<strong>Topic: </strong>" in fetch(f"{address}{unescape(odd)}").text
    assert 'rel="noreferrer noopener external">open in X</a>' in fetch(f"{address}thread?id=x:n:post:root").text


def test_nobody_else_is_answered(address: str) -> None:
    parts = urlsplit(address)
    plain = f"http://{parts.netloc}"
    token = parts.path.strip("/")
    assert len(token) >= 40
    for other in ("/", f"/{token[:-1]}x/", f"/{token[:-1]}/", "//", "/é/", f"/x/{token}/"):
        assert fetch(plain + quote(other)).status == 404
    assert fetch(address, host="evil.example").status == 404
    assert fetch(address, host=f"localhost:{parts.port}").status == 200
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = fetch(address, method=method)
        assert answer.status == 404
        assert "access-control-allow-origin" not in answer.headers
    assert fetch(address).status == 200
    assert parts.hostname == "127.0.0.1"


def test_a_run_can_write_between_two_pages(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    path.write_bytes(store.read_bytes())
    with browse(path) as address:
        assert "later" not in fetch(f"{address}communities").text
        later = Community(id="x:n:community:later", name="later", privacy="public", source=SOURCE)
        pull(from_records([later]), path)
        assert "later" in fetch(f"{address}communities").text


def test_odd_pages_and_searches_are_answered(address: str) -> None:
    for page in ("-1", "99999", "x", "9" * 30, "²"):
        assert fetch(f"{address}community?id=x:n:community:open&page={quote(page)}").status == 200
    for words in ("%", "'", '"', "\\", "a" * 5_000, "\x00", "_", "LADDER"):
        found = fetch(f"{address}posts?q={quote(words)}")
        assert found.status == 200
    assert "Who has the ladder?" in found.text
    assert "No post that is shown holds" in fetch(f"{address}posts?q={quote('%')}").text


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: Path) -> None:
    with pytest.raises(Exception, match="there is no such store"), browse(tmp_path / "none.duckdb"):
        pass
    monkeypatch.setitem(sys.modules, "starlette.applications", None)
    monkeypatch.delitem(sys.modules, "communitykit.browse.app", raising=False)
    with pytest.raises(SettingsError, match=r"communitykit\[browse\]"), browse(store):
        pass


def test_markup_is_made_by_elements_alone() -> None:
    made = el("p", "<i>", el("b", "&"), None, class_="x", title='"', hidden=True, id=None)
    assert made == '<p class="x" title="&quot;" hidden>&lt;i&gt;<b>&amp;</b></p>'


def test_coverage_names_options_as_the_command_line_does() -> None:
    row = {"status": "skipped", "by_policy": True, "parts": 1, "reason": "ask with include_private", "until": AT}
    assert "ask with --include-private" in "".join(map(str, coverage([row], [], [])))


def test_a_port_that_is_taken_is_said_to_be(store: Path) -> None:
    with browse(store) as address:
        port = urlsplit(address).port
        with (
            pytest.raises(SettingsError, match=rf"^port {port} is taken, perhaps by another browse\. Leave --port out"),
            browse(store, port=port or 0),
        ):
            pass
