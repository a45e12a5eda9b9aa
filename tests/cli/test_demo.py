"""The demonstration's own runs: what it may replace, and what it may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from communitykit import from_records, pull
from communitykit.cli import demo, reading
from communitykit.pulling import pull_at
from communitykit.store.connection import mark


class _KilledError(BaseException):
    pass


def test_a_run_of_the_demonstration_that_is_killed_is_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def killed(*arguments: Any, **options: Any) -> None:
        pull_at(*arguments, **options)
        raise _KilledError

    to = tmp_path / "a.duckdb"
    mark(to, reading.DEMO, "a fictional company")
    monkeypatch.setattr(demo, "pull_at", killed)
    with pytest.raises(_KilledError):
        demo._run([from_records([])], to, {})
    assert demo._is_ours(to)
    pull(from_records([]), to)  # somebody else's
    assert not demo._is_ours(to)
