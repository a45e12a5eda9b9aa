"""Slack's payloads, as far as they are read: types for the reader and mypy, no run-time cost.

Every key may be absent; unknown keys never hurt. Functional syntax where a key is no identifier is not needed: Slack's
keys all are.
"""

from __future__ import annotations

from typing import TypedDict

from communitykit.connector import JSON


class Edited(TypedDict, total=False):
    """Who edited a message, and when."""

    user: str
    ts: str


class Reaction(TypedDict, total=False):
    """One emoji under a message; `users` may be shorter than `count`."""

    name: str
    users: list[str]
    count: int


class Comment(TypedDict, total=False):
    """A comment on a file, as they were until 2018."""

    user: str
    comment: str


class File(TypedDict, total=False):
    """A file beside a message."""

    id: str
    name: str
    title: str
    mimetype: str
    size: int
    mode: str
    permalink: str
    url_private: str


class LegacyAttachment(TypedDict, total=False):
    """A link preview, a shared message, or a card of a bot."""

    id: int | str
    title: str
    title_link: str
    pretext: str
    text: str
    fallback: str
    fields: list[dict[str, JSON]]
    blocks: list[dict[str, JSON]]
    from_url: str
    original_url: str
    image_url: str
    is_share: bool
    is_msg_unfurl: bool
    channel_id: str
    channel_team: str
    ts: str


class Room(TypedDict, total=False):
    """A huddle."""

    id: str
    created_by: str
    date_start: int
    participant_history: list[str]
    participants: list[str]


class BotProfile(TypedDict, total=False):
    """The app behind a bot's message."""

    id: str
    name: str
    team_id: str
    app_id: str
    deleted: bool
    user_id: str


class UserProfile(TypedDict, total=False):
    """What export messages carry of their author."""

    real_name: str
    display_name: str
    name: str
    team: str
    is_restricted: bool
    is_ultra_restricted: bool


class Message(TypedDict, total=False):
    """A message of history, replies, an export's day file or an event."""

    type: str
    subtype: str
    channel: str
    user: str
    bot_id: str
    bot_profile: BotProfile
    username: str
    text: str
    ts: str
    thread_ts: str
    reply_count: int
    latest_reply: str
    edited: Edited
    blocks: list[dict[str, JSON]]
    attachments: list[LegacyAttachment]
    files: list[File]
    file: File
    comment: Comment
    reactions: list[Reaction]
    pinned_to: list[str]
    team: str
    user_team: str
    source_team: str
    user_profile: UserProfile
    inviter: str
    room: Room
    topic: str
    purpose: str
    name: str
    old_name: str
    item: dict[str, JSON]
    deleted_ts: str
    event_ts: str
    message: dict[str, JSON]
    previous_message: dict[str, JSON]


class TopicValue(TypedDict, total=False):
    """A topic or purpose."""

    value: str


class Channel(TypedDict, total=False):
    """A conversation of any sort; the overlapping `is_channel`/`is_group` are of no use."""

    id: str
    name: str
    is_im: bool
    is_mpim: bool
    is_private: bool
    is_archived: bool
    is_general: bool
    is_member: bool
    is_ext_shared: bool
    is_user_deleted: bool
    created: int
    creator: str
    num_members: int
    topic: TopicValue
    purpose: TopicValue
    previous_names: list[str]
    conversation_host_id: str
    connected_team_ids: list[str]
    shared_team_ids: list[str]
    user: str
    members: list[str]


class Profile(TypedDict, total=False):
    """A member's profile; `fields` is a dict by field id, or null, or an empty list."""

    title: str
    real_name: str
    display_name: str
    email: str
    fields: dict[str, dict[str, str]] | list[JSON] | None


class User(TypedDict, total=False):
    """A member; of a deactivated one most flags are absent, not false."""

    id: str
    team_id: str
    name: str
    real_name: str
    deleted: bool
    is_bot: bool
    is_workflow_bot: bool
    is_connector_bot: bool
    is_admin: bool
    is_owner: bool
    is_primary_owner: bool
    is_restricted: bool
    is_ultra_restricted: bool
    is_stranger: bool
    tz: str
    locale: str
    updated: int
    profile: Profile


class Team(TypedDict, total=False):
    """A workspace."""

    id: str
    name: str
    domain: str
    url: str


class UserGroup(TypedDict, total=False):
    """A group of users that can be mentioned."""

    id: str
    name: str
    handle: str
    description: str
    date_create: int
    date_delete: int
    created_by: str
    user_count: int | str
    users: list[str]


class Pin(TypedDict, total=False):
    """A row of `pins` in an export's channels.json."""

    id: str
    type: str
    user: str
    created: int | str
