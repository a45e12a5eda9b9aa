"""A network under its tiny limit, in simulated time: how near the pull comes to what the limit allows at best."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from math import ceil

from figure import Figure

from communitykit.sandbox import Size, World, to_us
from communitykit.testing.reading import Kept, Run
from communitykit_yammer import YAMMER
from communitykit_yammer.api.methods import FEED_PAGE
from communitykit_yammer.sandbox import naming

_SIZE = Size(people=120, posts=31_000, communities=200, days=400)
_LIMIT = YAMMER.budgets["messages"]


def yammer() -> list[Figure]:
    """Pull 30,000 messages in 200 groups at the platform's own limits, then once more without news."""
    world = World(seed=7, size=_SIZE, platforms=("yammer",))
    feeds = {place.number: _feed(world, place.number) for place in world.on("yammer") if place.privacy != "direct"}
    store = Kept()
    first = store.read(YAMMER, world, rate=1.0, include_private=True)
    fewest = sum(max(1, ceil(len(feed) / FEED_PAGE)) for feed in feeds.values())
    floor = (fewest - 1) // _LIMIT.limit * _LIMIT.seconds
    total = sum(len(feed) for feed in feeds.values())
    second = store.read(YAMMER, world, rate=1.0, include_private=True)
    asked = _asked(second)
    edge = to_us(world.now - timedelta(days=30))
    allowed = {
        str(naming.group(world, world.places[number])): 1 + ceil(sum(1 for at in feed if at >= edge) / FEED_PAGE)
        for number, feed in feeds.items()
    }
    over = [group for group, number in asked.items() if number > allowed[group]]
    found = sum(1 for row in store.current()["post"] if row["body"])
    return [
        Figure(
            f"pull of {total:,} messages in {len(feeds)} groups (simulated)",
            f"{first.seconds:,.0f} s, {sum(_asked(first).values())} requests for messages",
            f"{floor:,.0f} s, {fewest} requests",
            "≤ 105 % of the time",
            first.seconds <= 1.05 * floor and not first.violations and found >= total - len(feeds),
        ),
        Figure(
            "  a second run without news",
            f"{second.seconds:,.0f} s, {sum(asked.values())} requests for messages",
            f"{sum(allowed.values())} requests",
            "≤ 1 + ⌈look-back / 20⌉ per group",
            not over and not second.violations,
        ),
    ]


def _feed(world: World, number: int) -> list[int]:
    """Return when each message of a group was written, and the line that Yammer wrote at its beginning."""
    place = world.places[number]
    return [place.created_at, *(one.at for one in world.messages(place) if one.live)]


def _asked(run: Run) -> Counter[str]:
    """Count the requests for each group's messages."""
    if run.site is None:
        raise RuntimeError("this run has not begun")
    ids = Counter(page.slice for page in run.pages if ":messages/" in page.slice for _ in range(page.requests))
    return Counter({name.rsplit("/", 1)[1]: number for name, number in ids.items()})
