-- title: Personas
-- title.fr: Profils de participation
-- question: Who starts, who answers, who only watches?
-- question.fr: Qui lance, qui répond, qui observe ?
-- unit: share
-- population: members
-- definition: With c posts, replies and reactions made, and r replies and reactions received. observer: c below one per
--   14 days. Of the others, engager: neither of c and r exceeds $balance times the other; catalyst: r does; c does,
--   then broadcaster: more posts than replies, else responder. Each / people. SWOOP does not publish its numbers:
--   $balance times is ours.
-- definition.fr: Avec c messages, réponses et réactions émis, et r réponses et réactions reçues. Observateurs
--   (observer) : c inférieur à un par 14 jours. Parmi les autres, animateurs (engager) : ni c ni r ne dépasse $balance
--   fois l'autre ; catalyseurs (catalyst) : r le dépasse ; si c le dépasse, diffuseurs (broadcaster) : plus de messages
--   que de réponses, sinon intervenants (responder). Chaque groupe / personnes. SWOOP ne publie pas ses seuils : $balance
--   fois est le nôtre.
-- source: SWOOP Analytics, online personas; thresholds: communitykit
-- source.fr: SWOOP Analytics, profils en ligne ; seuils : communitykit
-- dimensions: period, platform, department, division, site, country, is_leader
-- variants: observer, engager, catalyst, responder, broadcaster
-- parameters: balance = 2
-- rests_on: responses
-- silence: Without who reacted, c and r lack reactions: more people seem to observe.
-- silence.fr: Sans les auteurs des réactions, c et r ne les comptent pas : davantage de personnes semblent observer.
WITH received AS (
    SELECT by_when(x), by_who(p), by_what(x), x.to_person_id AS person_id, sum(x.responses) AS r
    FROM arcs AS x
    JOIN people AS p ON p.person_id = x.to_person_id
    GROUP BY by_when(x), by_who(p), by_what(x), x.to_person_id
),
made AS (
    SELECT by_all(x), x.person_id, x.days, x.posts, x.replies, x.posts + x.replies + x.reactions AS c
    FROM personal AS x
),
both_sides AS (
    SELECT by_all(m), m.c, m.posts, m.replies, coalesce(x.r, 0) AS r
    FROM made AS m
    LEFT JOIN received AS x ON same(m, x) AND x.person_id = m.person_id
    WHERE m.c * 14 >= m.days
),
named AS (
    SELECT by_all(b),
        CASE
            WHEN b.c <= $balance * b.r AND b.r <= $balance * b.c THEN 'engager'
            WHEN b.r > b.c THEN 'catalyst'
            WHEN b.posts > b.replies THEN 'broadcaster'
            ELSE 'responder'
        END AS persona
    FROM both_sides AS b
),
counts AS (SELECT by_all(n), n.persona, count(*) AS persons FROM named AS n GROUP BY by_all(n), n.persona),
totals AS (SELECT by_all(c), sum(c.persons) AS persons FROM counts AS c GROUP BY by_all(c))
SELECT by_all(m), v.variant,
    CASE WHEN v.variant = 'observer' THEN m.members - coalesce(t.persons, 0) ELSE coalesce(c.persons, 0) END
        AS numerator,
    m.members AS denominator, m.members AS persons
FROM population AS m
CROSS JOIN variants AS v
LEFT JOIN totals AS t ON same(m, t)
LEFT JOIN counts AS c ON same(m, c) AND c.persona = v.variant
