-- title: Curiosity
-- title.fr: Curiosité
-- question: How much of what is written asks something?
-- question.fr: Quelle part de ce qui s'écrit pose une question ?
-- unit: share
-- population: messages
-- definition: Messages with a question mark outside addresses and code / messages with text.
-- definition.fr: Messages contenant un point d'interrogation, hors adresses et code / messages contenant du texte.
-- source: SWOOP Analytics, Curiosity Index
-- dimensions: period, platform, place, kind, department, division, site, country, is_leader
-- needs: text
-- rests_on: posts
-- silence: Absent where the record was made without text or its features.
-- silence.fr: Non calculé lorsque les données ont été constituées sans texte ni caractéristiques du texte.
WITH messages AS (
    SELECT t.day, t.person_id, t.platform, t.place_id, t.kind, t.is_question FROM threads AS t
    WHERE t.has_text AND t.is_question IS NOT NULL
    UNION ALL
    SELECT r.day, r.person_id, r.platform, r.place_id, r.kind, r.is_question FROM answers AS r
    WHERE r.has_text AND r.is_question IS NOT NULL
)
SELECT by_when(d), by_who(p), by_what(m), sum(CASE WHEN m.is_question THEN 1 ELSE 0 END) AS numerator,
    count(*) AS denominator, count(DISTINCT m.person_id) AS persons
FROM messages AS m
JOIN days AS d ON d.day = m.day
LEFT JOIN people AS p ON p.person_id = m.person_id
WHERE human(p)
GROUP BY by_when(d), by_who(p), by_what(m)
