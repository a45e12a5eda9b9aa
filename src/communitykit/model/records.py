"""The records. Frozen, strict about unknown fields, validated once: where wire payloads become neutral.

A field that a source does not tell stays unset (`told_fields`), which is not the same as None: None is an answer, unset
is no answer. Merging (`communitykit.model.merge`) depends on that difference, and JSON Lines keep it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticSerializationError, to_json

from communitykit.model.references import AnyId, CommunityId, MemberId, PostId, Ref
from communitykit.model.values import Value


def _to_utc(value: datetime) -> datetime:
    return value if value.tzinfo is UTC else value.astimezone(UTC)


UtcDatetime: TypeAlias = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An aware datetime, converted to UTC, at the platform's own precision."""

Id: TypeAlias = Annotated[str, Field(min_length=1)]
"""A neutral id, `platform:network:kind:native`."""


Integer: TypeAlias = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""A whole number of 64 bits, as wide as tables and files hold; a wider one is refused, which costs one record."""


class _Frozen(BaseModel):
    # A bound that no text reaches: with it pydantic reads each text, and refuses halves of characters, which no column
    # and no file holds.
    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=2**31)

    def __repr_args__(self) -> Iterable[tuple[str | None, Value]]:
        """Show what was told, None too: a field that is not shown is one that no source told."""
        told = self.model_fields_set
        return [(name, value) for name, value in super().__repr_args__() if name in told]


class Provenance(_Frozen):
    """Where a record comes from."""

    connector: str = Field(description="Name of the connector.")
    version: str = Field(description="Version of the connector.")
    origin: Literal["api", "archive", "webhook"] = Field(description="The door that it came through.")
    fetched_at: UtcDatetime = Field(description="When communitykit read it.")
    as_of: UtcDatetime = Field(
        description="When what it tells was true: fetch time (API), the export's date (archive), event time (webhook)."
    )


class Mention(_Frozen):
    """Somebody or something named in a body."""

    kind: Literal["member", "user_group", "community", "everyone", "tag"] = Field(description="What is mentioned.")
    id: Annotated[str, Ref.to("member", "community")] | None = Field(
        default=None, description="Its id; None for `everyone` and where the platform gives none."
    )
    label: str | None = Field(default=None, description="The text shown.")


class Attachment(_Frozen):
    """A file, link preview, card or image that goes with a post: metadata only, never its content."""

    kind: Literal["file", "image", "video", "audio", "link", "card", "other"] = Field(description="What it is.")
    id: str | None = Field(default=None, description="The platform's own id of it.")
    name: str | None = Field(default=None, description="File name or title.")
    url: str | None = Field(default=None, description="Its address, without credentials.")
    mime_type: str | None = Field(default=None, description="Media type.")
    size: Integer | None = Field(default=None, description="Bytes.")
    text: str | None = Field(default=None, description="Text that it shows, if any.")


class PollOption(_Frozen):
    """One answer of a poll."""

    text: str = Field(description="The answer.")
    votes: Integer | None = Field(default=None, description="How many chose it; None where the platform does not tell.")


class Poll(_Frozen):
    """A poll."""

    question: str | None = Field(default=None, description="What is asked.")
    options: tuple[PollOption, ...] = Field(default=(), description="The answers.")
    closes_at: UtcDatetime | None = Field(default=None, description="When voting ends.")


class Counts(_Frozen):
    """Figures that the platform shows beside a post; None where it does not tell."""

    replies: Integer | None = Field(default=None, description="Replies.")
    reactions: dict[str, Integer] | None = Field(default=None, description="People per reaction name.")
    reacted: Integer | None = Field(default=None, description="People who reacted, where the platform tells no names.")
    views: Integer | None = Field(default=None, description="People or times seen, as the platform counts.")
    shares: Integer | None = Field(default=None, description="Times shared.")


class Features(_Frozen):
    """What was counted of a post's text where the text itself is not kept."""

    length: Integer | None = Field(default=None, description="Characters of the text; 0 where it has none.")
    has_question: bool | None = Field(default=None, description="A question mark stands outside of addresses and code.")
    links: Integer | None = Field(default=None, description="Links in the body.")


class _Record(_Frozen):
    id: Id = Field(description="`platform:network:kind:native`.")
    source: Provenance | None = Field(default=None, description="Where it comes from.")
    extra: dict[str, Value] | None = Field(default=None, description="What the model has no name for, by connector.")
    raw: Value = Field(default=None, description="The scrubbed wire payload, only when asked for.")

    @field_validator("extra", "raw")
    @classmethod
    def _is_json(cls, value: object) -> Value:
        try:
            to_json(value)
        except PydanticSerializationError:
            raise ValueError("it holds what is no JSON: half a character, or an object") from None
        return value


class Member(_Record):
    """An account on one platform: a person's, a bot's, or the system's own."""

    record: Literal["member"] = "member"
    kind: Literal["person", "bot", "system", "unknown"] = Field(default="unknown", description="Whose account.")
    username: str | None = Field(default=None, description="Handle.")
    display_name: str | None = Field(default=None, description="Name shown.")
    email: str | None = Field(default=None, description="E-mail address.")
    job_title: str | None = Field(default=None, description="Job title.")
    department: str | None = Field(default=None, description="Department.")
    division: str | None = Field(default=None, description="Division.")
    organization: str | None = Field(default=None, description="Company or organization.")
    location: str | None = Field(default=None, description="Office or site.")
    country: str | None = Field(default=None, description="Country, as the platform writes it.")
    manager_id: MemberId | None = Field(default=None, description="The manager's member id.")
    employee_number: str | None = Field(default=None, description="Employee number.")
    directory_id: str | None = Field(
        default=None, description="Directory object id (Microsoft Entra): joins platforms."
    )
    time_zone: str | None = Field(default=None, description="IANA name, or as the platform writes it.")
    language: str | None = Field(default=None, description="Language tag.")
    guest: bool | None = Field(default=None, description="A guest of this network.")
    external: bool | None = Field(default=None, description="At home in another network.")
    admin: bool | None = Field(default=None, description="Administers the network.")
    active: bool | None = Field(default=None, description="False once deactivated or deleted.")
    created_at: UtcDatetime | None = Field(default=None, description="When the account was created.")
    updated_at: UtcDatetime | None = Field(default=None, description="When its profile last changed.")
    deactivated_at: UtcDatetime | None = Field(default=None, description="When it was deactivated.")
    url: str | None = Field(default=None, description="Its page.")


class Community(_Record):
    """A place where people meet: a workspace, team, channel, group, or a group of users."""

    record: Literal["community"] = "community"
    kind: Literal["network", "workspace", "team", "channel", "group", "space", "user_group", "direct", "unknown"] = (
        Field(default="unknown", description="What the platform's own term comes closest to.")
    )
    name: str | None = Field(default=None, description="Name shown.")
    parent_id: CommunityId | None = Field(default=None, description="The community that it belongs to.")
    privacy: Literal["public", "private", "secret", "direct"] | None = Field(default=None, description="Who may read.")
    archived: bool | None = Field(default=None, description="Closed for new posts.")
    is_default: bool | None = Field(default=None, description="Everyone is in it from the first day.")
    created_at: UtcDatetime | None = Field(default=None, description="When it was created.")
    creator_id: MemberId | None = Field(default=None, description="Who created it.")
    owner_id: MemberId | None = Field(default=None, description="Who owns it now.")
    topic: str | None = Field(default=None, description="Current topic.")
    purpose: str | None = Field(default=None, description="Description or purpose.")
    url: str | None = Field(default=None, description="Its page.")
    member_count: Integer | None = Field(default=None, description="Members, as the platform counts them.")
    shared_with: tuple[str, ...] | None = Field(default=None, description="Other networks that share it.")
    previous_names: tuple[str, ...] | None = Field(default=None, description="Earlier names, oldest first.")
    gone: Literal["deleted", "vanished"] | None = Field(default=None, description="No longer there, and how we know.")


class Membership(_Record):
    """A member in a community."""

    record: Literal["membership"] = "membership"
    community_id: CommunityId = Field(description="The community.")
    member_id: MemberId = Field(description="The member.")
    role: Literal["owner", "admin", "moderator", "member", "guest"] | None = Field(default=None, description="Role.")
    since: UtcDatetime | None = Field(default=None, description="Member since, where told.")
    until: UtcDatetime | None = Field(default=None, description="Member until, where told.")
    active: bool | None = Field(default=None, description="False once left.")


class Post(_Record):
    """A message by an actor, people's and bots' alike."""

    record: Literal["post"] = "post"
    community_id: CommunityId | None = Field(default=None, description="Where it stands.")
    author_id: MemberId | None = Field(default=None, description="Who wrote it.")
    author_name: str | None = Field(default=None, description="Name shown instead of the author's own (bots).")
    root_id: PostId | None = Field(
        default=None, description="The post that opened the thread; None on that post itself."
    )
    parent_id: PostId | None = Field(default=None, description="The post that this one answers; None on a root.")
    kind: Literal["post", "question", "poll", "announcement", "praise", "article"] = Field(
        default="post", description="What sort of post."
    )
    title: str | None = Field(default=None, description="Subject or headline.")
    body: str | None = Field(default=None, description="The body exactly as the platform keeps it.")
    body_format: Literal["plain", "mrkdwn", "markdown", "html", "json"] | None = Field(
        default=None, description="How to read `body`."
    )
    text: str | None = Field(default=None, description="Plain text derived from body, blocks, cards and attachments.")
    mentions: tuple[Mention, ...] = Field(default=(), description="Whom and what the body names.")
    attachments: tuple[Attachment, ...] = Field(default=(), description="Files, previews and cards: metadata.")
    links: tuple[str, ...] = Field(default=(), description="Addresses in the body.")
    url: str | None = Field(default=None, description="Its permanent address.")
    language: str | None = Field(default=None, description="Language tag, where the platform tells.")
    topics: tuple[str, ...] = Field(default=(), description="Topics or hashtags, as the platform keeps them.")
    importance: Literal["normal", "high", "urgent"] | None = Field(default=None, description="Importance.")
    poll: Poll | None = Field(default=None, description="The poll, if it is one.")
    praised_ids: tuple[MemberId, ...] = Field(default=(), description="Members who are praised.")
    shared_from_id: PostId | None = Field(default=None, description="The post that this one shares.")
    broadcast: bool | None = Field(default=None, description="A reply also shown in the community itself.")
    pinned: bool | None = Field(default=None, description="Pinned in its community.")
    counts: Counts | None = Field(default=None, description="Figures shown beside it.")
    features: Features | None = Field(default=None, description="What was counted of its text, which is not kept.")
    created_at: UtcDatetime | None = Field(default=None, description="When it was written.")
    edited_at: UtcDatetime | None = Field(default=None, description="When its content last changed.")
    deleted_at: UtcDatetime | None = Field(default=None, description="When it was deleted, where told.")
    gone: Literal["deleted", "vanished"] | None = Field(
        default=None,
        description="`deleted`: the platform said so. `vanished`: absent from a window that was walked whole.",
    )


class EngagementEvent(_Record):
    """One act by one (perhaps unknown) actor, that is not itself a post."""

    record: Literal["event"] = "event"
    kind: Annotated[
        str,
        Field(
            pattern=r"^(reacted|joined|left|invited|viewed|voted|pinned|followed|marked_best_answer|rsvp"
            r"|community_changed|account_changed|x-[a-z0-9]+-[a-z0-9_-]+)$"
        ),
    ] = Field(description="What was done; a connector's own kinds are `x-<connector>-<name>`.")
    actor_id: MemberId | None = Field(default=None, description="Who did it; None where the platform does not tell.")
    target_id: AnyId | None = Field(default=None, description="What it was done to: a post, community or member.")
    community_id: CommunityId | None = Field(default=None, description="Where.")
    detail: str | None = Field(default=None, description="Reaction name, poll option, new topic…")
    occurred_at: UtcDatetime | None = Field(default=None, description="When; None where no source tells.")
    time_source: Literal["event", "observed", "none"] = Field(
        default="none",
        description="`event`: the platform's time; `observed`: between two runs, `observed_after` and the run that "
        "first saw it; `none`.",
    )
    observed_after: UtcDatetime | None = Field(
        default=None, description="When it had not happened yet, as an earlier run saw; only a store can know."
    )
    active: bool = Field(default=True, description="False once undone.")


class Measure(_Record):
    """A figure that the platform itself reports. Never turned into events or members."""

    record: Literal["measure"] = "measure"
    subject_id: AnyId | None = Field(default=None, description="Member, community or network that it is about.")
    subject_label: str | None = Field(default=None, description="The subject as the report writes it.")
    name: str = Field(description="The report's own name of the figure.")
    period_start: date | None = Field(default=None, description="First day counted.")
    period_end: date | None = Field(default=None, description="Last day counted.")
    value: float | None = Field(default=None, description="The figure.")
    unit: str | None = Field(default=None, description="What is counted.")
    concealed: bool | None = Field(default=None, description="The report hides who the subject is.")


class Coverage(_Frozen):
    """What one slice of one run covered, and what it did not."""

    record: Literal["coverage"] = "coverage"
    run_id: str = Field(description="The run.")
    slice: str = Field(description="The slice, `connector:network:key`.")
    community_id: CommunityId | None = Field(default=None, description="The community, where the slice is about one.")
    since: UtcDatetime | None = Field(default=None, description="Start of the window; None is the beginning.")
    until: UtcDatetime | None = Field(default=None, description="End of the window, fixed when the run began.")
    lookback_start: UtcDatetime | None = Field(
        default=None,
        description="From when on posts that an earlier run had read were looked at again (the setting `lookback`); "
        "None where all were, or none had been read.",
    )
    status: Literal["complete", "partial", "denied", "truncated", "skipped"] = Field(description="How it went.")
    reason: str | None = Field(
        default=None, description="Why it is not complete, and what to do; several reasons have ` · ` between them."
    )
    by_policy: bool | None = Field(
        default=None,
        description="Whether nothing was left out but private and direct talk, which no run reads unless it is asked "
        "to; None where something else was, or nothing.",
    )
    requests: Integer = Field(default=0, description="Requests sent.")
    read: Integer = Field(default=0, description="Wire payloads read.")
    stored: Integer = Field(default=0, description="Records made of them.")
    ignored: Integer = Field(default=0, description="Payloads of kinds that the connector knowingly ignores.")
    rejected: Integer = Field(default=0, description="Payloads that became an Issue.")


class Issue(_Frozen):
    """One payload that could not become a record. Never its content."""

    record: Literal["issue"] = "issue"
    run_id: str = Field(description="The run.")
    slice: str = Field(description="The slice.")
    wire_kind: str = Field(description="What sort of payload.")
    native_id: str | None = Field(default=None, description="The platform's own id of it, where readable.")
    reason: str = Field(description="A short code to group by.")
    detail: str | None = Field(default=None, description="Which field and what was wrong, without content.")


class Vanished(_Frozen):
    """What was there and is not any more: deleted, undone, or in a community or on a post that is gone.

    A store tells it (`Store.changed`, `Store.records("vanished")`), so that whoever keeps a copy hears of it.
    """

    record: Literal["vanished"] = "vanished"
    id: Id | None = Field(default=None, description="The id of what vanished; None of what was erased for good.")
    row_key: str | None = Field(default=None, description="The key of its row, as `Store.row_key` gives it of an id.")
    kind: Literal["member", "community", "membership", "post", "event", "measure"] = Field(
        description="What sort of record it was."
    )
    gone: Literal["deleted", "vanished", "erased"] | None = Field(
        default=None,
        description="How we know that it, or what it stood in, is no longer there; `erased`: forgotten, or past its "
        "time.",
    )
    active: Literal[False] | None = Field(default=None, description="False of what was undone, or left.")
    as_of: UtcDatetime = Field(description="When the latest that is known of it was true.")


Entity: TypeAlias = Member | Community | Membership | Post | EngagementEvent | Measure
"""What has an id, and is merged with what is known of it."""
Record: TypeAlias = Annotated[
    Entity | Coverage | Issue,
    Field(discriminator="record"),
]
"""Any record; `record` tells its kind."""

RecordKind: TypeAlias = Literal["member", "community", "membership", "post", "event", "measure", "coverage", "issue"]

RECORD_TYPES: dict[str, type[BaseModel]] = {
    "member": Member,
    "community": Community,
    "membership": Membership,
    "post": Post,
    "event": EngagementEvent,
    "measure": Measure,
    "coverage": Coverage,
    "issue": Issue,
}

_NEVER_TOLD = frozenset({"id", "record", "source", "raw"})


def told_fields(record: BaseModel) -> frozenset[str]:
    """Name the fields that the record's source told, identity and provenance apart."""
    return frozenset(record.model_fields_set - _NEVER_TOLD)
