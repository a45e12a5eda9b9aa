-- title: Still active
-- title.fr: Toujours actifs
-- question: Of those who took part in the last year, who still does?
-- question.fr: Parmi ceux qui ont participé depuis un an, combien participent encore ?
-- unit: share
-- population: contributors
-- definition: People with a contribution in the period's last 28 days / people with one in its last 365.
-- definition.fr: Personnes ayant contribué pendant les 28 derniers jours de la période / pendant les 365 derniers.
-- source: SWOOP Analytics, Community Health Index (month / 12 months)
-- source.fr: SWOOP Analytics, Community Health Index (un mois / 12 mois)
-- dimensions: period, platform, department, division, site, country, is_leader
-- trailing: 28, 365
-- rests_on: contributions
-- silence: With less than a year of record coverage is partial, and the share too high.
-- silence.fr: Avec moins d'un an de données, la période n'est lue qu'en partie et la part surestimée.
WITH latest AS (
    SELECT by_when(d), by_who(p), by_what(a), a.person_id, d.from_1, max(a.day) AS day
    FROM acts AS a
    JOIN span AS d ON d.day = a.day
    JOIN people AS p ON p.person_id = a.person_id
    WHERE a.is_contribution AND a.day >= d.from_2 AND present(p, d)
    GROUP BY by_when(d), by_who(p), by_what(a), a.person_id, d.from_1
)
SELECT by_all(l), sum(CASE WHEN l.day >= l.from_1 THEN 1 ELSE 0 END) AS numerator, count(*) AS denominator,
    count(*) AS persons
FROM latest AS l
GROUP BY by_all(l)
