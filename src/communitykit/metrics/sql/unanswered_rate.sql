-- title: Threads without a written reply within a week
-- title.fr: Fils sans réponse écrite en une semaine
-- question: How much of what our people write meets silence?
-- question.fr: Quelle part de ce que nos collaborateurs écrivent ne rencontre que le silence ?
-- unit: share
-- population: threads
-- definition: Threads without a reply by another person within $horizon_days days / threads; reactions do not count. A
--   thread that is younger than that at the record's end is left out.
-- definition.fr: Fils sans réponse d'une autre personne en $horizon_days jours / fils ; les réactions ne comptent pas.
--   Un fil plus récent à la fin des données est écarté.
-- source: SWOOP Analytics, Response Rate (posts with none); censoring: communitykit
-- source.fr: SWOOP Analytics, Response Rate (messages sans réponse) ; censure : communitykit
-- dimensions: period, platform, place, kind, department, division, site, country, is_leader
-- parameters: horizon_days = 7
-- rests_on: posts
-- silence: Every platform tells replies; a community that was not read has no threads here.
-- silence.fr: Toutes les plateformes indiquent les réponses ; une communauté non lue n'a aucun fil ici.
SELECT by_when(d), by_who(p), by_what(t),
    sum(CASE WHEN t.first_reply_us - t.at_us <= $horizon_days * 86400000000 THEN 0 ELSE 1 END) AS numerator,
    count(*) AS denominator,
    count(DISTINCT t.person_id) AS persons
FROM threads AS t
JOIN days AS d ON d.day = t.day
LEFT JOIN people AS p ON p.person_id = t.person_id
WHERE t.at_us + $horizon_days * 86400000000 <= $observed_us AND human(p)
GROUP BY by_when(d), by_who(p), by_what(t)
