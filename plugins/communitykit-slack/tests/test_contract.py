"""The contract that every connector is held to."""

from communitykit.testing import ConnectorSuite
from communitykit_slack import SlackKeywords


class TestSlack(ConnectorSuite):
    connector = "slack"
    keywords = SlackKeywords
