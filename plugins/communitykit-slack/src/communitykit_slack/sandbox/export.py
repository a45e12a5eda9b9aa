"""Export archives like the official ones: a folder per channel, a file per day of US Pacific time."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic_core import to_json

from communitykit.connector import JSON
from communitykit.sandbox import SECOND, Message, Place, World, from_us, to_us
from communitykit_slack.sandbox import directory, naming, rendering
from communitykit_slack.sandbox.naming import channel, native, ts, user

_PACIFIC = ZoneInfo("America/Los_Angeles")
_MODERN_ONLY = ("client_msg_id", "blocks", "team", "user_team", "source_team", "user_profile", "app_id", "bot_profile")
"""What exports of 2016 did not have yet."""


def write(world: World, path: Path, *, legacy: bool = False, private: bool = False) -> Path:
    """Write an export as a zip; with `private` the corporate kind, with private channels and direct messages.

    `legacy` is how exports looked in 2016: dates as strings, `file` in the singular, no blocks and no profiles.
    """
    places = [place for place in world.on("slack") if place.privacy == "public" or private]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        _put(archive, "users.json", list(_users(world)))
        _put(archive, "channels.json", [_row(world, place) for place in places if place.privacy == "public"])
        if private:
            _put(archive, "groups.json", [_row(world, place) for place in places if place.privacy == "private"])
            for name, sort in (("dms.json", "im"), ("mpims.json", "mpim")):
                _put(archive, name, [_direct(world, place) for place in places if naming.sort_of(place) == sort])
        _put(archive, "integration_logs.json", _logs(world, legacy=legacy))
        for place in places:
            folder = naming.group_name(world, place) if naming.sort_of(place) == "mpim" else place.name
            for day, bodies in _days(world, place, legacy=legacy):
                _store(archive, f"{folder or channel(world, place)}/{day}.json", b"[\n" + b",\n".join(bodies) + b"\n]")
    return path


def _put(archive: zipfile.ZipFile, name: str, data: JSON) -> None:
    _store(archive, name, json.dumps(data, ensure_ascii=False, indent=4).encode())


def _store(archive: zipfile.ZipFile, name: str, body: bytes) -> None:
    """Write a member with a fixed date, so that the same world gives the same file."""
    info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, body)


def _users(world: World) -> Iterator[dict[str, JSON]]:
    """Return the members of the workspace; Slackbot and strangers are never among them."""
    for person in world.people:
        if "slack" in person.platforms and person.kind != "external" and not (person.kind == "bot" and person.solo):
            found = directory.user_object(world, person)
            found["profile"]["fields"] = None if not person.active else []
            if not person.active:
                found["real_name"] = found["profile"]["real_name"]
            yield found


def _row(world: World, place: Place) -> dict[str, JSON]:
    whole = directory.channel_object(world, place)
    row = {name: whole[name] for name in ("id", "name", "created", "creator", "is_archived", "is_general")}
    row["members"] = [user(world, world.people[number]) for number in place.present()]
    row["topic"], row["purpose"] = whole["topic"], whole["purpose"]
    pins = [
        {"id": ts(message.at), "type": "C", "created": message.pinned[1] // SECOND,
         "user": user(world, world.people[message.pinned[0]]), "owner": user(world, world.people[message.author])}
        for message in world.messages(place)
        if message.pinned and message.live
    ]  # fmt: skip
    return {**row, "pins": pins} if pins else row


def _direct(world: World, place: Place) -> dict[str, JSON]:
    members = [user(world, world.people[number]) for number in place.present()]
    row = {"id": channel(world, place), "created": place.created_at // SECOND, "members": members}
    return {**row, "name": naming.group_name(world, place)} if naming.sort_of(place) == "mpim" else row


def _logs(world: World, *, legacy: bool) -> list[dict[str, JSON]]:
    chief = world.people[0]
    day = world.start_us // SECOND
    return [
        {
            "user_id": user(world, chief),
            "user_name": chief.slug,
            "date": str(day) if legacy else day,
            "change_type": "added",
            "app_type": "Build Bot",
            "app_id": native("A", world.seed, "app"),
            "scope": "bot",
        }
    ]


def _days(world: World, place: Place, *, legacy: bool) -> Iterator[tuple[str, list[bytes]]]:
    """Return a channel's days, each with its messages in ascending order; replies are on the day they were written."""
    token = hashlib.sha256(f"{world.seed}/export".encode()).hexdigest()[:32]
    entries: list[tuple[int, bytes]] = []
    for item in world.scan(place):
        if not isinstance(item, Message):
            entries.append((item.at, to_json(rendering.notice_object(world, item))))
        elif item.root is None and rendering.visible(item):
            entries.append((item.at, to_json(_entry(world, item, token, legacy=legacy))))
        if isinstance(item, Message) and item.root is None:
            entries.extend((one.at, to_json(_entry(world, one, token, legacy=legacy))) for one in item.living())
    entries.sort()
    day, ends = "", 0
    bodies: list[bytes] = []
    for at, body in entries:
        if at >= ends:
            if bodies:
                yield day, bodies
            day, ends = _day(at)
            bodies = []
        bodies.append(body)
    if bodies:
        yield day, bodies


def _day(at: int) -> tuple[str, int]:
    """Return the Pacific day of a moment and where it ends, which daylight saving time moves."""
    local = from_us(at).astimezone(_PACIFIC).date()
    following = local + timedelta(days=1)
    return local.isoformat(), to_us(datetime(following.year, following.month, following.day, tzinfo=_PACIFIC))


def _entry(world: World, message: Message, token: str, *, legacy: bool) -> dict[str, JSON]:
    """Render a post as exports do: everybody who reacted, the replies, profiles, file tokens."""
    found = rendering.message_object(world, message, cut=None)
    person = world.people[message.author]
    living = message.living()
    if message.root is None and living:
        found["replies"] = [{"user": user(world, world.people[reply.author]), "ts": ts(reply.at)} for reply in living]
    if message.live and person.kind in {"employee", "guest"} and message.at // 10 % 9:
        found["user_profile"] = directory.user_profile(world, person)
    for file in found.get("files", ()):
        for name in ("url_private", "url_private_download"):
            file[name] += f"?t=xoxe-{int(token[:8], 16)}-{token}"
    return _aged(found, message) if legacy else found


def _aged(found: dict[str, JSON], message: Message) -> dict[str, JSON]:
    """Make a message look as in 2016: one `file`, and comments on files that name their author inside only."""
    if not found.get("text") and "blocks" in found:
        said = found["blocks"][0]["text"]["text"]
        found["attachments"] = [{"id": 1, "fallback": said, "text": said, "mrkdwn_in": ["text"]}]
    for name in _MODERN_ONLY:
        found.pop(name, None)
    if "files" not in found:
        return found
    files = found.pop("files")
    found["file"] = files[0]
    if message.root is None and not message.replies and message.at // 10 % 2:
        author = found.pop("user")
        comment = {"id": f"Fc{message.at % 10**9}", "created": message.at // SECOND, "timestamp": message.at // SECOND,
                   "user": author, "is_intro": False, "comment": found["text"]}  # fmt: skip
        found.update(subtype="file_comment", comment=comment)
    else:
        found.update(upload=True, display_as_bot=False)
        found.setdefault("subtype", "file_share")
    return found
