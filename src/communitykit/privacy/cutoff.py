"""What a cut-off takes from a store: told before it is applied, as nothing brings it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from communitykit.printable import counted
from communitykit.store import Store

_LATELY = timedelta(days=7)
_QUERY = """
SELECT count(*) AS posts, count(*) FILTER (created_at < $before) AS older, max(created_at) AS last,
    bool_and(source_origin = 'archive') AS archived FROM posts
"""


@dataclass(frozen=True, slots=True)
class Cutoff:
    """What is older than a moment in a store, and how far the store reaches. Times are aware."""

    before: datetime
    """What is older goes."""
    posts: int
    """Posts in the store."""
    older: int
    """Posts of those that are older."""
    last_post: datetime | None
    """When the last one was written; None where there is none."""
    archived: bool
    """Whether every post comes out of an archive, so that nothing newer is read by itself."""

    @property
    def in_words(self) -> str:
        """Say what goes and what stays."""
        return (
            f"What is older than {self.before:%Y-%m-%d} goes: {self.older:,} of {counted(self.posts, 'post')}; "
            f"{self.posts - self.older:,} stay."
        )

    def remark(self, now: datetime) -> str | None:
        """Return what to look at where the length counts from today and the record ended long before; else None."""
        if self.last_post is None or not self.archived or now - self.last_post < _LATELY:
            return None
        return (
            f"The length counts from today, and the last post of this store, which comes out of archives alone, is of "
            f"{self.last_post:%Y-%m-%d}, {(now - self.last_post).days:,} days ago."
        )


def cutoff(store: str | Path, *, before: datetime) -> Cutoff:
    """Return what `prune` would take of a store's posts.

    Raises StoreError where there is none.
    """
    with Store(store) as opened:
        (row,) = opened.sql(_QUERY, {"before": before}).to_pylist()
    return Cutoff(before, row["posts"], row["older"], row["last"], bool(row["archived"]))
