"""Rows of an export's tables become the payloads that REST gives, so that one translation serves both. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from communitykit.connector import JSON
from communitykit_yammer.archive.tables import Row, is_true, may_be_true
from communitykit_yammer.ids import kind_of

_PLACE = re.compile(r"(?P<type>\w+):(?:\[(?P<inner>[^\]]*)\]|(?P<id>\d+))")
_BREAK = re.compile(r"(?P<path>\b[A-Za-z]:\\[^\s\"<>|*?]*|(?<!\S)\\\\\w[^\s\"<>|*?]*)|(?:\\r)?\\n")
_TITLE = re.compile(r'(title|description)="([^"]*)"')


def message(row: Row, files: Mapping[str, Row], *, storylines: bool) -> dict[str, JSON]:
    """Make a message of a row of Messages.csv. Line breaks in bodies may be written as backslash and n.

    `storylines`: the network's All Company is a group, so what is in no group stands in somebody's storyline.
    """
    found: dict[str, JSON] = {
        name: row[name]
        for name in (
            "id", "sender_id", "sender_type", "delegate_id", "replied_to_id", "thread_id", "conversation_id",
            "created_at", "deleted_at", "message_type", "group_id",
        )
        if name in row
    }  # fmt: skip
    if storylines:
        found.setdefault("group_id", None)
    found.setdefault("replied_to_id", None)
    found["direct_message"] = may_be_true(row, "in_private_conversation")
    found["system_message"] = row.get("message_type") == "system"
    found["title"] = row.get("title")
    body = unescaped(row.get("body", ""))
    found["body"] = {"parsed": body} if body else {"rich": row.get("html_body", "")}
    found["attachments"] = list(_attachments(row.get("attachments", ""), files))
    return found


def sender(row: Row) -> dict[str, JSON] | None:
    """Make a bot or guide of a message's sender; users have a table of their own."""
    sort = kind_of(row.get("sender_type"))
    if sort in {None, "user"} or "sender_id" not in row:
        return None
    return {"type": sort, "id": row["sender_id"], "full_name": row.get("sender_name")}


def user(row: Row) -> dict[str, JSON]:
    """Make a user of a row of Users.csv; `soft_delete` means deleted, suspended or pending, as the dates tell."""
    found: dict[str, JSON] = {name: row.get(name) for name in ("job_title", "location", "department", "email")}
    found["id"] = row.get("id")
    if "name" in row:
        found["full_name"] = row["name"]
    if "joined_at" in row:
        found["activated_at"] = row["joined_at"]
    if "office_user_id" in row:
        found["office_user_id"] = row["office_user_id"]
    active = row.get("state") == "active"  # whoever came back keeps the time of the suspension that is over
    left = None if active else row.get("deleted_at") or row.get("suspended_at")
    if left:
        found["deactivated_at"] = left
    found["state"] = "active" if active else "deleted" if left else "pending"
    return found


def group(row: Row) -> dict[str, JSON]:
    """Make a group of a row of Groups.csv."""
    found: dict[str, JSON] = {"id": row.get("id"), "full_name": row.get("name"), "description": row.get("description")}
    if "private" in row:
        found["privacy"] = "private" if may_be_true(row, "private") else "public"
    for name in ("created_at", "creator_id", "creator_type"):
        if name in row:
            found[name] = row[name]
    if is_true(row, "deleted"):
        found["deleted"] = True
    return found


def network(row: Row) -> dict[str, JSON]:
    """Make a network of a row of Networks.csv; what may be a token in it (`secure_browser_token`) is not taken."""
    return {
        "id": row.get("id"),
        "name": row.get("name"),
        "web_url": row.get("url"),
        "created_at": row.get("created_at"),
    }


def version(row: Row) -> dict[str, JSON]:
    """Make a version of a row of MessageVersions.csv."""
    when = next((row[name] for name in ("updated_at", "edited_at", "modified_at", "created_at") if name in row), None)
    return {
        "message_id": row.get("message_id") or row.get("id"),
        "body": unescaped(row.get("body", "")),
        "edited_at": when,
    }


def unescaped(text: str) -> str:
    r"""Undo the export's way of writing line breaks, as backslash and n.

    The export does not escape backslashes, so that `C:\new` looks the same: a Windows path stays as it is written, and
    so does a body with line breaks of its own, which came from an export that does not write them so.
    """
    if "\n" in text:
        return text
    return _BREAK.sub(lambda match: match["path"] or "\n", text)


def _attachments(text: str, files: Mapping[str, Row]) -> Iterator[dict[str, JSON]]:
    """Read `uploadedfile:137082854, opengraphobject:[351561244736612 : https://… : title="…"]`."""
    for match in _PLACE.finditer(text):
        if match["id"] is not None:
            listed = files.get(match["id"], {})
            found: dict[str, JSON] = {"type": match["type"], "id": match["id"], "name": listed.get("name")}
            yield {**found, "web_url": listed.get("download_url"), "description": listed.get("description")}
            continue
        native, _, rest = match["inner"].partition(" : ")
        told = dict(_TITLE.findall(rest))
        yield {
            "type": match["type"],
            "id": native.strip(),
            "web_url": rest.split(" : ", 1)[0].strip(),
            "name": told.get("title"),
            "description": told.get("description"),
        }
