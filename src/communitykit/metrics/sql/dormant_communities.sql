-- title: Communities asleep
-- title.fr: Communautés en sommeil
-- question: In how many communities does nothing happen any more?
-- question.fr: Dans combien de communautés ne se passe-t-il plus rien ?
-- unit: share
-- population: communities
-- definition: Communities without a post or reply in the last $quiet_days days of the period / communities. One that is
--   younger than that is not asleep yet. Containers (a team, a workspace) are no communities: their channels are.
--   From 21 days on this is of communities, not of people: persons is 0, and no community is hidden. Below, a short
--   silence is its members': persons are they.
-- definition.fr: Communautés sans message ni réponse pendant les $quiet_days derniers jours de la période /
--   communautés. Une communauté plus récente n'est pas encore en sommeil. Les conteneurs (équipe, espace de travail) ne
--   sont pas des communautés : leurs canaux le sont. À partir de 21 jours, ce chiffre porte sur les communautés et non sur des personnes : l'effectif
--   (persons) est 0 et aucune communauté n'est masquée. En dessous, un court silence est celui des membres, qui sont
--   l'effectif.
-- source: communitykit
-- dimensions: period, platform, place, kind
-- parameters: quiet_days = 90
-- trailing: $quiet_days
-- rests_on: posts
-- silence: A community that could not be read looks asleep: coverage says so.
-- silence.fr: Une communauté qui n'a pas pu être lue paraît en sommeil : les données lues le signalent.
WITH posts AS (
    SELECT t.place_id, t.day FROM threads AS t GROUP BY t.place_id, t.day
    UNION ALL
    SELECT r.place_id, r.day FROM answers AS r GROUP BY r.place_id, r.day
),
awake AS (
    SELECT d.period, x.place_id
    FROM posts AS x
    JOIN span AS d ON d.day = x.day
    WHERE x.day >= d.from_1
    GROUP BY d.period, x.place_id
)
SELECT by_when(d), by_what(l),
    sum(CASE WHEN w.place_id IS NULL AND (l.created_day IS NULL OR l.created_day < d.from_1) THEN 1 ELSE 0 END)
        AS numerator,
    count(*) AS denominator,
    sum(CASE WHEN $quiet_days >= 21 THEN 0 ELSE coalesce(l.members, 0) END) AS persons
FROM places AS l
CROSS JOIN periods AS d
LEFT JOIN awake AS w ON w.place_id = l.place_id AND w.period = d.period
WHERE NOT coalesce(l.is_container, FALSE) AND NOT coalesce(l.archived, FALSE) AND NOT coalesce(l.gone, FALSE)
    AND l.kind NOT IN ('direct', 'user_group')
    AND (l.created_day IS NULL OR l.created_day < d.until_day)
GROUP BY by_when(d), by_what(l)
