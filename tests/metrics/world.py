"""Analysis tables of a small company, from plain Python rows; and at random, with even counts, ties and fractions."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from communitykit.analysis import TABLES

ZONE = ZoneInfo("Europe/Paris")
SCHEMA = {name: {one: column.type for one, column in table.columns.items()} for name, table in TABLES.items()}
CONTRIBUTIONS = frozenset({"posted", "replied", "reacted", "mentioned", "shared", "praised", "voted"})
TIES = {"replied": "reply", "reacted": "reaction", "mentioned": "mention"}


@dataclass
class World:
    """Rows by table. `open` makes DuckDB tables of them."""

    first_day: date
    last_day: date
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in SCHEMA})
    zone: ZoneInfo = ZONE

    def person(self, number: int, **more: Any) -> int:
        """Add somebody."""
        usual = {"kind": "person", "is_eligible": True, "is_leader": False, "active": True, "in_roster": True}
        self.rows["people"].append({"person_id": number, **usual, "accounts": 1, "memberships": 1, **more})
        return number

    def place(self, number: int, platform: str = "slack", **more: Any) -> int:
        """Add a community."""
        usual = {"kind": "channel", "privacy": "public", "is_container": False, "archived": False, "gone": False}
        self.rows["places"].append({"place_id": number, "platform": platform, "network_id": 1, **usual, **more})
        return number

    def act(self, kind: str, person: int | None, at: datetime, **more: Any) -> dict[str, Any]:
        """Add an act."""
        row = {
            "at_us": micros(at), "day": at.astimezone(self.zone).date(), "at_is_inferred": False, "person_id": person,
            "kind": kind, "is_contribution": kind in CONTRIBUTIONS, "platform": "slack", "network_id": 1, **more,
        }  # fmt: skip
        self.rows["acts"].append(row)
        return row

    def settle(self) -> World:
        """Derive what follows from acts: threads, answers, ties, first acts, calendar, about."""
        people = {one["person_id"]: one for one in self.rows["people"]}
        threads: dict[int, dict[str, Any]] = {}
        heard: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for act in self.rows["acts"]:
            if act["kind"] == "posted":
                threads[act["post_id"]] = self._post(act, thread_id=act["post_id"], kind="message")
            if act["kind"] in {"replied", "reacted", "viewed"} and act.get("thread_id") is not None:
                heard[act["thread_id"]].append(act)
            if act["kind"] == "replied":
                self.rows["answers"].append(
                    self._post(act, thread_id=act["thread_id"], to_person_id=act.get("to_person_id"), kind="message")
                )
        views = {act["platform"] for act in self.rows["acts"] if act["kind"] == "viewed"}
        for number, thread in threads.items():
            about = [act for act in heard[number] if act["person_id"] != thread["person_id"]]
            human = [act for act in about if people.get(act["person_id"], {}).get("kind", "person") != "bot"]
            replies = [act for act in heard[number] if act["kind"] == "replied"]
            reactions = [act for act in heard[number] if act["kind"] == "reacted" and act["post_id"] == number]
            thread |= {
                "replies": len(replies),
                "repliers": len({act["person_id"] for act in replies}),
                "reactions": len(reactions),
                "reactors": len({act["person_id"] for act in reactions}),
                "viewers": len({act["person_id"] for act in heard[number] if act["kind"] == "viewed"})
                if thread["platform"] in views
                else None,
                "depth": 1 if replies else 0,
                "first_reply_us": min((act["at_us"] for act in human if act["kind"] == "replied"), default=None),
                "first_response_us": min(
                    (act["at_us"] for act in human if act["kind"] == "replied" or act in reactions), default=None
                ),
            }
        self.rows["threads"] = list(threads.values())
        tied: Counter[tuple[Any, ...]] = Counter()
        for act in self.rows["acts"]:
            both = (act["person_id"], act.get("to_person_id"))
            if act["kind"] in TIES and None not in both and both[0] != both[1]:
                tied[(act["day"], *both, TIES[act["kind"]], act["platform"], act.get("place_id"))] += 1
        names = list(SCHEMA["ties"])
        self.rows["ties"] = [dict(zip(names, (*key, number), strict=True)) for key, number in tied.items()]
        for act in self.rows["acts"]:
            one = people.get(act["person_id"])
            if one is not None:
                one["first_act_day"] = min(one.get("first_act_day") or act["day"], act["day"])
        self._calendar()
        about_rows = {
            "schema": "1", "zone": self.zone.key, "people": "people", "roster": "yes", "content": "features",
            "first_day": self.first_day.isoformat(), "last_day": self.last_day.isoformat(),
        }  # fmt: skip
        self.rows["about"] = [{"key": key, "value": value} for key, value in about_rows.items()]
        return self

    def open(self) -> Opened:
        """Make DuckDB tables of the rows."""
        return Opened(self)

    def save(self, path: Path) -> None:
        """Write them into a DuckDB file."""
        with duckdb.connect(str(path)) as connection:
            pour(connection, self)

    def _post(self, act: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        same = {key: act.get(key) for key in ("post_id", "place_id", "platform", "network_id", "person_id")}
        told = act.get("question")
        text = {"has_text": told is not None, "is_question": told}
        return {**same, "at_us": act["at_us"], "day": act["day"], **text, **more}

    def _calendar(self) -> None:
        self.rows["calendar"] = []
        for number in range((self.last_day - self.first_day).days + 1):
            day = self.first_day + timedelta(days=number)
            year, week, weekday = day.isocalendar()
            for country in ("", "FR"):
                self.rows["calendar"].append(
                    {
                        "day": day,
                        "country": country,
                        "iso_year": year,
                        "iso_week": week,
                        "week": f"{year}-W{week:02}",
                        "month": f"{day:%Y-%m}",
                        "quarter": f"{day.year}-Q{(day.month + 2) // 3}",
                        "year": str(day.year),
                        "weekday": weekday,
                        "is_working_day": weekday <= 5,
                    }
                )


class Opened:
    """The tables of a world in DuckDB, as the analysis room opens them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._connection = duckdb.connect(":memory:", config={"threads": 1})
        pour(self._connection, world)

    @property
    def about(self) -> Mapping[str, str]:
        return {row["key"]: row["value"] for row in self.world.rows["about"]}

    def connection(self) -> duckdb.DuckDBPyConnection:
        return self._connection


def pour(connection: duckdb.DuckDBPyConnection, world: World) -> None:
    """Make the tables and fill them."""
    for name, columns in SCHEMA.items():
        connection.execute(f"CREATE TABLE {name} ({', '.join(f'{one} {kind}' for one, kind in columns.items())})")
        fill(connection, name, [[row.get(column) for column in columns] for row in world.rows[name]])


def fill(connection: duckdb.DuckDBPyConnection, name: str, rows: list[list[Any]]) -> None:
    """Insert rows by Arrow: one by one takes seconds."""
    if not rows:
        return
    columns = list(SCHEMA[name])
    kinds = {
        "BIGINT": pa.int64(), "INTEGER": pa.int32(), "VARCHAR": pa.string(), "BOOLEAN": pa.bool_(), "DATE": pa.date32()
    }  # fmt: skip
    arrays = [
        pa.array([row[at] for row in rows], type=kinds[SCHEMA[name][column]]) for at, column in enumerate(columns)
    ]
    brought = pa.table(arrays, names=columns)
    connection.register("brought", brought)
    connection.execute(f"INSERT INTO {name} SELECT * FROM brought")  # noqa: S608 # one of SCHEMA
    connection.unregister("brought")


def micros(at: datetime) -> int:
    """Return microseconds since 1970."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def random_world(seed: int, people: int = 40, acts: int = 400, days: int = 120) -> World:
    """Return a company at random: leavers, newcomers, bots, guests, unknown departments, equal moments."""
    dice = random.Random(seed)  # noqa: S311 # a repeatable company
    first = date(2026, 1, 5)
    world = World(first, first + timedelta(days=days - 1))
    for number in range(1, people + 1):
        kind = dice.choice(["person"] * 12 + ["bot", "guest"])
        world.person(
            number,
            kind=kind,
            is_eligible=kind == "person",
            department=dice.choice(["sales", "care", "it", None]),
            site=dice.choice(["Lyon", "Nantes"]),
            is_leader=dice.random() < 0.15,
            manager_id=dice.randint(1, number - 1) if number > 1 else None,
            active=dice.random() < 0.95,
            started_day=dice.choice([None, first + timedelta(days=dice.randrange(days))]) if number % 5 == 0 else None,
            left_day=first + timedelta(days=dice.randrange(days)) if number % 7 == 0 else None,
        )
    depths: dict[int, int] = {}
    for one in world.rows["people"]:
        above = one["manager_id"]
        one["depth"] = depths[one["person_id"]] = 0 if above is None else depths[above] + 1
    for number, platform in enumerate(("slack", "slack", "yammer", "yammer", "yammer"), 101):
        world.place(
            number,
            platform,
            members=dice.choice([3, 10, 20, None]),
            is_container=number == 105,
            created_day=dice.choice([None, first + timedelta(days=dice.randrange(days))]),
        )
    steps = [timedelta(0), timedelta(microseconds=1), timedelta(seconds=1.25), timedelta(hours=7), timedelta(days=3)]
    posts: list[tuple[dict[str, Any], datetime]] = []
    for number in range(1000, 1000 + acts):
        kind = dice.choice(["posted", "replied", "replied", "reacted", "reacted", "mentioned", "viewed", "joined"])
        busy = dice.random() < 0.4  # three do a lot
        person = dice.randint(1, 3) if busy else dice.randint(1, people)
        person = dice.choice([None, person, person]) if kind == "reacted" else person
        place = dice.choice(world.rows["places"][:4])
        where = {"platform": place["platform"], "place_id": place["place_id"]}
        if kind == "posted" or not posts:
            at = datetime(2026, 1, 5, 8, tzinfo=UTC) + dice.random() * timedelta(days=days - 2)
            at += dice.choice(steps)
            question = dice.choice([True, False, None]) if place["platform"] == "slack" else None
            act = world.act("posted", person, at, **where, thread_id=number, post_id=number, question=question)
            posts.append((act, at))
            continue
        post, before = dice.choice(posts)
        at = min(
            before + dice.choice(steps) * dice.randint(0, 9), datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days - 1)
        )
        where = {key: post[key] for key in ("platform", "place_id")}
        if kind in {"mentioned", "joined"}:
            world.act(kind, person, at, **where, to_person_id=dice.randint(1, people) if kind == "mentioned" else None)
        elif kind != "viewed" or post["platform"] == "yammer":
            inferred = kind == "reacted" and dice.random() < 0.3
            answer = {"post_id": number if kind == "replied" else post["post_id"], "thread_id": post["post_id"]}
            to = post["person_id"] if kind != "viewed" else None
            world.act(kind, person, at, **where, **answer, to_person_id=to, at_is_inferred=inferred)
    for platform in ("slack", "yammer"):
        world.rows["coverage"].append({"platform": platform, "what": "posts", "status": "complete"})
    return world.settle()
