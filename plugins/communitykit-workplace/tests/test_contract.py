"""The contract that every connector is held to."""

from communitykit.testing import ConnectorSuite
from communitykit_workplace import WorkplaceKeywords


class TestWorkplace(ConnectorSuite):
    connector = "workplace"
    keywords = WorkplaceKeywords
