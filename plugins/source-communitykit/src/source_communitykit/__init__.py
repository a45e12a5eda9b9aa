"""communitykit's record for Airbyte: one stream a table, each row whole, and what is gone by its key."""

from source_communitykit.source import SourceCommunitykit

__all__ = ["SourceCommunitykit"]
