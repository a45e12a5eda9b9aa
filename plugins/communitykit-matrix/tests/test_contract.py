"""The contract that every connector is held to."""

from communitykit.testing import ConnectorSuite
from communitykit_matrix import MatrixKeywords


class TestMatrix(ConnectorSuite):
    connector = "matrix"
    keywords = MatrixKeywords
