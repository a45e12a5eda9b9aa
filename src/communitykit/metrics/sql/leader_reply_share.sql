-- title: Leaders who answer
-- title.fr: Dirigeants qui répondent
-- question: Do leaders talk with people, or only announce?
-- question.fr: Les dirigeants dialoguent-ils, ou ne font-ils qu'annoncer ?
-- unit: share
-- population: leaders
-- definition: Replies by leaders / replies and posts by leaders.
-- definition.fr: Réponses des dirigeants / réponses et messages des dirigeants.
-- source: SWOOP Analytics, show me the numbers (a CEO's 348 replies and 30 posts are 0.92)
-- dimensions: period, platform, department, division, site, country
-- needs: leaders
-- rests_on: posts
-- silence: Absent where neither the directory nor a list says who leads.
-- silence.fr: Absent lorsque ni l'annuaire ni une liste n'indique qui dirige.
SELECT by_when(d), by_who(p), by_what(a), sum(CASE WHEN a.kind = 'replied' THEN 1 ELSE 0 END) AS numerator,
    count(*) AS denominator, count(DISTINCT a.person_id) AS persons
FROM acts AS a
JOIN days AS d ON d.day = a.day
JOIN people AS p ON p.person_id = a.person_id
WHERE a.kind IN ('posted', 'replied') AND p.is_leader AND present(p, d)
GROUP BY by_when(d), by_who(p), by_what(a)
