"""What translators give: records as plain dicts, typed, and builders for what every connector says. Pure.

A draft holds what one payload tells, and nothing else: a field that is left out never overwrites what another source
told, one that is None does. `source` and `raw` are not among the fields, since communitykit adds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Literal, NotRequired, Required, TypeAlias, TypedDict, Unpack

from communitykit.model.ids import make_act_id, make_act_ids, make_event_id, make_id, parse_id
from communitykit.model.values import Value


class MentionDraft(TypedDict):
    """Somebody or something named in a body."""

    kind: Literal["member", "user_group", "community", "everyone", "tag"]
    id: NotRequired[str | None]
    label: NotRequired[str | None]


class AttachmentDraft(TypedDict):
    """A file, link preview, card or image that goes with a post."""

    kind: Literal["file", "image", "video", "audio", "link", "card", "other"]
    id: NotRequired[str | None]
    name: NotRequired[str | None]
    url: NotRequired[str | None]
    mime_type: NotRequired[str | None]
    size: NotRequired[int | None]
    text: NotRequired[str | None]


class PollOptionDraft(TypedDict):
    """One answer of a poll."""

    text: str
    votes: NotRequired[int | None]


class PollDraft(TypedDict, total=False):
    """A poll."""

    question: str | None
    options: Sequence[PollOptionDraft]
    closes_at: datetime | None


class FeaturesDraft(TypedDict, total=False):
    """What is counted of a text; see `communitykit.model.Features`."""

    length: int | None
    has_question: bool | None
    links: int | None


class CountsDraft(TypedDict, total=False):
    """Figures that the platform shows beside a post."""

    replies: int | None
    reactions: dict[str, int] | None
    reacted: int | None
    views: int | None
    shares: int | None


class MemberDraft(TypedDict, total=False):
    """An account, as far as a payload tells."""

    record: Required[Literal["member"]]
    id: Required[str]
    extra: dict[str, Value] | None
    kind: Literal["person", "bot", "system", "unknown"]
    username: str | None
    display_name: str | None
    email: str | None
    job_title: str | None
    department: str | None
    division: str | None
    organization: str | None
    location: str | None
    country: str | None
    manager_id: str | None
    employee_number: str | None
    directory_id: str | None
    time_zone: str | None
    language: str | None
    guest: bool | None
    external: bool | None
    admin: bool | None
    active: bool | None
    created_at: datetime | None
    updated_at: datetime | None
    deactivated_at: datetime | None
    url: str | None


class CommunityDraft(TypedDict, total=False):
    """A place where people meet, as far as a payload tells."""

    record: Required[Literal["community"]]
    id: Required[str]
    extra: dict[str, Value] | None
    kind: Literal["network", "workspace", "team", "channel", "group", "space", "user_group", "direct", "unknown"]
    name: str | None
    parent_id: str | None
    privacy: Literal["public", "private", "secret", "direct"] | None
    archived: bool | None
    is_default: bool | None
    created_at: datetime | None
    creator_id: str | None
    owner_id: str | None
    topic: str | None
    purpose: str | None
    url: str | None
    member_count: int | None
    shared_with: Sequence[str] | None
    previous_names: Sequence[str] | None
    gone: Literal["deleted", "vanished"] | None


class MembershipTold(TypedDict, total=False):
    """What a payload may tell of a membership besides whose it is."""

    extra: dict[str, Value] | None
    role: Literal["owner", "admin", "moderator", "member", "guest"] | None
    since: datetime | None
    until: datetime | None
    active: bool | None


class MembershipDraft(MembershipTold, total=False):
    """A member in a community, as far as a payload tells."""

    record: Required[Literal["membership"]]
    id: Required[str]
    community_id: Required[str]
    member_id: Required[str]


class PostDraft(TypedDict, total=False):
    """A message, as far as a payload tells."""

    record: Required[Literal["post"]]
    id: Required[str]
    extra: dict[str, Value] | None
    community_id: str | None
    author_id: str | None
    author_name: str | None
    root_id: str | None
    parent_id: str | None
    kind: Literal["post", "question", "poll", "announcement", "praise", "article"]
    title: str | None
    body: str | None
    body_format: Literal["plain", "mrkdwn", "markdown", "html", "json"] | None
    text: str | None
    mentions: Sequence[MentionDraft]
    attachments: Sequence[AttachmentDraft]
    links: Sequence[str]
    url: str | None
    language: str | None
    topics: Sequence[str]
    importance: Literal["normal", "high", "urgent"] | None
    poll: PollDraft | None
    praised_ids: Sequence[str]
    shared_from_id: str | None
    broadcast: bool | None
    pinned: bool | None
    counts: CountsDraft | None
    features: FeaturesDraft | None
    created_at: datetime | None
    edited_at: datetime | None
    deleted_at: datetime | None
    gone: Literal["deleted", "vanished"] | None


class EventDraft(TypedDict, total=False):
    """One act, as far as a payload tells."""

    record: Required[Literal["event"]]
    id: Required[str]
    extra: dict[str, Value] | None
    kind: Required[str]
    actor_id: str | None
    target_id: str | None
    community_id: str | None
    detail: str | None
    occurred_at: datetime | None
    time_source: Literal["event", "observed", "none"]
    active: bool


class MeasureDraft(TypedDict, total=False):
    """A figure that the platform itself reports."""

    record: Required[Literal["measure"]]
    id: Required[str]
    extra: dict[str, Value] | None
    subject_id: str | None
    subject_label: str | None
    name: Required[str]
    period_start: date | None
    period_end: date | None
    value: float | None
    unit: str | None
    concealed: bool | None


RecordDraft: TypeAlias = MemberDraft | CommunityDraft | MembershipDraft | PostDraft | EventDraft | MeasureDraft
"""Any record as a draft."""


def acted(
    kind: str,
    *,
    target: str,
    actor: str | None,
    community: str | None = None,
    detail: str | None = None,
    at: datetime | None = None,
    active: bool = True,
) -> EventDraft:
    """Return an act that holds until it is undone: reacted, viewed, voted, pinned, followed.

    `target` and `actor` are ids of this package; the act is of the target's platform and network. `detail` tells apart
    several of one actor on one target (which reaction) and enters the id. `at` is the platform's own time, aware; where
    it tells none the fields of time stay unset, so that a door which knows it may add it.
    """
    draft: EventDraft = {
        "record": "event",
        "id": make_act_id(kind, target, actor, detail),
        "kind": kind,
        "actor_id": actor,
        "target_id": target,
        "active": active,
    }
    if detail is not None:
        draft["detail"] = detail
    return _placed(draft, community, at)


def acted_by(
    actors: Sequence[str], kind: str, *, target: str, at: Sequence[datetime | None], community: str | None = None
) -> list[EventDraft]:
    """Return one act of many actors on one target, as `acted` returns that of each: who has seen a post, say.

    `at` tells the time of each, in the same order, None where there is none. A list of hundreds costs half of what as
    many calls of `acted` do.

    Raises ValueError where there are not as many times as actors.
    """
    shared: EventDraft = {"record": "event", "id": "", "kind": kind, "target_id": target, "active": True}
    if community is not None:
        shared["community_id"] = community
    ids = make_act_ids(kind, target, actors)
    drafts: list[EventDraft] = [
        {**shared, "id": made, "actor_id": actor} for made, actor in zip(ids, actors, strict=True)
    ]  # fmt: skip
    for draft, moment in zip(drafts, at, strict=True):
        if moment is not None:
            draft["occurred_at"] = moment
            draft["time_source"] = "event"
    return drafts


def reacted(
    name: str | None,
    *,
    target: str,
    actor: str | None,
    community: str | None = None,
    at: datetime | None = None,
    active: bool = True,
) -> EventDraft:
    """Return a reaction; `name` is None where the platform has only one, or does not tell which. As `acted`."""
    return acted("reacted", target=target, actor=actor, community=community, detail=name, at=at, active=active)


def occurred(
    kind: str,
    *,
    target: str,
    actor: str | None,
    at: datetime | None,
    occurrence: str | None = None,
    community: str | None = None,
    detail: str | None = None,
) -> EventDraft:
    """Return an act that happened once: joined, left, invited, community_changed, account_changed.

    `occurrence` is the platform's own id of it (of the message that tells of it, say) and enters the id; without one
    `at` does, which counts to the second. `detail` (the new topic…) does not.

    Raises ValueError where neither is given: two such acts could not be told apart.
    """
    if occurrence is None and at is None:
        message = f"{kind} happened at no time and under no id, so two of them could not be told apart"
        raise ValueError(message)
    platform, network = _home(target)
    draft: EventDraft = {
        "record": "event",
        "id": make_event_id(platform, network, kind, target=target, actor=actor, occurrence=occurrence, occurred_at=at),
        "kind": kind,
        "actor_id": actor,
        "target_id": target,
        "active": True,
    }
    if detail is not None:
        draft["detail"] = detail
    return _placed(draft, community, at)


def tombstone(post: str, *, deleted_at: datetime | None = None) -> PostDraft:
    """Return a post that the platform says is deleted: nothing of what it said stays.

    What the platform still tells of it (where it stood, its author, when it was written) is added with `|`.
    """
    draft: PostDraft = {
        "record": "post",
        "id": post,
        "gone": "deleted",
        "title": None,
        "body": None,
        "text": None,
        "mentions": (),
        "attachments": (),
        "links": (),
    }
    if deleted_at is not None:
        draft["deleted_at"] = deleted_at
    return draft


def membership(community: str, member: str, **told: Unpack[MembershipTold]) -> MembershipDraft:
    """Return somebody's being in a community, of the community's platform and network, with what else is told."""
    platform, network = _home(community)
    parts = (*parse_id(community).native, *parse_id(member).native)
    return {
        "record": "membership",
        "id": make_id(platform, network, "membership", *parts),
        "community_id": community,
        "member_id": member,
        **told,
    }


@lru_cache(maxsize=1024)  # acts come one after another on one target
def _home(record_id: str) -> tuple[str, str]:
    parsed = parse_id(record_id)
    return parsed.platform, parsed.network


def _placed(draft: EventDraft, community: str | None, at: datetime | None) -> EventDraft:
    if community is not None:
        draft["community_id"] = community
    if at is not None:
        draft["occurred_at"] = at
        draft["time_source"] = "event"
    return draft
