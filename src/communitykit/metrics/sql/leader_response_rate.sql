-- title: What leaders' posts draw
-- title.fr: Écho des publications des dirigeants
-- question: Do people respond to their leaders more than to each other?
-- question.fr: Répond-on davantage aux dirigeants qu'aux autres ?
-- unit: count
-- population: threads
-- definition: Replies and reactions / threads, of the threads that leaders opened in the period (leaders), and of those
--   that other people opened (others).
-- definition.fr: Réponses et réactions / fils, pour les fils ouverts dans la période par des dirigeants (leaders) et par
--   les autres personnes (others).
-- source: communitykit; compares Worklabs scoreboard, Leadership
-- source.fr: communitykit ; à rapprocher du tableau de bord Worklabs, Leadership
-- dimensions: period, platform, place, department, division, site, country
-- variants: leaders, others
-- needs: leaders
-- rests_on: posts
-- silence: Absent where neither the directory nor a list says who leads.
-- silence.fr: Non calculé lorsque ni l'annuaire ni une liste n'indique qui dirige.
WITH received AS (
    SELECT by_when(d), by_who(p), by_what(t), CASE WHEN p.is_leader THEN 'leaders' ELSE 'others' END AS variant,
        count(*) AS threads, sum(t.replies + t.reactions) AS responses, count(DISTINCT t.person_id) AS persons
    FROM threads AS t
    JOIN days AS d ON d.day = t.day
    JOIN people AS p ON p.person_id = t.person_id
    WHERE present(p, d)
    GROUP BY by_when(d), by_who(p), by_what(t), CASE WHEN p.is_leader THEN 'leaders' ELSE 'others' END
)
SELECT by_all(r), r.variant, r.responses AS numerator, r.threads AS denominator, r.persons
FROM received AS r
