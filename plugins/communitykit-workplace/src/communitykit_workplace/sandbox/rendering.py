"""The world as objects of the Graph. The mirror of `translate`. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from communitykit.connector import JSON
from communitykit.sandbox import DAY, HOUR, MINUTE, Message, Person, Place, World
from communitykit_workplace.sandbox import naming
from communitykit_workplace.sandbox.expansion import JSONObject, Node
from communitykit_workplace.sandbox.naming import group, time, user

WEB = "https://aurora.workplace.com"
_PRIVACY = {"public": "OPEN", "private": "CLOSED"}
_PURPOSES = {"broadcast": "WORK_ANNOUNCEMENT", "duo": "WORK_FEEDBACK", "silent": "WORK_SOCIAL"}


def community_node(world: World) -> Node:
    """Render the company's community."""
    return Node(
        {"id": naming.community(world), "name": "Aurora Instruments", "privacy": "CLOSED", "is_community": True}
    )


def group_node(world: World, place: Place) -> Node:
    """Render a group. It has no time at which it was created."""
    members = place.present()
    return Node(
        {
            "id": group(world, place),
            "name": place.name,
            "description": place.purpose,
            "privacy": _PRIVACY[place.privacy],
            "purpose": _PURPOSES.get(place.health, "WORK_TEAMWORK"),
            "archived": place.archived,
            "is_workplace_default": place.default,
            "is_community": False,
            "is_official_group": False,
            "owner": named(world, world.people[place.creator]),
            "updated_time": time(group_updated(world, place)),
            "icon": f"{WEB}/icons/group.png",
            "post_permissions": "NONE",
        },
        {
            "members": lambda: [member_row(world, place, world.people[one]) for one in members],
            "groups": list,
            "events": lambda: [event_node(world, place)] if place.default else [],
        },
    )


def group_updated(world: World, place: Place) -> int:
    """Return when anything last happened in a group, in microseconds."""
    roots = (one for one in world.messages(place) if one.root is None and one.live)
    return max([place.created_at, *(naming.updated(one) * 1_000_000 for one in roots)])


def named(world: World, person: Person) -> Node:
    """Render somebody as posts name them."""
    return Node({"id": user(world, person), "name": world.account(person, "workplace").display_name})


def member_node(world: World, person: Person) -> Node:
    """Render a member of the community; somebody of another company shows a name only."""
    who = named(world, person)
    if person.kind in {"external", "bot"}:
        return who
    account = world.account(person, "workplace")
    boss = person.manager
    left = person.left_at
    return Node(
        {
            **who.fields,
            "first_name": person.given,
            "last_name": person.family,
            "name_format": "{first} {last}",
            "email": account.email,
            "title": person.title,
            "organization": "Aurora Instruments",
            "division": person.division,
            "department": person.department,
            "primary_address": person.site.city,
            "locale": "en_US",
            "work_locale": person.site.language,
            "external_id": person.directory_id,
            "employee_number": person.employee_number,
            "active": person.active,
            "account_invite_time": time(person.hired_at - DAY),
            "account_claim_time": time(person.hired_at),
            "account_deactivate_time": time(left) if left else None,
            "updated_time": time(person.updated_at),
            "frontline": {"is_frontline": False},
            "link": f"{WEB}/profile/{who.fields['id']}",
            "claim_link": f"{WEB}/claim/code-of-{who.fields['id']}",
        },
        {"managers": lambda: [named(world, world.people[boss])] if boss is not None else []},
    )


def member_row(world: World, place: Place, person: Person) -> Node:
    """Render somebody in a group: `joined` is Unix seconds."""
    since = {stay.person: stay.since for stay in place.stays if stay.until is None}
    return Node(
        {
            **named(world, person).fields,
            "administrator": person.number == place.creator,
            "joined": naming.seconds(since[person.number]),
        }
    )


def post_node(world: World, written: Message) -> Node:
    """Render a post with everything beside and below it."""
    place, key = world.places[written.place], naming.message(world, written)
    poll = poll_node(world, written) if written.options else None
    shared = written.shares
    return Node(
        {
            "id": key,
            "created_time": time(written.at),
            "updated_time": time(naming.updated(written) * 1_000_000),
            "formatting": naming.formatting(written),
            "from": named(world, world.people[written.author]),
            "to": {"data": [{"id": group(world, place), "name": place.name}]},
            "message": naming.body(world, written),
            "message_tags": naming.tags(world, written) or None,
            "story": None,
            "type": "link" if shared else "status",
            "status_type": "shared_story" if shared else "mobile_status_update",
            "permalink_url": f"{WEB}/groups/{key.replace('_', '/permalink/')}/",
            "parent_id": _shared(world, shared) if shared else None,
            "link": None, "name": None, "description": None, "caption": None, "object_id": None, "shares": None,
            "poll": poll,
        },
        {**_below(world, written, roots=True), "seen": lambda: seen_rows(world, written)},
        default=("created_time", "message", "story", "updated_time", "id"),
    )  # fmt: skip


def story_node(world: World, place: Place) -> Node:
    """Render what Workplace wrote when a group was created: a post without a message."""
    creator = named(world, world.people[place.creator])
    key = f"{group(world, place)}_{naming.number(place.number, place.created_at)}"
    absent = ("message", "message_tags", "link", "name", "description", "caption", "object_id", "shares", "poll")
    return Node(
        {
            **dict.fromkeys((*absent, "parent_id")),
            "id": key,
            "created_time": time(place.created_at),
            "updated_time": time(place.created_at),
            "formatting": "PLAINTEXT",
            "from": creator,
            "to": {"data": [{"id": group(world, place), "name": place.name}]},
            "story": f"{creator.fields['name']} created the group {place.name_at(place.created_at)}.",
            "type": "status",
            "status_type": "created_group",
            "permalink_url": f"{WEB}/groups/{key.replace('_', '/permalink/')}/",
        },
        dict.fromkeys(("comments", "reactions", "likes", "seen", "attachments"), list),
    )


def comment_node(world: World, written: Message) -> Node:
    """Render a comment, or a reply to one: `parent` is told of replies only."""
    root, parent = world.root_of(written), naming.parent_of(world, written)
    key = naming.message(world, written)
    post = naming.message(world, root)
    above = parent if parent is not None and parent is not root else None
    return Node(
        {
            "id": key,
            "created_time": time(written.at),
            "from": named(world, world.people[written.author]),
            "message": naming.body(world, written),
            "message_tags": naming.tags(world, written) or None,
            "attachment": next(iter(_files(world, written)), None),
            "comment_count": len(answers(world, written)),
            "like_count": len(naming.reactions(written)),
            "permalink_url": f"{WEB}/groups/{post.replace('_', '/permalink/')}/?comment_id={key.split('_')[1]}",
            "parent": Node({"id": naming.message(world, above)}) if above is not None else None,
            "object": Node({"id": post}),
            "can_comment": True,
            "user_likes": False,
        },
        _below(world, written, roots=False),
        default=("created_time", "from", "message", "id"),
    )


def answers(world: World, written: Message) -> list[Message]:
    """List what stands directly below a post or a comment."""
    root = world.root_of(written)
    return [one for one, above in naming.thread(root) if above is written]


def event_node(world: World, place: Place) -> Node:
    """Render the one event of a group, with who answered its invitation."""
    people = [world.people[one] for one in place.present()]
    parts = {"attending": people[::3], "maybe": people[1::3], "declined": people[2::3]}
    return Node(
        {
            "id": naming.native("event", world.seed, str(place.number)),
            "name": "Town hall",
            "description": "Questions beforehand, please: https://intranet.aurora.example/townhall",
            "owner": named(world, world.people[place.creator]),
            "parent_group": Node({"id": group(world, place)}),
            "place": {"name": "Canteen"},
            "start_time": time(place.created_at + 30 * DAY).replace("+0000", "+0100"),
            "end_time": time(place.created_at + 30 * DAY + HOUR).replace("+0000", "+0100"),
            "is_canceled": False,
            "is_draft": False,
            "interested_count": 0,
            "noreply_count": 0,
            **{f"{name}_count": len(found) for name, found in parts.items()},
        },
        {name: _people(world, found) for name, found in parts.items()},
    )


def page_nodes(world: World) -> list[Node]:
    """Render the knowledge library: a category with a page, and a draft in it."""
    editor = named(world, world.people[0])

    def page(key: str, title: str, content: str, status: str, below: Sequence[Node]) -> Node:
        fields = {
            "id": naming.native("page", world.seed, key),
            "title": title,
            "content": content,
            "status": status,
            "last_editor": editor,
            "last_updated": naming.seconds(world.start_us + DAY),
            "read_audience": {"audience_type": "COMMUNITY"},
        }
        return Node(fields, {"subcategories": lambda: below})

    travel = page("travel", "Travel", "<p>Book <b>early</b>.</p><p>Keep receipts &amp; tickets.</p>", "PUBLISHED", [])
    draft = page("draft", "Not yet", "<p>Soon</p>", "DRAFT", [])
    return [page("handbook", "Handbook", "<p>All you need to know</p>", "PUBLISHED", [travel, draft])]


def poll_node(world: World, written: Message) -> Node:
    """Render a poll: each vote is one person's."""
    key = naming.number(written.place, written.at)
    chosen: list[list[Person]] = [[] for _ in written.options]
    for stay in world.places[written.place].stays:
        if stay.since <= written.at and stay.person % 2 == 0:
            chosen[(stay.person // 2) % len(chosen)].append(world.people[stay.person])
    options = [
        Node(
            {"id": naming.native("option", world.seed, f"{key}/{index}"), "name": text, "vote_count": len(people)},
            {"votes": _people(world, people)},
        )
        for index, (text, people) in enumerate(zip(written.options, chosen, strict=True))
    ]
    return Node(
        {"id": naming.native("poll", world.seed, key), "question": naming.body(world, written)},
        {"options": lambda: options},
    )


def seen_rows(world: World, written: Message) -> list[Node]:
    """Render who has seen a post: who was in the group then, a third with the time."""
    found = []
    for stay in world.places[written.place].stays:
        at = written.at + (stay.person + 1) * 7 * MINUTE
        if stay.since <= written.at and stay.person != written.author and at <= world.now_us:
            who = named(world, world.people[stay.person])
            told = time(at) if stay.person % 3 == 0 else None
            found.append(Node({**who.fields, "seen_time": told, "email": None, "department": None}))
    return list({one.fields["id"]: one for one in found}.values())


def reaction_rows(world: World, written: Message) -> list[Node]:
    """Render who reacted and how; there is no time."""
    return [
        Node({**named(world, world.people[one.person]).fields, "type": naming.reaction(one.emoji)})
        for one in naming.reactions(written)
    ]


def _below(world: World, written: Message, *, roots: bool) -> dict[str, JSON]:
    def like_rows() -> list[Node]:
        return [one for one in reaction_rows(world, written) if one.fields["type"] == "LIKE"]

    edges: dict[str, JSON] = {
        "comments": lambda: [comment_node(world, one) for one in answers(world, written)],
        "reactions": lambda: reaction_rows(world, written),
        "likes": like_rows,
    }
    if roots:
        edges["attachments"] = lambda: [Node(one, default=tuple(one)) for one in _files(world, written)]
    return edges


def _files(world: World, written: Message) -> list[JSONObject]:
    found = []
    for file in written.files:
        image = file.mime_type.startswith("image/")
        key = naming.native("file", world.seed, f"{written.place}/{file.number}")
        source = f"https://scontent.example/{key}?sig=abc"
        found.append(
            {
                "title": file.name,
                "description": None,
                "type": "photo" if image else "file_upload",
                "media_type": "photo" if image else "file",
                "url": f"{WEB}/files/{key}",
                "unshimmed_url": None,
                "target": {"id": key, "url": f"{WEB}/files/{key}"},
                "media": {"image": {"src": source, "height": 400, "width": 600}} if image else None,
                "subattachments": None,
            }
        )
    return found


def _shared(world: World, shares: tuple[int, int]) -> str:
    place, at = shares
    return f"{group(world, world.places[place])}_{naming.number(place, at)}"


def _people(world: World, people: Sequence[Person]) -> JSON:
    return lambda: [named(world, one) for one in people]
