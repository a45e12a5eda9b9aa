-- title: Leaders who take part
-- title.fr: Dirigeants qui participent
-- question: Do our leaders set an example?
-- question.fr: Nos dirigeants donnent-ils l'exemple ?
-- unit: share
-- population: leaders
-- definition: Leaders with at least one contribution in the period / leaders.
-- definition.fr: Dirigeants ayant au moins une contribution dans la période / dirigeants.
-- source: Worklabs scoreboard, Leadership; SWOOP Analytics, two-way engagement with leaders
-- source.fr: tableau de bord Worklabs, Leadership ; SWOOP Analytics, échanges réciproques avec les dirigeants
-- dimensions: period, department, division, site, country
-- needs: leaders
-- rests_on: contributions
-- silence: Absent where neither the directory nor a list says who leads.
-- silence.fr: Non calculé lorsque ni l'annuaire ni une liste n'indique qui dirige.
WITH leaders AS (
    SELECT by_when(d), by_who(p), count(*) AS leaders
    FROM people AS p
    CROSS JOIN periods AS d
    WHERE p.is_leader AND present(p, d)
    GROUP BY by_when(d), by_who(p)
),
acting AS (
    SELECT by_all(x), count(*) AS acting
    FROM personal AS x
    JOIN people AS p ON p.person_id = x.person_id
    WHERE p.is_leader
    GROUP BY by_all(x)
)
SELECT by_all(l), coalesce(x.acting, 0) AS numerator, l.leaders AS denominator, l.leaders AS persons
FROM leaders AS l
LEFT JOIN acting AS x ON same(l, x)
