"""A measured figure beside its floor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure, its floor or bound, and whether it holds."""

    name: str
    value: str
    floor: str
    bound: str
    holds: bool
