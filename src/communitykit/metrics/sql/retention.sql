-- title: Retention of newcomers
-- title.fr: Rétention des nouveaux venus
-- question: Do those who come stay?
-- question.fr: Ceux qui arrivent restent-ils ?
-- unit: share
-- population: newcomers
-- definition: Of the people whose first act lies in the period, those with a contribution in the n-th stretch of 28 days
--   after the first 28 (block_1, block_2…) / those for whom that stretch has passed by the record's end. Who leaves
--   the company with a known date stays in the denominator.
-- definition.fr: Parmi les personnes dont le premier acte tombe dans la période, celles qui contribuent pendant la n-ième
--   tranche de 28 jours suivant les 28 premiers (block_1, block_2…) / celles pour qui cette tranche est écoulée à la
--   fin des données. Qui quitte l'entreprise à une date connue reste au dénominateur.
-- source: communitykit; Workplace Insights, still active after six months
-- source.fr: communitykit ; Workplace Insights, encore actifs après six mois
-- dimensions: period, department, division, site, country, is_leader
-- variants: block_1, block_2, block_3, block_4, block_5, block_6, block_7, block_8, block_9, block_10, block_11, block_12
-- rests_on: contributions
-- silence: Who came before the record begins seems to come when it begins.
-- silence.fr: Qui est venu avant le début des données semble arriver à ce moment-là.
WITH cohort AS (
    SELECT by_when(d), by_who(p), p.person_id, n.number AS born
    FROM people AS p
    JOIN days AS d ON d.day = p.first_act_day
    JOIN day_numbers AS n ON n.day = p.first_act_day
    WHERE present(p, d)
),
seen AS (
    SELECT c.period, c.person_id, floor((n.number - c.born) / 28) AS block
    FROM cohort AS c
    JOIN acts AS a ON a.person_id = c.person_id
    JOIN day_numbers AS n ON n.day = a.day
    WHERE a.is_contribution AND n.number >= c.born + 28 AND n.number < c.born + 364
    GROUP BY c.period, c.person_id, floor((n.number - c.born) / 28)
),
blocks AS (
    SELECT b.block, b.variant
    FROM (VALUES (1, 'block_1'), (2, 'block_2'), (3, 'block_3'), (4, 'block_4'), (5, 'block_5'), (6, 'block_6'),
        (7, 'block_7'), (8, 'block_8'), (9, 'block_9'), (10, 'block_10'), (11, 'block_11'), (12, 'block_12')
    ) AS b(block, variant)
),
ends AS (SELECT max(n.number) AS number FROM day_numbers AS n)
SELECT by_all(c), b.variant, sum(CASE WHEN s.person_id IS NULL THEN 0 ELSE 1 END) AS numerator,
    count(*) AS denominator, count(*) AS persons
FROM cohort AS c
CROSS JOIN blocks AS b
CROSS JOIN ends AS e
LEFT JOIN seen AS s ON s.period = c.period AND s.person_id = c.person_id AND s.block = b.block
WHERE c.born + 28 * (b.block + 1) - 1 <= e.number
GROUP BY by_all(c), b.variant
