"""The metrics of who turns to whom once more, in plain Python over plain rows."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

import networkx as nx
from oracle_window import Answer, Oracle, days_by_person, share


def two_way_relationships(o: Oracle) -> Answer:
    graph = o.graph()
    if not graph:
        return {}
    pairs = {frozenset(edge) for edge in graph.edges}
    mutual = sum(graph.has_edge(*pair) and graph.has_edge(*reversed(tuple(pair))) for pair in map(tuple, pairs))
    return {"dyads": share(mutual, len(pairs)), "arcs": nx.overall_reciprocity(graph)}


def ei_index(o: Oracle) -> Answer:
    graph = o.known(o.graph())
    if not graph:
        return {}
    inside = sum(department(o, one) == department(o, other) for one, other in graph.edges)
    outside = graph.number_of_edges() - inside
    known = [o.people[one]["department"] for one in o.everybody if o.people[one].get("department") is not None]
    sizes, number = Counter(known).values(), len(known)
    expected = 1 - 2 * sum(size * (size - 1) for size in sizes) / (number * (number - 1))
    observed = (outside - inside) / (outside + inside)
    return {"observed": observed, "expected": expected, "adjusted": observed - expected}


def modularity(o: Oracle) -> Answer:
    graph = o.known(o.graph())
    if not graph:
        return {}
    teams: dict[str, set[int]] = defaultdict(set)
    for one in graph:
        teams[department(o, one)].add(one)
        graph.nodes[one]["department"] = department(o, one)
    answer: Answer = {"modularity": nx.community.modularity(graph, teams.values(), weight=None)}
    if len(teams) > 1:
        answer["assortativity"] = nx.attribute_assortativity_coefficient(graph, "department")
    return answer


def department(o: Oracle, person: int) -> str:
    return str(o.people[person]["department"])


def ties_between(o: Oracle) -> Answer:
    ends = Counter[str]()
    for pair in o.known(o.graph()).edges:
        for one, other in (pair, pair[::-1]):
            if one in o.members:
                ends[department(o, other)] += 1
    return {team: share(number, ends.total()) for team, number in ends.items()}


def diversity_index(o: Oracle) -> Answer:
    places: dict[int, Counter[Any]] = defaultdict(Counter)
    for act in o.acts():
        if act.get("place_id") is not None:
            places[act["person_id"]][act["place_id"]] += 1
    teams: dict[int, Counter[Any]] = defaultdict(Counter)
    for one, other, weight in o.graph().edges.data("weight"):
        if one in o.members and o.people[other].get("department") is not None:
            teams[one][department(o, other)] += weight
    return {"communities": _diversity(places), "departments": _diversity(teams)}


def _diversity(counts: dict[int, Counter[Any]]) -> float | None:
    each = [1 - sum((number / one.total()) ** 2 for number in one.values()) for one in counts.values()]
    return statistics.mean(each) if each else None


def influence_concentration(o: Oracle) -> Answer:
    degrees = sorted((degree for _, degree in o.graph().to_undirected().degree), reverse=True)
    return {None: 1 - degrees[9] / degrees[0] if len(degrees) >= 10 else None}


def gravity(o: Oracle) -> Answer:
    levels = []
    for end in (o.since, o.until):
        days = days_by_person(o.acts(end - timedelta(days=90), end))
        levels.append(sum(_weight(len(days.get(one, ()))) ** 2 for one in o.members))
    before, after = levels
    if not o.members:
        return {}
    return {"before": before, "after": after, "gravity": (after - before) / len(o.members)}


def _weight(days: int) -> int:
    return 10 if days >= 30 else 7 if days >= 10 else 4 if days >= 3 else 1
