"""The whole extension surface: one hook. A plugin is a module, found by its entry point in the group `communitykit`."""

from __future__ import annotations

import pluggy

from communitykit.connector.declaration import Connector

PROJECT = "communitykit"
ENTRY_POINT_GROUP = "communitykit"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks the function by which a connector's package gives its declaration."""


@hookspec
def communitykit_connector() -> Connector:  # type: ignore[empty-body] # a specification has no body
    """Return the plugin's Connector: its declaration of a platform. Called once, without arguments."""
