"""Every metric once more, in plain Python over plain rows: slow, obvious, and written without looking at the SQL."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, timedelta

from lifelines import KaplanMeierFitter
from oracle_ties import (
    department,
    diversity_index,
    ei_index,
    gravity,
    influence_concentration,
    modularity,
    ties_between,
    two_way_relationships,
)
from oracle_window import DAY_US, Answer, Oracle, Row, days_by_person, share


def activation(o: Oracle) -> Answer:
    first = [o.people[one].get("first_act_day") for one in o.members]
    return {None: share(sum(day is not None and day < o.until for day in first), len(o.members))}


def active_members(o: Oracle) -> Answer:
    windows = {"dau": o.last(1), "wau": o.last(7), "mau28": o.last(28), "window": o.since}
    tellers = {act["platform"] for act in o.world.rows["acts"] if act["kind"] == "viewed"}
    answer: Answer = {}
    for name, since in windows.items():
        every = [act for act in o.world.rows["acts"] if act["person_id"] in o.members and since <= act["day"] < o.until]
        looks = {
            "access": [act for act in every if act["platform"] in tellers],
            "view": [act for act in every if act["kind"] == "viewed"],
            "interaction": [act for act in every if act["is_contribution"]],
        }
        for kind, acts in looks.items():
            told = tellers or kind == "interaction"
            answer[f"{kind}_{name}"] = share(len({act["person_id"] for act in acts}), len(o.members)) if told else None
    return answer


def stickiness(o: Oracle) -> Answer:
    acts = o.acts(o.last(28))
    visits = {(act["person_id"], act["day"]) for act in acts}
    within = [day for day in _days(o.last(28), o.until) if o.world.first_day <= day <= o.world.last_day]
    people, work = len({act["person_id"] for act in acts}), [day for day in within if day.isoweekday() <= 5]
    if not people:
        return {"all_days": None, "workdays": None}
    on_work = sum(day in work for _, day in visits)
    return {
        "all_days": len(visits) / len(within) / people,
        "workdays": on_work / len(work) / people if work else None,
    }


def regulars(o: Oracle) -> Answer:
    days = days_by_person(o.acts(o.last(28)))
    return {None: share(sum(len(one) >= 10 for one in days.values()), len(days))}


def community_health(o: Oracle) -> Answer:
    now, year = ({act["person_id"] for act in o.acts(o.last(days))} for days in (28, 365))
    return {None: share(len(now), len(year))}


def retention(o: Oracle) -> Answer:
    cohort = [one for one in o.members if o.since <= (o.people[one].get("first_act_day") or date.max) < o.until]
    answer: Answer = {}
    for block in range(1, 13):
        kept = seen = 0
        for one in cohort:
            start = o.people[one]["first_act_day"] + timedelta(days=28 * block)
            if start + timedelta(days=27) <= o.world.last_day:
                seen += 1
                later = o.acts(start, start + timedelta(days=28))
                kept += any(act["person_id"] == one for act in later)
        answer[f"block_{block}"] = share(kept, seen)
    return answer


def dormant_communities(o: Oracle) -> Answer:
    since, asleep, number = o.last(90), 0, 0
    for place in o.world.rows["places"]:
        created = place.get("created_day")
        if place["is_container"] or place["archived"] or place["gone"] or (created and created >= o.until):
            continue
        number += 1
        posts = [*o.world.rows["threads"], *o.world.rows["answers"]]
        awake = any(one["place_id"] == place["place_id"] and since <= one["day"] < o.until for one in posts)
        asleep += not awake and (created is None or created < since)
    return {None: share(asleep, number)}


def participation_split(o: Oracle) -> Answer:
    counts, days = Counter(act["person_id"] for act in o.acts()), (o.until - o.since).days
    frequent = sum(number * 28 >= 4 * days for number in counts.values())
    parts = {"silent": len(o.members) - len(counts), "frequent": frequent, "occasional": len(counts) - frequent}
    return {name: share(part, len(o.members)) for name, part in parts.items()}


def superuser_share(o: Oracle) -> Answer:
    counts = sorted(Counter(act["person_id"] for act in o.acts()).values(), reverse=True)
    top = {name: sum(counts[: math.ceil(len(o.members) / part)]) for name, part in (("top_1", 100), ("top_10", 10))}
    return {name: share(part, sum(counts)) for name, part in top.items()}


def gini(o: Oracle) -> Answer:
    counts = list(Counter(act["person_id"] for act in o.acts()).values())
    silent = [0] * (len(o.members) - len(counts))
    return {"all_members": _gini([*counts, *silent]), "contributors": _gini(counts)}


def _gini(amounts: list[int]) -> float | None:
    """Mean absolute difference over twice the mean: not the formula by rank."""
    if not sum(amounts):
        return None
    gaps = sum(abs(one - other) for one in amounts for other in amounts)
    return gaps / (2 * len(amounts) * sum(amounts))


def response_rate(o: Oracle) -> Answer:
    ripe = [one for one in o.threads() if one["at_us"] + 7 * DAY_US <= o.observed]
    return {None: share(sum(_within(one, "first_response_us") for one in ripe), len(ripe))}


def unanswered_rate(o: Oracle) -> Answer:
    ripe = [one for one in o.threads() if one["at_us"] + 7 * DAY_US <= o.observed]
    return {None: share(sum(not _within(one, "first_reply_us") for one in ripe), len(ripe))}


def _within(thread: Row, what: str) -> bool:
    return thread[what] is not None and thread[what] - thread["at_us"] <= 7 * DAY_US


def time_to_first_response(o: Oracle) -> Answer:
    threads = [one for one in o.threads() if one["at_us"] <= o.observed]
    waits = [None if one["first_reply_us"] is None else one["first_reply_us"] - one["at_us"] for one in threads]
    sound = sorted(one for one in waits if one is not None and one >= 0)
    watched = [o.observed - one["at_us"] for one, wait in zip(threads, waits, strict=True) if wait is None]
    answer: Answer = {"negative": share(sum(one is not None and one < 0 for one in waits), len(waits))}
    answer |= {"median": None, "p90": None, "km_median": None}
    if sound:
        quantiles = statistics.quantiles(sound * 2, n=10, method="inclusive") if len(sound) == 1 else None
        p90 = quantiles[8] if quantiles else statistics.quantiles(sound, n=10, method="inclusive")[8]
        answer |= {"median": statistics.median(sound) / 3.6e9, "p90": p90 / 3.6e9}
        curve = KaplanMeierFitter().fit([*sound, *watched], [1] * len(sound) + [0] * len(watched))
        left = curve.survival_function_["KM_estimate"]
        halves = left.index[left <= 0.5 + 1e-9]  # a product of fractions: half is seldom 0.5 to the last bit
        answer["km_median"] = float(halves[0]) / 3.6e9 if len(halves) else None
    return answer


def replies_per_thread(o: Oracle) -> Answer:
    threads = o.threads()
    if not threads:
        return {}
    replies, depths = [one["replies"] for one in threads], [one["depth"] for one in threads]
    return {
        "mean": statistics.mean(replies),
        "median": statistics.median(replies),
        "depth": statistics.mean(depths),
        "depth_max": max(depths),
    }


def reply_post_ratio(o: Oracle) -> Answer:
    return {None: share(len(o.messages()) - len(o.threads()), len(o.threads()))}


def curiosity(o: Oracle) -> Answer:
    told = [one["is_question"] for one in o.messages() if one["is_question"] is not None]
    return {None: share(sum(told), len(told))}


def reach(o: Oracle) -> Answer:
    sizes = {one["place_id"]: one.get("members") for one in o.world.rows["places"]}
    seen = [(one["viewers"], sizes[one["place_id"]]) for one in o.threads() if one["viewers"] is not None]
    told = [(viewers, size) for viewers, size in seen if size]
    return {None: share(sum(viewers for viewers, _ in told), sum(size for _, size in told))}


def post_engagement(o: Oracle) -> Answer:
    threads = [one for one in o.threads() if one["viewers"] is not None]
    engaged: dict[int, set[int]] = defaultdict(set)
    for act in o.world.rows["acts"]:
        if act["kind"] in {"replied", "reacted"} and act["person_id"] is not None:
            engaged[act.get("thread_id")].add(act["person_id"])  # type: ignore[index]
    number = sum(len(engaged[one["thread_id"]] - {one["person_id"]}) for one in threads)
    return {None: share(number, sum(one["viewers"] for one in threads))}


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


def persona_mix(o: Oracle) -> Answer:
    made: dict[int, Counter[str]] = defaultdict(Counter)
    for act in o.acts(None, None, "posted", "replied", "reacted"):
        made[act["person_id"]][act["kind"]] += 1
    graph, mix = o.graph("reply", "reaction"), Counter[str]()
    for one in o.members:
        c, r = made[one].total(), graph.in_degree(one, weight="weight") if one in graph else 0
        balance = (c - r) / (c + r) if c + r else 0
        if c * 14 < (o.until - o.since).days:
            mix["observer"] += 1
        elif abs(balance) <= 1 / 3 + 1e-12:
            mix["engager"] += 1
        elif balance < 0:
            mix["catalyst"] += 1
        else:
            mix["broadcaster" if made[one]["posted"] > made[one]["replied"] else "responder"] += 1
    names = ("observer", "engager", "catalyst", "broadcaster", "responder")
    return {name: share(mix[name], len(o.members)) for name in names}


def burstiness(o: Oracle) -> Answer:
    moments: dict[int, list[int]] = defaultdict(list)
    for act in o.acts():
        moments[act["person_id"]].append(act["at_us"])
    each = []
    for times in moments.values():
        gaps = [later - sooner for sooner, later in zip(sorted(times), sorted(times)[1:], strict=False)]
        if len(gaps) >= 10:
            mean, spread = statistics.mean(gaps), statistics.pstdev(gaps)
            each.append((spread - mean) / (spread + mean))
    return {None: statistics.median(each) if each else None}


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


def first_contribution_attribution(o: Oracle) -> Answer:
    acts = [one for one in o.world.rows["acts"] if one["is_contribution"] and one["person_id"] is not None]
    inside = Counter(
        one["person_id"]
        for one in acts
        if one["person_id"] in o.everybody and one["day"] and o.since <= one["day"] < o.until
    )
    line = sorted(inside, key=lambda one: (-inside[one], one))
    champions = set(line[: math.ceil(len(o.everybody) / 100)])
    first = {}
    for one in sorted((one for one in acts if one["at_us"] is not None), key=lambda one: one["at_us"]):
        first.setdefault(one["person_id"], one)
    new = {number: one for number, one in first.items() if number in o.members and o.since <= one["day"] < o.until}
    drawn = set()
    for one in acts:
        who, whom = one["person_id"], one.get("to_person_id")
        if who != whom and who in new and whom in champions and one["at_us"] == new[who]["at_us"]:
            drawn.add(who)
    for one in o.world.rows["acts"]:
        who, whom, at = one["person_id"], one.get("to_person_id"), one["at_us"]
        reached = who != whom and whom in new and who in champions and at is not None
        if reached and 0 <= new[whom]["at_us"] - at <= 7 * DAY_US:
            drawn.add(whom)
    return {None: share(len(drawn), len(new))}


def activity_trend(o: Oracle) -> Answer:
    last = min(o.until, o.world.last_day + timedelta(days=1))
    first = max(o.since, o.world.first_day)
    weeks = [o.acts(last - timedelta(days=7 * number + 7), last - timedelta(days=7 * number)) for number in range(1000)]
    counts = [len(one) for one in weeks[: (last - first).days // 7]][::-1]
    medians = [statistics.median(counts[number - 3 : number + 1]) for number in range(3, len(counts))]
    if len(counts) < 8 or not any(counts):
        return {None: None}
    slope = statistics.linear_regression(range(len(medians)), medians).slope
    return {None: share(slope, statistics.mean(medians))}


def _days(since: date, until: date) -> list[date]:
    return [since + timedelta(days=number) for number in range((until - since).days)]


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
