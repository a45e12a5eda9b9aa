-- title: Trend of activity
-- title.fr: Tendance de l'activité
-- question: Does activity grow or fade?
-- question.fr: L'activité progresse-t-elle ou s'essouffle-t-elle ?
-- unit: index
-- population: contributors
-- definition: Slope by least squares of weekly contributions, each the median of four weeks in a row, in contributions
--   a week / mean of those medians: 0.01 is one hundredth more every week. Weeks are seven days, counted back from the
--   period's end; at least $least_weeks of them.
-- definition.fr: Pente des moindres carrés des contributions hebdomadaires, chacune étant la médiane de quatre semaines
--   consécutives, en contributions par semaine / moyenne de ces médianes : 0,01 signifie un centième de plus chaque
--   semaine. Une semaine compte sept jours, en remontant depuis la fin de la période ; il en faut au moins
--   $least_weeks.
-- source: communitykit
-- dimensions: period, platform, place, department, division, site, country, is_leader
-- parameters: least_weeks = 8
-- adds: no
-- rests_on: contributions
-- silence: What was not read yet looks like a fading.
-- silence.fr: Ce qui n'a pas encore été lu ressemble à un essoufflement.
WITH ends AS (SELECT d.period, max(n.number) AS number FROM days AS d JOIN day_numbers AS n ON n.day = d.day
    GROUP BY d.period),
numbered AS (
    SELECT d.period, d.day, floor((e.number - n.number) / 7) AS back
    FROM days AS d
    JOIN day_numbers AS n ON n.day = d.day
    JOIN ends AS e ON e.period = d.period
),
lengths AS (SELECT x.period, x.back, count(*) AS days FROM numbered AS x GROUP BY x.period, x.back),
weeks AS (SELECT l.period, l.back FROM lengths AS l WHERE l.days = 7),
amounts AS (
    SELECT by_when(d), by_who(p), by_what(a), x.back, count(*) AS amount, count(DISTINCT a.person_id) AS persons
    FROM acts AS a
    JOIN numbered AS x ON x.day = a.day
    JOIN periods AS d ON d.period = x.period
    JOIN people AS p ON p.person_id = a.person_id
    WHERE a.is_contribution AND present(p, d)
    GROUP BY by_when(d), by_who(p), by_what(a), x.back
),
whole AS (SELECT by_all(x), max(x.persons) AS persons FROM amounts AS x GROUP BY by_all(x)),
medians AS (
    SELECT by_all(g), g.persons, w.back, quantile_cont(coalesce(x.amount, 0), 0.5) AS amount, count(*) AS weeks
    FROM whole AS g
    JOIN weeks AS w ON w.period = g.period
    JOIN weeks AS v ON v.period = w.period AND v.back >= w.back AND v.back <= w.back + 3
    LEFT JOIN amounts AS x ON same(g, x) AND x.back = v.back
    GROUP BY by_all(g), g.persons, w.back
),
terms AS (
    SELECT by_all(m), m.persons, CASE WHEN m.weeks = 4 THEN 1 ELSE 0 END AS n,
        CASE WHEN m.weeks = 4 THEN -m.back ELSE 0 END AS x, CASE WHEN m.weeks = 4 THEN m.amount ELSE 0 END AS y
    FROM medians AS m
),
sums AS (
    SELECT by_all(t), t.persons, sum(t.n) AS n, sum(t.x) AS x, sum(t.y) AS y, sum(t.x * t.y) AS xy, sum(t.x * t.x) AS xx
    FROM terms AS t
    GROUP BY by_all(t), t.persons
)
SELECT by_all(s),
    CASE WHEN s.n + 3 >= $least_weeks THEN (s.n * s.xy - s.x * s.y) / nullif(s.n * s.xx - s.x * s.x, 0) END AS numerator,
    s.y / nullif(s.n, 0) AS denominator, s.persons
FROM sums AS s
