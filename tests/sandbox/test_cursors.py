from __future__ import annotations

from communitykit.sandbox import make_cursor, read_cursor


def test_a_cursor_is_good_for_its_own_site_and_listing_only() -> None:
    cursor = make_cursor("secret", "next_ts", "1512085861.000245")
    assert read_cursor("secret", "next_ts", cursor) == "1512085861.000245"
    assert read_cursor("other", "next_ts", cursor) is None
    assert read_cursor("secret", "user", cursor) is None
    assert read_cursor("secret", "next_ts", "no cursor at all") is None
    assert read_cursor("secret", "next_ts", make_cursor("secret", "next_ts", "7")) == "7"
