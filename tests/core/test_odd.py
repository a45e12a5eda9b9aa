"""What was not understood beyond the look-back is looked for once more, and once only."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from little_notes import note, serve_notes, session

from communitykit import pull
from communitykit.connector import Batch, Connector, Lookback, Request, Selection, Settings
from communitykit.reading.odd import Odd, joined, parted

AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_no_connector_is_shown_what_is_kept_beside_its_checkpoint() -> None:
    odd = Odd(AT, looked=True)
    assert parted(joined({"v": 1}, odd)) == ({"v": 1}, odd)
    assert joined({"v": 1}, None) == {"v": 1}
    assert parted(None) == (None, None)


@pytest.mark.parametrize(
    ("odd", "since", "until", "looks"),
    [
        (Odd(AT), None, AT, True),
        (Odd(AT, looked=True), None, AT, False),
        (Odd(AT), AT, AT, False),  # a part of the past is no look at all of it
        (Odd(AT), None, AT - timedelta(days=1), False),
    ],
)
def test_only_a_run_that_may_see_all_of_it_looks(odd: Odd, since: Any, until: datetime, looks: Any) -> None:
    assert odd.is_looked_for(Selection(None, until, since=since)) is looks


class _LookingBack(Settings):
    token: str = "tok-secret-1"
    lookback: Lookback = timedelta(days=30)


@pytest.mark.parametrize(
    ("odd_runs", "looks_back_on_all"),
    [
        ([], [False, False, False]),
        ([0], [False, True, False]),
        ([0, 1, 2], [False, True, False]),  # what is odd for good costs one whole reading more
        ([0, 3], [False, True, False, False, True]),
    ],
)
def test_the_next_run_looks_back_on_all_once(
    platform: Any, little: Callable[..., Connector], tmp_path: Path, odd_runs: list[int], looks_back_on_all: list[bool]
) -> None:
    looked: list[bool] = []

    def read(selection: Selection[_LookingBack], slice_: Any, checkpoint: Any) -> Any:
        looked.append(selection.lookback_start(selection.settings.lookback) is None)  # type: ignore[arg-type] # no words
        assert checkpoint in (None, {"v": 1})
        answer = yield Request("notes/a", subject="a")
        yield Batch("note", answer.data["notes"], {"room": "a"}, checkpoint={"v": 1})

    for run in range(len(looks_back_on_all)):
        serve_notes(platform, {"a": [[note(1), note(2, at="odd" if run in odd_runs else "2026-01-01T00:00:00Z")]]})
        with session(little(settings=_LookingBack, read=read), platform) as opened:
            result = pull(opened, tmp_path / "a.duckdb")
        assert result.complete is (run not in odd_runs)
    assert looked == looks_back_on_all
