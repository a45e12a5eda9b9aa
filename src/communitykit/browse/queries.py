"""What the pages ask of a store: public talk, and private and direct talk only where it was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from communitykit.browse.facets import Chosen
from communitykit.browse.mentions import in_names
from communitykit.model.values import JSON
from communitykit.store import Store, issues
from communitykit.store.schema import CURRENT

PAGE = 50
"""Threads, or posts, of one page."""
_WORD = re.compile(r'["“„]([^"“”]+)["”“]|(\S+)')
REPLIES = 1_000
"""Replies of a thread that are shown."""
_PLACES = f"""
    CREATE OR REPLACE TEMP TABLE places AS WITH RECURSIVE
    level_of(id, level) AS (
        SELECT id, CASE WHEN privacy = 'direct' OR kind = 'direct' THEN 2
                        WHEN privacy = 'public' OR kind IN ('network', 'workspace') THEN 0 ELSE 1 END
        FROM communities),
    above(id, parent_id, level) AS (
        SELECT c.id, c.parent_id, l.level FROM communities c JOIN level_of l USING (id)
        UNION
        SELECT a.id, c.parent_id, greatest(a.level, l.level)
        FROM above a JOIN communities c ON c.id = a.parent_id JOIN level_of l ON l.id = c.id),
    levels AS (SELECT id, max(level) AS level FROM above GROUP BY id)
    SELECT c.*, levels.level FROM ({CURRENT["communities"]}) c JOIN levels USING (id)
"""  # noqa: S608 # our own text
"""How private a place is: as private as it says, or as what it is in; what does not say is private."""
_SHOWN = """
    CREATE OR REPLACE TEMP TABLE shown AS
    SELECT * FROM places WHERE level = 0 OR (level = 1 AND $private) OR (level = 2 AND $direct)
"""
_TALK = f"""
    CREATE OR REPLACE TEMP VIEW talk AS
    SELECT p.*, c.name AS community, coalesce(p.author_name, m.display_name, m.username, p.author_id) AS author,
    m.kind AS author_kind FROM ({CURRENT["posts"]}) p JOIN shown c ON c.id = p.community_id
    LEFT JOIN members m ON m.id = p.author_id
"""  # noqa: S608 # our own text
_ACTS = f"""
    CREATE OR REPLACE TEMP VIEW acts AS
    SELECT e.* FROM ({CURRENT["events"]}) e LEFT JOIN posts p ON p.id = e.target_id
    LEFT JOIN communities c ON c.id = e.target_id LEFT JOIN members m ON m.id = e.target_id
    WHERE CASE WHEN coalesce(e.community_id, p.community_id, c.id) IS NOT NULL
    THEN coalesce(e.community_id, p.community_id, c.id) IN (SELECT id FROM shown)
    ELSE e.target_id IS NULL OR m.id IS NOT NULL END
"""  # noqa: S608 # our own text
"""An act is shown where it happened: in its place, else its target's; what happened nobody knows where is not."""
_NAMES = """
    SELECT id, coalesce(display_name, username) AS name FROM members WHERE list_contains($ids, id)
    UNION ALL SELECT id, name FROM shown WHERE list_contains($ids, id)
"""
"""Who and what is mentioned; a place that is not shown is not named."""
_COPIED = {
    "communities": "SELECT * EXCLUDE (raw, extra, level) FROM shown",
    "posts": "SELECT * EXCLUDE (raw, extra) FROM talk",
    "acts": "SELECT * EXCLUDE (raw, extra) FROM acts",
    "memberships": f"""SELECT * EXCLUDE (raw, extra) FROM ({CURRENT["memberships"]})
        WHERE community_id IN (SELECT id FROM shown)""",  # noqa: S608 # same
    "members": f"""SELECT id, platform, kind, display_name, username, department, country, guest, external, active
        FROM ({CURRENT["members"]})""",  # noqa: S608 # same
}
"""What can be asked in SQL: what the pages show, without what platforms tell beside it, or how people are reached."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for beyond public talk."""

    private: bool = False
    direct: bool = False


class Reading:
    """An opened store, and what of it may be shown."""

    def __init__(self, store: Store, asked: Asked) -> None:
        """Find out which places may be shown: all other queries go through that."""
        self._store = store
        connection = store.connection()  # what is made in it is temporary: the file is opened for reading
        connection.execute(_PLACES)
        connection.execute(_SHOWN, {"private": asked.private, "direct": asked.direct})
        connection.execute(_TALK)
        connection.execute(_ACTS)

    def overview(self) -> list[dict[str, JSON]]:
        """Return how much is shown, by platform; accounts are people here."""
        return self._rows(
            """SELECT platform, count(*) FILTER (WHERE kind = 'member') AS accounts,
            count(*) FILTER (WHERE kind = 'community') AS communities, count(*) FILTER (WHERE kind = 'post') AS posts,
            count(*) FILTER (WHERE kind = 'event') AS acts, min(moment) AS first, max(moment) AS last FROM (
            SELECT platform, 'member' AS kind, NULL::TIMESTAMPTZ AS moment FROM members WHERE NOT stub UNION ALL
            SELECT platform, 'community', NULL FROM shown WHERE kind <> 'user_group' UNION ALL
            SELECT platform, 'post', created_at FROM talk UNION ALL
            SELECT platform, 'event', NULL FROM acts) GROUP BY platform ORDER BY platform"""
        )

    def hidden(self) -> dict[str, int]:
        """Return how many places and posts are not shown, since nobody asked for them."""
        row = self._rows(
            """SELECT count(DISTINCT p.id) AS places, count(o.id) AS posts FROM places p
            LEFT JOIN posts o ON o.community_id = p.id
            WHERE p.id NOT IN (SELECT id FROM shown) AND p.kind <> 'user_group'"""
        )[0]
        return {"places": row["places"], "posts": row["posts"]}

    def communities(self, chosen: Chosen, words: str = "") -> list[dict[str, JSON]]:
        """Return the places that are shown and chosen and whose names hold the words, those with talk first."""
        return self._rows(
            f"""SELECT c.id, c.name, c.platform, c.kind, c.privacy, c.archived,
            coalesce(u.name, 'unnamed ' || u.kind) AS parent,
            count(t.id) FILTER (WHERE t.root_id IS NULL) AS threads, count(t.id) AS posts, max(t.created_at) AS last
            FROM ({_narrowed("shown", chosen, words)}) c
            LEFT JOIN talk t ON t.community_id = c.id LEFT JOIN shown u ON u.id = c.parent_id
            GROUP BY ALL ORDER BY posts DESC, c.name, c.id LIMIT 5000""",  # noqa: S608 # our own text
            **chosen.values,
            **_looked_for(words),
        )

    def facets(self, chosen: Chosen, words: str = "") -> list[dict[str, JSON]]:
        """Return what a list can be narrowed by further: facet, value, number."""
        rows = "shown" if chosen.listed == "communities" else "talk"
        return self._rows(chosen.counted(_narrowed(rows, chosen, words)), **chosen.values, **_looked_for(words))

    def community(self, native: str) -> dict[str, JSON] | None:
        """Return one place, if it is shown."""
        return next(iter(self._rows("SELECT * FROM shown WHERE id = $id", id=native)), None)

    def threads(self, community: str, page: int) -> list[dict[str, JSON]]:
        """Return a page of a place's threads, the newest first."""
        return self._talk(
            """SELECT t.*, (SELECT count(*) FROM talk r WHERE r.root_id = t.id) AS replies
            FROM talk t WHERE t.community_id = $id AND t.root_id IS NULL
            ORDER BY t.created_at DESC NULLS LAST, t.id LIMIT $most OFFSET $skip""",
            id=community,
            most=PAGE + 1,
            skip=PAGE * page,
        )

    def number_of_threads(self, community: str) -> int:
        """Return how many threads a place has."""
        rows = self._rows("SELECT count(*) AS n FROM talk WHERE community_id = $id AND root_id IS NULL", id=community)
        return int(rows[0]["n"])

    def thread(self, post: str) -> list[dict[str, JSON]]:
        """Return a thread, by any of its posts: its root, then the replies as they were written."""
        return self._talk(
            """SELECT t.* FROM talk t WHERE coalesce(t.root_id, t.id) =
            (SELECT coalesce(root_id, id) FROM talk WHERE id = $id)
            ORDER BY t.root_id IS NOT NULL, t.created_at NULLS LAST, t.id LIMIT $most""",
            id=post,
            most=REPLIES + 1,
        )

    def reactions(self, post: str) -> dict[str, dict[str, int]]:
        """Return the reactions of each post of a thread, by name."""
        found: dict[str, dict[str, int]] = {}
        rows = self._rows(
            f"""SELECT e.target_id AS id, coalesce(e.detail, 'reaction') AS name, count(*) AS number
            FROM ({CURRENT["events"]}) e JOIN talk t ON t.id = e.target_id
            WHERE e.kind = 'reacted' AND coalesce(t.root_id, t.id) =
            (SELECT coalesce(root_id, id) FROM talk WHERE id = $id) GROUP BY ALL ORDER BY number DESC, name""",  # noqa: S608 # our own text
            id=post,
        )
        for row in rows:
            found.setdefault(row["id"], {})[row["name"]] = row["number"]
        return found

    def posts(self, chosen: Chosen, words: str, page: int) -> list[dict[str, JSON]]:
        """Return a page of the posts that are chosen and hold the words, the newest first."""
        return self._talk(
            f"""{_narrowed("talk", chosen, words)} ORDER BY created_at DESC NULLS LAST, id
            LIMIT $most OFFSET $skip""",
            **chosen.values,
            **_looked_for(words),
            most=PAGE + 1,
            skip=PAGE * page,
        )

    def largest(self) -> int:
        """Return how many posts there are, or acts, whichever are more."""
        row = self._rows("SELECT greatest((SELECT count(*) FROM posts), (SELECT count(*) FROM events)) AS most")[0]
        return int(row["most"])

    def all_that_is_shown(self) -> Iterator[tuple[str, JSON]]:
        """Yield every table that can be asked in SQL, with its rows as Arrow."""
        for name, query in _COPIED.items():
            yield name, self._store.sql(query)

    def coverage(self) -> list[dict[str, JSON]]:
        """Return what the latest reading of each part covered; of places that are not shown nothing is told."""
        return self._rows(
            """SELECT status, by_policy, reason, count(DISTINCT slice) AS parts, max(until) AS until FROM (
            SELECT c.*, rank() OVER (PARTITION BY slice ORDER BY r.started_at DESC NULLS LAST) AS place
            FROM coverage c LEFT JOIN runs r USING (run_id))
            WHERE place = 1 AND (community_id IS NULL OR community_id IN (SELECT id FROM shown))
            GROUP BY status, by_policy, reason ORDER BY parts DESC, status LIMIT 500"""
        )

    def issues(self) -> list[dict[str, JSON]]:
        """Return payloads that became no record, counted: one that every run meets again is one."""
        return self._rows(f"{issues.COUNTED} LIMIT 500")

    def runs(self) -> list[dict[str, JSON]]:
        """Return the latest runs."""
        return self._rows(
            "SELECT run_id, started_at, ended_at, status, requests FROM runs ORDER BY started_at DESC LIMIT 20"
        )

    def _rows(self, query: str, **parameters: object) -> list[dict[str, JSON]]:
        rows: list[dict[str, JSON]] = self._store.sql(query, parameters).to_pylist()
        return rows

    def _talk(self, query: str, **parameters: object) -> list[dict[str, JSON]]:
        """Return posts, their mentions by name."""
        rows = self._rows(query, **parameters)
        mentioned = {one["id"] for row in rows for one in row["mentions"] or () if one["id"]}
        if mentioned:
            named = self._rows(_NAMES, ids=sorted(mentioned))
            names = {row["id"]: row["name"] for row in named}
            for row in rows:
                row["title"], row["text"] = (in_names(row[one], row["mentions"], names) for one in ("title", "text"))
        return rows


def _narrowed(rows: str, chosen: Chosen, words: str = "") -> str:
    column = "concat_ws(' ', title, text)" if rows == "talk" else "coalesce(name, '')"
    held = [f"contains(strip_accents(lower({column})), strip_accents(lower(${one})))" for one in _looked_for(words)]
    people = "kind <> 'user_group'" if rows == "shown" else "true"
    return f"SELECT * FROM {rows} WHERE {' AND '.join([people, *held, chosen.condition])}"  # noqa: S608 # our own text


def _looked_for(words: str) -> dict[str, str]:
    """Return what has to be in a text, each as a parameter: words, and what stands in quotes as a whole."""
    found = [phrase or word for phrase, word in _WORD.findall(words)]
    return {f"word_{number}": one for number, one in enumerate(found)}
