-- title: Time to the first reply, where one came
-- title.fr: Délai de première réponse, quand il y en a une
-- question: How long does somebody who writes wait for an answer?
-- question.fr: Combien de temps attend-on une réponse ?
-- unit: hours
-- population: threads
-- definition: First reply by another person - thread's start, in hours. median and p90 are over answered threads.
--   km_median is Kaplan and Meier's over all of them, the unanswered ones censored at the record's end: where so few
--   are answered that half never are, it has no value and says never. Numerator and denominator are answered threads
--   and threads. Replies before their thread (imports, clocks) are left out; negative is their share.
-- definition.fr: Première réponse d'une autre personne − début du fil, en heures. La médiane (median) et le neuvième
--   décile (p90) portent sur les fils ayant reçu une réponse. La médiane de Kaplan-Meier (km_median) porte sur tous les
--   fils, ceux sans réponse étant censurés à la fin des données : si la moitié n'obtient jamais de réponse, elle n'a
--   pas de valeur, ce que dit la mention « jamais ». Le numérateur et le dénominateur sont les fils ayant reçu une
--   réponse et tous les fils. Les réponses antérieures à leur fil (imports, horloges) sont écartées ; leur part est
--   donnée (negative).
-- source: CHAOSS, Time to First Response; Kaplan and Meier 1958
-- source.fr: CHAOSS, Time to First Response ; Kaplan et Meier 1958
-- dimensions: period, platform, place, kind, department, division, site, country, is_leader
-- variants: median, p90, km_median, negative
-- rests_on: posts
-- silence: Threads without a time of their own are left out.
-- silence.fr: Les fils sans heure propre sont écartés.
WITH asked AS (
    SELECT by_when(d), by_who(p), by_what(t), t.person_id, t.first_reply_us - t.at_us AS waited,
        $observed_us - t.at_us AS watched
    FROM threads AS t
    JOIN days AS d ON d.day = t.day
    LEFT JOIN people AS p ON p.person_id = t.person_id
    WHERE human(p) AND t.at_us <= $observed_us
),
negatives AS (
    SELECT by_all(a), count(*) AS threads, sum(CASE WHEN a.waited < 0 THEN 1 ELSE 0 END) AS negative
    FROM asked AS a
    GROUP BY by_all(a)
),
sound AS (
    SELECT by_all(a), a.person_id, coalesce(a.waited, a.watched) AS lasted,
        CASE WHEN a.waited IS NULL THEN 0 ELSE 1 END AS answered
    FROM asked AS a
    WHERE a.waited IS NULL OR a.waited >= 0
),
totals AS (
    SELECT by_all(s), count(*) AS threads, sum(s.answered) AS answered, count(DISTINCT s.person_id) AS persons,
        quantile_cont(CASE WHEN s.answered = 1 THEN s.lasted END, 0.5) AS median,
        quantile_cont(CASE WHEN s.answered = 1 THEN s.lasted END, 0.9) AS p90
    FROM sound AS s
    GROUP BY by_all(s)
),
steps AS (
    SELECT by_all(s), s.lasted, sum(s.answered) AS answered, count(*) AS ending
    FROM sound AS s
    GROUP BY by_all(s), s.lasted
),
risks AS (
    SELECT by_all(s), s.lasted, s.answered,
        sum(s.ending) OVER (
            PARTITION BY by_all(s) ORDER BY s.lasted DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS at_risk
    FROM steps AS s
),
curve AS (
    SELECT by_all(r), r.lasted,
        sum(CASE WHEN r.answered = r.at_risk THEN -1000.0 ELSE ln(1 - r.answered / r.at_risk) END) OVER (
            PARTITION BY by_all(r) ORDER BY r.lasted ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS log_left
    FROM risks AS r
    WHERE r.answered > 0
),
-- ln(0.5), with room for the rounding of a sum
halves AS (
    SELECT by_all(c), min(c.lasted) AS km_median FROM curve AS c WHERE c.log_left <= -0.69314718 GROUP BY by_all(c)
)
SELECT by_all(n), v.variant,
    CASE v.variant
        WHEN 'median' THEN t.median / 3600000000
        WHEN 'p90' THEN t.p90 / 3600000000
        WHEN 'km_median' THEN h.km_median / 3600000000
        ELSE n.negative / n.threads
    END AS value,
    CASE WHEN v.variant = 'negative' THEN n.negative ELSE coalesce(t.answered, 0) END AS numerator,
    CASE WHEN v.variant = 'negative' THEN n.threads ELSE coalesce(t.threads, 0) END AS denominator,
    coalesce(t.persons, 0) AS persons,
    CASE WHEN v.variant = 'km_median' AND h.km_median IS NULL AND t.threads > 0 THEN 'never' END AS reason
FROM negatives AS n
CROSS JOIN variants AS v
LEFT JOIN totals AS t ON same(n, t)
LEFT JOIN halves AS h ON same(n, h)
