"""The REST API and Microsoft Graph: access, discovery, and how a slice is read. Flows: nothing is sent here."""

from communitykit_yammer.api.access import authorize, needs, preflight
from communitykit_yammer.api.discovery import discover, resolve
from communitykit_yammer.api.methods import BUDGETS, fault
from communitykit_yammer.api.reading import estimate, read

__all__ = ["BUDGETS", "authorize", "discover", "estimate", "fault", "needs", "preflight", "read", "resolve"]
