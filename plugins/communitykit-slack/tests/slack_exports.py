"""Exports of our own making, and what is read of them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from communitykit import read_archive

TEAM, ELSEWHERE, ENTERPRISE = "T0HOME0001", "T0ELSE0009", "E0CORP0001"
ANN, BEN, EVE = "U0ANN00001", "U0BEN00002", "U0EVE00009"


def user(native: str, team: str = TEAM, **more: Any) -> dict[str, Any]:
    name = native[2:5].lower()
    return {"id": native, "team_id": team, "name": name, "deleted": False, "profile": {"real_name": name}, **more}


def channel(native: str = "C0GEN00001", name: str = "general", **more: Any) -> dict[str, Any]:
    return {"id": native, "name": name, "created": 1_600_000_000, "creator": ANN, "members": [ANN], **more}


def message(second: int, text: str = "hello", **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": ANN, "text": text, "ts": f"17093000{second:02d}.000100", **more}


def files(**more: Any) -> dict[str, Any]:
    """Return a small export; a name in `more` with `__` for `/` is a file of it, None takes one away."""
    found: dict[str, Any] = {
        "users.json": [user(ANN), user(BEN)],
        "channels.json": [channel()],
        "general/2024-03-01.json": [message(1), message(2, user=BEN)],
    }
    found.update({name.replace("__", "/") + ".json": content for name, content in more.items()})
    return {name: content for name, content in found.items() if content is not None}


def write(folder: Path, contents: Mapping[str, Any], *, sign: str = "/") -> Path:
    """Write a zip whose members are named with that sign between folders; bytes stay as they are."""
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            info = zipfile.ZipInfo(name)
            info.filename = name.replace("/", sign)
            archive.writestr(info, content if isinstance(content, bytes) else json.dumps(content))
    return path


class Read:
    """What an archive holds, by kind of record."""

    def __init__(self, path: Path, options: Mapping[str, Any] | None = None, **ask: Any) -> None:
        with read_archive("slack", path, **(options or {})) as archive:
            self.records = list(archive.records(**ask))

    def of(self, kind: str) -> list[Any]:
        return [one for one in self.records if one.record == kind]

    def by_id(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return what was told of each, the parts put together."""
        found: dict[str, dict[str, Any]] = {}
        for one in self.of(kind):
            found.setdefault(one.id, {}).update(one.model_dump(exclude_unset=True))
        return found

    @property
    def posts(self) -> dict[str, Any]:
        return {one.id.rsplit("/", 1)[-1]: one for one in self.of("post")}

    @property
    def reasons(self) -> str:
        return "\n".join(one.reason or "" for one in self.of("coverage"))
