-- title: Replies in what leaders write
-- title.fr: Part de réponses chez les dirigeants
-- question: Do leaders talk with people, or only announce?
-- question.fr: Les dirigeants dialoguent-ils, ou ne font-ils qu'annoncer ?
-- unit: share
-- population: leaders
-- definition: Replies by leaders / replies and posts by leaders.
-- definition.fr: Réponses des dirigeants / réponses et messages des dirigeants.
-- source: SWOOP Analytics, show me the numbers (a CEO's 348 replies and 30 posts are 0.92)
-- source.fr: SWOOP Analytics, « show me the numbers » (348 réponses et 30 messages d'un dirigeant donnent 0,92)
-- dimensions: period, platform, department, division, site, country
-- needs: leaders
-- rests_on: posts
-- silence: Absent where neither the directory nor a list says who leads.
-- silence.fr: Non calculé lorsque ni l'annuaire ni une liste n'indique qui dirige.
SELECT by_all(x), sum(x.replies) AS numerator, sum(x.replies + x.posts) AS denominator, count(*) AS persons
FROM personal AS x
JOIN people AS p ON p.person_id = x.person_id
WHERE p.is_leader AND x.replies + x.posts > 0
GROUP BY by_all(x)
