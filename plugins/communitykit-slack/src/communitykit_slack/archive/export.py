"""Slack's export archives, official and slackdump's, legacy and modern: files in, wire payloads out."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from communitykit import ArchiveError
from communitykit.connector import Archive, Batch, Gap, Selection, Slice, Swept
from communitykit_slack.ids import community_id, is_ts, local_channel, parse_ts, ts_key, ts_of
from communitykit_slack.looking import as_text, mapping, mappings
from communitykit_slack.translate.people import teams_of

BATCH = 1000
"""About how many messages go into one batch: small day files are read together."""

_DAY = re.compile(r"^(\d{4}-\d\d-\d\d)\.json$")
_USERS = ("users.json", "org_users.json")
_LISTINGS = {"channels.json": "public", "groups.json": "private", "mpims.json": "direct", "dms.json": "direct"}
_DIRECT_FOLDER = re.compile(r"^(D[A-Z0-9]{6,}|mpdm-.+)$")
_PROBED = 20

Step = Batch | Slice | Swept | Gap


class ArchiveOptions(BaseModel):
    """What an export may not say by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: str | None = Field(default=None, description="Workspace id (T…), where users.json does not tell it.")
    enterprise: str | None = Field(default=None, description="Enterprise id (E…), where users.json does not tell it.")
    folder_map: dict[str, str] = Field(default_factory=dict, description="Folder name to channel id (C…).")


@dataclass(slots=True)
class _Export:
    """An export's listings: who is in it, and which folder is which channel."""

    archive: Archive
    team: str
    users: list[Any]
    enterprise: str = ""
    rows: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # privacy, row
    unreadable: list[str] = field(default_factory=list)
    channel_of: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # folder -> id, privacy, name
    logs: list[Any] = field(default_factory=list)

    @property
    def context(self) -> dict[str, Any]:
        return {"team": self.team, "people": self.enterprise or self.team, "origin": "archive"}


def detect(archive: Archive) -> bool:
    """Tell whether an archive is a Slack export: lists of users and channels, or folders of day files."""
    if any(name in archive for name in (*_USERS, *_LISTINGS)):
        return any(name in archive for name in _LISTINGS) or bool(_folders(archive))
    return bool(_folders(archive))


def as_of(archive: Archive) -> datetime | None:
    """Return the time of the newest message: exports have no date of their own."""
    newest: tuple[int, int] | None = None
    for folder in _folders(archive):
        for name in reversed(_day_files(archive, folder)):
            stamps = [key for item in _day(archive, name)[0] if (key := _key(item)) is not None]
            if stamps:
                newest = max(stamps) if newest is None else max(newest, *stamps)
                break
    return parse_ts(f"{newest[0]}.{newest[1]:06d}") if newest else None


def read(archive: Archive, selection: Selection) -> Iterator[Step]:
    """Read an export: its listings first, then every folder that the scope asks for.

    Raises ArchiveError when nothing tells the workspace's id.
    """
    options = selection.settings if isinstance(selection.settings, ArchiveOptions) else ArchiveOptions()
    export = _open(archive, options)
    wanted = [(privacy, row) for privacy, row in export.rows if _wanted(selection, privacy, row)]
    yield Slice("archive/listing", export.team, ("member", "community", "membership", "event"), label="listing")
    yield from (Gap(problem) for problem in export.unreadable)
    yield from _left_out(export, selection)
    yield from _listing(export, wanted)
    known = {user["id"] for user in export.users if isinstance(user, dict) and user.get("id")}
    for folder in _folders(archive):
        yield from _folder(export, selection, folder, known)


def _open(archive: Archive, options: ArchiveOptions) -> _Export:
    unreadable: list[str] = []
    users = [row for name in _USERS for row in _rows(archive, name, unreadable)]
    team = options.network or _team_of(users) or _team_of_messages(archive)
    if not team:
        raise ArchiveError(
            "nothing in this export tells which workspace it is of",
            platform="slack",
            subject=archive.name,
            remedy="Give its id (T…, in the address of Slack in a browser) as `network`.",
        )
    export = _Export(archive, team, users, options.enterprise or _enterprise_of(users, team), unreadable=unreadable)
    for name, privacy in _LISTINGS.items():
        sort = {"dms.json": {"is_im": True}, "mpims.json": {"is_mpim": True}}.get(name, {})
        export.rows += [(privacy, {**row, **sort}) for row in _rows(archive, name, unreadable) if isinstance(row, dict)]
    export.logs = _rows(archive, "integration_logs.json", unreadable)
    export.channel_of = _channels_by_folder(export.rows, options.folder_map)
    return export


def _channels_by_folder(rows: list[tuple[str, dict[str, Any]]], mapped: Mapping[str, str]) -> dict[str, Any]:
    """Know a channel by every name its folder may have: present ones first, and above all what the caller says."""
    found: dict[str, tuple[str, str, str]] = {}
    by_id: dict[str, tuple[str, str, str]] = {}
    for privacy, row in rows:
        native, name = row.get("id"), row.get("name") or row.get("id")
        if isinstance(native, str) and native:
            by_id[native] = found[_folded(native)] = found[_folded(str(name))] = (native, privacy, str(name))
    for _, row in rows:
        for name in row.get("previous_names") or ():
            if row.get("id") in by_id:
                found.setdefault(_folded(str(name)), by_id[row["id"]])
    for folder, native in mapped.items():
        found[_folded(folder)] = by_id.get(native, (native, "public", folder))
    return found


def _listing(export: _Export, wanted: list[tuple[str, dict[str, Any]]]) -> Iterator[Step]:
    context = export.context
    yield Batch("workspace", [{"id": export.team}], context)
    for start in range(0, len(export.users), BATCH):
        yield Batch("user", export.users[start : start + BATCH], context)
    for privacy in ("public", "private", "direct"):
        rows = [row for sort, row in wanted if sort == privacy]
        if rows:
            yield Batch("channel", rows, {**context, "private": privacy != "public"})
    for _, row in wanted:
        native = row.get("id")
        place = {**context, "channel": native}
        if native and isinstance(row.get("members"), list):
            yield Batch("member", [{"user": user} for user in dict.fromkeys(row["members"])], place)
            yield Swept("membership", {"community_id": community_id(export.team, native)})
        if native and row.get("pins"):
            yield Batch("pin", row["pins"], place)
    if export.logs:
        yield Batch("integration_log", export.logs, context)


def _folder(export: _Export, selection: Selection, folder: str, known: set[str]) -> Iterator[Step]:
    match = export.channel_of.get(_folded(folder))
    privacy = match[1] if match else "direct" if _DIRECT_FOLDER.match(folder) else "unknown"
    native = match[0] if match else local_channel(export.archive.digest, folder)
    if not selection.wants(folder, native, match[2] if match else None) or not _allowed(selection, privacy):
        return
    if match is None and export.unreadable and not (selection.include_private and selection.include_direct):
        yield Gap(f"the folder {folder} was left out: without the damaged list nobody can tell whether it is private")
        return
    community = community_id(export.team, native)
    yield Slice(f"archive/{native}", export.team, ("post", "event", "member"), community, label=folder)
    context = {**export.context, "channel": native}
    if match is None:
        yield Batch("channel", [{"id": native, "name": folder}], export.context)
        yield Gap(
            f"the folder {folder} belongs to no channel that the export lists, so it is kept under a local id; "
            f"give its channel as folder_map={{'{folder}': 'C…'}}"
        )
    others = [name for name in export.archive.names(folder) if not _DAY.match(name.rsplit("/", 1)[-1])]
    if others := [name for name in others if name.endswith(".json") and name.count("/") == 1]:
        yield Gap(f"{len(others)} files of the folder {folder} are no day files: {', '.join(others[:3])}", "skipped")
    window = _window(selection)
    pending: list[Any] = []
    for name in _day_files(export.archive, folder):
        if not _may_hold(name, selection):
            continue
        items, problem = _day(export.archive, name)
        if problem:
            yield Gap(problem, community_id=community)
        pending += items if _is_whole(name, selection) else [item for item in items if _inside(item, window)]
        if len(pending) >= BATCH:
            yield from _messages(pending, context, known)
            pending = []
    if pending:
        yield from _messages(pending, context, known)


def _messages(items: list[Any], context: Mapping[str, Any], known: set[str]) -> Iterator[Batch]:
    strangers = []
    for item in items:
        if isinstance(item, dict) and "user_profile" in item and (user := item.get("user")) and user not in known:
            known.add(user)
            strangers.append({"id": user, "profile": item["user_profile"] or {}})
    if strangers:
        yield Batch("stranger", strangers, context)
    for start in range(0, len(items), BATCH):
        yield Batch("message", items[start : start + BATCH], context)


def _left_out(export: _Export, selection: Selection) -> Iterator[Gap]:
    for privacy, option in (("private", "include_private"), ("direct", "include_direct")):
        number = sum(1 for sort, _ in export.rows if sort == privacy)
        if number and not _allowed(selection, privacy):
            noun = "private channels" if privacy == "private" else "direct conversations"
            yield Gap(f"{number} {noun} were left out; ask for them with {option}", "skipped")


def _allowed(selection: Selection, privacy: str) -> bool:
    return {"private": selection.include_private, "direct": selection.include_direct}.get(privacy, True)


def _wanted(selection: Selection, privacy: str, row: Mapping[str, Any]) -> bool:
    return _allowed(selection, privacy) and selection.wants(row.get("name"), row.get("id"))


def _rows(archive: Archive, name: str, unreadable: list[str]) -> list[Any]:
    if name not in archive:
        return []
    try:
        rows = archive.json(name)
    except ArchiveError as error:
        unreadable.append(str(error))
        return []
    if not isinstance(rows, list):
        unreadable.append(f"{name} is not a list")
        return []
    return rows


def _day(archive: Archive, name: str) -> tuple[list[Any], str | None]:
    """Read a day file; give its messages, and what is wrong with it."""
    try:
        items = archive.json(name)
    except ArchiveError as error:
        return [], str(error)
    return (items, None) if isinstance(items, list) else ([], f"{name} is not a list of messages")


def _folders(archive: Archive) -> list[str]:
    return [folder for folder in archive.folders() if _day_files(archive, folder)]


def _day_files(archive: Archive, folder: str) -> list[str]:
    return [name for name in archive.names(folder) if _DAY.match(name[len(folder) + 1 :])]


def _may_hold(name: str, selection: Selection) -> bool:
    """Tell whether a day file can reach into the window: days are cut in Pacific time, so one more on each side."""
    try:
        day = date.fromisoformat(name.rsplit("/", 1)[-1].removesuffix(".json"))
    except ValueError:
        return True
    if selection.since is not None and day < selection.since.date() - timedelta(days=1):
        return False
    return day <= selection.until.date() + timedelta(days=1)


def _is_whole(name: str, selection: Selection) -> bool:
    """Tell whether every message of a day file is surely in the window, so that none needs to be looked at."""
    try:
        day = date.fromisoformat(name.rsplit("/", 1)[-1].removesuffix(".json"))
    except ValueError:
        return False
    return selection.since is None and day < selection.until.date() - timedelta(days=2)


Window = tuple[tuple[int, int], tuple[int, int]]


def _window(selection: Selection) -> Window:
    low = ts_key(ts_of(selection.since)) if selection.since is not None else (0, 0)
    return low, ts_key(ts_of(selection.until))


def _inside(item: Any, window: Window) -> bool:  # noqa: ANN401 # decoded JSON
    """Tell whether a message is in the window; what has no readable time goes on, to become an Issue."""
    key = _key(item)
    return key is None or window[0] <= key <= window[1]


def _key(item: Any) -> tuple[int, int] | None:  # noqa: ANN401 # decoded JSON
    ts = item.get("ts") if isinstance(item, dict) else None
    return ts_key(ts) if isinstance(ts, str) and is_ts(ts) else None


def _team_of(users: list[Any]) -> str | None:
    """Return the workspace that most users are in."""
    homes = Counter(
        team
        for user in mappings(users)
        for team in {as_text(user.get("team_id")), *teams_of(user)}  # type: ignore[arg-type] # any JSON
        if team and not team.startswith("E")
    )
    return max(sorted(homes), key=lambda home: homes[home]) if homes else None


def _enterprise_of(users: list[Any], team: str) -> str:
    """Return the enterprise that the users of a workspace belong to, if they do; strangers' enterprises aside."""
    found = Counter(
        as_text(mapping(user.get("enterprise_user")).get("enterprise_id"))
        for user in mappings(users)
        if user.get("team_id") == team or team in teams_of(user)  # type: ignore[arg-type] # any JSON
    )
    del found[""]
    return max(sorted(found), key=found.__getitem__) if found else ""


def _team_of_messages(archive: Archive) -> str | None:
    homes: Counter[str] = Counter()
    for folder in _folders(archive)[:_PROBED]:
        for item in _day(archive, _day_files(archive, folder)[-1])[0]:
            if isinstance(item, dict) and isinstance(item.get("team"), str):
                homes[item["team"]] += 1
    return max(sorted(homes), key=lambda home: homes[home]) if homes else None


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name)
