"""Microsoft Graph: access, discovery, subscriptions, and how a slice is read. Flows: nothing is sent here."""

from communitykit_teams.api.access import LOGIN, authorize, needs, preflight
from communitykit_teams.api.discovery import discover, resolve
from communitykit_teams.api.methods import BUDGETS, fault
from communitykit_teams.api.reading import READERS
from communitykit_teams.api.subscriptions import create_subscription, renew_subscription

__all__ = [
    "BUDGETS",
    "LOGIN",
    "READERS",
    "authorize",
    "create_subscription",
    "discover",
    "fault",
    "needs",
    "preflight",
    "renew_subscription",
    "resolve",
]
