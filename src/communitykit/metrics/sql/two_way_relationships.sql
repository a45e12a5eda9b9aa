-- title: Two-way relationships
-- title.fr: Relations réciproques
-- question: Is talk returned?
-- question.fr: Les échanges sont-ils réciproques ?
-- unit: share
-- population: ties
-- definition: dyads: pairs in which each turned to the other / pairs. arcs: directions that are returned / directions.
--   The same network has two different numbers.
-- definition.fr: Par paires (dyads) : paires où chacun s'est adressé à l'autre / paires. Par sens (arcs) : sens
--   d'échange auxquels répond le sens inverse / tous les sens d'échange. Le même réseau donne deux nombres différents.
-- source: SWOOP Analytics, Two-way relationships (dyads); reciprocity as in networkx (arcs)
-- source.fr: SWOOP Analytics, relations réciproques (dyads) ; réciprocité comme dans networkx (arcs)
-- dimensions: period, platform, place
-- variants: dyads, arcs
-- rests_on: ties
-- silence: Reactions are ties where a platform tells who reacted.
-- silence.fr: Les réactions sont des liens lorsque la plateforme indique qui a réagi.
WITH ends AS (
    SELECT by_all(y), y.one AS person_id FROM pairs AS y
    UNION ALL
    SELECT by_all(y), y.other AS person_id FROM pairs AS y
),
nodes AS (SELECT by_all(e), count(DISTINCT e.person_id) AS persons FROM ends AS e GROUP BY by_all(e)),
counts AS (
    SELECT by_all(y), count(*) AS dyads, sum(y.directions) AS arcs,
        sum(CASE WHEN y.directions = 2 THEN 1 ELSE 0 END) AS mutual
    FROM pairs AS y
    GROUP BY by_all(y)
)
SELECT by_all(c), v.variant, CASE v.variant WHEN 'dyads' THEN c.mutual ELSE 2 * c.mutual END AS numerator,
    CASE v.variant WHEN 'dyads' THEN c.dyads ELSE c.arcs END AS denominator, n.persons
FROM counts AS c
JOIN nodes AS n ON same(c, n)
CROSS JOIN variants AS v
