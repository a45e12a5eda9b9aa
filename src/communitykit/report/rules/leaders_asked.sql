-- order: 5
-- most: 2
-- needs: leaders, questions
-- parameters: days = 21; patience_days = 3
-- A leader who was named in a question, or got one under a post of their own, and has neither answered nor reacted in
-- that thread for patience_days. The leader is not named here; the link leads there.
WITH asked AS (
    SELECT m.id, m.thread_id, m.place_id, m.written_at, m.title, m.url, m.person_id AS asker, w.person_id AS leader
    FROM message AS m, unnest(m.mentions) AS u(mention)
    JOIN who AS w ON w.account_id = u.mention.id AND w.is_leader
    WHERE m.is_question
    UNION
    SELECT m.id, m.thread_id, m.place_id, m.written_at, m.title, m.url, m.person_id, root.person_id
    FROM message AS m JOIN message AS root ON root.id = coalesce(m.parent_id, m.thread_id) AND root.is_leader
    WHERE m.is_question AND NOT m.is_root)
SELECT any_value(a.place_id) AS place_id, any_value(p.label) AS place, a.id AS post_id, any_value(a.title) AS title,
    any_value(a.url) AS link, any_value(a.written_at) AS posted_on, epoch($now) - epoch(any_value(a.written_at)) AS waited_seconds
FROM asked AS a JOIN place AS p ON p.id = a.place_id
WHERE p.is_read AND a.asker IS DISTINCT FROM a.leader
    AND a.written_at > $now - to_days($days) AND a.written_at < $now - to_days($patience_days)
    AND NOT EXISTS (
        SELECT 1 FROM response AS r WHERE r.thread_id = a.thread_id AND r.person_id = a.leader AND r.written_at >= a.written_at)
GROUP BY a.id
ORDER BY posted_on DESC, post_id
