"""The world as Slack's objects: users, channels, messages. The mirror of `translate`. Pure."""

from __future__ import annotations

import uuid
from typing import Any

from communitykit.sandbox import SECOND, Circle, File, Message, Notice, Person, Place, Segment, World
from communitykit_slack.sandbox import naming
from communitykit_slack.sandbox.naming import channel, field_id, native, team, ts, user, usergroup

FILES = "https://files.slack.com"
EMOJI = "https://emoji.slack-edge.com"
DEFAULT_CUT = 50
"""Reactors that history lists per reaction at most; an old note says fifty, the documentation no number."""

JSONObject = dict[str, Any]


def user_object(world: World, person: Person, *, locale: bool = False, own: bool = True) -> JSONObject:
    """Render a user. Deactivated ones lack their flags, as on the live platform."""
    account = world.account(person, "slack")
    found: JSONObject = {
        "id": user(world, person),
        "team_id": naming.home(world, person),
        "name": account.username,
        "deleted": not person.active,
        "profile": _profile(world, person, own=own),
        "is_bot": person.kind == "bot",
        "is_app_user": False,
        "updated": person.updated_at // SECOND,
    }
    if person.active:
        found.update(
            color="9f69e7",
            real_name=account.display_name,
            tz=person.site.time_zone,
            tz_label=person.site.city,
            tz_offset=0,
            is_admin=person.admin,
            is_owner=person.number == 0,
            is_primary_owner=person.number == 0,
            is_restricted=person.kind == "guest",
            is_ultra_restricted=person.kind == "guest" and person.solo,
            is_email_confirmed=True,
            who_can_share_contact_card="EVERYONE",
        )
        if person.kind == "external":
            found["is_stranger"] = False
        if locale:
            found["locale"] = person.site.language
    return found


def _profile(world: World, person: Person, *, own: bool) -> JSONObject:
    account = world.account(person, "slack")
    profile: JSONObject = {
        "title": person.title or "",
        "phone": "",
        "skype": "",
        "real_name": account.display_name,
        "real_name_normalized": account.display_name,
        "display_name": account.display_name if person.number % 3 else "",
        "display_name_normalized": account.display_name if person.number % 3 else "",
        "first_name": person.given,
        "last_name": person.family,
        "avatar_hash": f"g{person.number:011x}",
        "image_72": f"https://avatars.slack-edge.com/{person.number}_72.png",
        "status_text": "",
        "status_emoji": "",
        "team": naming.home(world, person),
        "fields": None if not person.active else {},
    }
    if person.kind == "bot":
        profile.update(bot_id=naming.bot(world, person), api_app_id=native("A", world.seed, str(person.number)))
        profile["always_active"] = True
    elif person.kind != "external" and own:
        profile["email"] = account.email
        profile["fields"] = profile_fields(world, person) if person.active else None
    return profile


def profile_fields(world: World, person: Person) -> JSONObject:
    """Render the fields that the workspace defined, by their ids."""
    manager = user(world, world.people[person.manager]) if person.manager is not None else None
    told = (person.department, manager, person.division, person.site.city, person.employee_number)
    return {
        field_id(world, label): {"value": value, "alt": ""}
        for label, value in zip(naming.PERSONAL_FIELDS, told, strict=True)
        if value
    }


def slackbot(world: World) -> JSONObject:
    """Render the platform's own account: listed by the API, absent from exports."""
    return {
        "id": naming.SLACKBOT,
        "team_id": team(world),
        "name": "slackbot",
        "deleted": False,
        "real_name": "Slackbot",
        "is_bot": False,
        "is_app_user": False,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "updated": 0,
        "profile": {
            "real_name": "Slackbot",
            "real_name_normalized": "Slackbot",
            "display_name": "Slackbot",
            "display_name_normalized": "Slackbot",
            "first_name": "slackbot",
            "last_name": "",
            "fields": {},
            "always_active": True,
            "team": team(world),
        },
    }


def channel_object(world: World, place: Place, *, member: bool = True, count: bool = True) -> JSONObject:
    """Render a channel; a direct conversation has a user and no name."""
    base: JSONObject = {
        "id": channel(world, place),
        "created": place.created_at // SECOND,
        "is_archived": place.archived,
        "is_im": place.privacy == "direct",
        "is_org_shared": False,
        "context_team_id": team(world),
        "updated": place.updated_at // 1000,
    }
    if place.privacy == "direct":
        return {**base, "user": user(world, world.people[place.stays[0].person]), "is_user_deleted": False}
    base.update(
        name=place.name,
        name_normalized=place.name,
        is_channel=True,
        is_group=False,
        is_mpim=False,
        is_private=place.privacy == "private",
        is_general=place.default,
        is_member=member,
        is_shared=place.shared,
        is_ext_shared=place.shared,
        is_pending_ext_shared=False,
        pending_shared=[],
        unlinked=0,
        parent_conversation=None,
        creator=user(world, world.people[place.creator]),
        topic=_noted(world, place, place.topic),
        purpose=_noted(world, place, place.purpose),
        previous_names=list(place.previous_names),
    )
    if place.shared:
        base["shared_team_ids"] = [team(world), native("T", world.seed, "partner")]
        base["connected_team_ids"] = [native("T", world.seed, "partner")]
        base["conversation_host_id"] = team(world)
    if count:
        base["num_members"] = len(place.present())
    return base


def _noted(world: World, place: Place, text: str | None) -> JSONObject:
    if not text:
        return {"value": "", "creator": "", "last_set": 0}
    return {
        "value": naming.escape(text),
        "creator": user(world, world.people[place.creator]),
        "last_set": place.created_at // SECOND,
    }


def usergroup_object(world: World, circle: Circle, *, users: bool, count: bool) -> JSONObject:
    """Render a user group."""
    members = naming.grouped(world, circle)
    found: JSONObject = {
        "id": usergroup(world, circle),
        "team_id": team(world),
        "is_usergroup": True,
        "is_subteam": True,
        "name": circle.name,
        "description": "",
        "handle": circle.handle,
        "is_external": False,
        "date_create": circle.created_at // SECOND,
        "date_update": circle.created_at // SECOND,
        "date_delete": 0,
        "auto_type": None,
        "created_by": user(world, world.people[circle.creator]),
        "updated_by": user(world, world.people[circle.creator]),
        "deleted_by": None,
        "prefs": {"channels": [], "groups": []},
    }
    if users:
        found["users"] = members
    if users or count:
        found["user_count"] = len(members)
    return found


def bot_object(world: World, person: Person) -> JSONObject:
    """Render a bot as bots.info does."""
    found: JSONObject = {
        "id": naming.bot(world, person),
        "deleted": not person.active,
        "name": person.name,
        "updated": person.updated_at // SECOND,
        "app_id": native("A", world.seed, str(person.number)),
        "icons": {"image_72": f"https://avatars.slack-edge.com/{person.number}_72.png"},
    }
    if not person.solo:
        found["user_id"] = user(world, person)
    return found


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
        found.update(user=user(world, person), team=team(world), app_id=native("A", world.seed, str(person.number)))
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


def user_profile(world: World, person: Person) -> JSONObject:
    """Render the short profile that exports, and messages of strangers, carry."""
    account = world.account(person, "slack")
    return {
        "avatar_hash": f"g{person.number:011x}",
        "image_72": f"https://avatars.slack-edge.com/{person.number}_72.png",
        "first_name": person.given,
        "real_name": account.display_name,
        "display_name": account.display_name if person.number % 3 else "",
        "team": naming.home(world, person),
        "name": account.username,
        "is_restricted": person.kind == "guest",
        "is_ultra_restricted": person.kind == "guest" and person.solo,
    }


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


def _rich_text(world: World, segments: Any) -> JSONObject:  # noqa: ANN401 # a sequence of segments
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
