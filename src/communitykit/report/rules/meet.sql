-- order: 4
-- most: 2
-- needs: departments, texts
-- parameters: days = 30; rare_threads = 3; shared = 2; letters = 5; alike = 0.7; many = 8
-- Two threads of the last days, in two communities, opened by people of two departments, with nobody in both, that
-- share at least `shared` words or topics which no more than rare_threads threads have, replies read, too; no word is
-- somebody's name. One message told twice is no meeting: where `alike` of both one's words are the same, or of the
-- shorter one's if those are `many`.
WITH thread AS (
    SELECT * FROM message WHERE is_root AND is_colleague AND department IS NOT NULL AND written_at > $now - to_days($days)),
name AS (
    SELECT DISTINCT u.word FROM (
        SELECT name FROM who WHERE is_human
        UNION SELECT o.mention.label FROM message AS m, unnest(m.mentions) AS o(mention) WHERE o.mention.kind = 'member') AS n,
        unnest(regexp_extract_all(lower(n.name), '[\p{L}\p{N}][\p{L}\p{N}''’-]+')) AS u(word)),
heard AS (
    SELECT DISTINCT m.id, m.thread_id, u.word FROM message AS m,
        unnest(regexp_extract_all(lower(regexp_replace(m.words, '[a-z][a-z0-9+.-]*://\S+', ' ', 'gi')), '[\p{L}\p{N}][\p{L}\p{N}''’-]+')) AS u(word)
    WHERE m.written_at > $now - to_days($days) AND length(u.word) >= $letters
        AND u.word NOT IN (SELECT word FROM name)
    UNION
    SELECT m.id, m.thread_id, '#' || lower(u.topic) FROM message AS m, unnest(m.topics) AS u(topic)
    WHERE m.written_at > $now - to_days($days)),
word AS (SELECT h.id, h.word FROM heard AS h JOIN thread USING (id)),
rare AS (SELECT word FROM heard GROUP BY word HAVING count(DISTINCT thread_id) BETWEEN 2 AND $rare_threads),
taking AS (
    SELECT id AS thread_id, person_id FROM thread UNION SELECT thread_id, person_id FROM response WHERE person_id IS NOT NULL),
pair AS (
    SELECT a.id AS one, b.id AS other, list(word ORDER BY word) AS words
    FROM word AS a JOIN rare USING (word) JOIN word AS b USING (word) WHERE a.id < b.id
    GROUP BY a.id, b.id HAVING count(*) >= $shared),
size AS (SELECT id, count(*) AS words FROM word GROUP BY id),
twice AS (
    SELECT p.one, p.other FROM pair AS p JOIN word AS a ON a.id = p.one JOIN word AS b ON b.id = p.other AND b.word = a.word
    JOIN size AS sa ON sa.id = p.one JOIN size AS sb ON sb.id = p.other
    GROUP BY p.one, p.other, sa.words, sb.words
    HAVING count(*) >= $alike * (sa.words + sb.words - count(*))
        OR count(*) >= greatest($many, $alike * least(sa.words, sb.words)))
SELECT a.place_id, pa.label AS place, a.id AS post_id, a.title, a.url AS link, a.written_at AS posted_on,
    b.id AS other_post_id, b.title AS other_title, b.url AS other_link, pb.label AS other_place,
    a.department AS department, b.department AS other_department,
    [ltrim(one, '#') for one in pair.words[1:3]] AS words
FROM pair
JOIN thread AS a ON a.id = pair.one JOIN place AS pa ON pa.id = a.place_id
JOIN thread AS b ON b.id = pair.other JOIN place AS pb ON pb.id = b.place_id
WHERE a.department <> b.department AND a.place_id <> b.place_id
    AND NOT EXISTS (SELECT 1 FROM twice AS t WHERE t.one = a.id AND t.other = b.id)
    AND NOT EXISTS (SELECT 1 FROM taking AS x JOIN taking AS y USING (person_id) WHERE x.thread_id = a.id AND y.thread_id = b.id)
ORDER BY len(pair.words) DESC, greatest(a.written_at, b.written_at) DESC, a.id
