"""What a record can answer: its window and periods, which platforms tell what, and how complete it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol
from zoneinfo import ZoneInfo

import duckdb

from communitykit.errors import SettingsError
from communitykit.metrics.catalogue import RESTS_ON
from communitykit.metrics.periods import Period, cut
from communitykit.metrics.sharing import Shelf
from communitykit.metrics.syntax import WHO
from communitykit.model.values import Value

if TYPE_CHECKING:
    from communitykit.connector.times import Moment

_TELLS: Final = {
    "views": "SELECT DISTINCT platform FROM acts WHERE kind = 'viewed'",
    "viewers": "SELECT DISTINCT platform FROM threads WHERE viewers IS NOT NULL",
    "reactions": "SELECT DISTINCT platform FROM acts WHERE kind = 'reacted'",
    "text": "SELECT DISTINCT platform FROM threads WHERE is_question IS NOT NULL",
}
_OF_PEOPLE: Final = {
    "departments": "SELECT count({attribute}) > 0 FROM people WHERE is_eligible",
    "managers": "SELECT count(manager_id) > 0 FROM people WHERE is_eligible",
    "leaders": "SELECT count(*) > 0 FROM people WHERE is_eligible AND is_leader",
}


class Tables(Protocol):
    """The analysis tables, as they are opened."""

    @property
    def about(self) -> Mapping[str, str]:
        """What stands in the table `about`."""
        ...

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return a connection on which the tables are visible."""
        ...


@dataclass(eq=False)
class Record:
    """The analysis tables, and what is asked of them again and again. It remembers what it found out."""

    tables: Tables
    _shares: dict[Value, dict[tuple[Value, ...], dict[str, tuple[int, int]]]] = field(default_factory=dict)
    _told: dict[str, Value] = field(default_factory=dict)

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection. Its progress bar is off: it would stand in the middle of what is printed for programs."""
        connection = self.tables.connection()
        connection.execute("SET enable_progress_bar = false")
        return connection

    @cached_property
    def shelf(self) -> Shelf:
        """What metrics share, made once."""
        return Shelf(self.connection)

    @cached_property
    def first_day(self) -> date:
        """The record's first day."""
        return self._day("first_day")

    @cached_property
    def last_day(self) -> date:
        """The record's last day."""
        return self._day("last_day")

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone that the record's days are of."""
        return ZoneInfo(self.tables.about.get("zone") or "UTC")

    @cached_property
    def observed_us(self) -> int:
        """The end of the record's last day, in microseconds since 1970 in UTC."""
        end = datetime.combine(self.last_day + timedelta(days=1), datetime.min.time(), self.zone)
        return int(end.timestamp()) * 1_000_000

    @cached_property
    def platforms(self) -> tuple[str, ...]:
        """Every platform that the record holds acts or communities of."""
        found = self._all("SELECT DISTINCT platform FROM acts UNION SELECT DISTINCT platform FROM places")
        return tuple(sorted(one for (one,) in found if one))

    def tells(self, need: str, attribute: str = "department") -> tuple[str, ...]:
        """Return the platforms that tell what a figure needs; what the directory tells, it tells for all of them."""
        key = f"{need}:{attribute}"
        if key not in self._told:
            if need in _TELLS:
                self._told[key] = tuple(sorted(one for (one,) in self._all(_TELLS[need]) if one))
            else:
                column = attribute if attribute in WHO else "department"
                ((there,),) = self._all(_OF_PEOPLE[need].format(attribute=column))
                self._told[key] = self.platforms if there else ()
        told: tuple[str, ...] = self._told[key]
        return told

    def day(self, told: Moment | None, name: str) -> date | None:
        """Return a day in the record's zone; lengths count back from the record's end.

        Raises:
            SettingsError: It is no moment.
            TypeError: It is of another type; `name` is the argument that it was given as.
        """
        if told is None:
            return None
        from communitykit.connector.times import read_moment  # noqa: PLC0415 # imported only when used

        read = read_moment(told, name)
        if isinstance(read, timedelta):
            return self.last_day + timedelta(days=1) - read
        written = isinstance(told, str | date) and not isinstance(told, datetime)
        return read.date() if written and read.tzinfo is UTC else read.astimezone(self.zone).date()

    def periods(self, grain: str | None, since: date | None, until: date | None) -> tuple[Period, ...]:
        """Return the periods of a window, clipped to it.

        Raises:
            SettingsError: The window holds no day of the record.
        """
        start, end = since or self.first_day, until or self.last_day + timedelta(days=1)
        if start >= end:
            raise SettingsError(f"the window {start} to {end} is empty", remedy="Its end is the first day not in it.")
        if start > self.last_day or end <= self.first_day:
            raise SettingsError(
                f"the window {start} to {end} holds no day of the record, which has {self.first_day} to {self.last_day}"
            )
        if grain is None:
            return (Period(None, start, end),)
        return tuple(cut(grain, start, end))

    def coverage(self, period: Period, reach_back: date, platforms: Sequence[str], place: str | None = None) -> str:
        """Return how completely a window was read: `complete`, `partial` or `unknown`.

        Private and direct talk that was not asked for takes nothing from it: figures are of what is public then.
        """
        start = min(period.since, reach_back)
        worst = "complete" if start >= self.first_day else "partial"
        for platform in platforms:
            windows = self._coverage.get(platform)
            if not windows:
                return "unknown"
            for since, until, is_whole, where in windows:
                overlaps = (since is None or since < period.until) and (until is None or until >= start)
                if overlaps and not is_whole and (place is None or where is None or str(where) == place):
                    worst = "partial"
        return worst

    @cached_property
    def platform_of(self) -> dict[str, str]:
        """By community, its platform: a figure of it rests on no other's reading."""
        rows = self._all("SELECT CAST(place_id AS VARCHAR), platform FROM places WHERE platform IS NOT NULL")
        return {str(place): str(platform) for place, platform in rows}

    @cached_property
    def _coverage(self) -> dict[str, list[tuple[Value, ...]]]:
        rows: dict[str, list[tuple[Value, ...]]] = {}
        for platform, *rest in self._all(
            "SELECT DISTINCT platform, since_day, until_day, "
            "status = 'complete' OR reason IS NOT DISTINCT FROM 'not_asked_for', place_id FROM coverage"
        ):
            rows.setdefault(platform, []).append(tuple(rest))
        return rows

    def inferred(self, by: Sequence[str], periods: Sequence[Period], rests_on: str) -> dict[tuple[Value, ...], float]:
        """Return, by period's index and dimensions, the share of the acts that rest on inferred times."""
        by = tuple(one for one in by if one != "kind")
        key = (by, tuple(periods))
        if key not in self._shares:
            self._shares[key] = self._count_inferred(by, periods)
        kinds = RESTS_ON[rests_on]
        shares = {}
        for cell, counts in self._shares[key].items():
            told = [pair for kind, pair in counts.items() if kinds == ("*",) or kind in kinds]
            total = sum(total for _, total in told)
            if total:
                shares[cell] = sum(part for part, _ in told) / total
        return shares

    def people_by(self, by: Sequence[str]) -> dict[tuple[str | None, ...], int]:
        """Count the persons of each group of dimensions, over all time: no figure of the group rests on more."""
        by = [one for one in by if one != "kind"]
        if set(by) <= set(WHO):
            columns, tables, person = [f"p.{one}" for one in by], "people p", "p.person_id"
        else:
            columns = [{"place": "a.place_id", "platform": "a.platform"}.get(one, f"p.{one}") for one in by]
            tables, person = "acts a LEFT JOIN people p ON p.person_id = a.person_id", "a.person_id"
        texts = [f"CAST({one} AS VARCHAR)" for one in columns]
        groups = f"GROUP BY {', '.join(texts)}" if texts else ""
        rows = self._all(f"SELECT {', '.join([*texts, f'count(DISTINCT {person})'])} FROM {tables} {groups}")  # noqa: S608 # of columns that are named here
        return {tuple(cell): count for *cell, count in rows}

    def _count_inferred(
        self, by: Sequence[str], periods: Sequence[Period]
    ) -> dict[tuple[Value, ...], dict[str, tuple[int, int]]]:
        names = {"place": "a.place_id", "platform": "a.platform"}
        columns = [f"CAST({names.get(one, f'p.{one}')} AS VARCHAR)" for one in by]
        people = "LEFT JOIN people p ON p.person_id = a.person_id" if set(by) & set(WHO) else ""
        groups = "".join(f", {one}" for one in columns)
        rows = self._all(
            f"SELECT a.day, a.kind{groups}, count(*) FILTER (WHERE a.at_is_inferred), count(*) FROM acts a {people} "  # noqa: S608 # of columns that are named here
            f"WHERE a.day >= ? AND a.day < ? GROUP BY a.day, a.kind{groups}",
            [periods[0].since, periods[-1].until],
        )
        index = {day: at for at, one in enumerate(periods) for day in one.each_day()}
        counts: dict[tuple[Value, ...], dict[str, tuple[int, int]]] = {}
        for day, kind, *dimensions, part, total in rows:
            cell = counts.setdefault((index[day], *dimensions), {})
            before = cell.get(kind, (0, 0))
            cell[kind] = (before[0] + part, before[1] + total)
        return counts

    def _all(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Value, ...]]:
        return self.connection.execute(sql, list(values)).fetchall()

    def _day(self, key: str) -> date:
        text = self.tables.about.get(key)
        if not text:
            raise SettingsError(
                f"the analysis tables do not say their {key}", remedy="Make them anew with `communitykit analyse`."
            )
        return date.fromisoformat(text[:10])
