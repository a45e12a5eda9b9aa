-- title: Who takes part how much
-- title.fr: Répartition de la participation
-- question: How do silent, occasional and frequent contributors divide?
-- question.fr: Comment se répartissent les silencieux, les occasionnels et les réguliers ?
-- unit: share
-- population: members
-- definition: silent: no contribution in the period; frequent: at least $often contributions per 28 days, on average;
--   occasional: the others; each / people. It is what is measured, not the proverbial 90, 9 and 1 %.
-- definition.fr: Silencieux (silent) : aucune contribution dans la période ; réguliers (frequent) : au moins $often
--   contributions par 28 jours en moyenne ; occasionnels (occasional) : les autres ; chaque groupe / personnes. C'est
--   la répartition mesurée, et non la règle des 90-9-1 si souvent citée.
-- source: Nielsen 2006, Participation Inequality, measured instead of assumed; thresholds: communitykit
-- source.fr: Nielsen 2006, Participation Inequality, mesurée et non supposée ; seuils : communitykit
-- dimensions: period, platform, department, division, site, country, is_leader
-- variants: silent, occasional, frequent
-- parameters: often = 4
-- rests_on: contributions
-- silence: Reading is no contribution: who only reads is silent, whether or not a platform tells views.
-- silence.fr: Lire n'est pas contribuer : qui ne fait que lire est silencieux, que les consultations soient connues ou
--   non.
WITH counts AS (
    SELECT by_all(x), count(*) AS contributors,
        sum(CASE WHEN x.contributions * 28 >= $often * x.days THEN 1 ELSE 0 END) AS frequent
    FROM personal AS x
    GROUP BY by_all(x)
)
SELECT by_all(m), v.variant,
    CASE v.variant
        WHEN 'silent' THEN m.members - coalesce(c.contributors, 0)
        WHEN 'frequent' THEN coalesce(c.frequent, 0)
        ELSE coalesce(c.contributors, 0) - coalesce(c.frequent, 0)
    END AS numerator,
    m.members AS denominator,
    m.members AS persons
FROM population AS m
CROSS JOIN variants AS v
LEFT JOIN counts AS c ON same(m, c)
