"""Whatever stands where an answer should be, in whatever scope: the truth, or a word; and healed by the next run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from faults import FOREIGN, KINDS, LIMIT, Strike

from communitykit.connector.declaration import Connector
from communitykit.connector.registry import registry
from communitykit.sandbox import Call, Site, World, project
from communitykit.sandbox.world import Size
from communitykit.testing.base import platform_of
from communitykit.testing.reading import Kept, Run, read
from communitykit.testing.runs import unexplained

LATER = timedelta(hours=2)
"""When the healthy run comes: what is told of the same moment in two ways has no order."""
SMALL = Size(people=5, posts=40, communities=3, days=60)
SCOPES: Mapping[str, Mapping[str, frozenset[str]]] = {
    "slack": {
        "discovery": frozenset({"auth.test", "conversations.list", "team.profile.get"}),
        "listing": frozenset({"users.list", "conversations.members", "usergroups.list", "users.info"}),
        "history": frozenset({"conversations.history"}),
        "thread": frozenset({"conversations.replies"}),
    },
    "teams": {
        "discovery": frozenset({"organization", "groups", "$batch", "token"}),
        "listing": frozenset({"users", "members"}),
        "history": frozenset({"messages"}),
        "thread": frozenset({"replies"}),
    },
    "yammer": {
        "discovery": frozenset({"api/v1/networks/current.json", "api/v1/groups.json"}),
        "listing": frozenset({"api/v1/users.json", "api/v1/users/in_group/*.json"}),
        "history": frozenset({"api/v1/messages/in_group/*.json"}),
        "thread": frozenset({"api/v1/messages/in_group/*.json?"}),
    },
    "matrix": {
        "discovery": frozenset({"whoami", "sync", "hierarchy"}),
        "listing": frozenset({"users", "members"}),
        "history": frozenset({"messages"}),
        "thread": frozenset({"messages?"}),
    },
    "workplace": {
        "discovery": frozenset({"graph/community", "graph/community/groups"}),
        "listing": frozenset({"graph/community/members", "graph/community/organization_members", "graph/*/members",
                              "scim/v2/Users"}),
        "history": frozenset({"graph/*/feed"}),
        "thread": frozenset({"graph/*/comments", "graph"}),
    },
}  # fmt: skip
"""What is asked in each scope, by the simulated platform's names.

With a question mark: pages after a place's first, on platforms where replies come among a place's own messages.
"""
READ_ONCE = {"matrix"}
"""Where a message never changes once it is sent, so that none that could be read is asked for again.

An edit is a message of its own there. Words that are false and readable stay as they were told, and nothing else does.
"""
WORDS = frozenset({"text", "body", "title"})
FOUND = {
    *(
        ("matrix", "listing", name)
        for name in ("a negative time", "half a time", "objects as texts", "ever new cursors")
    ),
    ("workplace", "history", "a cursor of another page"),
    ("teams", "history", "lists as objects"),
}
"""What failed once, and runs always."""
CASES = [
    pytest.param(
        connector,
        scope,
        fault,
        marks=pytest.mark.slow
        if (number + 4 * at + turn) % 20 == 0 or (connector, scope, fault) in FOUND
        else pytest.mark.exhaustive,
    )
    for number, fault in enumerate(KINDS)
    for at, (connector, scopes) in enumerate(SCOPES.items())
    for turn, scope in enumerate(scopes)
]
"""Every fault in every scope of every connector: all before a release, a twentieth, every fault once, always."""


def test_there_are_enough_of_them() -> None:
    assert len(KINDS) >= 60
    assert len(CASES) == len(KINDS) * len(SCOPES) * 4


@cache
def world_of(connector: str) -> World:
    return World(seed=5, size=SMALL, platforms=(connector,))


@cache
def truth_of(connector: str) -> Any:
    declared = registry().get(connector)
    return project(world_of(connector), declared.capabilities, platform_of(declared))


@cache
def told_anyway(connector: str) -> Counter[str]:
    """What a good run leaves out, which no fault is to be credited with; it is the truth."""
    declared, store = registry().get(connector), Kept()
    run = store.read(declared, world_of(connector), options=platform_of(declared).tight)
    assert truth_of(connector).compare(store.current()) == []
    return Counter(run.left_out)


def inside(connector: str, scope: str) -> Callable[[Site, Call], bool]:
    names, further, seen = SCOPES[connector][scope], any(name.endswith("?") for name in SCOPES[connector][scope]), {}

    def tell(site: Site, call: Call) -> bool:
        name = site.desk.name(call)
        if not further:
            return name in names
        first: str = seen.setdefault(call.path, call.key)
        return f"{name}?" in names and first != call.key

    return tell


def struck(declared: Connector, store: Kept, fault: Strike, options: Mapping[str, Any] | None = None) -> Run:
    began = time.process_time()
    settings = {"max_answer_size": LIMIT, "max_answer_time": 60}
    options = platform_of(declared).tight if options is None else options
    run = store.read(declared, world_of(declared.name), faults=[fault], options=options, settings=settings)
    assert time.process_time() - began < 30
    return run


@pytest.mark.parametrize(("connector", "scope", "name"), CASES)
def test_the_truth_or_a_word_and_healed_by_the_next_run(connector: str, scope: str, name: str) -> None:
    declared, kind, store = registry().get(connector), KINDS[name], Kept()
    truth, anyway = truth_of(connector), told_anyway(connector)
    fault = Strike(kind.change, inside(connector, scope))
    run = struck(declared, store, fault)
    told = Counter(run.left_out) - anyway
    assert fault.hits
    assert [one for one in told if "defect" in one or "Traceback" in one] == []
    assert FOREIGN.split("/")[2] not in {host for host, _ in run.hosts}
    if not kind.lies:
        assert unexplained(truth.compare(store.current()), run, told, store) == []
    everything = {name: "all" for name in ("lookback", "threads") if name in declared.settings.model_fields}
    healed = store.read(
        declared, world_of(connector), settings=everything, options=platform_of(declared).tight, force=True, ahead=LATER
    )
    differing = truth.compare(store.current())
    if kind.rewords and connector in READ_ONCE:
        differing = [one for one in differing if one.record != "post" or one.field not in WORDS]
    assert differing == [], told
    assert Counter(healed.left_out) - anyway == Counter()


@pytest.mark.slow
def test_a_healthy_run_is_the_truth() -> None:
    for connector in SCOPES:
        told_anyway(connector)
        assert read(registry().get(connector), world_of(connector)).violations == []
