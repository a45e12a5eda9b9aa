-- title: Modularity of departments
-- title.fr: Modularité des services
-- question: Does talk cluster by department?
-- question.fr: Les échanges se regroupent-ils par service ?
-- unit: index
-- population: ties
-- definition: modularity: share of ties inside departments - the share that the same degrees would have there by chance.
--   assortativity: the same / the most it could be, so that -1 to 1 compare between companies.
-- definition.fr: Modularité (modularity) : part des liens internes aux services − celle que les mêmes degrés auraient
--   par hasard. Assortativité (assortativity) : la même / son maximum possible, si bien que −1 à 1 se comparent d'une
--   entreprise à l'autre.
-- source: Newman 2003 and 2004; as in networkx
-- source.fr: Newman 2003 et 2004 ; comme dans networkx
-- dimensions: period, platform, place
-- variants: modularity, assortativity
-- parameters: attribute = department
-- needs: departments
-- rests_on: ties
-- silence: Absent where no directory tells the attribute. Reactions are ties where a platform tells who reacted.
-- silence.fr: Non calculé lorsqu'aucun annuaire n'indique l'attribut. Les réactions sont des liens lorsque la plateforme
--   indique qui a réagi.
WITH edges AS (
    SELECT by_all(x), x.one, x.other, attribute(p) AS team, attribute(q) AS other_team
    FROM pairs AS x
    JOIN people AS p ON p.person_id = x.one
    JOIN people AS q ON q.person_id = x.other
    WHERE attribute(p) IS NOT NULL AND attribute(q) IS NOT NULL
),
ends AS (
    SELECT by_all(e), e.one AS person_id, e.team FROM edges AS e
    UNION ALL
    SELECT by_all(e), e.other AS person_id, e.other_team AS team FROM edges AS e
),
degrees AS (
    SELECT by_all(n), n.team, CAST(count(*) AS DOUBLE) AS degree FROM ends AS n GROUP BY by_all(n), n.team
),
squares AS (SELECT by_all(g), sum(g.degree * g.degree) AS squares FROM degrees AS g GROUP BY by_all(g)),
nodes AS (SELECT by_all(n), count(DISTINCT n.person_id) AS persons FROM ends AS n GROUP BY by_all(n)),
counts AS (
    SELECT by_all(e), CAST(count(*) AS DOUBLE) AS m, sum(CASE WHEN e.team = e.other_team THEN 1 ELSE 0 END) AS inside
    FROM edges AS e
    GROUP BY by_all(e)
),
shares AS (
    SELECT by_all(c), c.inside / c.m - s.squares / (4 * c.m * c.m) AS modularity,
        1 - s.squares / (4 * c.m * c.m) AS most
    FROM counts AS c
    JOIN squares AS s ON same(c, s)
)
SELECT by_all(h), v.variant,
    h.modularity AS numerator,
    CASE v.variant WHEN 'modularity' THEN 1 WHEN 'assortativity' THEN h.most END AS denominator,
    n.persons
FROM shares AS h
JOIN nodes AS n ON same(h, n)
CROSS JOIN variants AS v
