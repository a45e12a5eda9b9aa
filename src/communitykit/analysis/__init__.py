"""The analysis tables: a record as a few narrow tables without text, names or native ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from communitykit.analysis.building import Build, workspace
from communitykit.analysis.opened import Analysis
from communitykit.analysis.schema import TABLES, Column, Table
from communitykit.analysis.together import sentences
from communitykit.analysis.writing import check, write
from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.errors import SettingsError
from communitykit.people.remarks import Joined
from communitykit.privacy.pseudonyms import Key, load_key
from communitykit.store import Store
from communitykit.store.duckdb_errors import telling

__all__ = ["TABLES", "Analysed", "Analysis", "Column", "Key", "Table", "analyse", "load_key", "open"]


def joined(about: Mapping[str, str | None]) -> Joined:
    """Return how the roster and the accounts came together, from what tables say about themselves."""
    refused = {reason: int(about.get("refused") or 0)} if (reason := about.get("refused_by")) else {}
    return Joined(int(about.get("in_roster") or 0), int(about.get("only_in_roster") or 0), refused)


@dataclass(frozen=True, slots=True)
class Analysed:
    """What was made: rows by table, what the tables say about themselves, and what is not in them."""

    path: Path
    rows: dict[str, int]
    about: dict[str, str | None]
    unknown_countries: tuple[str, ...] = field(default=())
    """Countries whose holidays nobody knows: there Monday to Friday are working days."""
    undated: int = 0
    """Acts that have no time at all: no source dates them, nor what they were done to."""
    inferred: int = 0
    """Acts whose time is inferred."""
    rekeyed: bool = False
    """Whether the tables that these replaced were made with another key."""

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not in the tables, or does not mean what it might seem to: one sentence each."""
        countries = ", ".join(self.unknown_countries)
        words = {
            (
                "No key: the pseudonyms were made with one that was thrown away, and no later tables can be joined to "
                "these."
            ): self.about.get("key_id") is None,
            (
                "Another key than that of the tables that were here: nobody, no post and no place has the pseudonym "
                "that it had, and what was kept of them cannot be joined to these."
            ): self.rekeyed,
            "No people: each account counts as a person. Run `communitykit people` first.": (
                self.about.get("people") == "accounts"
            ),
            "No roster: who has no account is not in it.": self.about.get("roster") == "no",
            "No texts: the record keeps neither them nor what was counted of them.": (
                self.about.get("content") == "none"
            ),
            f"No time: {self.undated:,} acts, which are in no period.": self.undated > 0,
            f"Inferred times: {self.inferred:,} acts (`at_is_inferred`).": self.inferred > 0,
            f"No holidays known of: {countries}. Monday to Friday count as working days there.": bool(countries),
        }
        told = (sentence for sentence, holds in words.items() if holds)
        return (*told, *sentences(self.about), *joined(self.about).remarks())


def analyse(  # the options of one call
    store: Store | Path | str,
    to: Path | str,
    *,
    key: Key | bytes | None = None,
    zone: str = "UTC",
    min_group: int = 5,
    tell: Callable[[str, int, int], None] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Analysed:
    """Make the analysis tables of a store: a DuckDB file (`.duckdb`), or else a folder of Parquet files.

    In a folder only the days that changed are written anew, where the key is the same.

    Args:
        store: The record, open or its path.
        to: Where to.
        key: The key of the pseudonyms, at least 32 bytes; see `load_key`. Without one a random key is made and thrown
            away: no later analysis can be joined to this one, and `about.key_id` is empty.
        zone: The reporter's zone, as an IANA name: what a day is.
        min_group: Departments, divisions, sites and countries of fewer persons are called `(other)`.
        tell: Called with each step as it begins, its number and how many there are.
        clock: Where the time comes from.

    Raises:
        SettingsError: There is no such zone, the key is too short, the target's folder does not exist, or something
            else than analysis tables is there.
        StoreError: The store cannot be read.
    """
    try:
        local = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(f"there is no time zone {zone!r}", remedy="Name one as Europe/Paris.") from None
    secret = key if isinstance(key, Key) else Key(key) if key is not None else Key.random()
    if not isinstance(store, Store):
        with Store(store) as opened:
            return analyse(opened, to, key=secret, zone=zone, min_group=min_group, tell=tell, clock=clock)
    check(Path(to), store.path)
    before = _key_of(Path(to))
    connection = store.connection()
    with telling(store.path, "make analysis tables of it"), workspace(connection):
        build = Build(connection, secret, local, min_group, tell or _quiet, clock)
        build.run()
        rows = write(connection, build.made, Path(to))
        undated, inferred = build.times()
    rekeyed = before is not None and before != secret.id
    return Analysed(Path(to), rows, build.about, tuple(build.unknown_countries), undated, inferred, rekeyed)


def _key_of(path: Path) -> str | None:
    """Return the id of the key of the tables that are there; None for none, and where it was thrown away."""
    try:
        with Analysis(path) as earlier:
            return earlier.about.get("key_id")
    except SettingsError:
        return None


def open(path: Path | str) -> Analysis:  # noqa: A001 # as `gzip.open`: read as `analysis.open`
    """Open analysis tables for reading; a context manager.

    Raises SettingsError where there is nothing at the path, or it holds no analysis tables.
    """
    return Analysis(path)


def _quiet(step: str, number: int, steps: int) -> None:
    """Say nothing."""
