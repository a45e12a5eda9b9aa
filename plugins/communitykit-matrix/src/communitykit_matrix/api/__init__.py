"""The client-server API: access, discovery, and how a room is read. Flows: nothing is sent here."""

from communitykit_matrix.api.access import needs, preflight
from communitykit_matrix.api.discovery import discover
from communitykit_matrix.api.login import LOGIN, authorize
from communitykit_matrix.api.messages import read
from communitykit_matrix.api.methods import BUDGETS, fault

__all__ = ["BUDGETS", "LOGIN", "authorize", "discover", "fault", "needs", "preflight", "read"]
