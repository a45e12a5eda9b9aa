"""From the record to places, coverage and the calendar, in SQL."""

from __future__ import annotations

from typing import Final

from communitykit.store.schema import CURRENT

LOST: Final = "SELECT w_key(id) AS id FROM communities WHERE gone IS NOT NULL"

PLACES: Final = f"""
WITH counted AS (
    SELECT community_id, count(*) AS members, count(*) FILTER (role = 'owner') AS owners
    FROM ({CURRENT["memberships"]}) GROUP BY community_id),
parents AS (SELECT DISTINCT parent_id AS id FROM communities WHERE parent_id IS NOT NULL AND gone IS NULL),
posted AS (
    SELECT place_id, min(day) AS first_day, max(day) AS last_day FROM (
        SELECT place_id, day FROM w_threads UNION ALL SELECT place_id, day FROM w_answers) GROUP BY place_id)
SELECT n.number AS place_id, c.kind, c.platform, t.number AS network_id, c.privacy, u.number AS parent_id,
    (c.kind IN ('network', 'workspace', 'space', 'team', 'user_group') OR a.id IS NOT NULL) AND p.place_id IS NULL
        AS is_container,
    c.is_default, c.archived, c.gone IS NOT NULL AS gone, {{day}} AS created_day,
    CAST(coalesce(m.members, c.member_count,
        CASE WHEN c.privacy IS DISTINCT FROM 'private' AND team.kind = 'team' THEN i.members END) AS INTEGER)
        AS members,
    CAST(CASE WHEN coalesce(m.owners, 0) > 0 THEN m.owners WHEN c.owner_id IS NOT NULL THEN 1 ELSE m.owners END
        AS INTEGER) AS owners,
    p.first_day AS first_post_day, p.last_day AS last_post_day
FROM communities c JOIN w_place n ON n.id = w_key(c.id) LEFT JOIN w_place u ON u.id = w_key(c.parent_id)
LEFT JOIN w_network t ON t.id = w_key(c.platform || ':' || c.network) LEFT JOIN counted m ON m.community_id = c.id
LEFT JOIN communities team ON team.id = c.parent_id LEFT JOIN counted i ON i.community_id = c.parent_id
LEFT JOIN parents a ON a.id = c.id LEFT JOIN posted p ON p.place_id = n.number
ORDER BY place_id
""".replace("{day}", "CAST(timezone('{zone}', c.created_at) AS DATE)")  # noqa: S608 # our own text

COVERAGE: Final = """
WITH latest AS (
    SELECT c.*, CASE WHEN regexp_full_match(split_part(k, '/', 1), '[a-z][a-z_-]{{0,20}}') THEN split_part(k, '/', 1)
        ELSE 'other' END AS what
    FROM (SELECT *, array_to_string(string_split(slice, ':')[3:], ':') AS k FROM coverage) c
    LEFT JOIN runs r ON r.run_id = c.run_id
    QUALIFY row_number() OVER (PARTITION BY c.slice, c.since
        ORDER BY r.last_commit DESC NULLS LAST, c.status = 'complete', c.until DESC) = 1)
SELECT l.platform, n.number AS network_id, p.number AS place_id, l.what,
    CAST(timezone('{zone}', l.since) AS DATE) AS since_day, CAST(timezone('{zone}', l.until) AS DATE) AS until_day,
    l.status, CASE l.status WHEN 'complete' THEN NULL WHEN 'denied' THEN 'no_permission'
        WHEN 'truncated' THEN 'platform_limit'
        WHEN 'skipped' THEN CASE WHEN l.by_policy THEN 'not_asked_for' ELSE 'left_out' END
        ELSE CASE WHEN l.rejected > 0 THEN 'rejected' ELSE 'unread' END END AS reason
FROM latest l LEFT JOIN w_network n ON n.id = w_key(l.platform || ':' || l.network)
LEFT JOIN w_place p ON p.id = w_key(l.community_id) ORDER BY ALL
"""

WINDOW: Final = """
SELECT coalesce(min(day) FILTER (is_contribution AND NOT at_is_inferred), min(day)) AS first_day,
    coalesce((SELECT CAST(timezone('{zone}', max(as_of)) AS DATE) FROM (
        SELECT max(as_of) AS as_of FROM posts UNION ALL SELECT max(as_of) FROM events)), max(day)) AS last_day
FROM w_acts
"""
"""From the first dated contribution to the day on which the latest that was told was true."""

CALENDAR: Final = """
SELECT CAST(d.day AS DATE) AS day, c.country, CAST(isoyear(d.day) AS INTEGER) AS iso_year,
    CAST(weekofyear(d.day) AS INTEGER) AS iso_week,
    printf('%d-W%02d', isoyear(d.day), weekofyear(d.day)) AS week, strftime(d.day, '%Y-%m') AS month,
    printf('%d-Q%d', year(d.day), quarter(d.day)) AS quarter, CAST(year(d.day) AS VARCHAR) AS year,
    CAST(isodow(d.day) AS INTEGER) AS weekday,
    coalesce(w.works, isodow(d.day) <= 5) AS is_working_day
FROM generate_series(DATE '{first}', DATE '{last}', INTERVAL 1 DAY) AS d(day)
CROSS JOIN (SELECT DISTINCT country FROM w_people WHERE country IS NOT NULL UNION SELECT '') AS c
LEFT JOIN w_working w ON w.country = c.country AND w.day = d.day
ORDER BY c.country, d.day
"""
