-- What every rule of the brief asks: who, called, place, message, response and about, as temporary tables.
CREATE TEMP TABLE about AS
SELECT $now AS now,
    (SELECT count(*) > 0 FROM people) AS has_people,
    (SELECT min(created_at) FROM posts WHERE gone IS NULL) AS first_at;

CREATE TEMP TABLE who AS
SELECT m.id AS account_id, coalesce(i.person_id, m.id) AS person_id,
    coalesce(p.name, m.display_name, m.username) AS name,
    coalesce(p.department, m.department) AS department,
    coalesce(p.is_leader, false) AS is_leader,
    CASE WHEN p.kind IS NOT NULL THEN p.kind NOT IN ('bot', 'shared')
        ELSE m.kind NOT IN ('bot', 'system') END AS is_human,
    CASE WHEN p.kind IS NOT NULL THEN p.kind = 'person'
        ELSE m.kind = 'person' AND NOT coalesce(m.guest, false) AND NOT coalesce(m.external, false) END AS is_colleague
FROM members AS m
LEFT JOIN identities AS i ON i.account_id = m.id AND i.undone_at IS NULL
LEFT JOIN people AS p ON p.person_id = i.person_id;

-- How anybody is called who may stand in a text, whichever platform that is of.
CREATE TEMP TABLE called AS
SELECT DISTINCT trim(regexp_replace(name, '[\s\pZ\x{0B}\x{1C}-\x{1F}\x{85}]+', ' ', 'g'), '@ ') AS name FROM (
    SELECT name FROM who UNION ALL SELECT display_name FROM members UNION ALL SELECT username FROM members
    UNION ALL SELECT u.mention.label FROM posts, unnest(mentions) AS u(mention) WHERE u.mention.kind = 'member')
WHERE trim(name, '@ ') <> '';

-- Where people talk. What a run could not read whole is not called silent.
CREATE TEMP TABLE place AS
SELECT c.id, coalesce(c.name, c.id) AS name,
    CASE WHEN count(*) OVER (PARTITION BY c.name) > 1 AND c.name IS NOT NULL THEN c.name || ' (' || c.platform || ')'
        ELSE coalesce(c.name, c.id) END AS label, c.url, c.platform, c.network,
    NOT coalesce(bool_or(NOT v.is_whole), false) AS is_read,
    coalesce(list(DISTINCT w.name ORDER BY w.name) FILTER (WHERE w.name IS NOT NULL), []) AS owners
FROM communities AS c
LEFT JOIN (
    SELECT community_id, arg_max(status = 'complete' OR by_policy IS TRUE, until) AS is_whole FROM coverage
    GROUP BY community_id, slice) AS v
    ON v.community_id = c.id
LEFT JOIN memberships AS s
    ON s.community_id = c.id AND s.active IS DISTINCT FROM false AND s.role IN ('owner', 'admin', 'moderator')
LEFT JOIN who AS w ON w.account_id IN (s.member_id, c.owner_id) AND w.is_human
WHERE c.gone IS NULL AND c.archived IS DISTINCT FROM true
    AND c.kind NOT IN ('network', 'user_group', 'direct') AND c.privacy IS DISTINCT FROM 'direct'
GROUP BY c.id, c.name, c.url, c.platform, c.network;

CREATE TEMP TABLE message AS
SELECT p.id, p.community_id AS place_id, coalesce(p.root_id, p.parent_id, p.id) AS thread_id, p.parent_id,
    p.root_id IS NULL AND p.parent_id IS NULL AS is_root,
    w.person_id, w.name, w.department, coalesce(w.is_leader, false) AS is_leader,
    coalesce(w.is_colleague, false) AS is_colleague,
    p.created_at AS written_at, p.url, p.topics, p.mentions,
    nullif(trim(regexp_replace(coalesce(p.title, p.text, ''), '\s+', ' ', 'g')), '') AS title,
    concat_ws(' ', p.title, p.text) AS words,
    p.kind = 'question' OR coalesce(p.features.has_question, false) OR regexp_matches(
        regexp_replace(concat_ws(' ', p.title, p.text), '[a-z][a-z0-9+.-]*://\S+|`[^`]*`', ' ', 'gi'),
        '[?\x{FF1F}\x{061F}\x{037E}\x{2047}-\x{2049}]') AS is_question,
    coalesce(p.counts.replies, 0) AS counted_replies,
    coalesce(p.counts.reacted, 0) + coalesce(list_sum(map_values(p.counts.reactions)), 0) AS counted_reactions
FROM posts AS p
JOIN place AS c ON c.id = p.community_id
LEFT JOIN who AS w ON w.account_id = p.author_id
WHERE p.gone IS NULL AND coalesce(w.is_human, true) AND p.created_at <= $now;

CREATE TEMP TABLE response AS
SELECT thread_id, coalesce(parent_id, thread_id) AS message_id, person_id, written_at, 'reply' AS kind
FROM message WHERE NOT is_root
UNION ALL
SELECT m.thread_id, m.id, w.person_id, coalesce(e.occurred_at, m.written_at), 'reaction'
FROM events AS e
JOIN message AS m ON m.id = e.target_id
LEFT JOIN who AS w ON w.account_id = e.actor_id
WHERE e.kind = 'reacted' AND e.active AND coalesce(w.is_human, true);
