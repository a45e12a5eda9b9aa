-- title: Diversity
-- title.fr: Diversité
-- question: Do people move among several communities and departments?
-- question.fr: Les collaborateurs circulent-ils entre plusieurs communautés et services ?
-- unit: index
-- population: contributors
-- definition: Mean over contributors of 1 - the sum of squared shares, 0 (one only) to nearly 1. communities: shares of
--   one's contributions by community; departments: of one's replies, reactions and mentions by the department of whom
--   they went to.
-- definition.fr: Moyenne, sur les contributeurs, de 1 − la somme des carrés des parts, de 0 (un seul) à presque 1.
--   Entre communautés (communities) : parts de ses contributions par communauté ; entre services (departments) : parts
--   de ses réponses, réactions et mentions par service de leur destinataire.
-- source: SWOOP Analytics, Diversity Index (Gini-Simpson, Blau)
-- dimensions: period, department, division, site, country, is_leader
-- variants: communities, departments
-- parameters: attribute = department
-- needs: departments: departments
-- rests_on: contributions
-- silence: departments is absent where no directory tells the attribute.
-- silence.fr: Entre services (departments), absent lorsqu'aucun annuaire n'indique l'attribut.
WITH by_place AS (
    SELECT by_when(d), a.person_id, a.place_id, CAST(count(*) AS DOUBLE) AS amount
    FROM acts AS a
    JOIN days AS d ON d.day = a.day
    WHERE a.is_contribution AND a.place_id IS NOT NULL AND a.person_id IS NOT NULL
    GROUP BY by_when(d), a.person_id, a.place_id
),
mixes AS (
    SELECT x.period, x.person_id, 1 - sum(x.amount * x.amount) / (sum(x.amount) * sum(x.amount)) AS diversity
    FROM by_place AS x
    GROUP BY x.period, x.person_id
),
by_team AS (
    SELECT by_when(x), by_who(p), x.from_person_id AS person_id, attribute(q) AS team,
        sum(x.acts) AS amount
    FROM arcs AS x
    JOIN people AS p ON p.person_id = x.from_person_id
    JOIN people AS q ON q.person_id = x.to_person_id
    WHERE attribute(q) IS NOT NULL
    GROUP BY by_when(x), by_who(p), x.from_person_id, attribute(q)
),
each AS (
    SELECT by_when(d), by_who(p), 'communities' AS variant, x.person_id, x.diversity
    FROM mixes AS x
    JOIN periods AS d ON d.period = x.period
    JOIN people AS p ON p.person_id = x.person_id
    WHERE present(p, d)
    UNION ALL
    SELECT by_all(x), 'departments' AS variant, x.person_id,
        1 - sum(x.amount * x.amount) / (sum(x.amount) * sum(x.amount)) AS diversity
    FROM by_team AS x
    GROUP BY by_all(x), x.person_id
)
SELECT by_all(e), e.variant, sum(e.diversity) AS numerator, count(*) AS denominator, count(*) AS persons
FROM each AS e
GROUP BY by_all(e), e.variant
