"""The contract as a test class to subclass, for connectors inside and outside this repository."""

from communitykit.testing.suite import ConnectorSuite

__all__ = ["ConnectorSuite"]
