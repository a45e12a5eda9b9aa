"""How private a conversation is: of what its payload says in flags, id and name the strictest word counts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import get_args

from communitykit.connector import JSON, Privacy, Selection, as_text

_STRICT: tuple[Privacy, ...] = get_args(Privacy)
_FLAGS = ("is_private", "is_group", "is_im", "is_mpim")
_DIRECT_ID = re.compile(r"^D[A-Z0-9]{6,}$")


def stricter(*told: Privacy) -> Privacy:
    """Return the most private of several words about one conversation."""
    return max(told, key=_STRICT.index)


def told_by(row: Mapping[str, JSON]) -> Iterator[Privacy]:
    """Yield what a conversation's own payload says of its privacy, in its flags, its id and its name."""
    native, name = as_text(row.get("id")), as_text(row.get("name"))
    yield "public"
    if row.get("is_im") or row.get("is_mpim") or is_direct(native) or is_direct(name):
        yield "direct"
    if row.get("is_private") or row.get("is_group") or native.startswith("G"):
        yield "private"
    if not all(isinstance(row.get(flag, False), bool) for flag in _FLAGS):  # what says nothing hides what it is
        yield "private"


def is_direct(name: str) -> bool:
    """Tell whether a folder's or a conversation's name, or its id, is that of a direct one."""
    return name.startswith("mpdm-") or _DIRECT_ID.match(name) is not None


def allowed(selection: Selection, privacy: Privacy) -> bool:
    """Tell whether conversations that are so private were asked for."""
    return {"private": selection.include_private, "direct": selection.include_direct}.get(privacy, True)
