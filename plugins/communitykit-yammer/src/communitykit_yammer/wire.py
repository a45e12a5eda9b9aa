"""Yammer's payloads, as far as they are read: types for the reader and mypy, no run-time cost.

Every key may be absent, and new ones may appear at any time ("Yammer REST API": attributes are only ever added).
"""

from __future__ import annotations

from typing import TypedDict

from communitykit.connector import JSON


class Body(TypedDict, total=False):
    """A body three times: `plain` with names, `parsed` with `[[user:ID]]` tokens, `rich` as HTML."""

    plain: str
    parsed: str
    rich: str
    urls: list[str]


class Liker(TypedDict, total=False):
    """Somebody who reacted; older samples hold mere names as text instead."""

    user_id: int
    full_name: str
    permalink: str
    network_id: int


class LikedBy(TypedDict, total=False):
    """Reactions of any type; `names` may be shorter than `count`."""

    count: int
    names: list[Liker | str]


class Attachment(TypedDict, total=False):
    """A file, image, link card (`ymodule`), praise or shared message."""

    id: int
    type: str
    name: str
    original_name: str
    content_type: str
    size: int
    web_url: str
    host_url: str
    description: str
    comment: str
    praised_user_ids: list[int]


class PollOption(TypedDict, total=False):
    """An answer of a poll."""

    option: int
    answer: str
    count: int


class Message(TypedDict, total=False):
    """A message of a feed, a thread or a search, and a row of an export made to look like one."""

    id: int | str
    sender_id: int | str
    sender_type: str
    delegate_id: int | str | None
    replied_to_id: int | str | None
    thread_id: int | str
    conversation_id: int | str | None
    group_id: int | str | None
    network_id: int | str
    created_at: str
    published_at: str
    deleted_at: str
    message_type: str
    system_message: bool
    direct_message: bool
    privacy: str
    language: str | None
    title: str | None
    body: Body
    attachments: list[Attachment]
    liked_by: LikedBy
    notified_user_ids: list[int]
    shared_message_id: int | str | None
    poll_options: list[PollOption]
    web_url: str


class User(TypedDict, total=False):
    """A user, whole or as a reference; flags are the texts "true" and "false", or booleans."""

    id: int
    type: str
    network_id: int
    state: str
    name: str
    full_name: str
    email: str | None
    job_title: str | None
    department: str | None
    location: str | None
    timezone: str | None
    activated_at: str | None
    web_url: str
    admin: str | bool
    verified_admin: str | bool
    guest: bool
    aad_guest: bool
    office_user_id: str
    deactivated_at: str
    contact: dict[str, JSON]


class Group(TypedDict, total=False):
    """A group, which Viva Engage calls a community."""

    id: int
    type: str
    full_name: str
    name: str
    description: str | None
    privacy: str
    created_at: str
    creator_id: int
    creator_type: str
    web_url: str
    members: int
    stats: dict[str, JSON]
    company_group: bool
    deleted: bool


class Network(TypedDict, total=False):
    """A network: one company's, or an external one."""

    id: int
    name: str
    permalink: str
    web_url: str
    created_at: str
    is_primary: bool


class GraphCommunity(TypedDict, total=False):
    """Graph's `community`: its id is a node id, `groupId` the Microsoft 365 group's."""

    id: str
    displayName: str
    description: str | None
    privacy: str
    groupId: str
