-- title: Dependence on key people
-- title.fr: Dépendance envers des personnes clés
-- question: Does the network hang on one person?
-- question.fr: Le réseau tient-il à une seule personne ?
-- unit: index
-- population: ties
-- definition: 1 - distinct partners of the person of rank $rank / distinct partners of the first; near 1, one person
--   holds it together. Absent with fewer than $rank people.
-- definition.fr: 1 − nombre de partenaires distincts de la personne de rang $rank / celui de la première ; proche de 1,
--   une seule personne porte le réseau. Non calculé s'il y a moins de $rank personnes.
-- source: SWOOP Analytics, influencer (key player) risk; the rank it compares is unpublished, 10 is ours
-- source.fr: SWOOP Analytics, risque de dépendance envers une personne clé ; le rang comparé n'est pas publié, 10
--   est le nôtre
-- dimensions: period, platform, place
-- parameters: rank = 10
-- rests_on: ties
-- silence: Reactions are ties where a platform tells who reacted.
-- silence.fr: Les réactions sont des liens lorsque la plateforme indique qui a réagi.
WITH ends AS (
    SELECT by_all(x), x.one AS person_id FROM pairs AS x
    UNION ALL
    SELECT by_all(x), x.other AS person_id FROM pairs AS x
),
degrees AS (SELECT by_all(e), e.person_id, count(*) AS partners FROM ends AS e GROUP BY by_all(e), e.person_id),
ranked AS (
    SELECT by_all(g), g.partners,
        row_number() OVER (PARTITION BY by_all(g) ORDER BY g.partners DESC, g.person_id) AS place_in_line
    FROM degrees AS g
)
SELECT by_all(r), max(r.partners) - max(CASE WHEN r.place_in_line = $rank THEN r.partners END) AS numerator,
    max(r.partners) AS denominator, count(*) AS persons
FROM ranked AS r
GROUP BY by_all(r)
