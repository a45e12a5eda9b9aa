"""Slack for communitykit: the Web API, export archives, the Events API."""

from __future__ import annotations

from importlib.metadata import version

from communitykit.connector import Capabilities, Connector, hookimpl
from communitykit_slack import api, archive, webhook
from communitykit_slack.keywords import SlackKeywords, connect, connect_async
from communitykit_slack.settings import SlackSettings
from communitykit_slack.translate import IGNORED, TRANSLATORS

_ACTS = frozenset({"joined", "left", "invited", "community_changed", "account_changed", "x-slack-huddle"})

CAPABILITIES = Capabilities(
    records=frozenset({"member", "community", "membership", "post", "event"}),
    events=_ACTS | {"reacted"},
    archive_events=_ACTS | {"reacted", "pinned"},
    webhook_events=_ACTS | {"reacted", "pinned"},
    member_fields=frozenset(
        {
            "username",
            "display_name",
            "email",
            "job_title",
            "department",
            "division",
            "location",
            "manager_id",
            "employee_number",
            "time_zone",
            "language",
            "admin",
        }
    ),
    features=frozenset(
        {
            "incremental",
            "late_replies",
            "edits",
            "deletions",
            "reaction_actors",
            "reaction_types",
            "webhook_reaction_times",
            "threads",
            "deleted_posts",
            "guests",
            "bots",
            "deactivated",
            "direct_messages",
            "private_communities",
            "closed_communities",
            "user_groups",
            "files",
            "pins",
            "hierarchy",
        }
    ),
    unreadable={
        "views": "Slack tells nobody who has read a message, only enterprises how many had a channel open.",
        "time of a reaction": "History lists who reacted, never when; only events tell it.",
        "changed replies in quiet threads": "An edited reply moves nothing that history shows; threads='all' re-reads.",
        "late replies to very old threads": "A thread silent for longer than the look-back is not looked at again.",
        "edit history and deleted texts": "Only the Discovery API of enterprises keeps them.",
        "channels that the app is not in": "A bot reads only channels that it was invited to.",
    },
)


SLACK = Connector(
    name="slack",
    title="Slack",
    version=version("communitykit-slack"),
    settings=SlackSettings,
    capabilities=CAPABILITIES,
    translators=TRANSLATORS,
    base_url="https://slack.com/api/",
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
    secrets=(r"xox[abceoprs](?:\.xox[bp])?-[A-Za-z0-9-]+", r"xapp-[A-Za-z0-9-]+"),
    archive=archive.DOOR,
    webhook=webhook.DOOR,
    sandbox="communitykit_slack.sandbox:SlackPlatform",
)


@hookimpl
def communitykit_connector() -> Connector:
    """Return the connector."""
    return SLACK


__all__ = [
    "CAPABILITIES",
    "SLACK",
    "SlackKeywords",
    "SlackSettings",
    "communitykit_connector",
    "connect",
    "connect_async",
]
