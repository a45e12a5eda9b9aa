"""Mentions by name: what a text calls by an id of its platform, the store often knows. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any


def in_names(
    text: str | None, mentions: Iterable[Mapping[str, Any]] | None, names: Mapping[str, str | None]
) -> str | None:
    """Return a text with names in place of ids after `@` or `#`, for what it mentions and the store has a name for."""
    if not text:
        return text
    known = {_own(one["id"]): names.get(one["id"]) for one in mentions or () if one["id"]}
    told = {own.lstrip("@#"): name for own, name in known.items() if name}
    if not told:
        return text
    ids = "|".join(re.escape(own) for own in sorted(told, key=len, reverse=True))
    return re.sub(rf"([@#])({ids})(?![\w])", lambda found: f"{found[1]}{told[found[2]].lstrip('@#')}", text)


def _own(entity: str) -> str:
    """Return the platform's own part of an id, whose other parts are platform, network and kind."""
    return entity.split(":", 3)[-1]
