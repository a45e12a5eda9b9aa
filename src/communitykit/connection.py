"""What a sync and an async session begin with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from communitykit.ask import Ask
from communitykit.auth import CredentialStore
from communitykit.clock import Clock
from communitykit.connector import Connector, load_settings
from communitykit.engine import SourceRun
from communitykit.intake import Intake
from communitykit.operations import Conductor
from communitykit.pace import Pace
from communitykit.strangers import State


def make_conductor(connector: Connector, clock: Clock, pace: Pace, settings: Mapping[str, Any]) -> Conductor:
    """Load the settings and make what decides for both drivers.

    Raises SettingsError for settings that are missing or wrong.
    """
    loaded = load_settings(connector, settings)
    return Conductor(connector, loaded, clock=clock, pace=pace, credentials=CredentialStore(loaded.credential_store))


def source_run(connector: Connector, conductor: Conductor, ask: Ask, state: State, run_id: str) -> SourceRun:
    """Begin a run over a connected platform: its scope is fixed now."""
    scope = ask.scope(conductor.settings, conductor.clock.now())
    scrubber = conductor.exchange.scrubber
    intake = Intake(connector, run_id=run_id, origin="api", scrubber=scrubber, raw=ask.keep_raw)
    return SourceRun(connector, scope, state, intake)
