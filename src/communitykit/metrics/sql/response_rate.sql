-- title: Threads with a reply or reaction
-- title.fr: Fils ayant reçu une réponse ou une réaction
-- question: Does somebody respond to what our people write?
-- question.fr: Quelqu'un réagit-il à ce que nos collaborateurs écrivent ?
-- unit: share
-- population: threads
-- definition: Threads with a reply or reaction by another person within $horizon_days days / threads. A thread that is
--   younger than that at the record's end is left out, since its answer may still come.
-- definition.fr: Fils ayant reçu, en $horizon_days jours, une réponse ou une réaction d'une autre personne / fils. Un
--   fil plus récent à la fin des données est écarté, car la réponse peut encore venir.
-- source: SWOOP Analytics, Response Rate; censoring: communitykit
-- source.fr: SWOOP Analytics, Response Rate ; censure : communitykit
-- dimensions: period, platform, place, kind, department, division, site, country, is_leader
-- parameters: horizon_days = 7
-- rests_on: responses
-- silence: Reactions count where a platform tells who reacted; those without a time of their own have their post's.
-- silence.fr: Les réactions comptent lorsque la plateforme indique qui a réagi ; sans heure propre, elles prennent celle
--   du message.
SELECT by_when(d), by_who(p), by_what(t),
    sum(CASE WHEN t.first_response_us - t.at_us <= $horizon_days * 86400000000 THEN 1 ELSE 0 END) AS numerator,
    count(*) AS denominator,
    count(DISTINCT t.person_id) AS persons
FROM threads AS t
JOIN days AS d ON d.day = t.day
LEFT JOIN people AS p ON p.person_id = t.person_id
WHERE t.at_us + $horizon_days * 86400000000 <= $observed_us AND human(p)
GROUP BY by_when(d), by_who(p), by_what(t)
