"""Every metric once more, in plain Python over plain rows: slow, obvious, and written without looking at the SQL."""

from __future__ import annotations

from collections.abc import Callable

from oracle_activity import (
    activation,
    active_members,
    activity_trend,
    burstiness,
    community_health,
    dormant_communities,
    first_contribution_attribution,
    gini,
    participation_split,
    persona_mix,
    regulars,
    retention,
    stickiness,
    superuser_share,
)
from oracle_answers import (
    curiosity,
    post_engagement,
    reach,
    replies_per_thread,
    reply_post_ratio,
    response_rate,
    time_to_first_response,
    unanswered_rate,
)
from oracle_leaders import (
    cross_department_threads,
    hierarchy_span,
    leader_engagement_ratio,
    leader_participation,
    leader_reply_share,
    leader_response_rate,
)
from oracle_ties import (
    diversity_index,
    ei_index,
    gravity,
    influence_concentration,
    modularity,
    ties_between,
    two_way_relationships,
)
from oracle_window import Answer, Oracle

ANSWERS: dict[str, Callable[[Oracle], Answer]] = {
    one.__name__: one
    for one in (
        activation,
        active_members,
        activity_trend,
        burstiness,
        community_health,
        cross_department_threads,
        curiosity,
        diversity_index,
        dormant_communities,
        ei_index,
        first_contribution_attribution,
        gini,
        gravity,
        hierarchy_span,
        influence_concentration,
        leader_engagement_ratio,
        leader_participation,
        leader_reply_share,
        leader_response_rate,
        modularity,
        participation_split,
        persona_mix,
        post_engagement,
        reach,
        regulars,
        replies_per_thread,
        reply_post_ratio,
        response_rate,
        retention,
        stickiness,
        superuser_share,
        ties_between,
        time_to_first_response,
        two_way_relationships,
        unanswered_rate,
    )
}
