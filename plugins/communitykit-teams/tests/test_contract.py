from communitykit.testing import ConnectorSuite
from communitykit_teams import TeamsKeywords


class TestTeams(ConnectorSuite):
    connector = "teams"
    keywords = TeamsKeywords
