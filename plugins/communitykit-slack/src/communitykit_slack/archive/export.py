"""Slack's export archives, official and slackdump's, legacy and modern: files in, wire payloads out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from communitykit import ArchiveError, SettingsError
from communitykit.connector import (
    JSON,
    Archive,
    Batch,
    Gap,
    Privacy,
    Selection,
    Slice,
    Swept,
    as_mapping,
    as_text,
    counted,
)
from communitykit.connector.archive import sampled
from communitykit.connector.declaration import Context
from communitykit.connector.payload import as_mappings
from communitykit_slack.archive.days import key_of, may_hold, messages_of, within
from communitykit_slack.archive.listings import Conversation, Export, folded, members_of, open_export
from communitykit_slack.archive.parts import WORKSPACES, Part, parts_of
from communitykit_slack.archive.unread import unread_of
from communitykit_slack.ids import community_id, is_ts, local_channel, parse_ts
from communitykit_slack.visibility import allowed, is_direct, stricter

BATCH = 250
"""About how many messages go into one batch: small day files are read together. As many, with all that is made of them,
are at hand to a processor; a thousand are not, and take a tenth more time."""
_NAMED = 10
"""So many folders or conversations are named where one was named that is none."""
_CONVERSATION = re.compile(r"[CDG][A-Z0-9]*")

_ALWAYS = datetime.max.replace(tzinfo=UTC)
"""The time of what holds from when it is read, however old the export is."""

Step = Batch | Slice | Swept | Gap


class ArchiveOptions(BaseModel):
    """What an export may not say by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: str | None = Field(default=None, description="Workspace id (T…), where users.json does not tell it.")
    enterprise: str | None = Field(default=None, description="Enterprise id (E…), where users.json does not tell it.")
    folder_map: dict[str, str] = Field(default_factory=dict, description="Folder name to channel id (C…).")


def as_of(archive: Archive) -> datetime | None:
    """Return the time of the newest message: exports have no date of their own."""
    newest = max((key for part in parts_of(archive) for key in _newest(part)), default=None)
    return parse_ts(f"{newest[0]}.{newest[1]:06d}") if newest else None


def _newest(part: Part) -> Iterator[tuple[int, int]]:
    for folder in part.folders():
        for name in reversed(part.files(folder)):
            keys = [key for item in messages_of(part, name)[0] if (key := key_of(item)) is not None]
            if keys:
                yield max(keys)
                break


def read(archive: Archive, selection: Selection) -> Iterator[Step]:
    """Read the exports of an archive, one after the other.

    Raises ArchiveError when nothing tells the workspace's id of the only one.
    """
    options = selection.settings if isinstance(selection.settings, ArchiveOptions) else ArchiveOptions()
    parts = parts_of(archive)
    _check_folders(options.folder_map, parts)
    for part in parts:
        network = options.network if len(parts) == 1 else None
        try:
            export = open_export(
                part,
                network=network,
                enterprise=options.enterprise,
                mapped=options.folder_map,
                organization=any(one.prefix.startswith(f"{part.prefix}{WORKSPACES}") for one in parts),
            )
        except ArchiveError as error:
            if len(parts) == 1:
                raise
            yield Gap(str(error))
            continue
        _check_ids(export)
        yield from _export(export, selection)


def _check_folders(mapped: Mapping[str, str], parts: Sequence[Part]) -> None:
    """Refuse a mapping of what is no folder here.

    Raises SettingsError naming what there is.
    """
    folders = {folded(folder) for part in parts for folder in part.folders()}
    there = sampled(sorted(one for part in parts for one in part.day_folders()), _NAMED)
    for folder in mapped:
        if folded(folder) not in folders:
            raise SettingsError(
                f"`folder_map` names the folder {folder}, which is not there",
                platform="slack",
                remedy=f"Folders with messages are {there or 'none'}.",
            )


def _check_ids(export: Export) -> None:
    """Refuse a mapping to what is no conversation's id.

    Raises SettingsError naming what there is.
    """
    for folder in export.part.folders():
        native = export.mapped[folded(folder)].native if folded(folder) in export.mapped else "C"
        if not _CONVERSATION.fullmatch(native):
            raise SettingsError(
                f"`folder_map` gives the folder {folder} to {native}, which is no conversation's id",
                platform="slack",
                subject=export.part.label,
                remedy=f"Give one (C…); the export lists {_listed(export, folder)}.",
            )


def _listed(export: Export, folder: str) -> str:
    """Name the conversations that a folder's name fits, or else all that are listed."""
    fitting = [(one.native, one.name) for one in export.fitting(folder)]
    every = fitting or [(row["id"], as_text(row.get("name"))) for _, row in export.rows]
    return sampled([f"{native} ({name})" if name else native for native, name in every], _NAMED) or "none"


def _export(export: Export, selection: Selection) -> Iterator[Step]:
    folders = export.folders()
    yield from lists(export, selection, "export", unlisted=[one for one in folders if not export.find(one)])
    known = {user["id"] for user in export.users if isinstance(user, dict) and user.get("id")}
    for folder in folders:
        yield from _folder(export, selection, folder, known)
    yield from unread_of(export)


def lists(export: Export, selection: Selection, form: str, *, unlisted: Sequence[str]) -> Iterator[Step]:
    """Yield what the lists hold, and what is left out; `unlisted` are folders that no list names."""
    wanted = [
        (privacy, row)
        for privacy, row in export.rows
        if allowed(selection, privacy) and selection.wants(row.get("name"), row["id"])
    ]
    found = f"{form} of the workspace {export.team}: {counted(len(export.users), 'person', 'people')}, "
    found += counted(len(export.rows), "conversation")
    yield Slice("archive/listing", export.team, ("member", "community", "membership", "event"), label=found)
    yield from (Gap(problem) for problem in export.unreadable)
    yield from _left_out(export, selection, unlisted)
    yield from _listing(export, wanted)


def _listing(export: Export, wanted: list[tuple[Privacy, dict[str, JSON]]]) -> Iterator[Step]:
    context = export.context
    yield Batch("workspace", [{"id": export.team, **export.workspace}], context)
    for start in range(0, len(export.users), BATCH):
        yield Batch("user", export.users[start : start + BATCH], context)
    for privacy in ("public", "private", "direct"):
        rows = [row for sort, row in wanted if sort == privacy]
        if rows:
            yield Batch("channel", rows, {**context, "private": privacy != "public"})
    if export.odd_rows:
        yield Batch("channel", export.odd_rows, context)
    for _, row in wanted:
        place = {**context, "channel": row["id"]}
        if (members := members_of(row)) is not None:
            yield Batch("member", [{"user": user} for user in members], place)
            yield Swept("membership", {"community_id": community_id(export.team, row["id"])})
        if row.get("pins"):
            yield Batch("pin", row["pins"], place)
    if export.logs:
        yield Batch("integration_log", export.logs, context)


def _place(export: Export, folder: str) -> Conversation:
    """Say which conversation a folder holds; where its name fits none or several, it has an id of its own."""
    fitting = export.find(folder)
    by_name: Privacy = "direct" if is_direct(folder) else "public"
    if len(fitting) == 1:
        return fitting[0]._replace(privacy=stricter(fitting[0].privacy, by_name))
    told: list[Privacy] = [one.privacy for one in fitting] or ["private"]  # nobody knows what no list names
    return Conversation(local_channel((one.native for one in fitting), folder), stricter(by_name, *told), folder)


def _folder(export: Export, selection: Selection, folder: str, known: set[str]) -> Iterator[Step]:
    place, fitting = _place(export, folder), export.find(folder)
    unlisted = folded(folder) in export.mapped and not export.lists(place.native)
    if unlisted and not allowed(selection, place.privacy):
        yield Gap(f"{_mistaken(export, folder, place)}, and was left out; ask for it with include_{place.privacy}")
    if not wanted(selection, place, folder):
        return
    community = community_id(export.team, place.native)
    yield Slice(f"archive/{place.native}", export.team, ("post", "event", "member"), community, label=folder)
    context = {**export.context, "channel": place.native}
    if len(fitting) != 1:
        row = {"id": place.native, "name": folder, "is_mpim": place.privacy == "direct"}
        yield Batch("channel", [row], {**export.context, "private": place.privacy != "public"})
        yield Gap(
            f"{_doubt(folder, fitting)}, so it is kept under a local id; give its channel: `folder_map` {folder}=C…"
        )
    if unlisted:
        yield Gap(_mistaken(export, folder, place))
    before = _place_before(export, folder)
    pending: list[JSON] = []
    for name in export.part.files(folder):
        if not may_hold(name, selection):
            continue
        items, problem = messages_of(export.part, name)
        if problem:
            yield Gap(problem)
        pending += filter(within(name, selection), items)
        if len(pending) >= BATCH:
            yield from messages(pending, context, known)
            yield from _superseded(export, before, pending)
            pending = []
    if pending:
        yield from messages(pending, context, known)
        yield from _superseded(export, before, pending)
    if before is not None:
        yield Batch("left_folder", [{"id": before}], export.context, as_of=_ALWAYS)
    elif len(fitting) == 1:  # an export whose lists did not name it kept it so; its messages' times tell that it is it
        left = {"id": local_channel((), folder), "channel": place.native}
        yield Batch("left_folder", [left], export.context, as_of=_ALWAYS)


def _place_before(export: Export, folder: str) -> str | None:
    """Return the local id that a folder has where nobody says which conversation it holds; None of one without."""
    fitting = export.fitting(folder)
    if folded(folder) not in export.mapped or len(fitting) == 1:
        return None
    return local_channel((one.native for one in fitting), folder)


def _superseded(export: Export, before: str | None, items: list[JSON]) -> Iterator[Batch]:
    """Yield the messages once more, to end what an import that did not know their channel kept of them."""
    told = [] if before is None else [item for item in items if key_of(item) is not None]
    if told:
        yield Batch("superseded", told, {**export.context, "channel": before}, as_of=_ALWAYS)


def _mistaken(export: Export, folder: str, place: Conversation) -> str:
    said = f"the folder {folder} is mapped to {place.native}, which no list names"
    return f"{said} (there are {_listed(export, folder)}), so it counts as {place.privacy}"


def _doubt(folder: str, fitting: list[Conversation]) -> str:
    if not fitting:
        return f"the folder {folder} belongs to no channel that the export lists"
    return f"the folder {folder} may be that of {', '.join(one.native for one in fitting)}, which have that name"


def messages(items: list[JSON], context: Context, known: set[str]) -> Iterator[Batch]:
    """Yield messages, before them what they tell of authors whom no list has; `known` grows by those."""
    strangers = []
    for item in items:
        if isinstance(item, dict) and "user_profile" in item and (user := item.get("user")) and user not in known:
            known.add(user)
            strangers.append({"id": user, "profile": item["user_profile"] or {}})
    if strangers:
        yield Batch("stranger", strangers, context)
    yield from _earlier(items, context)
    for start in range(0, len(items), BATCH):
        yield Batch("message", items[start : start + BATCH], context)


def _earlier(items: list[JSON], context: Context) -> Iterator[Batch]:
    """Yield what a changed message said before, as of then: the store keeps it as a version."""
    for item in as_mappings(items):
        before = as_mapping(item.get("previous_message")) if item.get("subtype") == "message_changed" else {}
        if is_ts(before.get("ts")):
            edited = as_mapping(before.get("edited")).get("ts")
            yield Batch("message", [before], context, as_of=parse_ts(edited if is_ts(edited) else before["ts"]))


def _left_out(export: Export, selection: Selection, folders: Sequence[str]) -> Iterator[Gap]:
    nouns: tuple[tuple[Privacy, tuple[str, str]], ...] = (
        ("private", ("private channel was", "private channels were")),
        ("direct", ("direct conversation was", "direct conversations were")),
    )
    for privacy, noun in nouns:
        option: Literal["include_private", "include_direct"]
        option = "include_private" if privacy == "private" else "include_direct"
        if allowed(selection, privacy):
            continue
        if number := sum(1 for sort, _ in export.rows if sort == privacy):
            yield Gap(f"{counted(number, *noun)} left out; ask for them with {option}", "skipped", option=option)
        unlisted = [one for one in folders if _place(export, one).privacy == privacy]
        if unlisted:
            names = ", ".join(unlisted[:3]) + (f" and {len(unlisted) - 3} more" if len(unlisted) > 3 else "")  # noqa: PLR2004
            reason = f"no list names the folders {names}, so they may be private and were left out"
            yield Gap(f"{reason}; ask for them with {option}", "skipped", option=option)


def wanted(selection: Selection, place: Conversation, *names: str) -> bool:
    """Tell whether a conversation was asked for."""
    return selection.wants(*names, place.native, place.name) and allowed(selection, place.privacy)
