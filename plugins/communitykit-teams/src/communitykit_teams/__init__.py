"""Microsoft Teams for communitykit: Microsoft Graph and its change notifications."""

from __future__ import annotations

from importlib.metadata import version

from communitykit.connector import Capabilities, Connector, hookimpl
from communitykit_teams import api, webhook
from communitykit_teams.api import create_subscription, renew_subscription
from communitykit_teams.keywords import TeamsKeywords, connect, connect_async
from communitykit_teams.settings import CLOUDS, TeamsSettings
from communitykit_teams.translate import IGNORED, TRANSLATORS
from communitykit_teams.webhook import handshake, lifecycle_events, webhook_secret

_ACTS = frozenset({"joined", "left", "invited", "community_changed", "x-teams-call", "reacted"})

CAPABILITIES = Capabilities(
    records=frozenset({"member", "community", "membership", "post", "event", "measure"}),
    events=_ACTS,
    webhook_events=_ACTS,
    webhook_records=frozenset({"post", "event"}),
    member_fields=frozenset(
        {
            "username",
            "display_name",
            "email",
            "job_title",
            "department",
            "division",
            "organization",
            "location",
            "country",
            "manager_id",
            "employee_number",
            "directory_id",
            "language",
        }
    ),
    post_kinds=frozenset({"post", "announcement"}),
    features=frozenset(
        {
            "incremental",
            "late_replies",
            "edits",
            "deletions",
            "reply_changes",
            "closed_communities",
            "directory",
            "reaction_actors",
            "reaction_types",
            "reaction_times",
            "webhook_reaction_times",
            "threads",
            "titles",
            "deleted_posts",
            "guests",
            "bots",
            "deactivated",
            "private_communities",
            "files",
            "hierarchy",
        }
    ),
    unreadable={
        "views": "Graph has no signal of who has read or seen a channel message.",
        "edit history and deleted texts": "Graph tells that and when, never what stood there before.",
        "when somebody joined": "Lists of members tell no time; system messages do, as long as they are kept.",
        "polls, praise and forms": "Apps write them as cards: they are posts with the card's words.",
        "pinned messages": "Graph lists pins of chats only; a channel tells that something was pinned, not what.",
        "chats": "One-to-one and group chats are private talk; this connector reads channels.",
        "channels that other tenants host": "They can be read in their own tenant only.",
        "reactions taken back under replies": "Delta does not show them: the weekly reading of the look-back does.",
    },
)


TEAMS = Connector(
    name="teams",
    title="Microsoft Teams",
    version=version("communitykit-teams"),
    settings=TeamsSettings,
    capabilities=CAPABILITIES,
    translators=TRANSLATORS,
    base_url=CLOUDS["global"][0],
    hosts=("reports*.office.com", "*.reports.office.com"),
    budgets=api.BUDGETS,
    authorize=api.authorize,
    error_of=api.fault,
    discover=api.discover,
    readers=api.READERS,
    resolve=api.resolve,
    preflight=api.preflight,
    needs=api.needs,
    login=api.LOGIN,
    ignored=IGNORED,
    secrets=(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+",),
    webhook=webhook.DOOR,
    sandbox="communitykit_teams.sandbox:TeamsPlatform",
)


@hookimpl
def communitykit_connector() -> Connector:
    """Return the connector."""
    return TEAMS


__all__ = [
    "CAPABILITIES",
    "TEAMS",
    "TeamsKeywords",
    "TeamsSettings",
    "communitykit_connector",
    "connect",
    "connect_async",
    "create_subscription",
    "handshake",
    "lifecycle_events",
    "renew_subscription",
    "webhook_secret",
]
