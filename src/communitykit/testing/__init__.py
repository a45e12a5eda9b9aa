"""The contract as a test class to subclass, and the doors as tests open them, for connectors anywhere."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from communitykit.model.values import JSON

if TYPE_CHECKING:
    from communitykit.testing.connecting import connect, connect_async, pull, read_archive, receive
    from communitykit.testing.driving import Driven, drive, in_turn
    from communitykit.testing.suite import ConnectorSuite
    from communitykit.testing.translated import Translated

__all__ = [
    "ConnectorSuite",
    "Driven",
    "Translated",
    "connect",
    "connect_async",
    "drive",
    "in_turn",
    "pull",
    "read_archive",
    "receive",
]

_ROOMS = {
    "ConnectorSuite": "suite",
    "Translated": "translated",
    "connect": "connecting",
    "connect_async": "connecting",
    "pull": "connecting",
    "read_archive": "connecting",
    "receive": "connecting",
    "Driven": "driving",
    "drive": "driving",
    "in_turn": "driving",
}


def __getattr__(name: str) -> JSON:
    """Import a name when it is asked for: the pytest plugin beside it is loaded by every pytest."""
    if name not in _ROOMS:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
