"""Reading what people type: key=value pairs. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from communitykit.errors import SettingsError


def pairs(texts: Iterable[str]) -> dict[str, str]:
    """Read `key=value` pairs.

    Raises SettingsError for a text without `=`.
    """
    read: dict[str, str] = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key:
            # It may be a token whose name was forgotten.
            raise SettingsError("not a key=value pair: there is no = in it", remedy="Write for instance lookback=90d.")
        read[key.strip()] = value
    return read
