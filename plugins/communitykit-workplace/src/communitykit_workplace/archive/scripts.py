"""Tables that known scripts and exports write, as wire payloads: by their columns, whatever a file is called. Pure."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from communitykit.connector import JSON
from communitykit.connector.tables import Cells
from communitykit_workplace.archive.joining import People
from communitykit_workplace.ids import address, comment_id, content_key, native_id, parse_time
from communitykit_workplace.secrets import plain_name

_LITERAL = 4 * 1024 * 1024
_CREATOR = re.compile(r"^(?P<name>.*?)\s*\((?P<mail>[^()\s]+@[^()\s]+)\)\s*$")
_ADMIN = re.compile(r"^(?P<id>\d+)-(?P<name>.*?)(?:\s*\((?P<mail>[^()\s]*)\))?$")
_TOTAL = re.compile(r"^total(?:post)?(like|love|wow|haha|sad|angry|care|thankful|pride)s?$")
_UNTOLD = ("formatting", "message_tags", "poll")
"""What no table of posts has a column for."""
_POSTED = {
    "id": ("id", "postid"),
    "message": ("message", "postmessage", "text"),
    "created_time": ("createdtime", "creationdate", "createtime", "createdat", "date", "postdate"),
    "updated_time": ("updatedtime", "lastupdatedate", "updatetime"),
    "author": ("author", "creator", "authorname", "postauthor"),
    "author_id": ("authorid", "creatorid"),
    "author_email": ("authoremail", "creatoremail"),
    "story": ("story",),
    "type": ("type",),
    "status_type": ("posttype", "statustype"),
    "permalink_url": ("permalink", "permalinkurl", "posturl", "url"),
    "link": ("link",),
    "comments": ("totalpostcomments", "comments", "commentscount", "totalcomments"),
}


_SEEN = ("id", "name", "email", "department", "division", "organization", "title")
"""The columns that get_post_viewers.py asks for, in its order."""


class Made(NamedTuple):
    """A payload of a row: its wire kind, itself, and what its context must tell."""

    kind: str
    item: dict[str, JSON]
    context: dict[str, JSON]


Maker = Callable[[Cells, People, str], Iterator[Made]]
"""(cells, people known so far, native id in the file's own name) to payloads."""


class Script(NamedTuple):
    """A known sort of table, what it cannot tell, and how its rows are read."""

    title: str
    losses: tuple[str, ...]
    make: Maker
    lost: tuple[str, ...] = ()
    damaged: bool = False
    """Whether what it tells is damaged, so that anything else is to be believed before it."""


def recognise(columns: Sequence[str]) -> Script | None:  # noqa: PLR0911 # a list of signs
    """Tell which sort of table has these columns; None for one that nobody knows."""
    names = {plain_name(column) for column in columns}
    if {"id", "createdtime"} <= names and names & {"seenby", "reactions", "comments"} and "from" in names:
        missing = {"message", "poll", "message_tags", "formatting"}
        lost = tuple(sorted(name for name in missing if plain_name(name) not in names))
        losses = ("the message of every post: the script took its columns from the first post, which had none",)
        told = losses if "message" in lost else ()
        return Script("posts with their acts as Python lists", told, _post_detail, lost)
    if {"authorid", "authoremail"} <= names or {"postid", "author"} <= names:
        return Script(
            "posts of a feed", ("who reacted, comments, letters that are not ASCII",), _feed_row, _UNTOLD, damaged=True
        )
    if {"id", "creator"} <= names and any(_TOTAL.match(name) for name in names):
        return Script("posts of a feed, counted", ("who reacted, comments: counts only",), _feed_row, _UNTOLD)
    if {"fullname", "interaction", "message"} <= names:
        return Script("comments of a post", ("ids of comments, and which comment a reply answers",), _activity)
    if {"id", "name", "members"} <= names and names & {"admins", "privacy"}:
        return Script("groups", (), _group)
    if "postid" in names and names & {"viewerid", "userid", "id"} and names & {"viewername", "name"}:
        return Script("who saw a post", ("when it was seen",), _viewer)
    if {"id", "fullname", "administrator"} <= names:
        return Script("members of a group", ("when they joined",), _member)
    if tuple(columns) == _SEEN:
        losses = ("when it was seen, and which post, where the file and its folder are not named by its id",)
        return Script("who saw a post", losses, _seen)
    if names & {"fullname", "name"} and "email" in names and names & {
        "claimed", "claimerd", "status", "employeeid", "jobtitle", "manageremail", "managerfullname", "department",
    }:  # fmt: skip
        return Script("employees", (), _employee)
    if names & {"date", "day", "ds"} and len(names) > 1 and not names & {"id", "email", "message"}:
        return Script("figures", (), _figures)
    return None


def literal(cell: JSON) -> JSON:
    """Read a cell that a script wrote with Python's repr; it is never run. None for anything else."""
    if not isinstance(cell, str) or len(cell) > _LITERAL or not cell.strip().startswith(("{", "[", "(")):
        return None
    try:
        return ast.literal_eval(cell.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return None


def _post_detail(cells: Cells, _people: People, _owner: str) -> Iterator[Made]:
    """Read a row of group_posts_detail.py. A second group's rows may stand under the first one's columns."""
    native, created = cells.get("id"), cells.get("created_time")
    if native_id(native) is None or parse_time(created) is None:
        yield Made(
            "misfit", {"id": native_id(native), "reason": "shifted_columns"}, {"what": "another group's columns"}
        )
        return
    plain = ("id", "created_time", "updated_time", "message", "story", "link", "type", "status_type", "object_id",
             "permalink_url", "name", "description", "formatting")  # fmt: skip
    item: dict[str, JSON] = {name: cells[name] for name in plain if name in cells}
    for name in ("from", "to", "message_tags", "poll", "attachments", "shares"):
        if isinstance(found := literal(cells.get(name)), dict | list):
            item[name] = found
    for column, name in (("reactions", "reactions"), ("seenby", "seen")):
        if isinstance(found := literal(cells.get(column)), list):
            item[name] = {"data": found}
    comments = literal(cells.get("comments"))
    if isinstance(comments, list):
        item["comments"] = {"data": [one for one in comments if isinstance(one, dict) and comment_id(one)]}
    yield Made("post", item, {})


def _feed_row(cells: Cells, people: People, _owner: str) -> Iterator[Made]:
    """Read a row of a feed's export; which of the author's columns holds what is told by the cells themselves."""
    names = {plain_name(name): value for name, value in cells.items()}
    told = {field: next((names[one] for one in many if one in names), None) for field, many in _POSTED.items()}
    native = native_id(told["id"])
    if native is None:
        yield Made("misfit", {"reason": "no_id"}, {"what": "a row without a post's id"})
        return
    item: dict[str, JSON] = {"id": native}
    for name in ("message", "story", "type", "status_type", "permalink_url", "link"):
        if told[name]:
            item[name] = str(told[name])
    for name in ("created_time", "updated_time"):
        if moment := parse_time(told[name]):
            item[name] = moment.isoformat()
    author = _author(told, people)
    if author:
        item["from"] = author
    for name, value in names.items():
        if (total := _TOTAL.match(name)) and (number := _count(value)) is not None:
            item[f"reactions_{total[1]}"] = {"summary": {"total_count": number}}
    if (number := _count(told["comments"])) is not None:
        item["comment_count"] = number
    yield Made("post", item, {})


def _author(told: dict[str, JSON], people: People) -> dict[str, JSON] | None:
    cells = [str(told[name] or "").strip() for name in ("author", "author_id", "author_email")]
    creator = _CREATOR.match(cells[0])
    mails = [creator["mail"]] if creator else []
    mails += [cell for cell in cells if address(cell)]
    natives = [cell for cell in cells[1:] if native_id(cell)]
    name = creator["name"] if creator else cells[0]
    native = people.find(native=natives[0] if natives else None, mail=mails[0] if mails else None)
    if native is None and not name:
        return None
    return {"name": name, **({"id": native} if native else {})}


def _activity(cells: Cells, people: People, owner: str) -> Iterator[Made]:
    """Read a row of exportPostActivity.ps1: whose comment it is, not which, nor which one a reply answers."""
    names = {plain_name(name): value for name, value in cells.items()}
    native = people.find(native=names.get("id"), mail=names.get("email"))
    counts = {
        total[1].upper(): number
        for name, value in names.items()
        if (total := re.match(r"^(like|love|wow|haha|sad|angry|care)s?$", name)) and (number := _count(value))
    }
    item = {
        "what": "comment",
        "key": content_key(owner, native, names.get("date"), names.get("message"), names.get("interaction")),
        "author": {"id": native, "name": names.get("fullname")},
        "group": {"id": owner.split("_", 1)[0]} if "_" in owner else None,
        "post": owner if "_" in owner else None,
        "text": names.get("message"),
        "at": names["date"].isoformat() if isinstance(names.get("date"), datetime) else names.get("date"),
        "title": names.get("interaction"),
        "counts": {"reactions": counts} if counts else None,
    }
    yield Made("download", item, {})


def _group(cells: Cells, _people: People, _owner: str) -> Iterator[Made]:
    """Read a row of export_groups.py: its admins stand in one cell, `id-Name (mail)|`."""
    native = native_id(cells.get("id"))
    if native is None:
        yield Made("misfit", {"reason": "no_id"}, {"what": "a row without a group's id"})
        return
    item: dict[str, JSON] = {"id": native}
    for name in ("name", "description", "privacy", "purpose", "updated_time", "members"):
        if cells.get(name):
            item[name] = str(cells[name])
    if isinstance(owner := literal(cells.get("owner")), dict):
        item["owner"] = owner
    if str(cells.get("archived") or "").lower() in {"true", "false"}:
        item["archived"] = str(cells["archived"]).lower() == "true"
    yield Made("group", item, {})
    for text in str(cells.get("admins") or "").split("|"):
        if found := _ADMIN.match(text.strip()):
            who = {"id": found["id"], "name": found["name"]}
            yield Made("profile", who, {})
            yield Made("membership", who, {"group": native, "role": "admin"})


def _viewer(cells: Cells, people: People, owner: str) -> Iterator[Made]:
    names = {plain_name(name): value for name, value in cells.items()}
    native = people.find(
        native=names.get("viewerid") or names.get("userid") or names.get("id"), mail=names.get("email")
    )
    post = native_id(names.get("postid")) or owner
    if native is None or not native_id(post):
        yield Made("misfit", {"reason": "no_id"}, {"what": "a row without a viewer or a post"})
        return
    who = {"id": native, "name": names.get("viewername") or names.get("name")}
    yield Made("profile", who, {})
    yield Made("edge", {"seen": [who]}, {"object": post})


def _seen(cells: Cells, _people: People, owner: str) -> Iterator[Made]:
    """Read a row of get_post_viewers.py: a person, who saw the post of the file's or folder's name."""
    if native_id(cells.get("id")) is None:
        yield Made("misfit", {"reason": "no_id"}, {"what": "a row without a viewer's id"})
        return
    yield Made("member", dict(cells), {})
    if "_" in owner and native_id(owner):
        yield Made("edge", {"seen": [{"id": cells["id"]}]}, {"object": owner})


def _member(cells: Cells, people: People, owner: str) -> Iterator[Made]:
    """Read a row of exportGroupMembers.ps1; the group stands in the file's own name."""
    names = {plain_name(name): value for name, value in cells.items()}
    native = people.find(native=names.get("id"), mail=names.get("email"))
    if native is None:
        yield Made("misfit", {"reason": "no_id"}, {"what": "a row without a member's id"})
        return
    who = {"id": native, "name": names.get("fullname")}
    person: dict[str, JSON] = dict(who)
    person.update({name: names[name] for name in ("email", "department") if name in names})
    if names.get("location"):
        person["primary_address"] = names["location"]
    yield Made("member", person, {})
    if native_id(owner):
        item = {**who, "administrator": str(names.get("administrator")).lower() in {"true", "yes", "1"}}
        yield Made("membership", item, {"group": owner})


def _employee(cells: Cells, people: People, _owner: str) -> Iterator[Made]:
    names = {plain_name(name): value for name, value in cells.items()}
    native = people.find(
        native=names.get("userid") or names.get("id"),
        external=names.get("externalid") or names.get("employeeid"),
        mail=names.get("email"),
    )
    boss = people.find(
        native=names.get("managerid"), external=names.get("manageremployeeid"), mail=names.get("manageremail")
    )
    kept = {name: value for name, value in cells.items() if plain_name(name) not in {"claimlink", "accesscode"}}
    yield Made("employee", {"id": native, "manager_id": boss, "cells": kept}, {})


def _figures(cells: Cells, _people: People, _owner: str) -> Iterator[Made]:
    yield Made("figures", {"cells": cells}, {})


def _count(value: JSON) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.strip().isdecimal() else None
