"""Parts of a message that may have no readable shape: each is then left out alone, and named. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from communitykit.connector import JSON
from communitykit_yammer.ids import number
from communitykit_yammer.translate.text import FORMS, Said, said


def spoken_part(
    item: Mapping[str, JSON], context: Mapping[str, JSON], network: str, odd: dict[str, None]
) -> Said | None:
    """Read the body; None where it has no readable shape, so that what was known of it stays."""
    body, notified = item.get("body") or {}, item.get("notified_user_ids") or ()
    if not isinstance(body, Mapping) or not all(isinstance(body.get(form) or "", str) for form in FORMS):
        odd["body"] = None
        return None
    users = ids(notified)
    if users is None:
        odd["notified_user_ids"] = None
    return said(body, network, users or (), context.get("topics") or {})


def ids(value: JSON) -> list[str] | None:
    """Return the ids of a list; None where it is no list, or holds what is no id, so that what was known stays."""
    found = [number(one) for one in value] if isinstance(value, list | tuple) else [None]
    return None if None in found else [one for one in found if one]


def is_system(item: Mapping[str, JSON]) -> bool:
    """Tell whether Yammer itself wrote a message: what says so oddly does not, or a post would turn into an event."""
    return item.get("system_message") is True or item.get("message_type") == "system"


def liked_part(item: Mapping[str, JSON], odd: dict[str, None]) -> JSON:
    """Return who reacted, without what names nobody; None where that is not told, or cannot be read."""
    liked = item.get("liked_by")
    if liked is not None and (not isinstance(liked, Mapping) or not isinstance(liked.get("names") or [], list)):
        odd["liked_by"] = None
        return None
    names = [one for one in (liked or {}).get("names") or [] if isinstance(one, Mapping | str)]
    if liked and len(names) < len(liked.get("names") or []):
        odd["liked_by"] = None
        return {**liked, "names": names}
    return liked


def objects(item: Mapping[str, JSON], name: str, odd: dict[str, None]) -> list[JSON] | None:
    """Return the objects of a list; None where it is none, or holds what is no object, so that what was known stays."""
    value = item.get(name) or []
    if not isinstance(value, list | tuple) or not all(isinstance(one, Mapping) for one in value):
        odd[name] = None
        return None
    return list(value)
