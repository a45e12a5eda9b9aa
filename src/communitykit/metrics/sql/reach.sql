-- title: Reach
-- title.fr: Portée
-- question: How many of those who could see a post do?
-- question.fr: Parmi ceux qui pourraient voir un message, combien le voient ?
-- unit: share
-- population: threads
-- definition: People who viewed a thread / members of its community, summed over the threads opened in the period.
-- definition.fr: Personnes ayant vu un fil / membres de sa communauté, en cumulant les fils ouverts dans la période.
-- source: SWOOP Analytics, Seen, Reach and Engagement
-- dimensions: period, platform, place, kind, department, division, site, country, is_leader
-- needs: viewers
-- rests_on: posts
-- silence: Only of platforms that tell who viewed, and communities whose members are known.
-- silence.fr: Uniquement les plateformes qui indiquent les lecteurs et les communautés dont les membres sont connus.
SELECT by_when(d), by_who(p), by_what(t), sum(t.viewers) AS numerator, sum(l.members) AS denominator,
    count(DISTINCT t.person_id) AS persons
FROM threads AS t
JOIN days AS d ON d.day = t.day
JOIN places AS l ON l.place_id = t.place_id
LEFT JOIN people AS p ON p.person_id = t.person_id
WHERE t.viewers IS NOT NULL AND l.members > 0 AND human(p)
GROUP BY by_when(d), by_who(p), by_what(t)
