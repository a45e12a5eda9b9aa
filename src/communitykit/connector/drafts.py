"""What a translator yields, as types: one TypedDict a kind of record, and those that stand inside them.

`acted_by` builds many at once, for lists of hundreds who did the same.
"""

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
    acted_by,
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
    "acted_by",
]
