"""From the record to numbers, in SQL: who and where an id is, people, and posts. Names of work tables begin with `w_`.

Ids are long, and a join of millions of texts takes gigabytes: all work tables call an id by `w_key`, a hash of it in
64 bits, until it is its pseudonym. `{zone}` and `{least}` are filled in.
"""

from __future__ import annotations

from typing import Final

from communitykit.analysis.texts import FEATURES
from communitykit.people.accounts import LISTED, ROSTER
from communitykit.store.schema import activity_of

WHOLE_SECOND: Final = "epoch_us(date_trunc('second', {at}))"
"""Several platforms use the moment at which a message was written as its id: a fraction of a second would tell it."""

KEY: Final = "CREATE OR REPLACE TEMP MACRO w_key(id) AS CASE WHEN id IS NOT NULL THEN hash(id || '{salt}') END"
"""What an id is called in work tables. Two that share it are found where they get their pseudonyms."""

KEYED: Final = {
    "keyed_posts": """SELECT * REPLACE (w_key(id) AS id, w_key(author_id) AS author_id, w_key(parent_id) AS parent_id,
        w_key(root_id) AS root_id, w_key(community_id) AS community_id, w_key(shared_from_id) AS shared_from_id,
        list_transform(mentions, lambda x: {'id': w_key(x.id), 'kind': x.kind}) AS mentions,
        list_transform(praised_ids, lambda x: w_key(x)) AS praised_ids) FROM posts""",
    "keyed_events": """SELECT * REPLACE (w_key(actor_id) AS actor_id, w_key(target_id) AS target_id,
        w_key(community_id) AS community_id) FROM events""",
}
"""The record's tables with the keys of their ids."""
ACTIVITY: Final = activity_of("w_keyed_posts", "w_keyed_events")

ACCOUNTS: Final = f"""
SELECT DISTINCT id FROM (
    SELECT id FROM members WHERE {LISTED} UNION ALL SELECT DISTINCT author_id FROM posts
    UNION ALL SELECT DISTINCT actor_id FROM events UNION ALL SELECT DISTINCT member_id FROM memberships
    UNION ALL SELECT unnest(praised_ids) FROM posts WHERE praised_ids IS NOT NULL
    UNION ALL SELECT m.id FROM (SELECT unnest(mentions) AS m FROM posts WHERE mentions IS NOT NULL)
        WHERE m.kind = 'member'
    UNION ALL SELECT DISTINCT manager_id FROM members WHERE platform <> '{ROSTER}'
) WHERE id IS NOT NULL
"""  # noqa: S608 # our own text
"""Every account that the record names, described or not; but not whom a roster names and does not list."""

BY_ACCOUNT: Final = f"SELECT id AS account, id AS person FROM ({ACCOUNTS})"  # noqa: S608 # our own text
"""Who an account is, where nobody joined accounts: itself."""
BY_PERSON: Final = f"""
SELECT a.id AS account, coalesce(i.person_id, a.id) AS person FROM ({ACCOUNTS}) a
LEFT JOIN (SELECT account_id, any_value(person_id) AS person_id FROM identities WHERE undone_at IS NULL
    GROUP BY account_id) i ON i.account_id = a.id
"""  # noqa: S608 # our own text

IDS: Final[dict[str, str]] = {
    "person": "SELECT DISTINCT person FROM w_who",
    "place": """SELECT id FROM communities UNION SELECT parent_id FROM communities UNION SELECT community_id FROM posts
        UNION SELECT community_id FROM events UNION SELECT community_id FROM coverage""",
    "network": """SELECT platform || ':' || network FROM communities UNION SELECT platform || ':' || network FROM posts
        UNION SELECT platform || ':' || network FROM events UNION SELECT platform || ':' || network FROM coverage""",
}
"""By kind, the texts that need a pseudonym; each comes once."""

ACCOUNT_NUMBERS: Final = """
SELECT w_key(w.account) AS account, n.number FROM w_who w JOIN w_person n ON n.id = w_key(w.person)
"""

PERSONS_OF_ACCOUNTS: Final = """
SELECT id AS person,
    CASE WHEN kind IN ('bot', 'system') THEN 'bot' WHEN guest THEN 'guest' WHEN external THEN 'external'
        WHEN stub THEN 'unknown' ELSE kind END AS kind,
    department, division, location AS site, country, manager_id AS manager, is_leader, NULL::BOOLEAN AS in_roster,
    coalesce(active, NOT stub) AS active, NULL::DATE AS started_day,
    CASE WHEN active = false THEN {deactivated} END AS left_day, NULL::INTEGER AS depth, stub AS is_stub
FROM (SELECT *, NULL::BOOLEAN AS is_leader FROM members)
"""
PERSONS: Final = """
SELECT person_id AS person, kind, department, division, site, country, manager_id AS manager, is_leader, in_roster,
    active, started_on AS started_day, left_on AS left_day, depth, false AS is_stub
FROM people
"""

PEOPLE: Final = """
WITH known AS ({persons}),
accounts AS (
    SELECT w_key(w.person) AS person, count(*) AS accounts FROM w_who w
    LEFT JOIN members m ON m.id = w.account WHERE m.platform IS DISTINCT FROM 'directory' GROUP BY ALL),
member_of AS (
    SELECT a.number, count(DISTINCT m.community_id) AS memberships FROM ({memberships}) m
    JOIN w_account a ON a.account = w_key(m.member_id) GROUP BY a.number)
SELECT n.number AS person_id, coalesce(k.kind, 'unknown') AS kind, nullif(trim(k.department), '') AS department,
    nullif(trim(k.division), '') AS division, nullif(trim(k.site), '') AS site,
    nullif(trim(k.country), '') AS country, m.number AS manager_id, k.depth, k.is_leader,
    (k.manager IS NOT NULL AND m.number IS NULL) OR coalesce(k.is_stub, true) AS is_hole,
    CASE WHEN {roster} THEN coalesce(k.in_roster, false) END AS in_roster, k.active,
    coalesce(k.kind = 'person' AND ({roster} = false OR k.in_roster), false) AS is_eligible,
    CAST(date_trunc('month', k.started_day) AS DATE) AS started_day, last_day(CAST(k.left_day AS DATE)) AS left_day,
    CAST(coalesce(c.accounts, 0) AS INTEGER) AS accounts, CAST(coalesce(b.memberships, 0) AS INTEGER) AS memberships
FROM w_person n LEFT JOIN known k ON w_key(k.person) = n.id
LEFT JOIN w_person m ON m.id = w_key(k.manager) AND m.id <> n.id
LEFT JOIN accounts c ON c.person = n.id LEFT JOIN member_of b ON b.number = n.number
"""

DEPTHS: Final = """
WITH RECURSIVE tree AS (
    SELECT person_id, 0 AS depth FROM w_people WHERE manager_id IS NULL AND NOT is_hole
    UNION ALL
    SELECT p.person_id, t.depth + 1 FROM w_people p JOIN tree t ON p.manager_id = t.person_id WHERE t.depth < 100)
UPDATE w_people SET depth = tree.depth FROM tree WHERE tree.person_id = w_people.person_id
    AND (w_people.manager_id IS NOT NULL OR EXISTS (SELECT 1 FROM w_people b WHERE b.manager_id = w_people.person_id))
"""
"""Where nobody else told it: how many managers are above; nothing for who is in no tree, and below a hole or
a cycle. Of whom there is only a stub is nobody who is known: a hole, too."""

FOLD: Final = """
UPDATE w_people SET {column} = '(other)' WHERE {column} IN (
    SELECT {column} FROM w_people WHERE {column} IS NOT NULL GROUP BY {column}
    HAVING count(*) < {least} OR count(*) FILTER (is_eligible) BETWEEN 1 AND {least} - 1)
OR {column} IS NULL AND is_eligible AND EXISTS (SELECT 1 FROM w_people WHERE {column} IS NOT NULL)
    AND (SELECT count(*) FROM w_people WHERE {column} IS NULL AND is_eligible) < {least};
UPDATE w_people SET {column} = '(other)' WHERE {column} = (
    SELECT arg_min({column}, (colleagues, {column})) FROM (
        SELECT {column}, count(*) AS colleagues FROM w_people
        WHERE {column} <> '(other)' AND is_eligible GROUP BY {column}) HAVING count(*) > 1)
AND (SELECT count(*) FROM w_people WHERE {column} = '(other)' AND is_eligible) BETWEEN 1 AND {least} - 1
"""
"""Puts small groups together, by all who are in them and by the colleagues among them alone; who is told to be in none
is a group, too. Where all small ones together are small, the smallest of the others joins them, unless it is the last.
"""

READ: Final = f"""
SELECT w_key(p.id) AS id, w_post_number(p.id) AS post_id, w_key(p.root_id) AS root,
    w_key(coalesce(p.parent_id, p.root_id)) AS up, p.root_id IS NOT NULL OR p.parent_id IS NOT NULL AS is_answer,
    w_key(p.shared_from_id) AS shared, a.number AS person_id, c.number AS place_id, p.platform,
    n.number AS network_id, p.kind, {WHOLE_SECOND.format(at="p.created_at")} AS at_us,
    p.counts.views AS reported_views,
    greatest(list_sum(map_values(p.counts.reactions)), p.counts.reacted) AS told_reactions,
    p.gone IS NULL AND g.id IS NULL AS is_here, {FEATURES}
FROM posts p LEFT JOIN w_account a ON a.account = w_key(p.author_id) LEFT JOIN w_place c ON c.id = w_key(p.community_id)
LEFT JOIN w_network n ON n.id = w_key(p.platform || ':' || p.network) LEFT JOIN w_lost g ON g.id = w_key(p.community_id)
"""  # noqa: S608 # our own text
"""Every post as numbers, in one pass over the texts: what they are joined with here is small."""

KNOWN: Final = """
SELECT id, post_id, is_here, CASE WHEN is_here THEN at_us END AS at_us,
    CASE WHEN is_here THEN person_id END AS person_id FROM w_read
UNION ALL SELECT w_key(id), w_post_number(id), false, NULL, NULL FROM (
    SELECT any_value(o.id) AS id FROM (
        SELECT root_id AS id FROM posts WHERE root_id IS NOT NULL
        UNION ALL SELECT parent_id FROM posts WHERE parent_id IS NOT NULL) o
    ANTI JOIN w_read r ON r.id = w_key(o.id) GROUP BY w_key(o.id))
"""
"""Every post, and those that are only told of by what answers them."""

POSTS: Final = """
SELECT p.* EXCLUDE (root, up, is_here) REPLACE (coalesce(p.at_us, up.at_us, root.at_us) AS at_us),
    coalesce(root.post_id, up.post_id, p.post_id) AS thread_id, up.post_id AS parent_id,
    p.at_us IS NULL AS at_is_inferred,
    coalesce(up.person_id, CASE WHEN NOT coalesce(up.is_here, false) THEN root.person_id END) AS to_person_id
FROM w_read p LEFT JOIN w_known up ON up.id = p.up LEFT JOIN w_known root ON root.id = p.root
WHERE p.is_here
"""
"""The posts that are there. An answer that nothing dates has the time of what it answers."""

WITH_ACCOUNT: Final = f"""
SELECT count(DISTINCT p.person_id) FROM people p JOIN identities i ON i.person_id = p.person_id
WHERE p.in_roster AND i.undone_at IS NULL AND i.platform <> '{ROSTER}'
"""  # noqa: S608 # our own name
"""How many of the roster's people have an account."""
