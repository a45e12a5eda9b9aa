-- title: Inequality of contributions
-- title.fr: Inégalité des contributions
-- question: How unequally do people contribute?
-- question.fr: Les contributions sont-elles inégalement réparties ?
-- unit: index
-- population: members
-- definition: Gini coefficient of contributions per person, 0 (equal) to 1: sum of (2i - n - 1) x(i) / (n sum of x), x in
--   ascending order. all_members counts the silent with zero, contributors leaves them out: the latter is much lower.
-- definition.fr: Coefficient de Gini des contributions par personne, de 0 (égalité) à 1 : somme des (2i − n − 1) x(i) /
--   (n somme des x), x par ordre croissant. Pour tous les membres (all_members), les silencieux comptent pour zéro ;
--   pour ceux qui contribuent (contributors), ils sont écartés, et la valeur est bien plus basse.
-- source: Gini; Microsoft vivainsights, create_lorenz
-- source.fr: Gini ; Microsoft vivainsights, create_lorenz
-- dimensions: period, platform, department, division, site, country, is_leader
-- variants: all_members, contributors
-- adds: no
-- rests_on: contributions
-- silence: Reactions count where a platform tells who reacted.
-- silence.fr: Les réactions comptent lorsque la plateforme indique qui a réagi.
WITH ranked AS (
    SELECT by_all(x), CAST(x.contributions AS DOUBLE) AS amount,
        row_number() OVER (PARTITION BY by_all(x) ORDER BY x.contributions, x.person_id) AS i
    FROM personal AS x
),
sums AS (
    SELECT by_all(r), count(*) AS persons, sum(r.amount) AS total, sum(r.i * r.amount) AS weighted
    FROM ranked AS r
    GROUP BY by_all(r)
)
SELECT by_all(m), v.variant,
    CASE v.variant
        WHEN 'contributors' THEN 2 * s.weighted - (s.persons + 1) * s.total
        ELSE 2 * (s.weighted + (m.members - s.persons) * s.total) - (m.members + 1) * s.total
    END AS numerator,
    CASE v.variant WHEN 'contributors' THEN s.persons * s.total ELSE m.members * s.total END AS denominator,
    m.members AS persons
FROM population AS m
JOIN sums AS s ON same(m, s)
CROSS JOIN variants AS v
