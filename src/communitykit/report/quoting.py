"""Posts as the brief quotes them: nobody who is mentioned is named, and one that was told in several places is one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from communitykit.model.values import Value
from communitykit.report.veiling import behind_at, veiled
from communitykit.store import Store

POSTS: Final = {"post_id": "title", "other_post_id": "other_title"}
"""A row's posts, and what it shows of them."""
_TOGETHER: Final = timedelta(days=1)
_TELLING: Final = 30
"""So many letters alike are no chance, whoever wrote them: accounts of one person may not be joined."""
_MESSAGES: Final = """
SELECT id, person_id, words, written_at FROM message WHERE list_contains($ids, id)
"""
_MENTIONED: Final = """
WITH named AS (
    SELECT m.id, u.mention.id AS account, u.mention.label AS label
    FROM message AS m, unnest(m.mentions) AS u(mention)
    WHERE list_contains($ids, m.id) AND u.mention.kind = 'member')
SELECT n.id, list(DISTINCT trim(x.name, '@')) AS names
FROM named AS n LEFT JOIN who AS w ON w.account_id = n.account LEFT JOIN members AS a ON a.id = n.account,
    unnest([n.label, w.name, a.display_name, a.username, url_decode(split_part(n.account, ':member:', 2))]) AS x(name)
WHERE trim(x.name, '@ ') <> '' GROUP BY n.id
"""
_LEADERS: Final = """
SELECT DISTINCT x.name FROM who AS w LEFT JOIN members AS a ON a.id = w.account_id,
    unnest([w.name, a.display_name]) AS x(name)
WHERE w.is_leader AND trim(x.name) LIKE '% %'
"""


@dataclass(frozen=True, slots=True)
class Message:
    """A post of a line: who wrote which words when, without the names of whom it mentions, nor of leaders."""

    id: str
    person_id: str | None
    words: str
    written_at: datetime
    names: tuple[str, ...]
    behind: frozenset[str]

    def quoted(self, text: str | None) -> str | None:
        """Return a part of it without whom it mentions, nor a leader's full name."""
        return veiled(text, self.names, self.behind) if text else text

    def is_also(self, other: Message) -> bool:
        """Tell whether both are one post, told in two places."""
        alike = bool(self.words) and self.words == other.words and abs(self.written_at - other.written_at) <= _TOGETHER
        by_one = self.person_id is not None and self.person_id == other.person_id
        return self.id == other.id or (alike and (by_one or len(self.words) >= _TELLING))


def messages(store: Store, ids: Iterable[str]) -> dict[str, Message]:
    """Return posts by id, from the tables that the rules ask."""
    wanted = {"ids": list(ids)}
    leaders = [row["name"] for row in store.sql(_LEADERS).to_pylist()]
    names = {row["id"]: row["names"] for row in store.sql(_MENTIONED, wanted).to_pylist()}
    rows = store.sql(_MESSAGES, wanted).to_pylist()
    behind = behind_at(store, [row["words"] for row in rows])
    found: dict[str, Message] = {}
    for row in rows:
        mine = (*names.get(row["id"], ()), *leaders)
        words = veiled(row["words"], mine, behind)
        found[row["id"]] = Message(row["id"], row["person_id"], words, row["written_at"], mine, behind)
    return found


def folded(rows: Iterable[Mapping[str, Value]], known: Mapping[str, Message]) -> list[dict[str, Value]]:
    """Return rows in their order, those about one post as one: `also_in` names its other places.

    Where only another one's link is known, the row leads there. What is shown of a post is told without whom that very
    text mentions: the same text mentions other accounts on another platform.
    """
    kept: list[dict[str, Value]] = []
    for row in rows:
        mine = known.get(str(row.get("post_id")))
        same = next((one for one in kept if mine and one["post_id"] and mine.is_also(known[one["post_id"]])), None)
        if same is None:
            kept.append({**row, **{name: known[row[of]].quoted(row[name]) for of, name in POSTS.items()
                                   if row.get(of) in known}})  # fmt: skip
        elif row["place"] not in {same["place"], *same.get("also_in", ())}:
            also = [*same.get("also_in", ()), row["place"]]
            if same["link"] is None and row["link"] is not None:
                also[-1] = same["place"]
                same.update({name: row[name] for name in ("place", "place_id", "post_id", "link")})
            same["also_in"] = also
    return kept
