"""From numbered posts and the record's `activity` to acts, threads, answers and ties, in SQL."""

from __future__ import annotations

from typing import Final

from communitykit.analysis.sources import ACTIVITY, WHOLE_SECOND

CONTRIBUTIONS: Final = ("posted", "replied", "reacted", "mentioned", "shared", "praised", "voted")
"""The kinds of acts by which somebody adds something."""
_CONTRIBUTIONS = ", ".join(f"'{kind}'" for kind in CONTRIBUTIONS)
_DAY = "CAST(timezone('{zone}', make_timestamptz({at})) AS DATE)"

NESTED: Final = """
SELECT p.post_id, p.parent_id FROM w_posts p JOIN w_posts up ON up.post_id = p.parent_id
WHERE p.is_answer AND up.is_answer
"""
"""Answers to answers."""
LEVELS: Final = """
WITH RECURSIVE below AS (
    SELECT parent_id AS post_id, 1 AS depth FROM w_nested ANTI JOIN w_nested n ON n.post_id = w_nested.parent_id
    UNION
    SELECT p.post_id, b.depth + 1 FROM below b JOIN w_nested p ON p.parent_id = b.post_id)
SELECT post_id, max(depth) AS depth FROM below GROUP BY post_id
"""
"""How deep answers to answers are, and those that they answer; every other answer is at 1."""
SHARED: Final = "SELECT id, person_id FROM w_posts SEMI JOIN (SELECT shared FROM w_posts) s ON s.shared = id"

ACTS: Final = f"""
WITH done AS (
    SELECT a.kind, a.actor_id, a.target_id, a.occurred_at, a.observed_after, a.platform, a.network, a.post_id,
        coalesce(a.community_id, a.target_id) AS place
    FROM ({ACTIVITY}) a WHERE a.kind <> 'deleted'),
placed AS (
    SELECT d.kind, w.number AS person_id, d.target_id, {WHOLE_SECOND.format(at="d.occurred_at")} AS told_us,
        {WHOLE_SECOND.format(at="d.observed_after")} AS after_us, d.platform, n.number AS network_id, p.post_id,
        p.thread_id,
        p.person_id AS author, p.to_person_id AS answered, p.at_us AS post_us, p.shared,
        coalesce(p.place_id, c.number) AS place_id, d.post_id IS NOT NULL AND p.post_id IS NULL AS is_gone
    FROM done d LEFT JOIN w_posts p ON p.id = d.post_id LEFT JOIN w_account w ON w.account = d.actor_id
    LEFT JOIN w_place c ON c.id = d.place LEFT JOIN w_network n ON n.id = w_key(d.platform || ':' || d.network)
    LEFT JOIN w_lost g ON g.id = d.place WHERE g.id IS NULL)
SELECT at_us, {{day}} AS day, at_is_inferred, person_id, kind, is_contribution, platform, network_id, place_id,
    thread_id, post_id, to_person_id
FROM (
    SELECT coalesce(q.told_us, CASE WHEN q.after_us IS NULL THEN q.post_us ELSE greatest(q.after_us, q.post_us) END)
            AS at_us,
        q.told_us IS NULL AS at_is_inferred, q.person_id, q.kind, q.kind IN ({_CONTRIBUTIONS}) AS is_contribution,
        q.platform, q.network_id, q.place_id, q.thread_id, q.post_id,
        CASE WHEN q.kind IN ('posted', 'edited') THEN NULL WHEN q.kind = 'replied' THEN q.answered
            WHEN q.kind IN ('mentioned', 'praised', 'followed', 'invited') THEN t.number
            WHEN q.kind = 'shared' THEN s.person_id ELSE q.author END AS to_person_id
    FROM placed q
    LEFT JOIN w_account t
        ON t.account = CASE WHEN q.kind IN ('mentioned', 'praised', 'followed', 'invited') THEN q.target_id END
    LEFT JOIN w_shared s ON s.id = CASE WHEN q.kind = 'shared' THEN q.shared END
    WHERE NOT q.is_gone)
ORDER BY day, at_us, person_id
""".replace("{day}", _DAY.format(zone="{zone}", at="at_us"))  # noqa: S608 # our own text

_HUMAN = "coalesce(h.kind, 'person') NOT IN ('bot', 'shared')"

REACTED: Final = f"""
SELECT a.post_id, count(*) AS reactions, count(DISTINCT a.person_id) AS reactors,
    min(a.at_us) FILTER (a.person_id IS DISTINCT FROM a.to_person_id AND {_HUMAN}) AS first_us
FROM w_acts a LEFT JOIN w_people h ON h.person_id = a.person_id
WHERE a.kind = 'reacted' AND a.post_id IS NOT NULL GROUP BY a.post_id
"""  # noqa: S608 # our own text

THREADS: Final = f"""
WITH replied AS (
    SELECT r.thread_id, count(*) AS replies, count(DISTINCT r.person_id) AS repliers,
        max(coalesce(l.depth, 1)) AS depth,
        min(r.at_us) FILTER (NOT r.at_is_inferred AND r.person_id IS DISTINCT FROM t.person_id AND {_HUMAN}) AS first_us
    FROM w_posts r JOIN w_posts t ON t.post_id = r.thread_id LEFT JOIN w_levels l ON l.post_id = r.post_id
    LEFT JOIN w_people h ON h.person_id = r.person_id WHERE r.is_answer GROUP BY r.thread_id),
seen AS (
    SELECT thread_id, count(DISTINCT person_id) AS viewers FROM w_acts WHERE kind = 'viewed' GROUP BY thread_id),
tellers AS (SELECT DISTINCT network_id FROM w_acts WHERE kind = 'viewed')
SELECT p.thread_id, p.post_id, p.place_id, p.platform, p.network_id, p.person_id, p.kind, p.at_us,
    {{day}} AS day, p.has_text, p.is_question, p.length, p.links, p.attachments, p.mentions, p.language,
    CAST(coalesce(r.replies, 0) AS INTEGER) AS replies, CAST(coalesce(r.repliers, 0) AS INTEGER) AS repliers,
    CAST(greatest(coalesce(e.reactions, 0), coalesce(p.told_reactions, 0)) AS INTEGER) AS reactions,
    CAST(coalesce(e.reactors, 0) AS INTEGER) AS reactors,
    CASE WHEN t.network_id IS NOT NULL THEN CAST(coalesce(s.viewers, 0) AS INTEGER) END AS viewers,
    p.reported_views, CAST(coalesce(r.depth, 0) AS INTEGER) AS depth, r.first_us AS first_reply_us,
    least(r.first_us, e.first_us) AS first_response_us
FROM w_posts p LEFT JOIN replied r ON r.thread_id = p.post_id LEFT JOIN w_reacted e ON e.post_id = p.post_id
LEFT JOIN seen s ON s.thread_id = p.post_id LEFT JOIN tellers t ON t.network_id = p.network_id
WHERE NOT p.is_answer ORDER BY day, p.at_us, p.post_id
""".replace("{day}", _DAY.format(zone="{zone}", at="p.at_us"))  # noqa: S608 # our own text

ANSWERS: Final = """
SELECT p.post_id, p.thread_id, p.place_id, p.platform, p.network_id, p.person_id, p.to_person_id, p.kind, p.at_us,
    {day} AS day, CAST(coalesce(l.depth, 1) AS INTEGER) AS depth, p.has_text, p.is_question, p.length, p.links,
    p.attachments, p.mentions, p.language,
    CAST(greatest(coalesce(e.reactions, 0), coalesce(p.told_reactions, 0)) AS INTEGER) AS reactions,
    CAST(coalesce(e.reactors, 0) AS INTEGER) AS reactors
FROM w_posts p LEFT JOIN w_levels l ON l.post_id = p.post_id LEFT JOIN w_reacted e ON e.post_id = p.post_id
WHERE p.is_answer ORDER BY day, p.at_us, p.post_id
""".replace("{day}", _DAY.format(zone="{zone}", at="p.at_us"))

TIES: Final = """
SELECT day, person_id AS from_person_id, to_person_id,
    CASE kind WHEN 'replied' THEN 'reply' WHEN 'reacted' THEN 'reaction' ELSE 'mention' END AS kind, platform, place_id,
    CAST(count(*) AS INTEGER) AS acts
FROM w_acts WHERE kind IN ('replied', 'reacted', 'mentioned') AND person_id <> to_person_id
GROUP BY ALL ORDER BY ALL
"""

FIRST_ACTS: Final = """
SELECT p.*, f.day AS first_act_day FROM w_people p
LEFT JOIN (SELECT person_id, min(day) AS day FROM w_acts GROUP BY person_id) f ON f.person_id = p.person_id
ORDER BY p.person_id
"""
