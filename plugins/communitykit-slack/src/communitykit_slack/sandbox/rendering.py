"""The world as Slack's messages. The mirror of `translate`. Pure."""

from __future__ import annotations

import uuid

from communitykit.connector import JSON
from communitykit.sandbox import SECOND, File, Message, Notice, Person, Segment, World
from communitykit_slack.sandbox import naming
from communitykit_slack.sandbox.directory import JSONObject, bot_object, user_profile
from communitykit_slack.sandbox.naming import channel, native, team, ts, user, usergroup

FILES = "https://files.slack.com"


EMOJI = "https://emoji.slack-edge.com"


DEFAULT_CUT = 50
"""Reactors that history lists per reaction at most; an old note says fifty, the documentation no number."""


def notice_object(world: World, notice: Notice) -> JSONObject:
    """Render one of the platform's own lines."""
    who = user(world, world.people[notice.person])
    base: JSONObject = {"type": "message", "user": who, "ts": ts(notice.at)}
    if notice.kind == "joined":
        return {**base, "subtype": "channel_join", "text": f"<@{who}> has joined the channel"}
    if notice.kind == "left":
        return {**base, "subtype": "channel_leave", "text": f"<@{who}> has left the channel"}
    if notice.kind == "topic":
        topic = naming.escape(notice.detail or "")
        return {**base, "subtype": "channel_topic", "topic": topic, "text": f"<@{who}> set the channel topic: {topic}"}
    if notice.kind == "renamed":
        old, new = notice.previous or "", notice.detail or ""
        text = f'<@{who}> has renamed the channel from "{old}" to "{new}"'
        return {**base, "subtype": "channel_name", "old_name": old, "name": new, "text": text}
    return {**base, "subtype": "channel_archive", "text": f"<@{who}> archived the channel"}


def visible(message: Message) -> bool:
    """Tell whether history shows anything of a post: a deleted one only if there are replies below it."""
    return message.deleted_at is None or (message.root is None and bool(message.living()))


def message_object(
    world: World, message: Message, *, cut: int | None = DEFAULT_CUT, files: str = FILES, buried: bool = True
) -> JSONObject:
    """Render a post as history does; `cut` limits the reactors that are listed (None: all).

    `buried=False` shows a deleted post as it was.
    """
    if buried and message.deleted_at is not None:
        return _tombstone(world, message)
    person = world.people[message.author]
    found: JSONObject = {"type": "message", "ts": ts(message.at)}
    _author(world, message, person, found)
    if message.root is not None:
        root = world.root_of(message)
        found["thread_ts"] = ts(message.root)
        found["parent_user_id"] = naming.SLACKBOT if root.deleted_at else user(world, world.people[root.author])
        if message.broadcast:
            found["subtype"] = "thread_broadcast"
            found["root"] = {
                "type": "message",
                "ts": ts(root.at),
                "thread_ts": ts(root.at),
                "user": found["parent_user_id"],
            }
    elif message.replies:
        _thread(world, message, found)
    if message.edited_at is not None:
        found["edited"] = {"user": user(world, person), "ts": ts(message.edited_at)}
    if message.files:
        found["files"] = [_file(world, message, file, files) for file in message.files]
        found["upload"] = False
    if message.reactions:
        found["reactions"] = _reactions(world, message, cut)
    if message.pinned:
        place = channel(world, world.places[message.place])
        by, at = message.pinned
        found["pinned_to"] = [place]
        found["pinned_info"] = {
            place: {"channel": place, "pinned_by": user(world, world.people[by]), "pinned_ts": at // SECOND}
        }
    return found


def _author(world: World, message: Message, person: Person, found: JSONObject) -> None:
    """Say who wrote it and what: people, apps and integrations differ."""
    segments = naming.segments_of(message)
    if person.kind == "bot":
        text = naming.mrkdwn(world, message, segments)
        found["bot_id"] = naming.bot(world, person)
        if person.solo:
            found.update(subtype="bot_message", username=person.name, text="")
            found["attachments"] = [{"id": 1, "color": "36a64f", "fallback": text, "text": text, "mrkdwn_in": ["text"]}]
            return
        if naming.is_disguised(world, message):
            found.update(subtype="bot_message", username=f"{person.name} on duty")
        else:
            app = native("A", world.seed, str(person.number))
            found.update(user=user(world, person), team=team(world), app_id=app)
            found["bot_profile"] = {**bot_object(world, person), "team_id": team(world)}
        found["text"] = "" if message.at // 10 % 2 else text
        found["blocks"] = [
            {"type": "section", "block_id": "b1", "text": {"type": "mrkdwn", "text": text, "verbatim": False}}
        ]
        return
    home = naming.home(world, person)
    found.update(user=user(world, person), team=home, text=naming.mrkdwn(world, message, segments))
    if person.kind == "external":
        found.update(user_team=home, source_team=home, user_profile=user_profile(world, person))
    if message.at // 10 % 3:
        found["client_msg_id"] = str(uuid.UUID(int=message.at << 40 | message.place, version=4))
        found["blocks"] = [_rich_text(world, segments)]
    if message.shares:
        found["attachments"] = [_shared(world, message)]


def _shared(world: World, message: Message) -> JSONObject:
    number, at = message.shares or (message.place, message.at)
    place = world.places[number]
    address = f"https://{DOMAIN}.slack.com/archives/{channel(world, place)}/p{ts(at).replace('.', '')}"
    return {
        "id": 1,
        "is_msg_unfurl": True,
        "is_share": True,
        "from_url": address,
        "original_url": address,
        "ts": ts(at),
        "channel_id": channel(world, place),
        "channel_name": place.name,
        "author_id": user(world, world.people[place.creator]),
        "fallback": "An earlier message",
        "text": "An earlier message",
        "mrkdwn_in": ["text"],
    }


DOMAIN = "aurora"


def _rich_text(world: World, segments: JSON) -> JSONObject:
    return {
        "type": "rich_text",
        "block_id": "r1",
        "elements": [{"type": "rich_text_section", "elements": [_element(world, one) for one in segments]}],
    }


def _element(world: World, segment: Segment) -> JSONObject:
    kind = segment.kind
    if kind == "text":
        return {"type": "text", "text": segment.text}
    if kind == "bold":
        return {"type": "text", "text": segment.text, "style": {"bold": True}}
    if kind == "link":
        return {"type": "link", "url": segment.url, "text": segment.text}
    if kind == "person":
        return {"type": "user", "user_id": user(world, world.people[segment.ref])}
    if kind == "circle":
        return {"type": "usergroup", "usergroup_id": usergroup(world, world.circles[segment.ref])}
    if kind == "place":
        return {"type": "channel", "channel_id": channel(world, world.places[segment.ref])}
    if kind == "everyone":
        return {"type": "broadcast", "range": segment.text}
    return {"type": "emoji", "name": segment.text}


def _thread(world: World, root: Message, found: JSONObject) -> None:
    """Add what a root tells of its thread; a root whose replies were all deleted tells nothing."""
    living = root.living()
    if not living:
        return
    users = list(dict.fromkeys(user(world, world.people[reply.author]) for reply in living))
    found.update(
        thread_ts=ts(root.at),
        reply_count=len(living),
        reply_users_count=len(users),
        latest_reply=ts(living[-1].at),
        reply_users=users[:5],
        is_locked=False,
        subscribed=False,
    )


def _tombstone(world: World, message: Message) -> JSONObject:
    found: JSONObject = {
        "type": "message",
        "subtype": "tombstone",
        "user": naming.SLACKBOT,
        "hidden": True,
        "text": "This message was deleted.",
        "ts": ts(message.at),
    }
    _thread(world, message, found)
    return found


def _file(world: World, message: Message, file: File, base: str) -> JSONObject:
    number = native("F", world.seed, f"{message.place}/{file.number}")
    kind = file.name.rsplit(".", 1)[-1]
    address = f"{base}/files-pri/{team(world)}-{number}/{file.name.lower().replace(' ', '_')}"
    return {
        "id": number,
        "created": message.at // SECOND,
        "timestamp": message.at // SECOND,
        "name": file.name,
        "title": file.name,
        "mimetype": file.mime_type,
        "filetype": kind,
        "pretty_type": kind.upper(),
        "user": user(world, world.people[message.author]),
        "mode": "hosted",
        "editable": False,
        "is_external": False,
        "external_type": "",
        "is_public": True,
        "size": file.size,
        "url_private": address,
        "url_private_download": address.replace(f"-{number}/", f"-{number}/download/"),
        "permalink": f"https://{DOMAIN}.slack.com/files/{user(world, world.people[message.author])}/{number}/{kind}",
    }


def _reactions(world: World, message: Message, cut: int | None) -> list[JSONObject]:
    groups: dict[str, list[str]] = {}
    for reaction in sorted(message.reactions, key=lambda one: (one.at, one.person)):
        groups.setdefault(reaction.emoji, []).append(user(world, world.people[reaction.person]))
    return [{"name": name, "users": users[:cut], "count": len(users)} for name, users in groups.items()]
