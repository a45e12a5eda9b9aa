-- order: 7
-- most: 2
-- parameters: days = 30; history_days = 365; least = 6; times = 3
-- A thread of the last days that at least `least` people answered or reacted to, and `times` as many as usually do in
-- its community.
WITH thread AS (
    SELECT m.id, m.place_id, m.written_at, m.title, m.url,
        count(DISTINCT r.person_id) FILTER (WHERE r.person_id IS DISTINCT FROM m.person_id) AS people
    FROM message AS m LEFT JOIN response AS r ON r.thread_id = m.id
    WHERE m.is_root AND m.written_at > $now - to_days($history_days)
    GROUP BY ALL),
usual AS (SELECT place_id, median(people) AS people FROM thread GROUP BY place_id)
SELECT t.place_id, p.label AS place, t.id AS post_id, t.title, t.url AS link, t.written_at AS posted_on, t.people AS n,
    usual.people AS usual, CASE usual.people WHEN 0 THEN 'none' WHEN 1 THEN 'one' ELSE 'some' END AS form
FROM thread AS t JOIN place AS p ON p.id = t.place_id JOIN usual USING (place_id)
WHERE t.written_at > $now - to_days($days) AND t.people >= $least AND t.people >= $times * usual.people
ORDER BY t.people DESC, t.written_at DESC, t.id
