"""The metrics of leaders and of who meets whom across a company, once more in plain Python over plain rows."""

from __future__ import annotations

from collections import defaultdict

from oracle_ties import (
    department,
)
from oracle_window import Answer, Oracle, share


def _leaders(o: Oracle) -> set[int]:
    return {one for one in o.members if o.people[one]["is_leader"]}


def leader_participation(o: Oracle) -> Answer:
    acting = {act["person_id"] for act in o.acts()}
    return {None: share(len(acting & _leaders(o)), len(_leaders(o)))}


def leader_engagement_ratio(o: Oracle) -> Answer:
    leaders = _leaders(o)
    by = [act["person_id"] in leaders for act in o.acts()]
    per_leader, per_other = share(sum(by), len(leaders)), share(len(by) - sum(by), len(o.members) - len(leaders))
    return {None: None if per_leader is None or not per_other else per_leader / per_other}


def leader_reply_share(o: Oracle) -> Answer:
    kinds = [act["kind"] for act in o.acts(None, None, "posted", "replied") if act["person_id"] in _leaders(o)]
    return {None: share(kinds.count("replied"), len(kinds))}


def hierarchy_span(o: Oracle) -> Answer:
    managers = {one.get("manager_id") for one in o.people.values()}
    inside = {one for one in o.everybody if o.people[one].get("manager_id") is not None or one in managers}
    pairs = {frozenset(edge) for edge in o.graph("reply", "mention").edges if set(edge) <= inside}
    far = sum(max(depths) - min(depths) >= 2 for depths in ([o.people[one]["depth"] for one in pair] for pair in pairs))
    return {None: share(far, len(pairs))}


def cross_department_threads(o: Oracle) -> Answer:
    voices: dict[int, set[int]] = defaultdict(set)
    for post in [*o.world.rows["threads"], *o.world.rows["answers"]]:
        author = o.people.get(post["person_id"], {})
        if author.get("is_eligible") and author.get("department") is not None:
            voices[post["thread_id"]].add(post["person_id"])
    within = [one["thread_id"] for one in o.world.rows["threads"] if o.since <= one["day"] < o.until]
    mixed = [len({department(o, one) for one in voices[number]}) for number in within if len(voices[number]) > 1]
    return {None: share(sum(number > 1 for number in mixed), len(mixed))}


def leader_response_rate(o: Oracle) -> Answer:
    drawn: dict[str | None, list[int]] = {"leaders": [], "others": []}
    for thread in o.threads():
        if thread["person_id"] in o.members:
            side = "leaders" if o.people[thread["person_id"]]["is_leader"] else "others"
            drawn[side].append(thread["replies"] + thread["reactions"])
    return {side: share(sum(counts), len(counts)) for side, counts in drawn.items()}
