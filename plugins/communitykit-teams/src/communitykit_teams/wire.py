"""Microsoft Graph's payloads, as far as they are read: types for the reader and mypy, no run-time cost.

Every key may be absent or null; unknown keys never hurt. Functional syntax stands where a key is no identifier. Names
of resource types are Microsoft Graph's own.
"""

from __future__ import annotations

from typing import TypedDict

from communitykit.connector import JSON


class Identity(TypedDict, total=False):
    """`teamworkUserIdentity`, `teamworkApplicationIdentity` and their like; the display name is often null."""

    id: str
    displayName: str
    userIdentityType: str
    applicationIdentityType: str
    conversationIdentityType: str
    tenantId: str


class IdentitySet(TypedDict, total=False):
    """`chatMessageFromIdentitySet`, `chatMessageMentionedIdentitySet`, `chatMessageReactionIdentitySet`."""

    user: Identity
    application: Identity
    device: Identity
    conversation: Identity
    tag: Identity


class Body(TypedDict, total=False):
    """`itemBody`: `contentType` is text or html."""

    contentType: str
    content: str


class Attachment(TypedDict, total=False):
    """`chatMessageAttachment`; `content` of a card is JSON as text."""

    id: str
    contentType: str
    contentUrl: str
    content: str
    name: str
    thumbnailUrl: str


class MentionItem(TypedDict, total=False):
    """`chatMessageMention`; `id` is the number in the body's `<at id="0">`."""

    id: int
    mentionText: str
    mentioned: IdentitySet


class Reaction(TypedDict, total=False):
    """`chatMessageReaction`; `reactionType` is a Unicode character, `custom`, or one of the six old names."""

    reactionType: str
    displayName: str
    reactionContentUrl: str
    createdDateTime: str
    user: IdentitySet


class HistoryItem(TypedDict, total=False):
    """`chatMessageHistoryItem`: the only trace of reactions that were taken back."""

    modifiedDateTime: str
    actions: str
    reaction: Reaction


class ChannelIdentity(TypedDict, total=False):
    """Where a message stands."""

    teamId: str
    channelId: str


class Policy(TypedDict, total=False):
    """`chatMessagePolicyViolation`: what data loss prevention did."""

    dlpAction: str


class Message(TypedDict, total=False):
    """`chatMessage`; `replies` stands there where it was expanded, or completed by us."""

    id: str
    etag: str
    messageType: str
    createdDateTime: str
    lastModifiedDateTime: str
    lastEditedDateTime: str
    deletedDateTime: str
    replyToId: str
    subject: str
    summary: str
    body: Body
    importance: str
    webUrl: str
    chatId: str
    channelIdentity: ChannelIdentity
    attachments: list[Attachment]
    mentions: list[MentionItem]
    reactions: list[Reaction]
    messageHistory: list[HistoryItem]
    policyViolation: Policy
    eventDetail: dict[str, JSON]
    replies: list[Message]


class OrgData(TypedDict, total=False):
    """`employeeOrgData`."""

    division: str
    costCenter: str


class User(TypedDict, total=False):
    """`user`, with what `$select` and `$expand=manager` bring."""

    id: str
    displayName: str
    mail: str
    userPrincipalName: str
    userType: str
    accountEnabled: bool
    jobTitle: str
    department: str
    companyName: str
    officeLocation: str
    country: str
    employeeId: str
    employeeOrgData: OrgData
    preferredLanguage: str
    createdDateTime: str
    manager: dict[str, JSON]


class Team(TypedDict, total=False):
    """`team`, or the `group` behind it: the latter spells visibility with a capital."""

    id: str
    displayName: str
    description: str
    visibility: str
    createdDateTime: str
    isArchived: bool
    webUrl: str
    tenantId: str


class Channel(TypedDict, total=False):
    """`channel`; `membershipType` is standard, private, shared or what comes next."""

    id: str
    displayName: str
    description: str
    membershipType: str
    createdDateTime: str
    isArchived: bool
    webUrl: str
    tenantId: str


class ConversationMember(TypedDict, total=False):
    """`conversationMember` of any sort; `id` is opaque and never parsed."""

    id: str
    roles: list[str]
    displayName: str
    userId: str
    email: str
    tenantId: str


class Organization(TypedDict, total=False):
    """`organization`: the tenant."""

    id: str
    displayName: str


class Notification(TypedDict, total=False):
    """`changeNotification`."""

    subscriptionId: str
    changeType: str
    clientState: str
    resource: str
    tenantId: str
    resourceData: dict[str, JSON]
    encryptedContent: dict[str, str]
    lifecycleEvent: str
