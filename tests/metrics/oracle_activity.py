"""The metrics of who takes part, how often and for how long, once more in plain Python over plain rows."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from datetime import date, timedelta

from oracle_window import DAY_US, Answer, Oracle, days_by_person, share


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
