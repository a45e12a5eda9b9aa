-- title: E-I index
-- title.fr: Indice E-I
-- question: Do our departments talk with each other, more or less than chance would have it?
-- question.fr: Nos services se parlent-ils, plus ou moins que ne le voudrait le hasard ?
-- unit: index
-- population: ties
-- definition: (E - I) / (E + I) of the ties across (E) and inside (I) departments, from -1 (silos) to 1. Alone it
--   misleads: with many departments most ties cross by chance. expected and sd are what the same network has where
--   departments are dealt at random to all people who have one, in closed form; adjusted is observed - expected, z = adjusted / sd. People of
--   unknown department are left out.
-- definition.fr: (E − I) / (E + I) des liens entre services (E) et au sein d'un service (I), de −1 (silos) à 1. Seul,
--   l'indice observé (observed) trompe : avec beaucoup de services, la plupart des liens sont externes par hasard. La
--   valeur attendue (expected) et l'écart-type (sd) sont ceux du même réseau quand les services sont distribués au
--   hasard entre tous ceux qui en ont un, en forme close ; l'indice ajusté (adjusted) est l'indice observé − la valeur
--   attendue, l'indice réduit (z) est l'indice ajusté / l'écart-type. Les personnes de service inconnu sont écartées.
-- source: Krackhardt and Stern 1988; expectation and variance under permutation: communitykit
-- source.fr: Krackhardt et Stern 1988 ; espérance et variance par permutation : communitykit
-- dimensions: period, platform, place
-- variants: observed, expected, adjusted, sd, z
-- parameters: attribute = department
-- needs: departments
-- rests_on: ties
-- silence: Absent where no directory tells the attribute. Reactions are ties where a platform tells who reacted.
-- silence.fr: Non calculé lorsqu'aucun annuaire n'indique l'attribut. Les réactions sont des liens lorsque la plateforme
--   indique qui a réagi.
WITH staff AS (
    SELECT by_when(d), p.person_id, attribute(p) AS team
    FROM people AS p
    CROSS JOIN periods AS d
    WHERE present(p, d) AND attribute(p) IS NOT NULL
),
edges AS (
    SELECT by_all(x), x.one, x.other, CASE WHEN attribute(p) = attribute(q) THEN 1 ELSE 0 END AS inside
    FROM pairs AS x
    JOIN people AS p ON p.person_id = x.one
    JOIN people AS q ON q.person_id = x.other
    WHERE attribute(p) IS NOT NULL AND attribute(q) IS NOT NULL
),
ends AS (
    SELECT by_all(e), e.one AS person_id FROM edges AS e
    UNION ALL
    SELECT by_all(e), e.other AS person_id FROM edges AS e
),
degrees AS (
    SELECT by_all(n), n.person_id, CAST(count(*) AS DOUBLE) AS degree FROM ends AS n GROUP BY by_all(n), n.person_id
),
-- ordered pairs of ties that share a person
touches AS (SELECT by_all(n), sum(n.degree * (n.degree - 1)) AS touching FROM degrees AS n GROUP BY by_all(n)),
sizes AS (
    SELECT m.period, m.team, CAST(count(*) AS DOUBLE) AS size FROM staff AS m GROUP BY m.period, m.team
),
powers AS (
    SELECT s.period, sum(s.size) AS n,
        sum(s.size * (s.size - 1)) AS s2,
        sum(s.size * (s.size - 1) * (s.size - 2)) AS s3,
        sum(s.size * (s.size - 1) * (s.size - 2) * (s.size - 3)) AS s4,
        sum(s.size * (s.size - 1) * s.size * (s.size - 1)) AS squares
    FROM sizes AS s
    GROUP BY s.period
),
-- the chance that one tie, two that share a person, and two apart lie inside departments
chances AS (
    SELECT s.period, s.n,
        s.s2 / nullif(s.n * (s.n - 1), 0) AS p2,
        s.s3 / nullif(s.n * (s.n - 1) * (s.n - 2), 0) AS p3,
        (s.s4 + s.s2 * s.s2 - s.squares) / nullif(s.n * (s.n - 1) * (s.n - 2) * (s.n - 3), 0) AS p4
    FROM powers AS s
),
counts AS (
    SELECT by_all(e), CAST(count(*) AS DOUBLE) AS m, CAST(sum(e.inside) AS DOUBLE) AS inside FROM edges AS e
    GROUP BY by_all(e)
),
moments AS (
    SELECT by_all(c), c.m, c.inside, x.n, (c.m - 2 * c.inside) / c.m AS observed, 1 - 2 * x.p2 AS expected,
        c.m * x.p2 * (1 - x.p2)
            + CASE WHEN t.touching = 0 THEN 0 ELSE t.touching * (x.p3 - x.p2 * x.p2) END
            + CASE WHEN c.m * (c.m - 1) = t.touching THEN 0
                ELSE (c.m * (c.m - 1) - t.touching) * (x.p4 - x.p2 * x.p2) END AS spread
    FROM counts AS c
    JOIN touches AS t ON same(c, t)
    JOIN chances AS x ON x.period = c.period
),
results AS (
    SELECT by_all(r), r.m, r.inside, r.n, r.observed, r.expected,
        CASE WHEN r.spread > 0.000000001 THEN 2 * sqrt(r.spread) / r.m END AS sd
    FROM moments AS r
)
SELECT by_all(r), v.variant,
    CASE v.variant
        WHEN 'observed' THEN r.observed
        WHEN 'expected' THEN r.expected
        WHEN 'adjusted' THEN r.observed - r.expected
        WHEN 'sd' THEN r.sd
        ELSE (r.observed - r.expected) / r.sd
    END AS value,
    CASE WHEN v.variant = 'observed' THEN r.m - 2 * r.inside END AS numerator,
    CASE WHEN v.variant = 'observed' THEN r.m END AS denominator,
    r.n AS persons
FROM results AS r
CROSS JOIN variants AS v
