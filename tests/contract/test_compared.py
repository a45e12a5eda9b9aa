"""The page for authors says what the truth compares, claim by claim: here it is asked."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from communitykit.connector.declaration import FEATURES, Capabilities
from communitykit.connector.registry import registry
from communitykit.sandbox import World, project
from communitykit.testing.claims import DIRECTORY
from communitykit_slack.sandbox import SlackPlatform

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "test-a-connector.md"
ROW = re.compile(
    r"^\| (?:a|other) (post|member|community|membership|reaction|acts) \| (.*?) \| (.*?) ?\|$", re.MULTILINE
)
TABLE = {kind: (always, claims) for kind, always, claims in ROW.findall(PAGE.read_text("utf-8"))}


class Plain(SlackPlatform):
    """A platform that adjusts nothing."""

    def adjust(self, world: Any, record: Any, fields: Any, subject: Any, door: Any) -> Any:
        return fields

    def more(self, world: Any, door: Any) -> Any:
        return (one for one in super().more(world, door) if one[0] == "community")


def everything() -> Capabilities:
    claimed = registry().get("slack").capabilities
    events = claimed.events | {"reacted", "pinned", "joined", "left"}
    return replace(claimed, features=frozenset(FEATURES), member_fields=DIRECTORY, events=events)


def fields_of(kind: str, claimed: Capabilities) -> set[str]:
    record = {"reaction": "event", "acts": "event"}.get(kind, kind)
    world = World(seed=5, size="tiny", platforms=("slack",))
    rows = project(world, claimed, Plain()).records[record].values()
    chosen = [row for row in rows if record != "event" or (row["kind"] == "reacted") == (kind == "reaction")]
    return {name for row in chosen for name in row}


def named(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text.removeprefix("with `reaction_actors` alone: ")))


@pytest.mark.parametrize("kind", ["post", "member", "community", "membership", "reaction", "acts"])
def test_the_table_names_what_is_compared_always_and_with_each_claim(kind: str) -> None:
    always, claims = TABLE[kind]
    whole = fields_of(kind, everything())
    by_claim = {
        feature: gained
        for feature in FEATURES
        if (gained := whole - fields_of(kind, replace(everything(), features=frozenset(FEATURES) - {feature})))
    }
    told = {claim: named(rest) for claim, rest in re.findall(r"`(\w+)`: ([^;]*)", claims)}
    if kind == "member":
        assert whole - fields_of(kind, replace(everything(), member_fields=frozenset())) <= DIRECTORY
        whole -= DIRECTORY - {"display_name"}
        del told["member_fields"]
    if kind == "reaction":  # without its actor there is none; without the other claims the fields are empty
        assert by_claim == {"reaction_actors": whole}
        by_claim = {"reaction_types": {"detail"}, "reaction_times": {"occurred_at", "time_source"}}
    assert told == by_claim
    assert named(always) == whole - set().union(*by_claim.values())
