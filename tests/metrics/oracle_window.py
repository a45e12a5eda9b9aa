"""One window of a world in plain rows, as the answers of `oracle` look at it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import networkx as nx
from world import World

Row = dict[str, Any]
Answer = dict[str | None, float | None]
DAY_US = 86_400_000_000


class Oracle:
    """One window of a world, perhaps of some of its people only."""

    def __init__(self, world: World, since: date, until: date, who: Callable[[Row], bool] = lambda _: True) -> None:
        self.since, self.until, self.world = since, until, world
        self.people = {one["person_id"]: one for one in world.rows["people"]}
        self.everybody = {number for number, one in self.people.items() if self._present(one)}
        self.members = {number for number in self.everybody if who(self.people[number])}
        self.who = who
        end = datetime.combine(world.last_day + timedelta(days=1), datetime.min.time(), world.zone)
        self.observed = int(end.astimezone(UTC).timestamp()) * 1_000_000

    def _present(self, one: Row) -> bool:
        if not one["is_eligible"] or (one.get("started_day") or date.min) >= self.until:
            return False
        left = one.get("left_day")
        return bool(one["active"]) if left is None else left >= self.since

    def acts(self, since: date | None = None, until: date | None = None, *kinds: str) -> list[Row]:
        """Return contributions of members (or acts of some kinds) on the days of a window."""
        start, end = since or self.since, until or self.until
        return [
            act
            for act in self.world.rows["acts"]
            if act["person_id"] in self.members
            and act["day"] is not None
            and start <= act["day"] < end
            and (act["kind"] in kinds if kinds else act["is_contribution"])
        ]

    def last(self, days: int) -> date:
        return self.until - timedelta(days=days)

    def threads(self) -> list[Row]:
        return [one for one in self.world.rows["threads"] if self._counts(one)]

    def messages(self) -> list[Row]:
        return [*self.threads(), *(one for one in self.world.rows["answers"] if self._counts(one))]

    def _counts(self, post: Row) -> bool:
        author = self.people.get(post["person_id"])
        human = author is None or author["kind"] not in {"bot", "shared"}
        return self.since <= post["day"] < self.until and human and (author is None or self.who(author))

    def graph(self, *kinds: str) -> nx.DiGraph:
        """Return who turned to whom, among those who were there."""
        graph = nx.DiGraph()
        for tie in self.world.rows["ties"]:
            one, other = tie["from_person_id"], tie["to_person_id"]
            inside = self.since <= tie["day"] < self.until and {one, other} <= self.everybody
            if inside and (not kinds or tie["kind"] in kinds):
                weight = graph.get_edge_data(one, other, {}).get("weight", 0)
                graph.add_edge(one, other, weight=weight + tie["acts"])
        return graph

    def known(self, graph: nx.Graph) -> nx.Graph:
        """Return the undirected ties of those whose department is known."""
        known = [one for one in graph if self.people[one].get("department") is not None]
        kept = graph.subgraph(known).to_undirected()
        return nx.Graph(kept.edge_subgraph(kept.edges))


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def days_by_person(acts: Iterable[Row]) -> dict[int, set[date]]:
    days: dict[int, set[date]] = defaultdict(set)
    for act in acts:
        days[act["person_id"]].add(act["day"])
    return days
