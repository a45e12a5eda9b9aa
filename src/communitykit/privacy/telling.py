"""What is kept about somebody: everything that a store holds, for who asks to see it (GDPR article 15)."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

from pydantic_core import to_json

from communitykit.model.values import Value
from communitykit.privacy.asking import find
from communitykit.privacy.releases import checked_purpose, release
from communitykit.store import Store
from communitykit.store.making import PRIVATE_FILE

_KEPT: Final = {
    "accounts": "SELECT * FROM members WHERE list_contains($ids, id)",
    "memberships": "SELECT * FROM memberships WHERE list_contains($ids, member_id)",
    "posts": "SELECT * FROM posts WHERE list_contains($ids, author_id)",
    "post_versions": """SELECT v.* FROM post_versions v JOIN posts p ON p.id = v.post_id
        WHERE list_contains($ids, p.author_id)""",
    "acts": "SELECT * FROM events WHERE list_contains($ids, actor_id)",
    "done_to_them": """SELECT * FROM events WHERE list_contains($ids, target_id) OR target_id IN
        (SELECT id FROM posts WHERE list_contains($ids, author_id))""",
    "mentioned_in": """SELECT id, community_id, author_id, created_at FROM posts
        WHERE list_has_any(list_transform(mentions, lambda x: x.id), $ids) OR list_has_any(praised_ids, $ids)""",
    "owner_or_creator_of": """SELECT id, name FROM communities
        WHERE list_contains($ids, owner_id) OR list_contains($ids, creator_id)""",
    "manager_of": "SELECT id, display_name FROM members WHERE list_contains($ids, manager_id)",
    "figures": "SELECT * FROM measures WHERE list_contains($ids, subject_id)",
    "identities": "SELECT * FROM identities WHERE list_contains($ids, account_id)",
    "person": """SELECT * FROM people WHERE person_id IN
        (SELECT person_id FROM identities WHERE list_contains($ids, account_id))""",
    "decisions": "SELECT * FROM decisions WHERE list_contains($ids, account_a) OR list_contains($ids, account_b)",
}


def subject_data(store: str | Path, who: str) -> dict[str, list[dict[str, Value]]]:
    """Return everything that a store holds about somebody, as rows by what they are; `who` as `forget` takes it.

    Raises SettingsError for nobody, and for several; StoreError where there is no store.
    """
    with Store(store) as opened:
        ids = list(find(opened.connection(), who, Path(store).name).accounts)
        return {name: opened.sql(query, {"ids": ids}).to_pylist() for name, query in _KEPT.items()}


def write_subject(store: str | Path, who: str, to: str | Path, *, purpose: str) -> dict[str, int]:
    """Write what `subject_data` returns as JSON into a file that only its owner can read; return how many rows of what.

    That it was written is noted in the store before (`communitykit.privacy.release`), with its `purpose`.

    Raises SettingsError, StoreError as it does; OSError where the file cannot be written, or is there already.
    """
    checked_purpose(purpose)
    kept = subject_data(store, who)
    if os.path.lexists(to):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(to))
    release(store, what="subject", purpose=purpose, rows=sum(map(len, kept.values())))
    with os.fdopen(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE), "wb") as file:
        file.write(to_json(kept, indent=2))
    return {name: len(rows) for name, rows in kept.items()}
