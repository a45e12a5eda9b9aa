-- order: 1
-- most: 2
-- parameters: days = 21; patience_days = 2; known_days = 60
-- Somebody whose first post in the record met neither reply nor reaction for patience_days. Nobody is new in the
-- record's first known_days. Where the platform counts responses that were not read, nothing is claimed.
WITH newest AS (
    SELECT person_id, min(written_at) AS written_at FROM message WHERE is_colleague GROUP BY person_id),
met AS (
    SELECT m.*, count(r.written_at) AS responses
    FROM newest AS n
    JOIN message AS m ON m.person_id = n.person_id AND m.written_at = n.written_at AND m.is_root
    LEFT JOIN response AS r ON r.thread_id = m.id AND r.person_id IS DISTINCT FROM m.person_id
    WHERE m.written_at > $now - to_days($days) AND m.written_at < $now - to_days($patience_days)
        AND m.counted_replies = 0 AND m.counted_reactions = 0
    GROUP BY ALL)
SELECT m.place_id, p.label AS place, m.id AS post_id, m.title, m.url AS link, m.written_at AS posted_on, m.name AS person,
    epoch($now) - epoch(m.written_at) AS waited_seconds
FROM met AS m JOIN place AS p ON p.id = m.place_id CROSS JOIN about
WHERE p.is_read AND m.responses = 0 AND m.written_at > about.first_at + to_days($known_days)
ORDER BY m.written_at DESC, m.id
