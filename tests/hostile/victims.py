"""What is killed: in a module of its own, since another process has to find it."""

from __future__ import annotations

from typing import Any

from communitykit import connect, pull, read_archive


def from_api(name: str, settings: dict[str, Any], store: str) -> None:
    with connect(name, **settings) as session:
        pull(session, to=store)


def from_archive(name: str, path: str, store: str) -> None:
    with read_archive(name, path) as session:
        pull(session, to=store)
