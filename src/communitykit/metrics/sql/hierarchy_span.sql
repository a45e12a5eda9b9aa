-- title: Talk across levels
-- title.fr: Échanges entre niveaux hiérarchiques
-- question: Do people talk past the hierarchy?
-- question.fr: Se parle-t-on au-delà de la ligne hiérarchique ?
-- unit: share
-- population: ties
-- definition: Pairs that reply to or mention each other and stand at least $levels levels apart in the tree of managers /
--   such pairs. People outside the tree are left out.
-- definition.fr: Paires liées par une réponse ou une mention et séparées d'au moins $levels niveaux dans l'arbre
--   hiérarchique / paires ainsi liées. Les personnes hors de l'arbre sont écartées.
-- source: communitykit
-- dimensions: period, platform, place
-- parameters: levels = 2
-- needs: managers
-- rests_on: posts
-- silence: Absent where no directory tells who manages whom.
-- silence.fr: Non calculé lorsqu'aucun annuaire n'indique qui encadre qui.
WITH managers AS (SELECT p.manager_id FROM people AS p WHERE p.manager_id IS NOT NULL GROUP BY p.manager_id),
placed AS (
    SELECT p.person_id, p.depth
    FROM people AS p
    LEFT JOIN managers AS m ON m.manager_id = p.person_id
    WHERE p.depth IS NOT NULL AND (p.manager_id IS NOT NULL OR m.manager_id IS NOT NULL)
),
spans AS (
    SELECT by_all(x), x.one, x.other, CASE WHEN abs(p.depth - q.depth) >= $levels THEN 1 ELSE 0 END AS far
    FROM pairs AS x
    JOIN placed AS p ON p.person_id = x.one
    JOIN placed AS q ON q.person_id = x.other
    WHERE x.speaks = 1
),
ends AS (
    SELECT by_all(s), s.one AS person_id FROM spans AS s
    UNION ALL
    SELECT by_all(s), s.other AS person_id FROM spans AS s
),
nodes AS (SELECT by_all(e), count(DISTINCT e.person_id) AS persons FROM ends AS e GROUP BY by_all(e)),
counts AS (SELECT by_all(s), sum(s.far) AS far, count(*) AS pairs FROM spans AS s GROUP BY by_all(s))
SELECT by_all(c), c.far AS numerator, c.pairs AS denominator, n.persons
FROM counts AS c
JOIN nodes AS n ON same(c, n)
