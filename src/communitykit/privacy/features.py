"""What is counted of a text where it is seen, so that the text itself need not be kept. Pure."""

from __future__ import annotations

import re
from typing import Final

QUESTION_MARKS: Final = "?\uff1f\u061f\u037e\u2047\u2048\u2049"
"""The plain one, the full-width, Arabic and Greek ones, and the doubled."""
CODE: Final = r"```.*?```|`[^`]*`|<pre\b.*?</pre>|<code\b.*?</code>"
LINK: Final = r"\b[a-z][a-z0-9+.-]*://[^\s<>\"|]+|\bwww\.[^\s<>\"|]+"
"""Addresses; both patterns are ones that DuckDB and Python read alike, letters' case apart."""
_CODE = re.compile(CODE, re.IGNORECASE | re.DOTALL | re.ASCII)
_LINK = re.compile(LINK, re.IGNORECASE | re.ASCII)
_MARKED = re.compile(r"`|<(?:code|pre)[ >]", re.IGNORECASE)


def has_question(text: str, body: str | None = None) -> bool:
    """Tell whether a text asks something: a question mark outside of addresses and code.

    `body` is the text as the platform keeps it, where code is still marked as such.

    >>> has_question("Who knows? https://example.com/?q=1"), has_question("See https://example.com/?q=1 or `a ? b`")
    (True, False)
    """
    if not any(mark in text for mark in QUESTION_MARKS):
        return False
    shown = body if body is not None and _MARKED.search(body) else text
    bare = _LINK.sub(" ", _CODE.sub(" ", shown))
    return any(mark in bare for mark in QUESTION_MARKS)
