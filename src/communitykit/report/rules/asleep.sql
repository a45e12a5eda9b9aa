-- order: 3
-- most: 2
-- parameters: history_days = 180; least_posts = 10; least_days = 21; gaps = 5; longest_days = 120
-- A community that had at least least_posts posts in its last history_days of life, and has been silent for more than
-- gaps times the usual pause between two of them and at least least_days. After longest_days it is asleep, not falling.
WITH latest AS (SELECT place_id, max(written_at) AS written_at FROM message GROUP BY place_id),
lively AS (
    SELECT l.place_id, l.written_at, count(*) AS posts, count(DISTINCT m.person_id) AS persons,
        (epoch(l.written_at) - epoch(min(m.written_at))) / (count(*) - 1) AS pause
    FROM latest AS l JOIN message AS m ON m.place_id = l.place_id AND m.written_at > l.written_at - to_days($history_days)
    GROUP BY l.place_id, l.written_at HAVING count(*) >= $least_posts)
SELECT l.place_id, p.label AS place, p.url AS link, l.written_at AS posted_on, p.owners AS owners,
    epoch($now) - epoch(l.written_at) AS silent_seconds, greatest(l.pause, 3600) AS pause_seconds,
    CASE WHEN len(p.owners) > 0 THEN 'owned' ELSE 'ownerless' END AS form
FROM lively AS l JOIN place AS p ON p.id = l.place_id
WHERE p.is_read AND l.written_at > $now - to_days($longest_days) AND l.written_at < $now - to_days($least_days)
    AND epoch($now) - epoch(l.written_at) > $gaps * l.pause
ORDER BY l.posts DESC, l.place_id
