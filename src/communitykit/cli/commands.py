"""Every command: importing a module of them registers what it has."""

from __future__ import annotations

from communitykit.cli import (
    analyse,
    brief,
    browse,
    config,
    export,
    init,
    login,
    metrics,
    people,
    privacy,
    pull,
    report,
    sandbox,
)
from communitykit.cli import run as everything
from communitykit.cli.entry import run

__all__ = [
    "analyse",
    "brief",
    "browse",
    "config",
    "everything",
    "export",
    "init",
    "login",
    "metrics",
    "people",
    "privacy",
    "pull",
    "report",
    "run",
    "sandbox",
]
