"""The world as Yammer's messages and references. The mirror of `translate`. Pure."""

from __future__ import annotations

import html

from communitykit.connector import JSON
from communitykit.sandbox import Message, Person, Place, World
from communitykit_yammer.sandbox import naming
from communitykit_yammer.sandbox.naming import group, message, native, network, time, user

JSONObject = dict[str, JSON]
WEB = "https://www.yammer.com"
_TYPES = {"post": "update"}


def message_object(world: World, written: Message, *, cut: int | None = None) -> JSONObject:
    """Render a message as feeds do; `cut` limits the likers that are listed (None: all)."""
    place, person = world.places[written.place], world.people[written.author]
    root, parent = world.root_of(written), naming.parent_of(world, written)
    number = message(written.place, written.at)
    body = naming.parsed(world, written.segments)
    found: JSONObject = {
        "id": number,
        "sender_id": user(world, person),
        "delegate_id": None,
        "replied_to_id": message(parent.place, parent.at) if parent else None,
        "created_at": time(written.at),
        "published_at": time(written.at),
        "network_id": network(world),
        "message_type": _TYPES.get(written.kind, written.kind),
        "sender_type": "bot" if person.kind == "bot" else "user",
        "url": f"{WEB}/api/v1/messages/{number}",
        "web_url": f"{WEB}/{naming.DOMAIN}/messages/{number}",
        "group_id": group(world, place),
        "body": {
            "parsed": body,
            "plain": naming.named(world, written.segments),
            "rich": html.escape(naming.named(world, written.segments)).replace("\n", "<br>"),
        },
        "thread_id": message(root.place, root.at),
        "client_type": "Web",
        "client_url": f"{WEB}/",
        "system_message": False,
        "direct_message": False,
        "chat_client_sequence": None,
        "language": written.language,
        "notified_user_ids": _notified(world, written),
        "privacy": place.privacy,
        "attachments": list(_attachments(world, written)),
        "liked_by": _liked(world, written, cut),
        "supplemental_reply": False,
        "content_excerpt": body[:200],
        "group_created_id": group(world, place),
    }
    if title := title_of(written):
        found["title"] = title
    if written.options:
        found["poll_options"] = [{"option": n, "answer": answer} for n, answer in enumerate(written.options, 1)]
    if written.shares:
        found["shared_message_id"] = message(*written.shares)
    return found


def title_of(written: Message) -> str | None:
    """Return the headline, which announcements have."""
    return written.segments[0].text if written.kind == "announcement" and written.segments else None


def system_object(world: World, place: Place) -> JSONObject:
    """Render what Yammer itself wrote when a community was created."""
    number, creator = message(place.number, place.created_at), world.people[place.creator]
    text = f"has created the [[group:{group(world, place)}]] group."
    return {
        "id": number,
        "sender_id": user(world, creator),
        "replied_to_id": None,
        "created_at": time(place.created_at),
        "network_id": network(world),
        "message_type": "system",
        "sender_type": "user",
        "group_id": group(world, place),
        "body": {"parsed": text, "plain": f"has created the {place.name} group."},
        "thread_id": number,
        "system_message": True,
        "direct_message": False,
        "privacy": place.privacy,
        "attachments": [],
        "liked_by": {"count": 0, "names": []},
        "content_excerpt": text,
    }


def short_object(world: World, written: Message) -> JSONObject:
    """Render a message as it stands among the references of another one: cut short, without attachments."""
    whole = message_object(world, written)
    found = {
        name: whole[name]
        for name in (
            "id", "sender_id", "replied_to_id", "created_at", "network_id", "message_type", "sender_type", "url",
            "web_url", "group_id", "thread_id", "system_message", "direct_message", "privacy",
        )
    }  # fmt: skip
    return {**found, "type": "message", "body": {"plain": whole["body"]["plain"][:60]}}


def thread_object(world: World, root: Message) -> JSONObject:
    """Render a thread: `updates` counts its starter, too."""
    living = root.living()
    number = message(root.place, root.at)
    return {
        "type": "thread",
        "id": number,
        "thread_starter_id": number,
        "group_id": group(world, world.places[root.place]),
        "network_id": network(world),
        "privacy": world.places[root.place].privacy,
        "direct_message": False,
        "has_attachments": bool(root.files),
        "topics": [],
        "stats": {
            "updates": len(living) + (1 if root.live else 0),
            "shares": 0,
            "first_reply_id": message(root.place, living[0].at) if living else None,
            "first_reply_at": time(living[0].at) if living else None,
            "latest_reply_id": message(root.place, living[-1].at) if living else None,
            "latest_reply_at": time(living[-1].at) if living else None,
        },
    }


def liker_object(world: World, person: Person) -> JSONObject:
    """Render somebody who reacted."""
    account = world.account(person, "yammer")
    return {
        "full_name": account.display_name,
        "permalink": account.username,
        "user_id": user(world, person),
        "network_id": naming.home(world, person),
    }


def likers(world: World, written: Message) -> list[Person]:
    """List who reacted, once each: whoever chose several reactions elsewhere has one here."""
    first = sorted(written.reactions, key=lambda one: (one.at, one.person))
    return [world.people[number] for number in dict.fromkeys(one.person for one in first)]


def _liked(world: World, written: Message, cut: int | None) -> JSONObject:
    people = likers(world, written)
    return {"count": len(people), "names": [liker_object(world, person) for person in people[:cut]]}


def _notified(world: World, written: Message) -> list[int]:
    people = (world.people[one.ref] for one in written.segments if one.kind == "person")
    return list(dict.fromkeys(user(world, person) for person in people))


def _attachments(world: World, written: Message) -> JSON:
    for file in written.files:
        number = file_number(world, written, file.number)
        yield {
            "id": number,
            "network_id": network(world),
            "type": "image" if file.mime_type.startswith("image/") else "file",
            "name": file.name,
            "original_name": file.name,
            "real_type": "uploaded_file",
            "content_type": file.mime_type,
            "size": file.size,
            "web_url": f"{WEB}/{naming.DOMAIN}/uploaded_files/{number}",
            "download_url": f"{WEB}/api/v1/uploaded_files/{number}/download",
            "owner_id": user(world, world.people[written.author]),
        }
    if written.praised is not None:
        praised = user(world, world.people[written.praised])
        yield {"type": "praise", "icon": "star", "praised_user_ids": [praised], "comment": "Well done"}


def file_number(world: World, written: Message, number: int) -> int:
    """Return an attached file's number."""
    return native("file", world.seed, f"{written.place}/{number}")
