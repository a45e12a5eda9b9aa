"""Parts of a message that may have no readable shape: each is then left out alone, and named. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from communitykit.connector import JSON
from communitykit_yammer.translate.text import FORMS, Said, said


def spoken_part(
    item: Mapping[str, JSON], context: Mapping[str, JSON], network: str, odd: dict[str, None]
) -> Said | None:
    """Read the body; None where it has no readable shape, so that what was known of it stays."""
    body, notified = item.get("body") or {}, item.get("notified_user_ids") or ()
    if not isinstance(body, Mapping) or not all(isinstance(body.get(form) or "", str) for form in FORMS):
        odd["body"] = None
        return None
    if not isinstance(notified, list | tuple):
        odd["notified_user_ids"], notified = None, ()
    return said(body, network, notified, context.get("topics") or {})


def is_system(item: Mapping[str, JSON]) -> bool:
    """Tell whether Yammer itself wrote a message: what says so oddly does not, or a post would turn into an event."""
    return item.get("system_message") is True or item.get("message_type") == "system"


def liked_part(item: Mapping[str, JSON], odd: dict[str, None]) -> JSON:
    """Return who reacted; None where that is not told, or cannot be read."""
    liked = item.get("liked_by")
    if liked is not None and (not isinstance(liked, Mapping) or not isinstance(liked.get("names") or [], list)):
        odd["liked_by"] = None
        return None
    return liked


def objects(item: Mapping[str, JSON], name: str, odd: dict[str, None]) -> list[JSON] | None:
    """Return the objects of a list, without what is none; None where it is no list, so that what was known stays."""
    value = item.get(name) or []
    if not isinstance(value, list | tuple):
        odd[name] = None
        return None
    found = [one for one in value if isinstance(one, Mapping)]
    if len(found) < len(value):
        odd[name] = None
    return found
