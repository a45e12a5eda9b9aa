"""JSON of others, decoded: what half a character spoils is replaced, and the rest is read. Pure."""

from __future__ import annotations

import json
import re

from pydantic_core import from_json

from communitykit.model.values import JSON

_LONE = re.compile("[\ud800-\udfff]")
_BOM = b"\xef\xbb\xbf"


def decode_json(body: str | bytes) -> JSON:
    r"""Decode JSON (UTF-8, UTF-16 or UTF-32, with or without byte order mark) as Python's `json` does.

    Half a character becomes U+FFFD: platforms cut texts in the middle of an emoji and send `"cut \ud83d"`, valid JSON
    (RFC 8259, 8.2), and no text that any column holds. Bytes that are no character become U+FFFD, too.

    Raises ValueError when it is no JSON, or is nested too deeply.
    """
    try:
        return from_json(body.removeprefix(_BOM) if isinstance(body, bytes) else body)
    except ValueError:
        text = body.decode(json.detect_encoding(body), "replace") if isinstance(body, bytes) else body
        try:
            return without_lone_surrogates(json.loads(text))
        except RecursionError:
            raise ValueError("nested too deeply") from None


def is_encoded(body: bytes) -> bool:
    """Tell whether every byte of JSON is a letter's: False where decoding it puts U+FFFD in place of some."""
    if body.isascii():
        return True
    try:
        body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        return False
    return True


def without_lone_surrogates(value: object) -> JSON:
    """Return the JSON value with U+FFFD for halves of characters, in its keys, too."""
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    if isinstance(value, list):
        return [without_lone_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_LONE.sub("\ufffd", key): without_lone_surrogates(item) for key, item in value.items()}
    return value
