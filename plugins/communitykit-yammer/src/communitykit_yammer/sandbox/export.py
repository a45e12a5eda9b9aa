"""Network data exports like the official ones: a ZIP of CSV files, with their oddities."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from communitykit.connector import JSON
from communitykit.sandbox import DAY, Answer, Call, Message, Person, Place, World, from_us, to_us
from communitykit_yammer.sandbox import naming, rendering
from communitykit_yammer.sandbox.naming import group, message, network, user

if TYPE_CHECKING:
    from communitykit_yammer.sandbox.desk import YammerDesk

MESSAGES = (
    "id", "replied_to_id", "parent_id", "thread_id", "conversation_id", "group_id", "group_name", "participants",
    "in_private_group", "in_private_conversation", "sender_id", "sender_type", "sender_name", "sender_email", "body",
    "api_url", "attachments", "deleted_by_id", "deleted_by_type", "created_at", "deleted_at", "delegate_id", "title",
    "html_body", "message_type", "gdpr_delete_url",
)  # fmt: skip
USERS = (
    "id", "name", "email", "job_title", "location", "department", "api_url", "deleted_by_id", "deleted_by_type",
    "joined_at", "deleted_at", "suspended_by_id", "suspended_by_type", "suspended_at", "guid", "state",
    "office_user_id",
)  # fmt: skip
GROUPS = ("id", "name", "description", "private", "external", "deleted", "created_at", "updated_at", "creator_id",
          "creator_type", "api_url", "web_url")  # fmt: skip
NETWORKS = ("id", "permalink", "name", "url", "paid", "created_at", "moderated", "usage_policy", "number_of_users",
            "secure_browser_token")  # fmt: skip
VERSIONS = ("id", "message_id", "body", "created_at")

Rows = list[dict[str, JSON]]


def write(
    world: World, path: Path, *, style: str = "modern", since: int | None = None, until: int | None = None
) -> Path:
    """Write an export of what was written or changed in a window (microseconds, the end exclusive).

    `legacy` writes REST's dates, `null` for what is absent and real line breaks; `networks` is an export of two
    networks, a folder each, of which the second is empty.
    """
    legacy = style == "legacy"
    low, high = since if since is not None else 0, until if until is not None else world.now_us + 1
    tables = dict(_tables(world, legacy=legacy, low=low, high=high))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        folder = f"{network(world)}/" if style == "networks" else ""
        archive.writestr(zipfile.ZipInfo("request.txt", (2026, 1, 1, 0, 0, 0)), "include=csv\n")
        for name, (columns, rows) in tables.items():
            _put(archive, folder + name, columns, rows, legacy=legacy)
        if folder:
            other = f"{naming.native('network', world.seed, 'second')}/"
            _put(archive, f"{other}Users.csv", USERS, [], legacy=legacy)
            _put(archive, f"{other}Messages.csv", MESSAGES, [], legacy=legacy)
    return path


def fetched(desk: YammerDesk, call: Call) -> Answer:
    """Answer the export API: administrators only, and a window that is too long comes to no good end."""
    if not desk.site.options.get("administrator", True):
        return desk.failure("denied")
    try:
        since = to_us(datetime.fromisoformat(str(call.fields["since"]).replace(" ", "+")))
        until = to_us(datetime.fromisoformat(str(call.fields["until"]).replace(" ", "+")))
    except (KeyError, ValueError):
        return desk.failure("cursor")
    with TemporaryDirectory(prefix="communitykit-") as folder:
        body = write(desk.world, Path(folder) / "export.zip", since=since, until=until).read_bytes()
    longest = desk.site.options.get("windows")
    if longest is not None and until - since > longest * DAY:
        body = body[: len(body) // 2]  # the archive breaks off, though the status said that all was well
    return Answer(200, body, {"content-type": "application/zip"})


def _put(archive: zipfile.ZipFile, name: str, columns: tuple[str, ...], rows: Rows, *, legacy: bool) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    absent = "null" if legacy else ""
    for row in rows:
        writer.writerow(
            [row.get(column) if row.get(column) is not None else _nothing(column, absent) for column in columns]
        )
    body = out.getvalue().encode() if legacy else b"\xef\xbb\xbf" + out.getvalue().encode()
    info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, body)


def _nothing(column: str, absent: str) -> str:
    return absent if column.endswith("_at") else ""


def _tables(world: World, *, legacy: bool, low: int, high: int) -> Iterator[tuple[str, tuple[tuple[str, ...], Rows]]]:
    def date(moment: int | None) -> str | None:
        if moment is None:
            return None
        return (
            naming.time(moment) if legacy else from_us(naming.whole_second(moment)).isoformat().replace("+00:00", "Z")
        )

    people = [one for one in world.people if "yammer" in one.platforms and one.kind in {"employee", "guest"}]
    written = [(place, one) for place in world.on("yammer") for one in world.messages(place) if _is_in(one, low, high)]
    yield "Networks.csv", (NETWORKS, [_network(world, date)])
    yield "Users.csv", (USERS, [_user(world, one, date) for one in people])
    admins = [{"id": user(world, one), "name": one.name, "verified": "true"} for one in people if one.admin]
    yield "Admins.csv", (("id", "name", "email", "verified"), admins)
    yield (
        "Groups.csv",
        (GROUPS, [_group(world, place, date) for place in world.on("yammer") if place.privacy != "direct"]),
    )
    yield "Topics.csv", (("id", "name", "creator", "created_at", "link"), [])
    yield "Files.csv", (("file_id", "uploader_id", "name", "description", "download_url"), list(_files(world, written)))
    rows = [_message(world, place, one, date, legacy=legacy) for place, one in written]
    lines = [place for place in world.on("yammer") if place.privacy != "direct" and low <= place.created_at < high]
    rows += [_line(world, place, date) for place in lines]
    yield "Messages.csv", (MESSAGES, rows)
    versions = [
        {
            "id": message(place.number, one.at) % 1_000_003,
            "message_id": message(place.number, one.at),
            "body": _body(world, one, legacy=legacy),
            "created_at": date(one.edited_at),
        }
        for place, one in written
        if one.edited_at is not None and one.live
    ]
    yield "MessageVersions.csv", (VERSIONS, versions)


def _is_in(one: Message, low: int, high: int) -> bool:
    """Tell whether a message was written, edited or deleted in the window."""
    return any(low <= moment < high for moment in (one.at, one.edited_at, one.deleted_at) if moment is not None)


def _network(world: World, date: JSON) -> dict[str, JSON]:
    return {
        "id": network(world),
        "permalink": naming.DOMAIN,
        "name": "Aurora Instruments",
        "url": f"{rendering.WEB}/{naming.DOMAIN}",
        "paid": "true",
        "created_at": date(world.start_us),
        "secure_browser_token": "never-to-be-kept",
    }


def _user(world: World, person: Person, date: JSON) -> dict[str, JSON]:
    account = world.account(person, "yammer")
    return {
        "id": user(world, person),
        "name": account.display_name,
        "email": account.email,
        "job_title": person.title,
        "location": person.site.city,
        "department": person.department,
        "joined_at": date(person.hired_at),
        "suspended_at": date(person.left_at),
        "state": "active" if person.active else "soft_delete",
        "office_user_id": person.directory_id,
    }


def _group(world: World, place: Place, date: JSON) -> dict[str, JSON]:
    return {
        "id": group(world, place),
        "name": place.name,
        "description": place.purpose,
        "private": "true" if place.privacy == "private" else "false",
        "external": str(place.shared).lower(),
        "deleted": "false",
        "created_at": date(place.created_at),
        "updated_at": None,
        "creator_id": user(world, world.people[place.creator]),
        "creator_type": "user",
    }


def _message(world: World, place: Place, one: Message, date: JSON, *, legacy: bool) -> dict[str, JSON]:
    person, parent, root = world.people[one.author], naming.parent_of(world, one), world.root_of(one)
    direct = place.privacy == "direct"
    started = one is root
    return {
        "id": message(place.number, one.at),
        "replied_to_id": message(parent.place, parent.at) if parent else None,
        "thread_id": message(root.place, root.at),
        "conversation_id": naming.native("conversation", world.seed, str(place.number)) if direct and started else None,
        "group_id": None if direct else group(world, place),
        "group_name": None if direct else place.name,
        "participants": ",".join(f"user:{user(world, world.people[number])}" for number in place.present())
        if direct
        else "",
        "in_private_group": "true" if place.privacy == "private" else "false",
        "in_private_conversation": "true" if direct and started else "false",
        "sender_id": user(world, person),
        "sender_type": "bot" if person.kind == "bot" else "user",
        "sender_name": person.name,
        "body": _body(world, one, legacy=legacy),
        "attachments": ", ".join(
            f"uploadedfile:{rendering.file_number(world, one, file.number)}" for file in one.files
        ),
        "created_at": date(one.at),
        "deleted_at": date(one.deleted_at),
        "title": rendering.title_of(one),
        "message_type": "update" if one.kind == "post" else one.kind,
    }


def _line(world: World, place: Place, date: JSON) -> dict[str, JSON]:
    whole = rendering.system_object(world, place)
    return {
        "id": whole["id"],
        "thread_id": whole["id"],
        "group_id": whole["group_id"],
        "group_name": place.name,
        "in_private_group": "true" if place.privacy == "private" else "false",
        "in_private_conversation": "false",
        "sender_id": whole["sender_id"],
        "sender_type": "user",
        "body": whole["body"]["parsed"],
        "created_at": date(place.created_at),
        "message_type": "system",
    }


def _body(world: World, one: Message, *, legacy: bool) -> str:
    text = naming.parsed(world, one.segments)
    return text if legacy else text.replace("\n", "\\n")


def _files(world: World, written: list[tuple[Place, Message]]) -> Iterator[dict[str, JSON]]:
    for _, one in written:
        for file in one.files:
            number = rendering.file_number(world, one, file.number)
            yield {"file_id": number, "name": file.name, "download_url": f"{rendering.WEB}/uploaded_files/{number}"}
