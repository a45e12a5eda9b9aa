-- title: Regulars
-- title.fr: Habitués
-- question: How many of those who take part do so as a habit?
-- question.fr: Parmi les participants, combien ont pris l'habitude de participer ?
-- unit: share
-- population: contributors
-- definition: People with a contribution on at least $min_days of the period's last 28 days / people with one in them.
-- definition.fr: Personnes ayant contribué au moins $min_days jours sur les 28 derniers jours de la période / personnes
--   ayant contribué pendant ces 28 jours.
-- source: Workplace Insights, engaged: active on at least 10 of the last 28 days
-- source.fr: Workplace Insights, engagés : actifs au moins 10 des 28 derniers jours
-- dimensions: period, platform, department, division, site, country, is_leader
-- parameters: min_days = 10
-- trailing: 28
-- rests_on: contributions
-- silence: Reactions count where a platform tells who reacted.
-- silence.fr: Les réactions comptent lorsque la plateforme indique qui a réagi.
WITH active AS (
    SELECT by_when(d), by_who(p), by_what(a), a.person_id, count(DISTINCT a.day) AS days
    FROM acts AS a
    JOIN span AS d ON d.day = a.day
    JOIN people AS p ON p.person_id = a.person_id
    WHERE a.is_contribution AND a.day >= d.from_1 AND present(p, d)
    GROUP BY by_when(d), by_who(p), by_what(a), a.person_id
)
SELECT by_all(x), sum(CASE WHEN x.days >= $min_days THEN 1 ELSE 0 END) AS numerator, count(*) AS denominator,
    count(*) AS persons
FROM active AS x
GROUP BY by_all(x)
