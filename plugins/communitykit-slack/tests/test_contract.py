"""The contract that every connector is held to."""

from communitykit.testing.suite import ConnectorSuite


class TestSlack(ConnectorSuite):
    connector = "slack"
