"""The world as chatMessages. The mirror of `translate`. Pure."""

from __future__ import annotations

import json

from communitykit.connector import JSON
from communitykit.sandbox import File, Message, Notice, Person, Reaction, Segment, World
from communitykit_teams.sandbox import naming
from communitykit_teams.sandbox.naming import iso

JSONObject = dict[str, JSON]
_ADAPTIVE = "application/vnd.microsoft.card.adaptive"
_BANNER = "application/vnd.microsoft.teams.messaging-announcementBanner"
_IMAGE = "image/png"


def message_object(world: World, message: Message) -> JSONObject:
    """Render a message without its replies; a deleted one keeps its place and loses its words."""
    person = world.people[message.author]
    place = world.places[message.place]
    native = naming.number(message)
    live = message.deleted_at is None
    found: JSONObject = {
        "id": native,
        "replyToId": str(message.root) if message.root is not None else None,
        "etag": str(message.changed_at),
        "messageType": "message",
        "createdDateTime": iso(message.at),
        "lastModifiedDateTime": iso(message.changed_at),
        "lastEditedDateTime": iso(message.edited_at) if message.edited_at is not None else None,
        "deletedDateTime": None if message.deleted_at is None else iso(message.deleted_at),
        "subject": "News" if live and message.kind == "announcement" else None,
        "summary": None,
        "chatId": None,
        "importance": "high" if message.kind == "announcement" else "normal",
        "locale": "en-us",
        "webUrl": f"https://teams.microsoft.com/l/message/{naming.channel(world, place)}/{native}",
        "channelIdentity": _where(world, place),
        "policyViolation": None,
        "eventDetail": None,
        "from": _from(world, person),
        "body": {"contentType": "html", "content": ""},
        "attachments": [],
        "mentions": [],
        "reactions": [],
        "messageHistory": [],
    }
    if live:
        content, kind = body(world, message)
        found.update(
            body={"contentType": "text" if kind == "plain" else "html", "content": content},
            attachments=_attachments(world, message),
            mentions=_mentions(world, message),
            reactions=[
                _reaction(world, one) for one in sorted(message.reactions, key=lambda one: (one.at, one.person))
            ],
            messageHistory=[
                {"modifiedDateTime": iso(one.at), "actions": "reactionRemoved", "reaction": _reaction(world, one)}
                for one in message.withdrawn
            ],
        )
    return found


def _where(world: World, place: JSON) -> JSONObject:
    return {"teamId": naming.team(world, place), "channelId": naming.channel(world, place)}


def _from(world: World, person: Person) -> JSONObject:
    identity = {"id": naming.user(world, person), "displayName": world.account(person, "teams").display_name}
    if person.kind == "bot":
        kind = "office365Connector" if person.solo else "bot"
        who = {
            "@odata.type": "#microsoft.graph.teamworkApplicationIdentity",
            **identity,
            "applicationIdentityType": kind,
        }
        return {"application": who, "user": None, "device": None}
    return {"application": None, "user": _person(world, person, name=True), "device": None}


def _person(world: World, person: Person, *, name: bool = False) -> JSONObject:
    return {
        "@odata.type": "#microsoft.graph.teamworkUserIdentity",
        "id": naming.user(world, person),
        "displayName": world.account(person, "teams").display_name if name else None,
        "userIdentityType": "aadUser",
        "tenantId": naming.home(world, person),
    }


def body(world: World, message: Message) -> tuple[str, str]:
    """Return a body and its format; placeholders stand in it for what is attached."""
    if naming.is_text(world, message):
        return "".join(segment.text for segment in message.segments), "plain"
    person = world.people[message.author]
    placeholders = "".join(f'<attachment id="{one["id"]}"></attachment>' for one in _attachments(world, message))
    if person.kind == "bot" and person.solo:
        return placeholders, "html"
    images = "".join(_image(world, message, file) for file in message.files if file.mime_type == _IMAGE)
    return naming.html(world, message.segments, message.at) + images + placeholders, "html"


def card_lines(world: World, message: Message) -> list[str]:
    """Return what a message says in a card: a bot's report, a poll's options."""
    person = world.people[message.author]
    if person.kind == "bot" and person.solo:
        return [naming.plain(world, message.segments, message.at)]
    return list(message.options)


def _attachments(world: World, message: Message) -> list[JSONObject]:
    found: list[JSONObject] = []
    seed = f"{world.seed}/attachment/{message.place}/{message.at}"
    if lines := card_lines(world, message):
        blocks = [{"type": "TextBlock", "text": line, "wrap": True} for line in lines]
        card = {"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "Container", "items": blocks}]}
        found.append(_attachment(naming.guid(seed, "card"), _ADAPTIVE, content=json.dumps(card, ensure_ascii=False)))
    if message.kind == "announcement":
        banner = json.dumps({"title": "News", "cardImageType": "colorTheme"})
        found.append(_attachment(naming.guid(seed, "banner"), _BANNER, content=banner))
    if message.shares:
        number, at = message.shares
        shared = {
            "originalMessageId": str(at),
            "originalMessageContent": "<p>An earlier message</p>",
            "originalConversationId": naming.channel(world, world.places[number]),
        }
        found.append(_attachment(naming.guid(seed, "shared"), "forwardedMessageReference", content=json.dumps(shared)))
    found += [
        _attachment(
            naming.guid(seed, f"file/{file.number}"),
            "reference",
            name=file.name,
            url=f"https://aurora.sharepoint.com/sites/t/Shared%20Documents/{file.number}",
        )
        for file in message.files
        if file.mime_type != _IMAGE
    ]
    return found


def _attachment(
    native: str, kind: str, *, content: str | None = None, name: str | None = None, url: str | None = None
) -> JSONObject:
    return {
        "id": native,
        "contentType": kind,
        "contentUrl": url,
        "content": content,
        "name": name,
        "thumbnailUrl": None,
        "teamsAppId": None,
    }


def _image(world: World, message: Message, file: File) -> str:
    place = world.places[message.place]
    path = f"teams/{naming.team(world, place)}/channels/{naming.channel(world, place)}/messages/{message.at}"
    hosted = f"https://graph.microsoft.com/v1.0/{path}/hostedContents/h{file.number}/$value"
    return f'<p><img alt="{file.name}" src="{hosted}" itemid="h{file.number}" width="250"></p>'


def _mentions(world: World, message: Message) -> list[JSONObject]:
    kinds = {"person", "circle", "place", "everyone"}
    named = [segment for segment in message.segments if segment.kind in kinds]
    return [
        {"id": index, "mentionText": naming.label(world, one, message.at), "mentioned": _mentioned(world, message, one)}
        for index, one in enumerate(named)
    ]


def _mentioned(world: World, message: Message, segment: Segment) -> JSONObject:
    found: JSONObject = {"application": None, "device": None, "user": None, "conversation": None, "tag": None}
    label = naming.label(world, segment, message.at)
    if segment.kind == "person":
        person = world.people[segment.ref]
        if person.kind == "bot":
            who = {"id": naming.user(world, person), "displayName": label, "applicationIdentityType": "bot"}
            return {**found, "application": who}
        return {**found, "user": {**_person(world, person), "displayName": label}}
    if segment.kind == "circle":
        return {**found, "tag": {"id": naming.tag(world, world.circles[segment.ref]), "displayName": label}}
    if segment.kind == "place":
        place = world.places[segment.ref]
        there = {"id": naming.channel(world, place), "displayName": label, "conversationIdentityType": "channel"}
        return {**found, "conversation": there}
    here = naming.team(world, world.places[message.place])
    return {**found, "conversation": {"id": here, "displayName": label, "conversationIdentityType": "team"}}


def _reaction(world: World, reaction: Reaction) -> JSONObject:
    name = naming.reaction(reaction.emoji)
    custom = naming.is_custom(reaction.emoji)
    return {
        "reactionType": "custom" if custom else name,
        "displayName": name if custom else None,
        "reactionContentUrl": f"https://graph.microsoft.com/v1.0/x/hostedContents/{name}/$value" if custom else None,
        "createdDateTime": iso(reaction.at),
        "user": {"application": None, "device": None, "user": _person(world, world.people[reaction.person])},
    }


def notice_object(world: World, notice: Notice, *, known: bool = True) -> JSONObject:
    """Render one of the platform's own lines; without the header that asks for them, they have no type."""
    place = world.places[notice.place]
    who = _person(world, world.people[notice.person])
    by = {"application": None, "device": None, "user": who}
    detail: JSONObject = {"initiator": by}
    member = {"id": who["id"], "displayName": None, "userIdentityType": "aadUser", "tenantId": who["tenantId"]}
    if notice.kind in {"joined", "left"}:
        name = "membersAdded" if notice.kind == "joined" else "membersDeleted"
        detail.update(members=[member], visibleHistoryStartDateTime="0001-01-01T00:00:00Z")
    elif notice.kind == "renamed":
        name = "channelRenamed"
        detail.update(channelId=naming.channel(world, place), channelDisplayName=notice.detail)
    elif notice.kind == "topic":
        name = "channelDescriptionUpdated"
        detail.update(channelId=naming.channel(world, place), channelDescription=notice.detail)
    else:
        name = "teamArchived"
        detail.update(teamId=naming.team(world, place))
    detail["@odata.type"] = f"#microsoft.graph.{name}EventMessageDetail"
    at = iso(notice.at)
    return {
        "id": str(notice.at),
        "replyToId": None,
        "etag": str(notice.at),
        "messageType": "systemEventMessage" if known else "unknownFutureValue",
        "createdDateTime": at,
        "lastModifiedDateTime": at,
        "lastEditedDateTime": None,
        "deletedDateTime": None,
        "subject": None,
        "importance": "normal",
        "locale": "en-us",
        "from": None,
        "body": {"contentType": "html", "content": "<systemEventMessage/>"},
        "channelIdentity": _where(world, place),
        "attachments": [],
        "mentions": [],
        "reactions": [],
        "eventDetail": detail,
    }
