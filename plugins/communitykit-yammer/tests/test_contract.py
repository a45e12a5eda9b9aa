"""The contract that every connector is held to."""

from communitykit.testing import ConnectorSuite
from communitykit_yammer import YammerKeywords


class TestYammer(ConnectorSuite):
    connector = "yammer"
    keywords = YammerKeywords
