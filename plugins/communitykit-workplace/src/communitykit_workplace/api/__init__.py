"""Mirrors of the Graph and SCIM APIs: access, discovery, and how a slice is read. Flows: nothing is sent here."""

from communitykit_workplace.api.access import authorize, needs, preflight
from communitykit_workplace.api.methods import fault
from communitykit_workplace.api.reading import READERS, discover, resolve

__all__ = ["READERS", "authorize", "discover", "fault", "needs", "preflight", "resolve"]
