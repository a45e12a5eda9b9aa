"""Downloads of one's information: entries by name and time, without ids, perhaps with broken letters. Pure.

How Workplace laid out its own downloads is not documented; these are the shapes of the machinery that made them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from communitykit.connector import JSON, Archive, Rejected
from communitykit.connector.json_stream import json_items
from communitykit.connector.payload import what_it_is
from communitykit_workplace.archive.joining import People
from communitykit_workplace.edges import rows
from communitykit_workplace.ids import content_key, parse_time

_WRAPPERS = frozenset({"activity_log_data", "entries", "items"})
SCOPE = 12
"""Digits that tell one download, or one archive, from another in an id."""
_ANSWERS = {"events_joined": "attending", "events_declined": "declined", "events_interested": "interested"}


def repaired(value: JSON) -> JSON:
    r"""Mend letters that were written byte by byte ("\u00c3\u00a9"), and leave alone what was right already."""
    if isinstance(value, str):
        if value.isascii():
            return value
        try:
            return value.encode("latin-1").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            return value
    if isinstance(value, dict):
        return {key: repaired(one) for key, one in value.items()}
    if isinstance(value, list):
        return [repaired(one) for one in value]
    return value


class Owner(NamedTuple):
    """Whose a download is: `author` as its entries name them, and `key`, which all downloads of one person share.

    An address is one person's; where the profile shows none, nobody knows who else has that name, and there is no key.
    """

    author: dict[str, JSON]
    key: str | None


def owner_of(archive: Archive, name: str, people: People) -> Owner | None:
    """Find whose information a file of a profile is: by e-mail address among others' files, else by name alone."""
    with archive.open(name) as file:
        for found in json_items(file):
            if found.key is None or not found.key.startswith("profile") or not isinstance(found.value, Mapping):
                continue
            profile = repaired(found.value)
            named = profile.get("name")
            shown = named.get("full_name") if isinstance(named, Mapping) else named
            emails = profile.get("emails")
            listed = emails.get("emails", []) if isinstance(emails, Mapping) else emails or []
            native = next((who for mail in listed if (who := people.find(mail=mail))), None)
            known = sorted({mail.strip().lower() for mail in listed if isinstance(mail, str) and mail.strip()})
            key = content_key("download", known)[:SCOPE] if known else None
            return Owner({"id": native, "name": shown, "local": True}, key)
    return None


def entries(archive: Archive, name: str, owner: Mapping[str, JSON] | None) -> Iterator[dict[str, JSON] | Rejected]:
    """Return the entries of a file as payloads; `owner` is whose download it is."""
    for number, found in enumerate(archive.items(name), 1):
        key = found.key or ""
        if key.startswith("profile"):
            yield {"what": "member", "key": content_key(key), "author": owner}
        elif found.is_item and isinstance(found.value, Mapping):
            yield from _entry(repaired(found.value), key, owner)
        elif isinstance(found.value, Mapping):
            yield from _wrapped(repaired(found.value), key, owner)
        elif found.is_item:
            yield Rejected("malformed", f"{name}, item {number}: {found.problem or what_it_is(found.value)}")


def _wrapped(value: Mapping[str, JSON], key: str, owner: Mapping[str, JSON] | None) -> Iterator[dict[str, JSON]]:
    for inner, listed in value.items():
        if not isinstance(listed, list):
            continue
        for one in listed:
            if not isinstance(one, Mapping):
                continue
            if inner in _ANSWERS:
                made = _base(one, owner, what="rsvp", text=None)
                yield {**made, "detail": _ANSWERS[inner], "at": None, "title": one.get("name")}
            else:
                yield from _entry(one, key if inner in _WRAPPERS else inner, owner)


def _entry(entry: Mapping[str, JSON], key: str, owner: Mapping[str, JSON] | None) -> Iterator[dict[str, JSON]]:
    parts = [one for one in entry.get("data") or () if isinstance(one, Mapping)]
    shown = list(_shown(entry))
    made: dict[str, JSON] | None = None
    for part in parts:
        if isinstance(comment := part.get("comment"), Mapping):
            made = _base(entry, owner, what="comment", text=comment.get("comment"))
            made["at"] = comment.get("timestamp") or entry.get("timestamp")
            if comment.get("group"):
                made["group"] = {"name": comment["group"]}
        elif isinstance(reaction := part.get("reaction"), Mapping):
            made = _base(entry, owner, what="reacted", text=None)
            made["detail"] = str(reaction.get("reaction") or "").upper() or None
        elif isinstance(part.get("post"), str):
            made = _base(entry, owner, what="post", text=part["post"])
        elif "name" in part and ("group" in key or "joined" in key):
            made = _base(entry, owner, what="story", text=None)
            made["group"] = {"name": part["name"]}
    poll = next((one["poll"] for one in _attached(entry) if isinstance(one.get("poll"), Mapping)), None)
    if made is None and "vote" in key:
        made = _base(entry, owner, what="voted", text=None)
        options = poll.get("options") if isinstance(poll, Mapping) else None
        chosen = [one.get("option") for one in rows(options) if one.get("voted")]
        made["detail"] = chosen[0] if chosen else None
    if made is None and (shown or poll or ("posts" in key and "title" in entry)):
        made = _base(entry, owner, what="post", text=None)
    if made is None:
        made = _base(entry, owner, what="story", text=None)
        if "group" in key and isinstance(entry.get("name"), str):
            made["group"] = {"name": entry["name"]}
            made["detail"] = re.sub(r"_v\d+$", "", key)
    if shown:
        made["attachments"] = {"data": shown}
    if poll is not None and made["what"] == "post":
        made["poll"] = poll
    yield made


def _base(
    entry: Mapping[str, JSON], owner: Mapping[str, JSON] | None, *, what: str, text: str | None
) -> dict[str, JSON]:
    return {
        "what": what,
        "key": content_key(what, entry),
        "author": owner,
        "at": _moment(entry),
        "text": text,
        "title": entry.get("title"),
    }


def _moment(entry: Mapping[str, JSON]) -> JSON:
    names = ("timestamp", "creation_timestamp", "timestamp_ms")
    return next((entry[name] for name in names if parse_time(entry.get(name))), None)


def _attached(entry: Mapping[str, JSON]) -> Iterator[Mapping[str, JSON]]:
    for group in entry.get("attachments") or ():
        for one in (group.get("data") or ()) if isinstance(group, Mapping) else ():
            if isinstance(one, Mapping):
                yield one


def _shown(entry: Mapping[str, JSON]) -> Iterator[dict[str, JSON]]:
    """Return what an entry shows; a file's address is its name inside the archive."""
    for one in _attached(entry):
        if isinstance(media := one.get("media"), Mapping):
            video = str(media.get("uri") or "").lower().endswith((".mp4", ".mov"))
            name = media.get("title") or str(media.get("uri") or "").rsplit("/", 1)[-1]
            yield {"media_type": "video" if video else "photo", "title": name, "description": media.get("description")}
        elif isinstance(link := one.get("external_context"), Mapping):
            yield {"media_type": "link", "title": link.get("name"), "url": link.get("url")}
