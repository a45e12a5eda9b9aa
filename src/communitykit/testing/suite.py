"""The contract of a connector: subclass it with an empty body but for the connector's name."""

from __future__ import annotations

from communitykit.testing.doors import DoorChecks
from communitykit.testing.keywords import KeywordChecks
from communitykit.testing.lists import ListChecks
from communitykit.testing.neighbours import NeighbourChecks
from communitykit.testing.oddities import OddityChecks
from communitykit.testing.payloads import PayloadChecks
from communitykit.testing.private import PrivateChecks
from communitykit.testing.records import RecordChecks
from communitykit.testing.runs import RunChecks
from communitykit.testing.slices import SliceChecks
from communitykit.testing.telling import TellingChecks
from communitykit.testing.windows import WindowChecks


class ConnectorSuite(
    DoorChecks,
    RunChecks,
    RecordChecks,
    PayloadChecks,
    NeighbourChecks,
    PrivateChecks,
    WindowChecks,
    OddityChecks,
    SliceChecks,
    TellingChecks,
    ListChecks,
    KeywordChecks,
):
    """Everything that a connector declares, held against a company whose truth is known.

    What it does not declare is skipped, with the reason. See `communitykit.testing.base.Checks` for what a subclass may
    set besides `connector`.
    """
