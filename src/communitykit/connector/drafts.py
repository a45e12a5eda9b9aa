"""What a translator yields, as types: one TypedDict a kind of record, and those that stand inside them."""

from communitykit.model.drafts import (
    AttachmentDraft,
    CommunityDraft,
    CountsDraft,
    EventDraft,
    FeaturesDraft,
    MeasureDraft,
    MemberDraft,
    MembershipDraft,
    MentionDraft,
    PollDraft,
    PollOptionDraft,
    PostDraft,
    RecordDraft,
)

__all__ = [
    "AttachmentDraft",
    "CommunityDraft",
    "CountsDraft",
    "EventDraft",
    "FeaturesDraft",
    "MeasureDraft",
    "MemberDraft",
    "MembershipDraft",
    "MentionDraft",
    "PollDraft",
    "PollOptionDraft",
    "PostDraft",
    "RecordDraft",
]
