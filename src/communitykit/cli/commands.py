"""Every command: importing a module of them registers what it has."""

from __future__ import annotations

from communitykit.cli import metrics, people
from communitykit.cli.app import run

__all__ = ["metrics", "people", "run"]
