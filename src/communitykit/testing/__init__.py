"""The contract as a test class to subclass, for connectors inside and outside this repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from communitykit.testing.suite import ConnectorSuite

__all__ = ["ConnectorSuite"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 # what a module's attribute is
    """Import the suite when it is asked for: the pytest plugin beside it is loaded by every pytest."""
    if name != "ConnectorSuite":
        raise AttributeError(name)
    from communitykit.testing.suite import ConnectorSuite  # noqa: PLC0415 # same

    return ConnectorSuite
