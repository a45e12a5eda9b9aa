"""Mirrors of the Graph and SCIM APIs: access, discovery, and how a slice is read. Flows: nothing is sent here."""

from communitykit_workplace.api.access import authorize, preflight
from communitykit_workplace.api.methods import fault
from communitykit_workplace.api.reading import discover, read, resolve

__all__ = ["authorize", "discover", "fault", "preflight", "read", "resolve"]
