-- title: Activation
-- title.fr: Taux d'activation
-- question: How many of our people have ever come?
-- question.fr: Combien de collaborateurs sont venus au moins une fois ?
-- unit: share
-- population: members
-- definition: People whose first act is before the period's end / people.
-- definition.fr: Personnes dont le premier acte précède la fin de la période / personnes.
-- source: Workplace Insights, activated (80 % is its goal), told there by claimed accounts
-- source.fr: Workplace Insights, comptes activés (objectif : 80 %), comptés là-bas par comptes créés
-- dimensions: period, department, division, site, country, is_leader
-- rests_on: all
-- silence: Acts are what is known: somebody who only signed in counts where a platform tells views.
-- silence.fr: Seuls les actes sont connus : qui s'est seulement connecté ne compte que si la plateforme indique les
--   consultations.
SELECT by_when(d), by_who(p), sum(CASE WHEN p.first_act_day < d.until_day THEN 1 ELSE 0 END) AS numerator,
    count(*) AS denominator, count(*) AS persons
FROM people AS p
CROSS JOIN periods AS d
WHERE present(p, d)
GROUP BY by_when(d), by_who(p)
