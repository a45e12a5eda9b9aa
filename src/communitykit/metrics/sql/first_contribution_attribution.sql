-- title: Drawn in by champions
-- title.fr: Arrivées grâce aux ambassadeurs
-- question: How many of those who take part for the first time were met by a champion?
-- question.fr: Parmi ceux qui participent pour la première fois, combien ont été sollicités par un ambassadeur ?
-- unit: share
-- population: newcomers
-- definition: People whose first contribution in the record falls in the period and answers a champion, or comes at
--   most $within_days days after a champion turned to them / people whose first contribution falls in it. Champions are
--   the $percent % of all people, rounded up to whole persons, who contribute most in the period. It tells what came
--   after what, not what caused it, and is hidden where the champions are too few.
-- definition.fr: Personnes dont la première contribution tombe dans la période et répond à un ambassadeur, ou suit d'au
--   plus $within_days jours un geste d'un ambassadeur à leur égard / personnes dont la première contribution tombe dans
--   la période. Les ambassadeurs sont les $percent % de personnes, arrondis à la personne supérieure, qui contribuent
--   le plus dans la période. L'ordre des faits n'est pas une preuve de cause ; le chiffre est masqué si les ambassadeurs sont
--   trop peu nombreux.
-- source: communitykit
-- dimensions: period, department, division, site, country
-- parameters: percent = 1; within_days = 7
-- adds: no
-- rests_on: contributions
-- silence: At the record's beginning everybody's first contribution looks new.
-- silence.fr: Au début des données, toute première contribution paraît nouvelle.
WITH ranked AS (
    SELECT x.period, x.person_id,
        row_number() OVER (PARTITION BY x.period ORDER BY x.contributions DESC, x.person_id) AS place_in_line
    FROM personal AS x
),
staff AS (SELECT m.period, count(*) AS members FROM members AS m GROUP BY m.period),
champions AS (
    SELECT r.period, r.person_id
    FROM ranked AS r
    JOIN staff AS s ON s.period = r.period
    WHERE r.place_in_line <= ceil(s.members * $percent / 100)
),
firsts AS (
    SELECT a.person_id, min(a.at_us) AS at_us, min(a.day) AS day
    FROM acts AS a
    WHERE a.is_contribution AND a.at_us IS NOT NULL AND a.person_id IS NOT NULL
    GROUP BY a.person_id
),
newcomers AS (
    SELECT by_when(d), by_who(p), f.person_id, f.at_us
    FROM firsts AS f
    JOIN days AS d ON d.day = f.day
    JOIN people AS p ON p.person_id = f.person_id
    WHERE present(p, d)
),
drawn AS (
    SELECT n.period, n.person_id
    FROM newcomers AS n
    JOIN acts AS a ON a.person_id = n.person_id AND a.at_us = n.at_us
    JOIN champions AS c ON c.period = n.period AND c.person_id = a.to_person_id
    WHERE a.is_contribution AND a.to_person_id <> n.person_id
    UNION
    SELECT n.period, n.person_id
    FROM newcomers AS n
    JOIN acts AS a ON a.to_person_id = n.person_id
    JOIN champions AS c ON c.period = n.period AND c.person_id = a.person_id
    WHERE a.person_id <> n.person_id AND a.at_us <= n.at_us AND a.at_us >= n.at_us - $within_days * 86400000000
)
SELECT by_all(n), sum(CASE WHEN w.person_id IS NULL THEN 0 ELSE 1 END) AS numerator, count(*) AS denominator,
    least(count(*), coalesce(max(h.champions), 0)) AS persons
FROM newcomers AS n
LEFT JOIN drawn AS w ON w.period = n.period AND w.person_id = n.person_id
LEFT JOIN (SELECT c.period, count(*) AS champions FROM champions AS c GROUP BY c.period) AS h ON h.period = n.period
GROUP BY by_all(n)
