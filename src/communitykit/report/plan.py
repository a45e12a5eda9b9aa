"""What stands in the report, as data: by section its figures of the last month, its courses and its groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Asked = tuple[str, str | None]
"""A metric and its variant."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section: `tiles` are of the last month, `wide` of the whole window, `courses` by month, `groups` compared.

    `mixes` are metrics whose variants are shares of one whole.
    """

    name: str
    tiles: tuple[Asked, ...] = ()
    wide: tuple[Asked, ...] = ()
    courses: tuple[Asked, ...] = ()
    groups: tuple[tuple[str, str | None, str], ...] = ()
    mixes: tuple[str, ...] = ()


SECTIONS: Final = (
    Section(
        "adoption",
        tiles=(
            ("active_members", "interaction_window"),
            ("active_members", "view_window"),
            ("stickiness", "workdays"),
            ("regulars", None),
        ),
        wide=(("activation", None), ("community_health", None)),
        courses=(("active_members", "interaction_window"),),
        groups=(
            ("active_members", "interaction_window", "department"),
            ("active_members", "interaction_window", "site"),
            ("active_members", "interaction_window", "country"),
        ),
        mixes=("participation_split",),
    ),
    Section(
        "animation",
        tiles=(
            ("response_rate", None),
            ("unanswered_rate", None),
            ("time_to_first_response", "median"),
            ("replies_per_thread", "mean"),
            ("reply_post_ratio", None),
            ("curiosity", None),
        ),
        courses=(("response_rate", None),),
        groups=(("response_rate", None, "department"),),
    ),
    Section(
        "leaders",
        tiles=(
            ("leader_participation", None),
            ("leader_engagement_ratio", None),
            ("leader_reply_share", None),
            ("leader_response_rate", "leaders"),
            ("leader_response_rate", "others"),
        ),
        courses=(("leader_participation", None),),
        groups=(("response_rate", None, "is_leader"),),
    ),
    Section(
        "champions",
        tiles=(("superuser_share", "top_10"), ("gini", "all_members")),
        wide=(("influence_concentration", None), ("first_contribution_attribution", None)),
        mixes=("persona_mix",),
    ),
    Section(
        "silos",
        wide=(
            ("ei_index", "observed"),
            ("ei_index", "expected"),
            ("cross_department_threads", None),
            ("two_way_relationships", "dyads"),
            ("diversity_index", "departments"),
        ),
    ),
    Section("communities", tiles=(("dormant_communities", None),)),
)
