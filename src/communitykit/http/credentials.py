"""Credentials that outlive a process, in a file that only its owner reads."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class CredentialStore:
    """Rotated credentials: in memory, and in a file of mode 0600 when a path is given. Written before first use."""

    def __init__(self, path: Path | None = None) -> None:
        """Keep nothing yet; the file is read when asked for."""
        self._path = path
        self._memory: dict[str, Mapping[str, Any]] = {}

    def load(self, key: str) -> Mapping[str, Any] | None:
        """Return what was saved under `key`, or None."""
        if self._path is not None and self._path.exists():
            kept: dict[str, Mapping[str, Any]] = json.loads(self._path.read_text(encoding="utf-8"))
            return kept.get(key)
        return self._memory.get(key)

    def save(self, key: str, value: Mapping[str, Any]) -> None:
        """Keep `value` under `key`; the file is replaced whole, so a crash leaves the old or the new one."""
        self._memory[key] = value
        if self._path is None:
            return
        kept = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else {}
        kept[key] = dict(value)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_name(self._path.name + ".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
