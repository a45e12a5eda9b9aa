"""The contract holds for other companies, too: some defects show only where a rare thing happens."""

import pytest

from communitykit.testing import ConnectorSuite

pytestmark = pytest.mark.exhaustive


class TestAnEmptiedThread(ConnectorSuite):
    """Between an archive and the first pull, the only reply of a thread is deleted."""

    connector = "slack"
    seed = 1


class TestALateStranger(ConnectorSuite):
    """A bot that no listing tells is looked up at the very end of a run, which a cut may hit."""

    connector = "slack"
    seed = 2
