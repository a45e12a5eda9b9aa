"""communitykit's record for Singer: one stream a table, each row whole, and what is gone by its key."""

from tap_communitykit.tap import TapCommunityKit

__all__ = ["TapCommunityKit"]
