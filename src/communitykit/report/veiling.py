"""Texts as they may be quoted: whoever stands behind an `@`, by id, handle or name, is `@…`. Pure but for one query."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from unicodedata import category

from communitykit.model import make_id
from communitykit.model.ids import native_text
from communitykit.store import Store

SOMEBODY: Final = "@…"
"""What stands in a quote in place of who is mentioned."""
_LONGEST: Final = 100
"""Names behind an `@` are looked for as far as this."""
_AT: Final = r"(?<![A-Za-z0-9._%+-])@"
"""An `@` that is none of an e-mail address."""
_ID_LIKE: Final = re.compile(
    r"<@[^<>]*>"  # Slack, Discord
    r"|<at\b[^<>]*>.*?</at>"  # Teams
    r"|@\[[^\[\]]*\](?:\([^()]*\))?"  # @[name](id)
    r"|\[\[user:\d+\]\]"  # Yammer
    r"|@_?\*\*[^*]+\*\*"  # Zulip
    r"|@[UW][A-Z0-9]{8,}(?!\w)"  # Slack, in plain text
    rf"|{_AT}[\w.=/+-]+:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?"  # @name:server
    rf"|{_AT}(?:[0-9a-fA-F]{{8}}(?:-?[0-9a-fA-F]{{4}}){{3}}-?[0-9a-fA-F]{{12}}|\d{{6,}})(?!\w)"  # UUIDs, numbers
)
"""What a platform writes of somebody whom the record may not know."""
_ANYBODY: Final = """
SELECT name FROM called WHERE name IN (SELECT unnest($said::VARCHAR[]))
    OR lower(name) IN (SELECT unnest($said::VARCHAR[]))
"""
_IDS: Final = """
SELECT DISTINCT split_part(id, ':member:', 2) AS native FROM members
WHERE split_part(id, ':member:', 2) IN (SELECT unnest($natives::VARCHAR[]))
"""


def behind_at(store: Store, texts: Iterable[str]) -> frozenset[str]:
    """Return what texts call somebody of the record behind an `@`: name, handle or id, of whichever platform.

    A text may come from another platform than the account: what was written once is told in several places.
    """
    said = {" ".join(text.split())[at : at + length] for text, at, length in _spans(texts)}
    said |= {one.lower() for one in said}
    if not said:
        return frozenset()
    natives = {native_text(make_id("x", "x", "member", one)): one for one in said}
    names = store.sql(_ANYBODY, {"said": sorted(said)}).to_pylist()
    ids = store.sql(_IDS, {"natives": sorted(natives)}).to_pylist()
    return frozenset(row["name"] for row in names) | {natives[row["native"]] for row in ids}


def veiled(text: str, mentioned: Iterable[str], behind: Iterable[str] = ()) -> str:
    """Return a text without names of those mentioned in it, without those behind an `@`, and without what is an id."""
    if own := _either(mentioned):
        text = re.sub(rf"@?(?<!\w)(?:{own})", SOMEBODY, text)
    if others := _either(behind):
        text = re.sub(rf"{_AT}(?:{others})", SOMEBODY, text, flags=re.IGNORECASE)
    return _ID_LIKE.sub(SOMEBODY, text)


def _spans(texts: Iterable[str]) -> Iterable[tuple[str, int, int]]:
    """Yield all that may be a name behind an `@`: names have blanks and signs in them, and end anywhere."""
    for text in texts:
        plain = " ".join(text.split())
        for found in re.finditer(_AT, plain):
            for length in range(1, min(_LONGEST, len(plain) - found.end()) + 1):
                yield text, found.end(), length


def _either(names: Iterable[str]) -> str:
    """Return the pattern of any of several names, the longest first; one that goes on as another word is another."""
    return "|".join(
        r"\s+".join(map(re.escape, one.split())) + (r"(?!\w)" if category(one[-1]) in _GOES_ON else "")
        for one in sorted({one.strip() for one in names if one.strip()}, key=len, reverse=True)
    )


_GOES_ON: Final = frozenset({"Lu", "Ll", "Lt", "Nd", "Pc"})
"""What is followed by more of its word; scripts without blanks between words are not."""
