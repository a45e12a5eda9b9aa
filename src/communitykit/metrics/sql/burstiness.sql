-- title: Burstiness
-- title.fr: Activité par à-coups
-- question: Do people contribute steadily, or in bursts?
-- question.fr: Contribue-t-on régulièrement ou par à-coups ?
-- unit: index
-- population: contributors
-- definition: Median over people with at least $min_gaps gaps between contributions of (s - m) / (s + m), with m the
--   mean and s the standard deviation of their gaps: -1 is a clock, 0 chance, 1 all at once.
-- definition.fr: Médiane, sur les personnes ayant au moins $min_gaps intervalles entre contributions, de (s − m) / (s +
--   m), m étant la moyenne et s l'écart-type de leurs intervalles : −1 est une horloge, 0 le hasard, 1 tout d'un coup.
-- source: Goh and Barabási 2008
-- source.fr: Goh et Barabási 2008
-- dimensions: period, platform, department, division, site, country, is_leader
-- parameters: min_gaps = 10
-- rests_on: contributions
-- silence: Acts without a time are left out; inferred times make it too high.
-- silence.fr: Les actes sans heure sont écartés ; les heures déduites la surestiment.
WITH moments AS (
    SELECT by_when(d), by_what(a), a.person_id,
        a.at_us - lag(a.at_us) OVER (PARTITION BY by_when(d), by_what(a), a.person_id ORDER BY a.at_us) AS gap
    FROM acts AS a
    JOIN days AS d ON d.day = a.day
    WHERE a.is_contribution AND a.at_us IS NOT NULL AND a.person_id IS NOT NULL
),
spreads AS (
    SELECT by_when(g), by_what(g), g.person_id, count(g.gap) AS gaps, avg(g.gap) AS mean,
        stddev_pop(g.gap) AS deviation
    FROM moments AS g
    GROUP BY by_when(g), by_what(g), g.person_id
),
each AS (
    SELECT by_when(s), by_who(p), by_what(s), (s.deviation - s.mean) / nullif(s.deviation + s.mean, 0) AS burstiness
    FROM spreads AS s
    JOIN periods AS d ON d.period = s.period
    JOIN people AS p ON p.person_id = s.person_id
    WHERE s.gaps >= $min_gaps AND present(p, d)
)
SELECT by_all(e), quantile_cont(e.burstiness, 0.5) AS value, CAST(NULL AS DOUBLE) AS numerator,
    count(e.burstiness) AS denominator, count(e.burstiness) AS persons
FROM each AS e
GROUP BY by_all(e)
