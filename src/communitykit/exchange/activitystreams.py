"""ActivityStreams 2.0 of a store: people, groups, posts and acts as collections of pages.

<https://www.w3.org/TR/activitystreams-core/>, <https://www.w3.org/TR/activitystreams-vocabulary/>
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from communitykit.exchange.activitystreams_reading import CONTEXT
from communitykit.model.values import Value
from communitykit.privacy.pseudonyms import Key
from communitykit.sinks.permissions import make_folder
from communitykit.sinks.targets import check, write_text
from communitykit.store import Store
from communitykit.store.duckdb_errors import telling
from communitykit.store.evolution import look_through
from communitykit.store.schema import CURRENT

PAGE: Final = 5_000
"""Items of a page."""
_BASE: Final = "urn:communitykit:"
_ACTS: Final = {
    "posted": "Create",
    "replied": "Create",
    "shared": "Announce",
    "edited": "Update",
    "deleted": "Delete",
    "reacted": "Like",
    "praised": "Like",
    "joined": "Join",
    "left": "Leave",
    "viewed": "View",
    "invited": "Invite",
    "followed": "Follow",
    "created": "Create",
}
"""By kind of act, the word of the vocabulary; other kinds are an Activity whose summary says which."""
_PEOPLE: Final = {"bot": "Service", "system": "Application"}
_ACTIVITIES: Final = """SELECT kind, actor_id, target_id, community_id, post_id, occurred_at, detail FROM activity a
    WHERE kind <> 'mentioned' AND NOT EXISTS (SELECT 1 FROM communities c WHERE c.id = a.community_id
    AND c.gone IS NOT NULL) ORDER BY occurred_at NULLS LAST, kind, post_id, actor_id, target_id"""

Made = dict[str, Value]


@dataclass(frozen=True, slots=True)
class _Names:
    """How things are named: by their ids, or by pseudonyms."""

    key: Key | None
    base: str

    def iri(self, id_: str | None) -> str | None:
        """Return the IRI of what has an id."""
        if id_ is None:
            return None
        if self.key is None:
            return f"{self.base}{quote(id_, safe=':@%+-._~!$&()*,;=/')}"
        return f"{self.base}{id_.split(':')[2]}:{self.key.of(id_.split(':')[2], id_)}"

    def said(self, text: str | None) -> str | None:
        """Return a text; nothing where persons have pseudonyms, since texts and names tell who they are."""
        return text if self.key is None else None


def write_activitystreams(
    store: str | Path,
    to: str | Path,
    *,
    key: Key | None = None,
    base: str = _BASE,
    page: int = PAGE,
    overwrite: bool = False,
) -> dict[str, int]:
    """Write what is so now as four collections of AS2 pages into a folder; return the items of each.

    `actors`, `groups`, `objects` (posts) and `activities` are each an OrderedCollection, in a file of its name, whose
    pages are in files beside it: `activities-000001.jsonld`. `base` begins every id: where the files will be, say. With
    a `key`, ids are pseudonyms, and no name, address, text or link is written.

    Raises StoreError where the store cannot be read; SettingsError for files in the way that no export wrote, or that
    somebody changed, unless `overwrite` gives them up.
    """
    folder, names = Path(to), _Names(key, base)
    make_folder(folder)
    with Store(store) as opened, telling(opened.path, "write ActivityStreams of it"):
        return {
            name: _collection(opened, _Pages(folder, name, names, page, overwrite), query, make)
            for name, (query, make) in {
                "actors": (f"{CURRENT['members']} ORDER BY id", _actor),
                "groups": (f"{CURRENT['communities']} ORDER BY id", _group),
                "objects": (f"FROM ({CURRENT['posts']}) ORDER BY created_at NULLS LAST, id", _object),
                "activities": (_ACTIVITIES, _activity),
            }.items()
        }


@dataclass(frozen=True, slots=True)
class _Pages:
    """Where a collection's pages are written, and what they are called."""

    folder: Path
    name: str
    names: _Names
    size: int
    overwrite: bool

    def of(self, number: int) -> str:
        """Return a page's id."""
        return f"{self.names.base}{self.name}-{number:06}.jsonld"

    def write(self, file: str, made: Made) -> None:
        """Write one file."""
        text = json.dumps({"@context": CONTEXT, **made}, ensure_ascii=False, indent=1) + "\n"
        write_text(self.folder / f"{file}.jsonld", text, "export", overwrite=self.overwrite)

    def remove_after(self, pages: int) -> None:
        """Remove those of an earlier export that had more of them."""
        for left in self.folder.glob(f"{self.name}-??????.jsonld"):
            number = left.stem.rpartition("-")[2]
            if number.isdigit() and int(number) > pages:
                check(left, "export", overwrite=self.overwrite)
                left.unlink()


def _collection(store: Store, pages: _Pages, query: str, make: Callable[[Mapping[str, Value], _Names], Made]) -> int:
    ((total,),) = store.connection().execute(f"SELECT count(*) FROM ({query})").fetchall()  # noqa: S608 # ours
    count, name = max(1, -(-total // pages.size)), pages.name
    whole = f"{pages.names.base}{name}.jsonld"
    ends = {"totalItems": total, "first": pages.of(1), "last": pages.of(count)}
    pages.write(name, {"type": "OrderedCollection", "id": whole, **ends})
    items = _items(store, query, pages.size)
    for number in range(1, count + 1):
        around = {"prev": pages.of(number - 1)} if number > 1 else {}
        around |= {"next": pages.of(number + 1)} if number < count else {}
        made = [_told(make(row, pages.names)) for row in next(items, [])]
        told = {"id": pages.of(number), "partOf": whole, "totalItems": total, **around, "orderedItems": made}
        pages.write(f"{name}-{number:06}", {"type": "OrderedCollectionPage", **told})
    pages.remove_after(count)
    return int(total)


def _items(store: Store, query: str, page: int) -> Iterator[list[dict[str, Value]]]:
    cursor = store.connection().cursor()
    look_through(cursor)
    cursor.execute(query)
    columns = [column[0] for column in cursor.description or ()]
    while rows := cursor.fetchmany(page):
        yield [dict(zip(columns, row, strict=True)) for row in rows]


def _actor(row: Mapping[str, Value], names: _Names) -> Made:
    return {
        "type": _PEOPLE.get(row["kind"] or "", "Person"),
        "id": names.iri(row["id"]),
        "name": names.said(row["display_name"]),
        "preferredUsername": names.said(row["username"]),
        "published": _time(row["created_at"]),
    }


def _group(row: Mapping[str, Value], names: _Names) -> Made:
    return {
        "type": "Group",
        "id": names.iri(row["id"]),
        "name": names.said(row["name"]),
        "summary": names.said(row["purpose"] or row["topic"]),
        "context": names.iri(row["parent_id"]),
        "published": _time(row["created_at"]),
        "url": _address(names.said(row["url"])),
    }


def _object(row: Mapping[str, Value], names: _Names) -> Made:
    made: Made = {
        "type": "Question" if row["poll"] else "Note",
        "id": names.iri(row["id"]),
        "attributedTo": names.iri(row["author_id"]),
        "context": names.iri(row["community_id"]),
        "inReplyTo": names.iri(row["parent_id"] or row["root_id"]),
        "published": _time(row["created_at"]),
        "updated": _time(row["edited_at"]),
        "name": names.said(row["title"]),
        "content": names.said(row["text"] if row["text"] is not None else row["body"]),
        "url": _address(names.said(row["url"])),
        "tag": [_mention(one, names) for one in row["mentions"] or () if one["id"]] or None,
    }
    if made["content"] is not None:
        made["mediaType"] = "text/plain"
    if row["poll"] and names.key is None:
        made["oneOf"] = [{"type": "Note", "name": one["text"] or ""} for one in row["poll"]["options"] or ()] or None
    if row["attachments"]:
        made["attachment"] = [
            _told({"type": "Document", "name": names.said(one["name"])}) for one in row["attachments"]
        ]
    return made


def _mention(one: Mapping[str, Value], names: _Names) -> Made:
    return _told({"type": "Mention", "href": names.iri(one["id"]), "name": names.said(one["label"])})


def _activity(row: Mapping[str, Value], names: _Names) -> Made:
    word = _ACTS.get(row["kind"], "Activity")
    is_writing = row["kind"] in {"posted", "replied", "shared", "edited"}
    told = row["post_id"] if is_writing else row["target_id"]
    return {
        "type": word,
        "summary": None if row["kind"] in _ACTS else row["kind"],
        "actor": names.iri(row["actor_id"]),
        "object": names.iri(told or row["community_id"]),
        "context": names.iri(row["community_id"]),
        "published": _time(row["occurred_at"]),
        "content": names.said(row["detail"]) if row["kind"] == "reacted" else None,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment is not None else None


def _address(url: str | None) -> str | None:
    """Return an address that is whole; a relative one is none here."""
    return url if url and url.startswith(("https://", "http://")) and not any(map(str.isspace, url)) else None


def _told(made: Made) -> Made:
    return {name: value for name, value in made.items() if value is not None}
