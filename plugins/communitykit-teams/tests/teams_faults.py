"""Faults in what the simulated tenant answers, and what of it is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from communitykit.sandbox import Answer, Call, Fault, Site, World, project
from communitykit.testing.reading import Kept
from communitykit_teams import CAPABILITIES, TEAMS
from communitykit_teams.sandbox import TeamsPlatform


@dataclass(slots=True, kw_only=True)
class Altered(Fault):
    """Every answer to requests of these names is what `change` makes of it: it changes the data, or gives a status."""

    names: frozenset[str]
    change: Callable[[Site, Call, Any], int | None]
    share: float = 1.0
    statuses: list[int] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)

    def answer(self, site: Site, call: Call, proceed: Callable[[], Answer]) -> Answer:
        if site.desk.name(call) not in self.names:
            return proceed()
        answer = proceed()
        data = json.loads(answer.body)
        status = self.change(site, call, data)
        if status is not None:
            self.statuses.append(status)
            self.paths.add(call.path)
            told = {"error": {"code": "BadRequest" if status < 500 else "generalException", "message": "No."}}
            return Answer.of(told, status=status)
        return Answer(answer.status, json.dumps(data).encode(), answer.headers)


def altered(*names: str, change: Callable[[Site, Call, Any], int | None]) -> Altered:
    return Altered(names=frozenset(names), change=change)


def in_messages(change: Callable[[dict[str, Any]], object]) -> Altered:
    """Change every message and reply, wherever it comes from."""

    def each(_site: Site, _call: Call, data: Any) -> None:
        for item in data.get("value", [data]):
            change(item)
            for reply in item.get("replies") or ():
                change(reply)

    return altered("messages", "delta", "replies", "message", change=each)


def differences(world: World, store: Kept, **ask: Any) -> list[Any]:
    return project(world, CAPABILITIES, TeamsPlatform(), **ask).compare(store.current())


def posts(store: Kept) -> dict[str, Mapping[str, Any]]:
    return {one["id"]: one for one in store.current()["post"] if not one["gone"]}


def thread(store: Kept) -> tuple[str, list[str]]:
    """Return a root that has several replies, and these, by id."""
    found: dict[str, list[str]] = {}
    for one in posts(store).values():
        if one["root_id"]:
            found.setdefault(one["root_id"], []).append(one["id"])
    root = max(found, key=lambda key: (len(found[key]), key))
    assert len(found[root]) > 1
    return root, sorted(found[root])


def native(key: str) -> str:
    return key.rsplit("/", 1)[-1]


def posts_of(world: World) -> set[str]:
    fresh = Kept()
    fresh.read(TEAMS, world)
    return set(posts(fresh))


def roots_of(world: World) -> set[str]:
    fresh = Kept()
    fresh.read(TEAMS, world)
    return {key for key, one in posts(fresh).items() if not one["root_id"]}
