"""The contract of a connector: subclass it with an empty body but for the connector's name."""

from __future__ import annotations

from communitykit.testing.doors import DoorChecks
from communitykit.testing.records import RecordChecks
from communitykit.testing.runs import RunChecks


class ConnectorSuite(DoorChecks, RunChecks, RecordChecks):
    """Everything that a connector declares, held against a company whose truth is known.

    What it does not declare is skipped, with the reason. See `communitykit.testing.base.Checks` for what a subclass may
    set besides `connector`.
    """
