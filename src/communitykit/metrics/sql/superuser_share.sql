-- title: Share of the most active
-- title.fr: Part des plus actifs
-- question: How much of everything do a few people write?
-- question.fr: Quelle part de l'activité repose sur quelques personnes ?
-- unit: share
-- population: members
-- definition: Contributions of the most active 1 % (top_1) and 10 % (top_10) of all people, rounded up to whole persons /
--   contributions. It rests on those most active alone, so it is hidden where they are too few.
-- definition.fr: Contributions du 1 % (top_1) et des 10 % (top_10) de personnes les plus actives, arrondi à la personne
--   supérieure / contributions. Le chiffre ne repose que sur ces personnes : il est masqué si elles sont trop peu nombreuses.
-- source: communitykit; the percentages follow Nielsen 2006
-- source.fr: communitykit ; pourcentages d'après Nielsen 2006
-- dimensions: period, platform, department, division, site, country, is_leader
-- variants: top_1, top_10
-- adds: no
-- rests_on: contributions
-- silence: Reactions count where a platform tells who reacted.
-- silence.fr: Les réactions comptent lorsque la plateforme indique qui a réagi.
WITH ranked AS (
    SELECT by_all(x), x.contributions AS amount,
        row_number() OVER (PARTITION BY by_all(x) ORDER BY x.contributions DESC, x.person_id) AS place_in_line
    FROM personal AS x
),
tops AS (
    SELECT by_all(m), m.members,
        sum(r.amount) AS total,
        sum(CASE WHEN r.place_in_line <= ceil(m.members / 100) THEN r.amount ELSE 0 END) AS top_1,
        sum(CASE WHEN r.place_in_line <= ceil(m.members / 10) THEN r.amount ELSE 0 END) AS top_10
    FROM population AS m
    JOIN ranked AS r ON same(m, r)
    GROUP BY by_all(m), m.members
)
SELECT by_all(t), v.variant, CASE v.variant WHEN 'top_1' THEN t.top_1 ELSE t.top_10 END AS numerator,
    t.total AS denominator,
    CASE v.variant WHEN 'top_1' THEN ceil(t.members / 100) ELSE ceil(t.members / 10) END AS persons
FROM tops AS t
CROSS JOIN variants AS v
