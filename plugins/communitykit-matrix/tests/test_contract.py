"""The contract that every connector is held to."""

from communitykit.testing import ConnectorSuite


class TestMatrix(ConnectorSuite):
    connector = "matrix"
