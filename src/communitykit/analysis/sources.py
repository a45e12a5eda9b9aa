"""From the record to numbers, in SQL: who and where an id is, people, and posts. Names of work tables begin with `w_`.

Every id enters once, as its pseudonym; what follows joins whole numbers. `{zone}` and `{least}` are filled in.
"""

from __future__ import annotations

from typing import Final

from communitykit.analysis.texts import FEATURES
from communitykit.people.accounts import ROSTER
from communitykit.store.schema import CURRENT

WHOLE_SECOND: Final = "epoch_us(date_trunc('second', {at}))"
"""Several platforms use the moment at which a message was written as its id: a fraction of a second would tell it."""

ACCOUNTS: Final = """
SELECT DISTINCT id FROM (
    SELECT id FROM members UNION ALL SELECT DISTINCT author_id FROM posts
    UNION ALL SELECT DISTINCT actor_id FROM events UNION ALL SELECT DISTINCT member_id FROM memberships
    UNION ALL SELECT unnest(praised_ids) FROM posts WHERE praised_ids IS NOT NULL
    UNION ALL SELECT m.id FROM (SELECT unnest(mentions) AS m FROM posts WHERE mentions IS NOT NULL)
        WHERE m.kind = 'member'
    UNION ALL SELECT DISTINCT manager_id FROM members
) WHERE id IS NOT NULL
"""
"""Every account that the record names, described or not."""

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
    "post": """SELECT id FROM posts UNION ALL SELECT * FROM (
        SELECT root_id AS id FROM posts WHERE root_id IS NOT NULL
        UNION SELECT parent_id FROM posts WHERE parent_id IS NOT NULL) o ANTI JOIN posts p ON p.id = o.id""",
}
"""By kind, the texts that need a pseudonym; each comes once."""

ACCOUNT_NUMBERS: Final = """
SELECT w.account, n.number FROM w_who w JOIN w_person n ON n.id = w.person
"""

PERSONS_OF_ACCOUNTS: Final = """
SELECT id AS person,
    CASE WHEN kind IN ('bot', 'system') THEN 'bot' WHEN guest THEN 'guest' WHEN external THEN 'external'
        WHEN stub THEN 'unknown' ELSE kind END AS kind,
    department, division, location AS site, country, manager_id AS manager, is_leader, NULL::BOOLEAN AS in_roster,
    coalesce(active, NOT stub) AS active, NULL::DATE AS started_day,
    CASE WHEN active = false THEN {deactivated} END AS left_day, NULL::INTEGER AS depth
FROM (SELECT *, NULL::BOOLEAN AS is_leader FROM members)
"""
PERSONS: Final = """
SELECT person_id AS person, kind, department, division, site, country, manager_id AS manager, is_leader, in_roster,
    active, started_on AS started_day, left_on AS left_day, depth
FROM people
"""

PEOPLE: Final = """
WITH known AS ({persons}),
accounts AS (
    SELECT w.person, count(*) AS accounts FROM w_who w
    LEFT JOIN members m ON m.id = w.account WHERE m.platform IS DISTINCT FROM 'directory' GROUP BY w.person),
member_of AS (
    SELECT a.number, count(DISTINCT m.community_id) AS memberships FROM ({memberships}) m
    JOIN w_account a ON a.account = m.member_id GROUP BY a.number)
SELECT n.number AS person_id, coalesce(k.kind, 'unknown') AS kind, nullif(trim(k.department), '') AS department,
    nullif(trim(k.division), '') AS division, nullif(trim(k.site), '') AS site,
    nullif(trim(k.country), '') AS country, m.number AS manager_id, k.depth, k.is_leader,
    CASE WHEN {roster} THEN coalesce(k.in_roster, false) END AS in_roster, k.active,
    coalesce(k.kind = 'person' AND ({roster} = false OR k.in_roster), false) AS is_eligible, k.started_day, k.left_day,
    CAST(coalesce(c.accounts, 0) AS INTEGER) AS accounts, CAST(coalesce(b.memberships, 0) AS INTEGER) AS memberships
FROM w_person n LEFT JOIN known k ON k.person = n.id LEFT JOIN w_person m ON m.id = k.manager AND m.id <> n.id
LEFT JOIN accounts c ON c.person = n.id LEFT JOIN member_of b ON b.number = n.number
"""

DEPTHS: Final = """
WITH RECURSIVE tree AS (
    SELECT person_id, 0 AS depth FROM w_people WHERE manager_id IS NULL
    UNION ALL
    SELECT p.person_id, t.depth + 1 FROM w_people p JOIN tree t ON p.manager_id = t.person_id WHERE t.depth < 100)
UPDATE w_people SET depth = tree.depth FROM tree WHERE tree.person_id = w_people.person_id
    AND (w_people.manager_id IS NOT NULL OR EXISTS (SELECT 1 FROM w_people b WHERE b.manager_id = w_people.person_id))
"""
"""Where nobody else told it: how many managers are above; nothing for who is in no tree, and below a cycle."""

FOLD: Final = """
UPDATE w_people SET {column} = '(other)' WHERE {column} IN (
    SELECT {column} FROM w_people WHERE {column} IS NOT NULL GROUP BY {column} HAVING count(*) < {least})
"""

POSTS: Final = f"""
WITH here AS ({CURRENT["posts"]})
SELECT p.id, own.number AS post_id, coalesce(root.number, up.number, own.number) AS thread_id,
    up.number AS parent_id, p.root_id IS NOT NULL OR p.parent_id IS NOT NULL AS is_answer,
    coalesce(p.parent_id, p.root_id) AS target, p.shared_from_id, a.number AS person_id, c.number AS place_id,
    p.platform, n.number AS network_id, p.kind, {WHOLE_SECOND.format(at="p.created_at")} AS at_us,
    p.counts.views AS reported_views,
    greatest(list_sum(map_values(p.counts.reactions)), p.counts.reacted) AS told_reactions,
    {FEATURES}
FROM here p JOIN w_post own ON own.id = p.id
LEFT JOIN w_post root ON root.id = p.root_id LEFT JOIN w_post up ON up.id = coalesce(p.parent_id, p.root_id)
LEFT JOIN w_account a ON a.account = p.author_id LEFT JOIN w_place c ON c.id = p.community_id
LEFT JOIN w_network n ON n.id = p.platform || ':' || p.network
"""  # noqa: S608 # our own text

WITH_ACCOUNT: Final = f"""
SELECT count(DISTINCT p.person_id) FROM people p JOIN identities i ON i.person_id = p.person_id
WHERE p.in_roster AND i.undone_at IS NULL AND i.platform <> '{ROSTER}'
"""  # noqa: S608 # our own name
"""How many of the roster's people have an account."""
