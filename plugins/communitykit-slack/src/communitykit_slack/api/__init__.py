"""Slack's Web API: access, discovery, and how a slice is read. Flows: nothing is sent here."""

from communitykit_slack.api.access import LOGIN, authorize, needs, preflight
from communitykit_slack.api.discovery import discover, resolve
from communitykit_slack.api.methods import BUDGETS, fault
from communitykit_slack.api.reading import READERS

__all__ = ["BUDGETS", "LOGIN", "READERS", "authorize", "discover", "fault", "needs", "preflight", "resolve"]
