-- title: Leaders' engagement
-- title.fr: Engagement des dirigeants
-- question: Do leaders contribute more than the others?
-- question.fr: Les dirigeants contribuent-ils plus que les autres ?
-- unit: ratio
-- population: members
-- definition: Contributions per leader / contributions per other person; 1 is as much as everybody.
-- definition.fr: Contributions par dirigeant / contributions par autre personne ; 1 signifie autant que les autres.
-- source: Worklabs scoreboard, Leadership; communitykit
-- source.fr: tableau de bord Worklabs, Leadership ; communitykit
-- dimensions: period, department, division, site, country
-- needs: leaders
-- adds: no
-- rests_on: contributions
-- silence: Absent where neither the directory nor a list says who leads.
-- silence.fr: Non calculé lorsque ni l'annuaire ni une liste n'indique qui dirige.
WITH staff AS (
    SELECT by_when(d), by_who(p), count(*) AS members, sum(CASE WHEN p.is_leader THEN 1 ELSE 0 END) AS leaders
    FROM people AS p
    CROSS JOIN periods AS d
    WHERE present(p, d)
    GROUP BY by_when(d), by_who(p)
),
amounts AS (
    SELECT by_all(x), sum(x.contributions) AS all_acts,
        sum(CASE WHEN p.is_leader THEN x.contributions ELSE 0 END) AS leading
    FROM personal AS x
    JOIN people AS p ON p.person_id = x.person_id
    GROUP BY by_all(x)
)
SELECT by_all(m), coalesce(x.leading, 0) / nullif(m.leaders, 0) AS numerator,
    coalesce(x.all_acts - x.leading, 0) / nullif(m.members - m.leaders, 0) AS denominator, m.members AS persons
FROM staff AS m
LEFT JOIN amounts AS x ON same(m, x)
