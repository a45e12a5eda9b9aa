-- title: Active members
-- title.fr: Membres actifs
-- question: How many of our people use the communities, and how many take part?
-- question.fr: Combien de collaborateurs utilisent les communautés, et combien y participent ?
-- unit: share
-- population: members
-- definition: People with an act / people, in three kinds that are never added up. Interaction: a contribution (post,
--   reply, reaction, mention, share, praise, vote). View: a view. Access: any act at all. dau, wau and mau28 look at
--   the last 1, 7 and 28 days of the period (whole weeks), window at the whole period.
-- definition.fr: Personnes ayant au moins un acte / personnes, selon trois notions qui ne s'additionnent jamais.
--   Interaction (interaction) : une contribution (message, réponse, réaction, mention, partage, félicitation, vote).
--   Vue (view) : une consultation. Accès (access) : tout acte, quel qu'il soit. dau, wau et mau28 portent sur les 1, 7
--   et 28 derniers jours de la période (des semaines entières), window sur la période entière.
-- source: SWOOP Analytics, Interactive Users; Workplace Insights, monthly active (28 days); Slack, analytics dashboard
-- source.fr: SWOOP Analytics, Interactive Users ; Workplace Insights, actifs par mois (28 jours) ; tableau de bord
--   de Slack
-- dimensions: period, platform, department, division, site, country, is_leader
-- variants: access_dau, access_wau, access_mau28, access_window, view_dau, view_wau, view_mau28, view_window,
--   interaction_dau, interaction_wau, interaction_mau28, interaction_window
-- trailing: 1, 7, 28
-- needs: views: [av]*
-- rests_on: contributions: interaction_*; views: view_*; all: *
-- silence: Access and view are absent where no platform tells views; with some that do, they name these.
-- silence.fr: Accès et vues sont absents quand aucune plateforme n'indique les consultations ; sinon, les plateformes
--   qui les indiquent sont nommées.
WITH latest AS (
    SELECT by_when(d), by_who(p), by_what(a), a.person_id, d.since_day, d.from_1, d.from_2, d.from_3,
        max(CASE WHEN tells(views, a) THEN a.day END) AS access_day,
        max(CASE WHEN a.kind = 'viewed' THEN a.day END) AS view_day,
        max(CASE WHEN a.is_contribution THEN a.day END) AS interaction_day
    FROM acts AS a
    JOIN span AS d ON d.day = a.day
    JOIN people AS p ON p.person_id = a.person_id
    WHERE present(p, d)
    GROUP BY by_when(d), by_who(p), by_what(a), a.person_id, d.since_day, d.from_1, d.from_2, d.from_3
),
looks AS (
    SELECT by_all(l), 'access' AS way, l.access_day AS day, l.since_day, l.from_1, l.from_2, l.from_3 FROM latest AS l
    UNION ALL
    SELECT by_all(l), 'view' AS way, l.view_day AS day, l.since_day, l.from_1, l.from_2, l.from_3 FROM latest AS l
    UNION ALL
    SELECT by_all(l), 'interaction' AS way, l.interaction_day AS day, l.since_day, l.from_1, l.from_2, l.from_3
    FROM latest AS l
),
counts AS (
    SELECT by_all(l), l.way,
        sum(CASE WHEN l.day >= l.from_1 THEN 1 ELSE 0 END) AS dau,
        sum(CASE WHEN l.day >= l.from_2 THEN 1 ELSE 0 END) AS wau,
        sum(CASE WHEN l.day >= l.from_3 THEN 1 ELSE 0 END) AS mau,
        sum(CASE WHEN l.day >= l.since_day THEN 1 ELSE 0 END) AS in_window
    FROM looks AS l
    GROUP BY by_all(l), l.way
),
active AS (
    SELECT by_all(c), concat(c.way, '_dau') AS variant, c.dau AS persons FROM counts AS c
    UNION ALL SELECT by_all(c), concat(c.way, '_wau') AS variant, c.wau AS persons FROM counts AS c
    UNION ALL SELECT by_all(c), concat(c.way, '_mau28') AS variant, c.mau AS persons FROM counts AS c
    UNION ALL SELECT by_all(c), concat(c.way, '_window') AS variant, c.in_window AS persons FROM counts AS c
)
SELECT by_all(m), v.variant, coalesce(x.persons, 0) AS numerator, m.members AS denominator, m.members AS persons
FROM population AS m
CROSS JOIN variants AS v
LEFT JOIN active AS x ON same(m, x) AND x.variant = v.variant
