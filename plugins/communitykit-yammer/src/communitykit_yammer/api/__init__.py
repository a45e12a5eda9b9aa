"""The REST API and Microsoft Graph: access, discovery, and how a slice is read. Flows: nothing is sent here."""

from communitykit_yammer.api.access import LOGIN, authorize, needs, preflight
from communitykit_yammer.api.discovery import discover, resolve
from communitykit_yammer.api.methods import BUDGETS, fault
from communitykit_yammer.api.reading import READERS

__all__ = ["BUDGETS", "LOGIN", "READERS", "authorize", "discover", "fault", "needs", "preflight", "resolve"]
