from communitykit.testing import ConnectorSuite


class TestTeams(ConnectorSuite):
    connector = "teams"
