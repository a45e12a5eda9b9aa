-- title: Engagement of viewers
-- title.fr: Engagement des lecteurs
-- question: How many of those who see a post respond?
-- question.fr: Parmi ceux qui voient un message, combien y répondent ?
-- unit: share
-- population: threads
-- definition: People other than the author who replied or reacted in a thread / people who viewed it, summed over the
--   threads opened in the period.
-- definition.fr: Personnes autres que l'auteur ayant répondu ou réagi dans un fil / personnes l'ayant vu, en cumulant les
--   fils ouverts dans la période.
-- source: SWOOP Analytics, Seen, Reach and Engagement
-- dimensions: period, platform, place, kind, department, division, site, country, is_leader
-- needs: viewers
-- rests_on: responses
-- silence: Only of platforms that tell who viewed.
-- silence.fr: Uniquement les plateformes qui indiquent les lecteurs.
WITH seen AS (
    SELECT by_when(d), by_who(p), by_what(t), t.thread_id, t.person_id, t.viewers
    FROM threads AS t
    JOIN days AS d ON d.day = t.day
    LEFT JOIN people AS p ON p.person_id = t.person_id
    WHERE t.viewers IS NOT NULL AND human(p)
),
voices AS (
    SELECT s.thread_id, a.person_id
    FROM seen AS s
    JOIN acts AS a ON a.thread_id = s.thread_id
    WHERE a.kind IN ('replied', 'reacted') AND a.person_id IS DISTINCT FROM s.person_id
    GROUP BY s.thread_id, a.person_id
),
engaged AS (SELECT v.thread_id, count(v.person_id) AS engaged FROM voices AS v GROUP BY v.thread_id)
SELECT by_all(s), sum(coalesce(e.engaged, 0)) AS numerator, sum(s.viewers) AS denominator,
    count(DISTINCT s.person_id) AS persons
FROM seen AS s
LEFT JOIN engaged AS e ON e.thread_id = s.thread_id
GROUP BY by_all(s)
