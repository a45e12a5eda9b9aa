"""The pytest plugin: it only registers what the suite's tests are marked with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Register the suite's marker, so that strict projects accept it."""
    config.addinivalue_line("markers", "contract(door): a check of the connector contract")
