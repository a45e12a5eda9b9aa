"""What a run of the contract calls left out: what was asked for and did not come, not what nobody asked for."""

import pytest

from communitykit.http.operations import Meter
from communitykit.model import Coverage
from communitykit.reading.slices import Closed
from communitykit.testing.reading import Run


@pytest.mark.parametrize("by_policy", [True, False])
def test_talk_that_nobody_asked_for_is_not_missing(*, by_policy: bool) -> None:
    coverage = Coverage(
        run_id="r", slice="p:n:discover", status="skipped", reason="2 private boards", by_policy=by_policy
    )
    run = Run([Closed(coverage.slice, coverage, Meter())])
    assert run.left_out == ([] if by_policy else ["p:n:discover: skipped: 2 private boards"])
