"""The metrics of what is answered and seen, once more in plain Python over plain rows."""

from __future__ import annotations

import statistics
from collections import defaultdict

from lifelines import KaplanMeierFitter
from oracle_window import DAY_US, Answer, Oracle, Row, share


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
