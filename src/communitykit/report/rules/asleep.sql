-- order: 3
-- most: 2
-- parameters: history_days = 180; least_posts = 10; least_days = 21; gaps = 5; recent_days = 120; longest_days = 400; months = 3
-- A community that has been silent for least_days, and was lively before: it had least_posts posts in its last
-- history_days of life and has been silent for more than gaps times the usual pause between two of them; or, as the
-- report tells of its last twelve months, it was awake at the ends of `months` months and not since. Those of the last
-- recent_days come first.
WITH latest AS (SELECT place_id, max(written_at) AS written_at FROM message GROUP BY place_id),
lively AS (
    SELECT l.place_id, l.written_at, count(*) AS posts,
        (epoch(l.written_at) - epoch(min(m.written_at))) / nullif(count(*) - 1, 0) AS pause
    FROM latest AS l JOIN message AS m ON m.place_id = l.place_id AND m.written_at > l.written_at - to_days($history_days)
    GROUP BY l.place_id, l.written_at),
month_end AS (SELECT date_trunc('month', $now) - to_months(CAST(i AS INTEGER)) AS moment FROM range(12) AS r(i)),
awake AS (
    SELECT DISTINCT m.place_id, e.moment FROM month_end AS e
    JOIN message AS m ON m.written_at < e.moment AND m.written_at >= e.moment - to_days($least_days)),
regular AS (
    SELECT a.place_id FROM awake AS a JOIN (SELECT place_id, max(moment) AS moment FROM awake GROUP BY place_id) AS l USING (place_id)
    WHERE a.moment > l.moment - to_months(CAST($months AS INTEGER)) AND l.moment < date_trunc('month', $now)
    GROUP BY a.place_id HAVING count(*) = $months)
SELECT l.place_id, p.label AS place, p.url AS link, l.written_at AS posted_on, p.owners AS owners,
    epoch($now) - epoch(l.written_at) AS silent_seconds, greatest(coalesce(l.pause, 0), 3600) AS pause_seconds,
    CASE WHEN len(p.owners) > 0 THEN 'owned' ELSE 'ownerless' END AS form
FROM lively AS l JOIN place AS p ON p.id = l.place_id
WHERE p.is_read AND l.written_at > $now - to_days($longest_days) AND l.written_at < $now - to_days($least_days)
    AND (l.place_id IN (SELECT place_id FROM regular)
        OR (l.posts >= $least_posts AND epoch($now) - epoch(l.written_at) > $gaps * l.pause))
ORDER BY l.written_at > $now - to_days($recent_days) DESC, l.posts DESC, l.place_id
