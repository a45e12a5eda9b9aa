-- title: Replies per thread
-- title.fr: Réponses par fil
-- question: Do people talk, or only announce?
-- question.fr: Échange-t-on, ou ne fait-on qu'annoncer ?
-- unit: count
-- population: threads
-- definition: mean and median number of replies of the threads opened in the period; depth and depth_max are the mean
--   and the largest distance of a reply from its thread's first post (1 where a platform's threads are flat).
-- definition.fr: Nombre de réponses des fils ouverts dans la période, en moyenne (mean) et en médiane (median) ;
--   distance entre une réponse et le premier message, en moyenne (depth) et au maximum (depth_max), soit 1 lorsque les
--   fils de la plateforme sont plats.
-- source: CHAOSS; SWOOP Analytics
-- source.fr: CHAOSS ; SWOOP Analytics
-- dimensions: period, platform, place, kind, department, division, site, country, is_leader
-- variants: mean, median, depth, depth_max
-- rests_on: posts
-- silence: Depth is absent where it is not known.
-- silence.fr: La profondeur est absente lorsqu'elle n'est pas connue.
WITH counts AS (
    SELECT by_when(d), by_who(p), by_what(t), count(*) AS threads, sum(t.replies) AS replies,
        count(DISTINCT t.person_id) AS persons,
        quantile_cont(t.replies, 0.5) AS middle, avg(t.depth) AS depth, max(t.depth) AS deepest
    FROM threads AS t
    JOIN days AS d ON d.day = t.day
    LEFT JOIN people AS p ON p.person_id = t.person_id
    WHERE human(p)
    GROUP BY by_when(d), by_who(p), by_what(t)
)
SELECT by_all(c), v.variant,
    CASE v.variant
        WHEN 'mean' THEN c.replies / c.threads
        WHEN 'median' THEN c.middle
        WHEN 'depth' THEN c.depth
        ELSE CAST(c.deepest AS DOUBLE)
    END AS value,
    c.replies AS numerator, c.threads AS denominator, c.persons
FROM counts AS c
CROSS JOIN variants AS v
