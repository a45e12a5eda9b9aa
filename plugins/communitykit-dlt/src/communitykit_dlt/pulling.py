"""What comes before handing on: the platforms are read into the store, once a run, by whichever resource is first."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from communitykit import CommunityKitError, SettingsError, connect, pull
from communitykit.config import Config, load, opened, run_options
from communitykit.exchange import ABOUT, RECORDS

STORE = "activity.duckdb"


@dataclass(slots=True)
class Pulling:
    """Where the record is, and what is read into it first. Platforms and slices are read side by side."""

    store: Path
    connector: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    config: Config | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _done: bool = False
    _failures: list[CommunityKitError] = field(default_factory=list, repr=False)

    @classmethod
    def of(
        cls,
        connector: str | None,
        settings: Mapping[str, Any],
        store: str | Path | None,
        config: str | Path | None,
        options: Mapping[str, Any] | None,
    ) -> Pulling:
        """Return what a call of `source` asks for; raises SettingsError for what cannot be meant."""
        if connector is not None and config is not None:
            raise SettingsError("both a connector and a configuration", remedy="Name one: the other's source in it.")
        if connector is None and (settings or options):
            told = ", ".join(sorted([*settings, *(["options"] if options else [])]))
            raise SettingsError(f"settings of no connector: {told}", remedy="Name the connector first.")
        if config is None:
            return cls(Path(store or STORE), connector, settings, options or {})
        found = load(config)
        return cls(Path(store or found.store.path), config=found)

    def once(self) -> None:
        """Read the platforms; whoever comes second finds it done, and whoever waited while it failed fails alike.

        (Were each to try again, dlt would lose patience, and say of its own generators what is wrong with them.)

        Raises CommunityKitError where nothing could be read; what was read in part is Coverage in the store.
        """
        before = len(self._failures)
        with self._lock:
            if self._done:
                return
            if len(self._failures) > before:
                raise self._failures[-1]
            try:
                self._read()
            except CommunityKitError as error:
                self._failures.append(error)
                raise
            self._done = True

    def _read(self) -> None:
        if self.config is not None:
            with opened(self.config) as sources:
                pull(sources, self.store, **run_options(self.config))
        elif self.connector is not None:
            with connect(self.connector, **self.settings) as session:
                pull(session, self.store, **self.options)

    def tables(self, chosen: Sequence[str] | None) -> tuple[str, ...]:
        """Return the tables to hand on; raises SettingsError for one that there is not."""
        known = (*RECORDS, *ABOUT)
        for name in chosen or ():
            if name not in known:
                raise SettingsError(f"there is no table {name!r}", remedy=f"Tables: {', '.join(known)}.")
        return tuple(one for one in known if chosen is None or one in chosen)
