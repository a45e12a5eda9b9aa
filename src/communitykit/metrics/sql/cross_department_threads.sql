-- title: Threads across departments
-- title.fr: Fils entre services
-- question: In how many conversations do departments meet?
-- question.fr: Dans combien de conversations des services se rencontrent-ils ?
-- unit: share
-- population: threads
-- definition: Threads in which people of two or more departments write / threads in which two or more people do. People
--   of unknown department are left out.
-- definition.fr: Fils où écrivent des personnes d'au moins deux services / fils où écrivent au moins deux personnes. Les
--   personnes de service inconnu sont écartées.
-- source: communitykit; Workplace Insights, connections between departments
-- source.fr: communitykit ; Workplace Insights, liens entre services
-- dimensions: period, platform, place, kind
-- parameters: attribute = department
-- needs: departments
-- rests_on: posts
-- silence: Absent where no directory tells the attribute.
-- silence.fr: Non calculé lorsqu'aucun annuaire n'indique l'attribut.
WITH voices AS (
    SELECT t.thread_id, t.person_id FROM threads AS t
    UNION ALL
    SELECT r.thread_id, r.person_id FROM answers AS r
),
mixes AS (
    SELECT x.thread_id, min(x.person_id) AS one, max(x.person_id) AS other, min(attribute(p)) AS team,
        max(attribute(p)) AS other_team
    FROM voices AS x
    JOIN people AS p ON p.person_id = x.person_id
    WHERE p.is_eligible AND attribute(p) IS NOT NULL
    GROUP BY x.thread_id
)
SELECT by_when(d), by_what(t), sum(CASE WHEN m.team <> m.other_team THEN 1 ELSE 0 END) AS numerator,
    count(*) AS denominator, count(DISTINCT t.person_id) AS persons
FROM mixes AS m
JOIN threads AS t ON t.thread_id = m.thread_id
JOIN days AS d ON d.day = t.day
WHERE m.one <> m.other
GROUP BY by_when(d), by_what(t)
