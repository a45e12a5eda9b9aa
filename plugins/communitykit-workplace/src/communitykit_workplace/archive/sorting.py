"""What a file of an archive is, told by its content; its name only says whose it is where the content does not.

Pure, but for reading the beginning of each file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from communitykit import ArchiveError
from communitykit.connector import JSON, Archive
from communitykit.connector.json_stream import json_items
from communitykit.connector.tables import is_tabular, tables
from communitykit_workplace.archive.scripts import recognise
from communitykit_workplace.ids import native_id

_PEEK = 5
READ = frozenset({"graph", "download", "table"})
"""Forms of files that are read."""
_NAMES = (".json", ".csv", ".xlsx")
"""Files of these names are what is read here: one that holds something else was cut, or is no export's."""
_HEAD = 4096
_ID = re.compile(r"\d{3,}(?:_\d+)*")
_EDGE = re.compile(r"[a-z_]+")
EDGES = frozenset(
    {"feed", "posts", "comments", "reactions", "likes", "seen", "members", "admins", "moderators", "attachments",
     "events", "groups", "docs", "attending", "maybe", "interested", "declined", "managers", "votes", "sharedposts",
     "former_members", "organization_members", "users", "files", "albums", "photos", "videos", "tagged",
     "pinned_posts", "knowledge_library_categories", "subcategories", "inbox", "outbox", "conversations", "messages",
     "threads"}
)  # fmt: skip
_CHATS = frozenset({"inbox", "outbox", "conversations", "messages", "threads"})
"""Where chats lie: what is found there is private talk, whatever it looks like."""
_SINGULAR = {"group": "groups", "member": "members", "user": "users"}
_GROUP = frozenset(
    {"privacy", "purpose", "group_type", "is_community", "is_workplace_default", "post_permissions", "join_setting",
     "is_official_group", "post_requires_admin_approval"}
)  # fmt: skip
_POST = frozenset({"story", "status_type", "with_tags", "formatting", "feed_targeting", "shares", "admin_creator",
                   "promotion_status", "is_published", "actions", "to", "sharedposts"})  # fmt: skip
_COMMENT = frozenset({"comment_count", "can_remove", "can_comment", "can_hide", "can_like", "user_likes", "parent",
                      "can_reply_privately"})  # fmt: skip
_MEMBER = frozenset({"email", "first_name", "last_name", "account_claim_time", "account_invite_time", "claim_link",
                     "name_format", "work_locale", "external_id", "employee_number"})  # fmt: skip
_BESIDE = frozenset({"reactions", "likes", "comments", "seen", "message_tags", "story_tags", "attachments"})
_SHOWN = frozenset({"comments", "seen", "likes", "reactions"})
_REACTIONS = frozenset({"LIKE", "LOVE", "WOW", "HAHA", "SAD", "ANGRY", "THANKFUL", "PRIDE", "CARE", "FIRE", "HUNDRED",
                        "NONE"})  # fmt: skip
_TALK = frozenset(
    {
        "senders",
        "participants",
        "snippet",
        "message_count",
        "unread_count",
        "sticker",
        "unread",
        "unseen",
        "former_participants",
        "thread_key",
        "scoped_thread_key",
        "can_reply",
    }
)
_DOWNLOAD = re.compile(r"\w+_v\d+")
_DOWNLOAD_KEYS = frozenset({"status_updates", "comments", "reactions", "groups_joined", "group_posts", "profile"})


@dataclass(frozen=True, slots=True)
class Part:
    """A file that can be read: its `form` is `graph`, `download` or `table`; `edge` and `owner` are whose it is."""

    name: str
    form: str
    edge: str = ""
    owner: str = ""


def sort_parts(archive: Archive) -> Iterator[Part]:
    """Look into every file and give those that can be read; a file that only looks like one is given as `damaged`."""
    for name in archive.names():
        with archive.open(name) as file:
            head = file.read(_HEAD)
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        if start in {b"{", b"["}:
            yield _json_part(archive, name)
        elif is_tabular(head):
            yield from _table_part(archive, name)
        elif name.lower().endswith(_NAMES) and not name.rpartition("/")[2].startswith("."):  # a Mac's: `._posts.json`
            yield Part(name, "damaged")


def _json_part(archive: Archive, name: str) -> Part:
    edge, owner = whose(name)
    try:
        with archive.open(name) as file:
            found = list(islice(json_items(file), _PEEK))
    except ValueError:
        return Part(name, "damaged")
    form = "download" if any(_is_download(one.key, one.value, is_item=one.is_item) for one in found) else "graph"
    if form == "graph" and not any(_is_graph(one.key, one.value) for one in found):
        form = "other"
    for one in found:
        if one.key == "paging" and isinstance(one.value, Mapping):
            told = address_of(one.value)
            edge, owner = told or (edge, owner)
    return Part(name, form, edge, owner)


def _is_graph(key: str | None, value: JSON) -> bool:
    if key in {"data", "Resources", "paging", "id", "summary", "totalResults", "schemas", "error", "code", "body"}:
        return True
    if not isinstance(value, Mapping):
        return bool(key and key in _BESIDE | _POST | _COMMENT | _MEMBER)
    inside = value.keys()
    beside = bool(key and (key in _BESIDE or native_id(key)))
    return beside or bool(inside & {"id", "message", "created_time", "data"}) or ("code" in inside and "body" in inside)


def _is_download(key: str | None, value: JSON, *, is_item: bool) -> bool:
    """Tell whether this is of a download of one's information: dated entries without ids, under keys with a version."""
    if key is not None and _DOWNLOAD.fullmatch(key):
        return True
    entry = is_item and isinstance(value, Mapping) and "id" not in value
    dated = entry and isinstance(value.get("timestamp", value.get("creation_timestamp")), int)
    return bool(dated and (key is None or key in _DOWNLOAD_KEYS))


def _table_part(archive: Archive, name: str) -> Iterator[Part]:
    try:
        for table in tables(archive, name):
            if recognise(table.columns) is not None:
                edge, owner = whose(name)
                yield Part(name, "table", edge, owner)
                return
    except ArchiveError:
        yield Part(name, "damaged")
        return
    yield Part(name, "other")


def whose(name: str) -> tuple[str, str]:
    """Tell from a file's name which edge it is of, and whose: `groups/12/posts/12_3/comments_1.json`."""
    parts = name.split("/")
    stem = parts[-1].split(".", 1)[0]
    within = _ID.findall(re.sub(r"^(feed|stats|members)-", "", stem))
    words = [word.strip("_") for word in reversed(_EDGE.findall(stem.lower()))]
    parts_of = [part for word in words for part in reversed(word.split("_"))]
    edge = next((word for word in (*words, *parts_of) if word in EDGES), "")
    edge = edge or next((_SINGULAR[part] for part in parts_of if part in _SINGULAR), "")
    if not edge:
        edge = next((part.lower() for part in reversed(parts[:-1]) if part.lower() in EDGES), "")
    folder = next((part for part in reversed(parts[:-1]) if _ID.fullmatch(part)), "")
    own = "_".join(within) if stem.startswith("stats") else (within[0] if within else "")
    return edge, own if own and len(own) > len("9999") else folder


def address_of(paging: Mapping[str, JSON]) -> tuple[str, str] | None:
    """Tell from the address of a next or previous page which edge it is of, and whose; it is never asked."""
    for name in ("next", "previous"):
        address = paging.get(name)
        if isinstance(address, str):
            parts = [part for part in urlsplit(address).path.split("/") if part]
            if len(parts) > 1 and parts[-1] in EDGES:
                return parts[-1], native_id(parts[-2]) or ""
    return None


def kind_of(item: Mapping[str, JSON], edge: str) -> str:  # noqa: C901, PLR0911, PLR0912 # a list of signs
    """Tell what an object is by its own fields; `edge`, where it was found, decides where they do not."""
    keys = item.keys()
    if "schemas" in keys or "userName" in keys or any(key.startswith("urn:") for key in keys):
        return "aside" if "members" in keys and "userName" not in keys else "scim_user"
    if "entry" in keys and "object" in keys:
        return "webhook"
    if "error" in keys:
        return "error"
    if keys & {"read_audience", "json_content"} or {"title", "content"} <= keys or "subject" in keys:
        return "page"
    if keys & {"start_time", "attending_count", "event_times"} and "message" not in keys:
        return "event"
    if edge in _CHATS or keys & _TALK or str(item.get("id") or "").startswith(("m_", "t_")):
        return "message"
    if keys & _SHOWN and keys <= {"id", *_BESIDE} and native_id(item.get("id")):
        return "beside"
    if keys & _POST or ("updated_time" in keys and "created_time" in keys and "about" not in keys):
        return "post"
    if keys & _COMMENT or ("like_count" in keys and "message" in keys):
        return "comment"
    if keys & _GROUP:
        return "community" if item.get("is_community") is True else "group"
    if keys & {"administrator", "joined", "added_by"} and edge != "users":
        return "membership"
    if keys & _MEMBER:
        return "member"
    if "seen_time" in keys:
        return "seen"
    if str(item.get("type") or "").upper() in _REACTIONS and native_id(item.get("id")):
        return "reactions"
    if "created_time" in keys or keys & {"message", "reactions"}:
        return "comment" if edge == "comments" else "post" if edge in {"feed", "posts"} or _is_post(item) else "aside"
    if keys & {"media", "target", "subattachments", "media_type"}:
        return "attachments"
    return _by_edge(item, edge)


def _is_post(item: Mapping[str, JSON]) -> bool:
    return "_" in str(item.get("id") or "")


def _by_edge(item: Mapping[str, JSON], edge: str) -> str:
    """Tell what an object is that shows an id and a name: whatever it was found among."""
    if native_id(item.get("id")) is None:
        return "aside"
    by_edge = {"feed": "post", "posts": "post", "comments": "comment", "members": "membership", "admins": "admin",
               "moderators": "moderator", "groups": "group", "users": "member", "organization_members": "member",
               "former_members": "member", "events": "event"}  # fmt: skip
    if edge in {"seen", "likes", "attending", "maybe", "interested", "declined", "reactions"}:
        return edge
    if edge in by_edge:
        return by_edge[edge]
    if not item.keys() <= {"id", "name", "picture", "type"}:
        return "aside"
    return {"user": "profile", "group": "group"}.get(str(item.get("type")).lower(), "unsure" if not edge else "profile")
