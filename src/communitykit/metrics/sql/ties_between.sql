-- title: Ties between departments
-- title.fr: Liens entre services
-- question: With whom do the people of each department talk?
-- question.fr: Avec qui les collaborateurs de chaque service échangent-ils ?
-- unit: share
-- population: ties
-- definition: Pairs of whom one is of the group and the other of the department that the variant names / pairs of whom
--   one is of the group. A pair inside counts once for each of its two. persons are those of the smaller of both sides.
-- definition.fr: Paires dont l'une des personnes est du groupe et l'autre du service que nomme la variante / paires dont
--   l'une des personnes est du groupe. Une paire interne compte une fois pour chacune des deux. L'effectif (persons)
--   est celui du plus petit des deux côtés.
-- source: communitykit; the department × department matrix of organisational network analysis
-- source.fr: communitykit ; matrice des services de l'analyse des réseaux organisationnels
-- dimensions: period, department, division, site, country, is_leader
-- parameters: attribute = department
-- needs: departments
-- rests_on: ties
-- silence: People whose department nobody tells are left out.
-- silence.fr: Les personnes dont le service n'est pas indiqué sont écartées.
WITH ends AS (
    SELECT x.period, x.one AS person_id, x.other AS partner_id FROM pairs AS x
    UNION ALL
    SELECT x.period, x.other AS person_id, x.one AS partner_id FROM pairs AS x
),
cells AS (
    SELECT e.period, by_who(p), attribute(q) AS team, count(*) AS ends,
        least(count(DISTINCT e.person_id), count(DISTINCT e.partner_id)) AS persons
    FROM ends AS e
    JOIN people AS p ON p.person_id = e.person_id
    JOIN people AS q ON q.person_id = e.partner_id
    WHERE attribute(p) IS NOT NULL AND attribute(q) IS NOT NULL
    GROUP BY e.period, by_who(p), attribute(q)
),
totals AS (SELECT by_all(c), sum(c.ends) AS ends FROM cells AS c GROUP BY by_all(c))
SELECT by_all(c), c.team AS variant, c.ends AS numerator, t.ends AS denominator, c.persons
FROM cells AS c
JOIN totals AS t ON same(c, t)
