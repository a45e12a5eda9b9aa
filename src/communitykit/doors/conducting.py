"""What both sessions of a connected platform begin with: settings, decisions, and a run's selection."""

from __future__ import annotations

from collections.abc import Mapping

from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.connector.declaration import Connector
from communitykit.connector.flow import Selection
from communitykit.connector.settings import load_settings
from communitykit.doors.options import ReadOptions
from communitykit.errors import SettingsError
from communitykit.http.budgets import PACE, Pace
from communitykit.http.conductor import Conductor
from communitykit.http.credentials import credentials_in
from communitykit.reading.lookups import State
from communitykit.reading.run import SourceRun
from communitykit.reading.translation import Translation


def make_conductor(
    connector: Connector, settings: Mapping[str, object], *, clock: Clock = SYSTEM_CLOCK, pace: Pace = PACE
) -> Conductor:
    """Load the settings and make what decides for both drivers.

    Raises SettingsError for settings that are missing or wrong.
    """
    loaded = load_settings(connector.name, connector.settings, settings)
    return Conductor(connector, loaded, clock=clock, pace=pace, credentials=credentials_in(loaded.credential_store))


def session_closed(connector: Connector) -> SettingsError:
    """Return the error of what is asked of a session that was closed."""
    return SettingsError(
        "this session is closed",
        platform=connector.name,
        remedy="Read before you close it (within its `with`), or open another one.",
    )


def source_run(
    connector: Connector,
    conductor: Conductor,
    options: ReadOptions,
    state: State,
    run_id: str,
    *,
    selection: Selection | None = None,
) -> SourceRun:
    """Begin a run over a connected platform: its selection is fixed now, unless it was before.

    Raises SettingsError for a window that begins in the future, or is empty.
    """
    if selection is None:
        selection = options.selection(conductor.settings, conductor.clock.now())
    scrubber = conductor.exchange.scrubber
    translation = Translation(
        connector,
        run_id=run_id,
        origin="api",
        scrubber=scrubber,
        raw=options.keep_raw,
        intake=options.intake(),
    )
    return SourceRun(connector, selection, state, translation)
