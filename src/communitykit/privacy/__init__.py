"""Privacy: pseudonyms, what is kept at intake, erasure and retention, and groups too small to be told."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from communitykit.privacy.groups import protect
    from communitykit.privacy.record import record_of_processing
    from communitykit.privacy.releases import release

__all__ = ["protect", "record_of_processing", "release"]

_HOMES = {"protect": "groups", "record_of_processing": "record", "release": "releases"}


def __getattr__(
    name: str,
) -> object:  # every door asks this room about intake: DuckDB must not come with it
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
