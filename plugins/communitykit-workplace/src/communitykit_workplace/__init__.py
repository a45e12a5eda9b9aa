"""Workplace from Meta for communitykit: archives of every kind, and mirrors of its Graph and SCIM APIs."""

from __future__ import annotations

from importlib.metadata import version

from communitykit.connector import Capabilities, Connector, hookimpl
from communitykit_workplace import api, archive
from communitykit_workplace.keywords import WorkplaceKeywords, connect, connect_async
from communitykit_workplace.settings import WorkplaceSettings
from communitykit_workplace.translate import IGNORED, TRANSLATORS

_EVENTS = frozenset({"reacted", "viewed", "voted", "rsvp", "account_changed", "x-workplace-story"})

CAPABILITIES = Capabilities(
    records=frozenset({"member", "community", "membership", "post", "event", "measure"}),
    events=_EVENTS,
    archive_events=_EVENTS,
    member_fields=frozenset(
        {
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
            "time_zone",
            "language",
        }
    ),
    post_kinds=frozenset({"post", "poll", "article"}),
    features=frozenset(
        {
            "incremental",
            "late_replies",
            "edits",
            "deletions",
            "reply_changes",
            "closed_communities",
            "reaction_actors",
            "reaction_types",
            "membership_times",
            "threads",
            "nested_replies",
            "views",
            "view_counts",
            "titles",
            "deactivated",
            "private_communities",
            "files",
            "polls",
            "hierarchy",
        }
    ),
    unreadable={
        "anything, at Workplace itself": "It was switched off on 2026-06-01: what is left are archives and mirrors.",
        "time of a reaction, vote or RSVP": "The Graph lists who, never when.",
        "time of an edit": "updated_time moves with every comment, so it tells of no edit.",
        "when a group was created": "Groups show when they were last active.",
        "who left a group": "Members are those of today; deactivated people leave their groups after four days.",
        "chats": "They are read by nobody but those in them; archives of them are passed over.",
        "edits, deletions and reactions before the look-back": "lookback='all' reads every post again.",
    },
)


WORKPLACE = Connector(
    name="workplace",
    title="Workplace from Meta",
    version=version("communitykit-workplace"),
    settings=WorkplaceSettings,
    capabilities=CAPABILITIES,
    translators=TRANSLATORS,
    authorize=api.authorize,
    error_of=api.fault,
    discover=api.discover,
    readers=api.READERS,
    resolve=api.resolve,
    preflight=api.preflight,
    needs=api.needs,
    ignored=IGNORED,
    # Access tokens of integrations and apps, the proofs made of them, links and codes to claim an account.
    secrets=(
        r"\b(?:DQVJ|EAA)[A-Za-z0-9_-]{16,}",
        r"\b\d{6,}\|[A-Za-z0-9_-]{20,}",
        r"(?<=access_token=)[^&\s\"]+",
        r"https?://[^\s\"]*/claim/[^\s\"]+",
    ),
    archive=archive.DOOR,
    sandbox="communitykit_workplace.sandbox:WorkplacePlatform",
)


@hookimpl
def communitykit_connector() -> Connector:
    """Return the connector."""
    return WORKPLACE


__all__ = [
    "CAPABILITIES",
    "WORKPLACE",
    "WorkplaceKeywords",
    "WorkplaceSettings",
    "communitykit_connector",
    "connect",
    "connect_async",
]
