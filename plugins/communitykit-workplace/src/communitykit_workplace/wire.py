"""Workplace's payloads, as far as they are read: types for the reader and mypy, no run-time cost.

No payload of a real company is public, and archives hold whatever their makers asked for: any key but `id` may be
absent, and new ones may appear.
"""

from __future__ import annotations

from typing import TypedDict

from communitykit.connector import JSON


class Paging(TypedDict, total=False):
    """How an edge goes on: `next` is there while it does, `cursors.after` may be there anyway."""

    cursors: dict[str, str]
    next: str
    previous: str


class Edge(TypedDict, total=False):
    """Objects beside an object: a page of them, and what is told of all."""

    data: list[JSON]
    paging: Paging
    summary: dict[str, JSON]


class Profile(TypedDict, total=False):
    """Somebody or something as others name it."""

    id: str
    name: str
    type: str


class Tag(TypedDict, total=False):
    """A mention: `offset` and `length` count characters of the message."""

    id: str
    name: str
    type: str
    offset: int
    length: int


class Attachment(TypedDict, total=False):
    """What a post shows beside its message; `subattachments` are the pictures of an album."""

    title: str
    description: str
    type: str
    media_type: str
    url: str
    unshimmed_url: str
    target: dict[str, JSON]
    media: dict[str, JSON]
    subattachments: Edge


class Comment(TypedDict, total=False):
    """A comment, or a reply to one (`parent`)."""

    id: str
    created_time: str
    message: str
    message_tags: JSON
    attachment: Attachment
    comment_count: int
    like_count: int
    permalink_url: str
    parent: Profile
    object: Profile
    comments: Edge
    reactions: Edge
    likes: Edge


Post = TypedDict(
    "Post",
    {
        "id": str,
        "created_time": str,
        "updated_time": str,
        "formatting": str,
        "from": Profile,
        "to": Edge,
        "message": str,
        "message_tags": JSON,
        "story": str,
        "type": str,
        "status_type": str,
        "permalink_url": str,
        "link": str,
        "name": str,
        "description": str,
        "caption": str,
        "picture": str,
        "object_id": str,
        "parent_id": str,
        "attachments": Edge,
        "poll": dict[str, JSON],
        "shares": dict[str, int],
        "sharedposts": Edge,
        "comments": Edge,
        "reactions": Edge,
        "likes": Edge,
        "seen": Edge,
    },
    total=False,
)
"""A post of a feed, as it was asked for: everything may be absent but its id."""


class Member(TypedDict, total=False):
    """A person of the company; one of another company shows `id` and `name` only."""

    id: str
    name: str
    first_name: str
    last_name: str
    email: str
    title: str
    organization: str
    division: str
    department: str
    primary_address: str
    locale: str
    work_locale: str
    link: str
    external_id: str
    employee_number: str
    active: bool
    account_invite_time: str | int
    account_claim_time: str | int
    account_deactivate_time: str | int
    updated_time: str
    managers: Edge
    administrator: bool
    joined: int


class Group(TypedDict, total=False):
    """A group, or the company's community, which is the root of all."""

    id: str
    name: str
    description: str
    privacy: str
    purpose: str
    group_type: str
    archived: bool
    is_workplace_default: bool
    is_community: bool
    is_official_group: bool
    owner: Profile
    parent: Profile
    updated_time: str
    members: Edge
    admins: Edge
    groups: Edge


class Event(TypedDict, total=False):
    """An event of a group; RSVPs are its edges."""

    id: str
    name: str
    description: str
    owner: Profile
    parent_group: Profile
    place: dict[str, JSON]
    start_time: str
    end_time: str
    is_canceled: bool
    is_draft: bool
    attending_count: int
    declined_count: int
    interested_count: int
    maybe_count: int
    noreply_count: int
    attending: Edge
    declined: Edge
    maybe: Edge


Page = TypedDict(
    "Page",
    {
        "id": str,
        "title": str,
        "content": str,
        "json_content": JSON,
        "status": str,
        "last_editor": Profile,
        "last_updated": str | int,
        "subcategories": Edge,
        "subject": str,
        "message": str,
        "from": Profile,
        "created_time": str,
    },
    total=False,
)
"""A page or category of the knowledge library (`content` is HTML), or a group's note (`subject`, `message`)."""


class ScimUser(TypedDict, total=False):
    """A user of SCIM, version 1 or 2; extensions stand under keys that are URNs."""

    id: str | int
    externalId: str
    userName: str
    name: dict[str, str]
    displayName: str
    title: str
    active: bool
    locale: str
    preferredLanguage: str
    timezone: str
    emails: list[dict[str, JSON]]
    addresses: list[dict[str, JSON]]
