"""Microsoft Teams in simulated time: a tenant of 200 channels, at the documented limits and 50 ms latency."""

from __future__ import annotations

from math import ceil

from figure import Figure

from communitykit.connector.registry import registry
from communitykit.sandbox import Message, Size, World, parse_fault
from communitykit.testing.reading import read

_SIZE = Size(people=500, posts=100_000, communities=200)
_PAGE, _REPLIES = 50, 1_000
_LATENCY = 0.05


def teams() -> list[Figure]:
    """Read everything once; the floor is what the fewest requests that the limits allow would take."""
    world = World(seed=1, size=_SIZE, platforms=("teams",))
    connector = registry().get("teams")
    run = read(connector, world, rate=1.0, faults=[parse_fault("latency=50ms")], include_private=True)
    pages = [_pages(world, number) for number in _channels(world)]
    messages = sum(len(list(world.messages(world.places[number]))) for number in _channels(world))
    # Twenty messages requests a second for the app, four a second for each channel; the last one takes its latency.
    floor = max((sum(pages) - 1) // 20, *((count - 1) // 4 for count in pages)) + _LATENCY
    asked = run.site.count("messages") + run.site.count("replies") if run.site is not None else 0
    ratio = run.seconds / floor
    told = f"{run.seconds:.1f} s, {run.requests} requests, {asked} for {messages} messages"
    return [
        Figure(
            f"Teams, {len(pages)} channels, simulated", told, f"{floor:.1f} s, {sum(pages)} requests",
            f"{ratio:.2f} ≤ 1.15", ratio <= 1.15 and not run.violations and not run.left_out,
        )
    ]  # fmt: skip


def _channels(world: World) -> list[int]:
    return [place.number for place in world.on("teams") if place.privacy != "direct"]


def _pages(world: World, number: int) -> int:
    """Count the fewest requests for a channel: fifty threads each, and more where a thread has over 1,000 replies."""
    items = [one for one in world.scan(world.places[number]) if not isinstance(one, Message) or one.root is None]
    long = sum(ceil(max(0, len(one.replies) - _REPLIES) / _PAGE) for one in items if isinstance(one, Message))
    return max(1, ceil(len(items) / _PAGE)) + long
