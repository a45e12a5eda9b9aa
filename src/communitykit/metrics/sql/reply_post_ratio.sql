-- title: Replies to posts
-- title.fr: Rapport réponses / messages
-- question: Is more answered than begun?
-- question.fr: Répond-on plus qu'on ne lance de sujets ?
-- unit: ratio
-- population: messages
-- definition: Replies written in the period / threads opened in it, by whoever wrote them.
-- definition.fr: Réponses écrites dans la période / fils ouverts dans la période, selon leurs auteurs.
-- source: SWOOP Analytics (replies : posts)
-- source.fr: SWOOP Analytics (réponses : messages)
-- dimensions: period, platform, place, kind, department, division, site, country, is_leader
-- rests_on: posts
-- silence: Every platform tells replies.
-- silence.fr: Toutes les plateformes indiquent les réponses.
WITH messages AS (
    SELECT t.day, t.person_id, t.platform, t.place_id, t.kind, 0 AS replies, 1 AS posts FROM threads AS t
    UNION ALL
    SELECT r.day, r.person_id, r.platform, r.place_id, r.kind, 1 AS replies, 0 AS posts FROM answers AS r
)
SELECT by_when(d), by_who(p), by_what(m), sum(m.replies) AS numerator, sum(m.posts) AS denominator,
    count(DISTINCT m.person_id) AS persons
FROM messages AS m
JOIN days AS d ON d.day = m.day
LEFT JOIN people AS p ON p.person_id = m.person_id
WHERE human(p)
GROUP BY by_when(d), by_who(p), by_what(m)
