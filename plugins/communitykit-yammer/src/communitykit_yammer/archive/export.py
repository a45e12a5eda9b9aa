"""Network data exports: a ZIP of CSV files, perhaps of several networks. Files in, wire payloads out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from communitykit import ArchiveError
from communitykit.connector import JSON, Archive, Batch, Gap, Selection, Slice, Swept, counted
from communitykit.connector.archive import sampled
from communitykit_yammer.archive import rows
from communitykit_yammer.archive.tables import Row, flag, may_be_true, member, parts, table, unknown
from communitykit_yammer.ids import number, parse_time

BATCH = 1000
"""Messages in one batch."""
_UNREAD = ("Pages.csv", "Campaigns.csv", "MessageThreadsOutbound.csv")
_TIMES = ("created_at", "deleted_at", "updated_at", "joined_at", "suspended_at")

Step = Batch | Slice | Swept | Gap


class ArchiveOptions(BaseModel):
    """What an export may not say by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: str | None = Field(
        default=None, description="Network id, where neither Networks.csv nor a folder tells it."
    )


@dataclass(slots=True)
class _Part:
    """One network's files, and what has to be known before its messages can be read."""

    archive: Archive
    folder: str
    network: str
    as_of: datetime | None
    files: dict[str, Row] = field(default_factory=dict)
    topics: dict[str, str] = field(default_factory=dict)
    groups: dict[str, Row] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)  # by message id, the row that counts: exports overlap
    private: set[str] = field(default_factory=set)  # messages and threads of private conversations
    storylines: bool = False
    problems: dict[str, None] = field(default_factory=dict)

    @property
    def context(self) -> dict[str, JSON]:
        return {"network": self.network, "origin": "archive", "topics": self.topics}

    def table(self, name: str) -> Iterator[Row]:
        return table(self.archive, self.folder, name, self.problems)

    def batch(self, kind: str, items: list[JSON]) -> Batch:
        return Batch(kind, items, self.context, as_of=self.as_of)


def detect(archive: Archive) -> bool:
    """Tell whether an archive is a network data export: its tables are known by their names."""
    return bool(parts(archive))


def as_of(archive: Archive) -> datetime | None:
    """Return the newest moment that the export speaks of: it has no date of its own."""
    moments = [moment for part in parts(archive) if (moment := _newest(archive, part))]
    return max(moments, default=None)


def read(archive: Archive, selection: Selection) -> Iterator[Step]:
    """Read an export: every network in it is a slice."""
    options = selection.settings
    for folder in parts(archive):
        network = (options.network if options else None) or _network_of(archive, folder)
        if network is None:
            raise ArchiveError(
                "nothing in this export tells which network it is of",
                platform="yammer",
                subject=archive.name,
                remedy="Give its id as `network`.",
            )
        yield Slice("archive" if not folder else f"archive/{folder}", network, ("member", "community", "post", "event"))
        yield from read_part(archive, folder, network, selection, as_of=_newest(archive, folder))


def read_part(
    archive: Archive, folder: str, network: str, selection: Selection, *, as_of: datetime | None
) -> Iterator[Batch | Gap]:
    """Read one network's files."""
    part = _Part(archive, folder, network, as_of)
    try:
        yield from _listing(part, selection)
        yield from _messages(part, selection)
        yield from _versions(part)
        votes = [row for row in part.table("Answers.csv") if row.get("messageid") in part.last]
        yield part.batch("answer_vote", votes)
    except ArchiveError as error:
        yield Gap(str(error))
    yield from (Gap(problem) for problem in part.problems)
    for name in _UNREAD:
        if member(archive, folder, name) and any(True for _ in part.table(name)):
            yield Gap(f"{name} is not read: no record is made of it", "skipped")
    if left := unknown(archive, folder):
        said = counted(len(left), "file is", "files are")
        yield Gap(f"{said} of no known kind, and not read: {sampled(left)}")


def _listing(part: _Part, selection: Selection) -> Iterator[Batch | Gap]:
    yield part.batch("network", [rows.network(row) for row in part.table("Networks.csv")] or [{"id": part.network}])
    yield part.batch("user", [rows.user(row) for row in part.table("Users.csv")])
    yield part.batch("administrator", list(part.table("Admins.csv")))
    part.files = {row["file_id"]: row for row in part.table("Files.csv") if "file_id" in row}
    topics = [row for row in part.table("Topics.csv") if "id" in row and "name" in row]
    part.topics = {row["id"]: row["name"] for row in topics}
    yield part.batch("topic", topics)
    part.groups = {row["id"]: row for row in part.table("Groups.csv") if "id" in row}
    part.storylines = any(row.get("name", "").lower() == "all company" for row in part.groups.values())
    wanted = [row for row in part.groups.values() if _is_wanted(row, selection)]
    yield part.batch("group", [rows.group(row) for row in wanted])
    untold = [row["id"] for row in part.groups.values() if flag(row, "private") is None]
    if untold and not selection.include_private:
        said = counted(len(untold), "group does not say whether it is", "groups do not say whether they are")
        reason = f"{said} private: taken for private (the first is {untold[0]}); ask for them with include_private"
        yield Gap(reason, "skipped", option="include_private")


def _is_wanted(row: Row, selection: Selection) -> bool:
    shown = selection.include_private or flag(row, "private") is False
    return shown and selection.wants(row.get("name"), row.get("id"))


def _messages(part: _Part, selection: Selection) -> Iterator[Batch | Gap]:
    _survey(part)
    left_out = {"private conversations": 0, "private groups": 0}
    pending: list[JSON] = []
    bots: dict[str, JSON] = {}
    for index, row in enumerate(part.table("Messages.csv")):
        if part.last.get(row.get("id", ""), index) != index:
            continue
        if (why := _closed(part, row, selection)) is not None:
            left_out[why] = left_out.get(why, 0) + 1
            part.last.pop(row.get("id", ""), None)
            continue
        if (state := _draft_state(row)) is not None:
            yield part.batch("draft", [{"id": row.get("id"), "state": state}])
            continue
        if bot := rows.sender(row):
            bots[bot["id"]] = bot
        pending.append(rows.message(row, part.files, storylines=part.storylines))
        if len(pending) >= BATCH:
            yield part.batch("message", pending)
            pending = []
    yield part.batch("message", pending)
    yield part.batch("bot", list(bots.values()))
    options: dict[str, Literal["include_direct", "include_private"]]
    options = {"private conversations": "include_direct", "private groups": "include_private"}
    for why, option in options.items():
        if left_out[why]:
            reason = f"left out: {counted(left_out[why], 'message')} of {why}; ask for them with {option}"
            yield Gap(reason, "skipped", option=option)


def _survey(part: _Part) -> None:
    """Learn which rows count and which conversations are private, before any message is given out."""
    links: list[tuple[str, str]] = []
    for index, row in enumerate(part.table("Messages.csv")):
        native = row.get("id", "")
        part.last[native] = index
        if may_be_true(row, "in_private_conversation") or number(row.get("conversation_id")):
            part.private |= {native, row.get("thread_id", native)}
        elif "replied_to_id" in row:
            links.append((native, row["replied_to_id"]))
    grown = True
    while grown:  # a reply to a private message is private, whatever its own columns say
        more = {native for native, parent in links if parent in part.private and native not in part.private}
        part.private |= more
        grown = bool(more)


def _closed(part: _Part, row: Row, selection: Selection) -> str | None:
    """Say why a message is left out, if it is."""
    if row.get("id") in part.private or row.get("thread_id") in part.private:
        return None if selection.include_direct else "private conversations"
    group = part.groups.get(row.get("group_id", ""))
    if not selection.include_private and _is_in_private_group(row, group):
        return "private groups"
    names = (row.get("group_name"), row.get("group_id"), group.get("name") if group else None)
    return None if selection.wants(*names) else "others"


def _is_in_private_group(row: Row, group: Row | None) -> bool:
    """Tell whether a message stands in a private group: the stricter of both tables, and private where neither says."""
    if may_be_true(row, "in_private_group") or (group is not None and may_be_true(group, "private")):
        return True
    told = flag(row, "in_private_group") is not None or (group is not None and "private" in group)
    return "group_id" in row and not told


def _draft_state(row: Row) -> str | None:
    """Return what newer exports tell of a message that was never published."""
    told = next((text for name, text in row.items() if "draft" in name), "").strip().lower()
    return told if told not in {"", "false", "none", "published", "posted"} else None


def _versions(part: _Part) -> Iterator[Batch]:
    """Return each version with the time from which it held: later ones win, earlier ones are kept as history."""
    for row in part.table("MessageVersions.csv"):
        version = rows.version(row)
        if str(version["message_id"]) in part.last and str(version["message_id"]) not in part.private:
            moment = parse_time(version["edited_at"])
            yield Batch("message_version", [version], part.context, as_of=moment or part.as_of)


def _newest(archive: Archive, folder: str) -> datetime | None:
    newest: datetime | None = None
    for name in ("Messages.csv", "MessageVersions.csv", "Users.csv", "Groups.csv"):
        for row in table(archive, folder, name):
            for column in _TIMES:
                moment = parse_time(row.get(column))
                if moment is not None and (newest is None or moment > newest):
                    newest = moment
    return newest


def _network_of(archive: Archive, folder: str) -> str | None:
    """Find the network: the folder's own name, the one that Networks.csv lists."""
    if native := number(folder.rpartition("/")[2]):
        return native
    listed = [number(row.get("id")) for row in table(archive, folder, "Networks.csv")]
    return listed[0] if len(listed) == 1 else None
