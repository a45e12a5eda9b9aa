"""An address is taken apart as httpx does it, and to the host that the guard was asked about."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from communitykit.http.target import encoded, target_of

NAMES = st.sampled_from(["slack.com", "127.0.0.1", "localhost", "EXAMPLE.com", "[::1]", "müller.de", "a_b.example"])
PORTS = st.sampled_from(["", ":80", ":443", ":8080", ":65535"])
TEXTS = st.text(alphabet="aZ09-._~!$&'()*+,;=:@/%2fF [\\]|é?", max_size=12)
PATHS = st.one_of(st.just(""), TEXTS.map(lambda text: "/" + text.replace("?", "")))
QUERIES = st.one_of(st.just(""), TEXTS.map(lambda text: "?" + text))
SCHEMES = st.sampled_from(["http", "https", "HTTPS"])
PARAMS = st.none() | st.dictionaries(
    st.text(max_size=5), st.text(max_size=5) | st.integers() | st.booleans(), min_size=1
)


@settings(deadline=None)  # the first odd address imports httpx
@given(SCHEMES, NAMES, PORTS, PATHS, QUERIES, PARAMS)
@example("https", "slack.com", "", "/api/../x", "", None)
@example("https", "slack.com", "", "/%zz/%41", "?%", None)
@example("https", "slack.com", ":443", "", "?a=1", {"b": 2})
@example("http", "localhost", ":80", "/x", "", {"b": True, "c": "a b&c"})
def test_an_address_is_read_as_httpx_reads_it(
    scheme: str, name: str, port: str, path: str, query: str, params: dict[str, str | int] | None
) -> None:
    url = f"{scheme}://{name}{port}{path}{query}"
    read = httpx.URL(url) if params is None else httpx.URL(url, params=params)
    found = target_of(url, params)
    assert found.tls == (read.scheme == "https")
    assert (found.name, found.host) == (read.raw_host.decode(), read.netloc.decode())
    assert found.port == (read.port or {"http": 80, "https": 443}[read.scheme])
    assert found.path == read.raw_path.decode()


@settings(deadline=None)
@given(st.text(alphabet="ahtps:/@.[]#?\\%0", min_size=8, max_size=24).map(lambda text: f"https://{text}"))
def test_what_is_taken_apart_goes_to_the_host_that_was_looked_at(url: str) -> None:
    try:
        guarded = urlsplit(url).hostname
        found = target_of(url, None)
    except (ValueError, httpx.InvalidURL):
        return
    if found.name and "%" not in found.name and "\\" not in found.name:
        assert found.name == (guarded or "").strip("[]")


@pytest.mark.parametrize("values", [{}, {"a": "é &"}, {"a": 1, "b": True}, {"a": ["1", "2"]}, {"a": None}])
def test_values_are_written_as_httpx_writes_them(values: dict[str, str | int]) -> None:
    assert encoded(values) == str(httpx.QueryParams(values))
