-- title: Gravity
-- title.fr: Gravité
-- question: Does the community draw people in?
-- question.fr: La communauté attire-t-elle ses membres ?
-- unit: points
-- population: members
-- definition: Change of the weighted commitment in the period / people. Commitment is the sum of squared weights by
--   level, from days with a contribution in $window_days days: leading 10, contributing 7, participating 4, everybody
--   else 1. before and after are the commitments at the period's beginning and end, gravity their difference per
--   person.
-- definition.fr: Variation de l'engagement pondéré dans la période / personnes. L'engagement est la somme des carrés
--   des poids par niveau, selon les jours avec contribution sur $window_days jours : 10 pour qui mène, 7 pour qui
--   contribue souvent, 4 pour qui participe, 1 pour tous les autres. Sont donnés l'engagement au début (before) et à la
--   fin (after) de la période, et leur différence par personne (gravity).
-- source: Orbit model, gravity and weighted commitment; the levels' thresholds: communitykit
-- source.fr: modèle Orbit, gravité et engagement pondéré ; seuils des niveaux : communitykit
-- dimensions: period, platform, department, division, site, country, is_leader
-- variants: before, after, gravity
-- parameters: window_days = 90; leading_days = 30; contributing_days = 10; participating_days = 3
-- trailing: $window_days, -$window_days
-- rests_on: contributions
-- silence: Where the record begins less than $window_days before the period, coverage is partial.
-- silence.fr: Si les données commencent moins de $window_days jours avant la période, la période n'est lue qu'en
--   partie.
WITH days_active AS (
    SELECT by_when(d), by_who(p), by_what(a), a.person_id,
        count(DISTINCT CASE WHEN a.day >= d.from_1 THEN a.day END) AS after_days,
        count(DISTINCT CASE WHEN a.day >= d.from_2 AND a.day < d.since_day THEN a.day END) AS before_days
    FROM acts AS a
    JOIN span AS d ON d.day = a.day
    JOIN people AS p ON p.person_id = a.person_id
    WHERE a.is_contribution AND present(p, d)
        AND (a.day >= d.from_1 OR (a.day >= d.from_2 AND a.day < d.since_day))
    GROUP BY by_when(d), by_who(p), by_what(a), a.person_id
),
committed AS (
    SELECT by_all(x),
        sum(CASE WHEN x.after_days >= $leading_days THEN 99 WHEN x.after_days >= $contributing_days THEN 48
            WHEN x.after_days >= $participating_days THEN 15 ELSE 0 END) AS after_more,
        sum(CASE WHEN x.before_days >= $leading_days THEN 99 WHEN x.before_days >= $contributing_days THEN 48
            WHEN x.before_days >= $participating_days THEN 15 ELSE 0 END) AS before_more
    FROM days_active AS x
    GROUP BY by_all(x)
)
SELECT by_all(m), v.variant,
    CASE v.variant
        WHEN 'before' THEN CAST(m.members + coalesce(c.before_more, 0) AS DOUBLE)
        WHEN 'after' THEN CAST(m.members + coalesce(c.after_more, 0) AS DOUBLE)
        ELSE coalesce(c.after_more - c.before_more, 0) / m.members
    END AS value,
    CASE v.variant
        WHEN 'before' THEN m.members + coalesce(c.before_more, 0)
        WHEN 'after' THEN m.members + coalesce(c.after_more, 0)
        ELSE coalesce(c.after_more - c.before_more, 0)
    END AS numerator,
    m.members AS denominator, m.members AS persons
FROM population AS m
CROSS JOIN variants AS v
LEFT JOIN committed AS c ON same(m, c)
