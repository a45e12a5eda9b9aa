"""Network data exports of our own making, and reading them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from communitykit import read_archive
from communitykit.sandbox import World

BOM = b"\xef\xbb\xbf"

HEAD = (
    "id,thread_id,replied_to_id,group_id,in_private_conversation,in_private_group,"
    "sender_id,body,created_at,deleted_at\n"
)

GROUP = "id,name,private\n1,A,false\n"

SENT = "id,thread_id,group_id,in_private_conversation,in_private_group,sender_id,sender_type,body,created_at\n"


def make_world() -> World:
    return World(seed=5, size="tiny", platforms=("yammer",))


def archived(path: Path, **ask: Any) -> list[Any]:
    with read_archive("yammer", path) as archive:
        return list(archive.records(**ask))


def make(path: Path, tables: dict[str, str], *, bom: bool = True) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in tables.items():
            archive.writestr(name, (BOM if bom else b"") + text.encode())
    return path
