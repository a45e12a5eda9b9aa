-- title: Stickiness
-- title.fr: Assiduité
-- question: On how many days does somebody who takes part come?
-- question.fr: À quelle fréquence un participant revient-il ?
-- unit: share
-- population: contributors
-- definition: Mean number of people who contribute on a day, over the period's last 28 days / people who contribute in
--   them. workdays takes Mondays to Fridays alone, since a company rests at weekends.
-- definition.fr: Nombre moyen de personnes contribuant un jour donné, sur les 28 derniers jours de la période /
--   personnes ayant contribué pendant ces 28 jours. En jours ouvrés (workdays), seuls comptent les jours du lundi au
--   vendredi.
-- source: DAU / MAU, over 28 days as Workplace and Slack count them
-- source.fr: DAU / MAU, sur 28 jours comme chez Workplace et Slack
-- dimensions: period, platform, department, division, site, country, is_leader
-- variants: all_days, workdays
-- trailing: 28
-- rests_on: contributions
-- silence: Reactions count where a platform tells who reacted.
-- silence.fr: Les réactions comptent lorsque la plateforme indique qui a réagi.
WITH person_days AS (
    SELECT by_when(d), by_who(p), by_what(a), a.person_id, a.day, d.works
    FROM acts AS a
    JOIN span AS d ON d.day = a.day
    JOIN people AS p ON p.person_id = a.person_id
    WHERE a.is_contribution AND a.day >= d.from_1 AND present(p, d)
    GROUP BY by_when(d), by_who(p), by_what(a), a.person_id, a.day, d.works
),
lengths AS (
    SELECT d.period, count(*) AS days, sum(d.works) AS workdays FROM span AS d WHERE d.day >= d.from_1 GROUP BY d.period
),
counts AS (
    SELECT by_all(x), count(*) AS visits, sum(x.works) AS work_visits, count(DISTINCT x.person_id) AS persons
    FROM person_days AS x
    GROUP BY by_all(x)
)
SELECT by_all(c), v.variant,
    CASE v.variant WHEN 'all_days' THEN c.visits / l.days ELSE c.work_visits / nullif(l.workdays, 0) END AS numerator,
    c.persons AS denominator, c.persons AS persons
FROM counts AS c
JOIN lengths AS l ON l.period = c.period
CROSS JOIN variants AS v
