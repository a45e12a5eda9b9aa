-- order: 2
-- most: 3
-- needs: questions
-- parameters: days = 21; usual_share = 0.75; usual_least = 5; usual_days = 365; floor_hours = 24; unknown_hours = 72
-- A question that nobody has answered, though it is older than the time in which usual_share of the community's own
-- questions had their answer; where fewer than usual_least were answered, the record's, and where that is unknown,
-- unknown_hours. Where the platform counts replies that were not read, nothing is claimed.
WITH question AS (
    SELECT q.id, q.place_id, q.written_at, q.title, q.url, q.counted_replies,
        min(r.written_at) FILTER (WHERE r.person_id IS DISTINCT FROM q.person_id) AS answered_at
    FROM message AS q
    LEFT JOIN response AS r ON r.thread_id = q.id AND r.kind = 'reply'
    WHERE q.is_root AND q.is_question AND q.written_at > $now - to_days($usual_days)
    GROUP BY ALL),
took AS (SELECT place_id, greatest(epoch(answered_at) - epoch(written_at), 0) AS seconds FROM question WHERE answered_at IS NOT NULL),
here AS (
    SELECT place_id, quantile_cont(seconds, $usual_share) AS seconds FROM took
    GROUP BY place_id HAVING count(*) >= $usual_least),
everywhere AS (
    SELECT CASE WHEN count(*) >= $usual_least THEN quantile_cont(seconds, $usual_share) END AS seconds FROM took),
waiting AS (
    SELECT q.*, epoch($now) - epoch(q.written_at) AS waited, here.seconds IS NOT NULL AS is_own,
        coalesce(here.seconds, everywhere.seconds, $unknown_hours * 3600) AS usual
    FROM question AS q LEFT JOIN here USING (place_id) CROSS JOIN everywhere
    WHERE q.answered_at IS NULL AND q.counted_replies = 0 AND q.written_at > $now - to_days($days))
SELECT w.place_id, p.label AS place, w.id AS post_id, w.title, w.url AS link, w.written_at AS posted_on,
    w.waited AS waited_seconds, greatest(w.usual, 60) AS usual_seconds,
    CASE WHEN w.is_own THEN 'own' ELSE 'general' END AS form
FROM waiting AS w JOIN place AS p ON p.id = w.place_id
WHERE p.is_read AND w.waited > greatest(w.usual, $floor_hours * 3600)
ORDER BY w.written_at, w.id
