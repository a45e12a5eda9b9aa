"""slackdump's own archives, database, chunks and dumps: what is in them as the steps of an import."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from communitykit import ArchiveError, SettingsError
from communitykit.connector import JSON, Archive, Batch, Gap, Selection, Slice, as_text
from communitykit_slack.archive.chunks import Chunks, chunk_files
from communitykit_slack.archive.conversations import Conversations, conversation_files
from communitykit_slack.archive.database import databases_in, open_dump
from communitykit_slack.archive.days import key_of
from communitykit_slack.archive.dump import Dump
from communitykit_slack.archive.export import BATCH, ArchiveOptions, Step, lists, messages, wanted
from communitykit_slack.archive.listings import Conversation, Export, take_rows
from communitykit_slack.archive.parts import Part, parts_of
from communitykit_slack.archive.unread import unread
from communitykit_slack.ids import community_id, ts_key, ts_of
from communitykit_slack.visibility import is_direct


def detect(archive: Archive) -> bool:
    """Tell whether an archive is slackdump's database, its chunk directory or a dump of conversations."""
    return bool(databases_in(archive) or chunk_files(archive) or conversation_files(archive))


def as_of(archive: Archive) -> datetime | None:
    """Return when slackdump read last."""
    with _dumps(archive) as dumps:
        return max((at for dump in dumps if (at := dump.as_of()) is not None), default=None)


def read(archive: Archive, selection: Selection) -> Iterator[Step]:
    """Read every dump in an archive.

    Raises ArchiveError when nothing tells the workspace's id, SettingsError where folders are told of that it has not.
    """
    options = selection.settings if isinstance(selection.settings, ArchiveOptions) else ArchiveOptions()
    with _dumps(archive) as dumps:
        if options.folder_map:
            raise SettingsError(
                f"`folder_map` is for folders of exports, and this is {dumps[0].form}, which tells each channel's id",
                platform="slack",
                subject=archive.name,
            )
        for dump in dumps:
            yield from _dump(archive, dump, selection, options)
    names = [name for name in archive.names() if not (name.endswith(".json") and parts_of(archive))]
    yield from unread(names, {*databases_in(archive), *chunk_files(archive), *conversation_files(archive)})


@contextmanager
def _dumps(archive: Archive) -> Iterator[list[Dump]]:
    with ExitStack() as stack:
        found: list[Dump] = [stack.enter_context(open_dump(archive, name)) for name in databases_in(archive)]
        found += [Chunks(archive)] if chunk_files(archive) else []
        found += [Conversations(archive)] if conversation_files(archive) else []
        yield found


def _dump(archive: Archive, dump: Dump, selection: Selection, options: ArchiveOptions) -> Iterator[Step]:
    told = dump.workspace()
    team = options.network or as_text(told.get("team_id"))
    if not team:
        raise ArchiveError(
            f"nothing in {dump.form} tells which workspace it is of",
            platform="slack",
            subject=archive.name,
            remedy="Give its id (T…, in the address of Slack in a browser) as `network`.",
        )
    users = list(dump.users())
    export = Export(Part(archive), team, options.enterprise or as_text(told.get("enterprise_id")), users)
    export.workspace = {"name": as_text(told.get("team")), "url": as_text(told.get("url"))}
    rows = [_with_members(dump, row) for row in dump.channels()]
    take_rows(export, (("private" if _untold(row) else "public", row) for row in rows))
    export.unreadable = list(dump.problems())
    speakers = dump.speakers()
    yield from lists(export, selection, dump.form, unlisted=[one for one in speakers if not export.find(one)])
    known = {user["id"] for user in users if isinstance(user, dict) and user.get("id")}
    for native in speakers:
        yield from _channel(export, dump, selection, native, known)


def _with_members(dump: Dump, row: JSON) -> JSON:
    native = row.get("id") if isinstance(row, dict) else None
    members = dump.members(native) if isinstance(native, str) else None
    return row if members is None else {**row, "members": members}


def _untold(row: JSON) -> bool:
    """Tell whether a row says nothing of its privacy, which then counts as private."""
    return isinstance(row, dict) and not {"is_private", "is_im", "is_mpim"} & row.keys()


def _channel(export: Export, dump: Dump, selection: Selection, native: str, known: set[str]) -> Iterator[Step]:
    listed = export.find(native)
    name = dump.named(native)
    direct = is_direct(native) or is_direct(name)
    place = listed[0] if listed else Conversation(native, "direct" if direct else "private", name or native)
    if not wanted(selection, place):
        return
    community = community_id(export.team, native)
    yield Slice(f"archive/{native}", export.team, ("post", "event", "member"), community, label=place.name)
    context = {**export.context, "channel": native}
    if not listed:
        yield Batch(
            "channel", [{"id": native, "name": name or None, "is_im": direct}], {**export.context, "private": True}
        )
        yield Gap(f"no list tells about the conversation {native}, so it counts as {place.privacy}", "partial")
    low = ts_key(ts_of(selection.since)) if selection.since is not None else (0, 0)
    high = ts_key(ts_of(selection.until))
    pending: list[JSON] = []
    for item in dump.messages(native):
        if (key := key_of(item)) is None or low <= key <= high:
            pending.append(item)
        if len(pending) >= BATCH:
            yield from messages(pending, context, known)
            pending = []
    if pending:
        yield from messages(pending, context, known)
