"""Yammer (Viva Engage) for communitykit: the REST API, network data exports, Microsoft Graph."""

from __future__ import annotations

from importlib.metadata import version

from communitykit.connector import Capabilities, Connector, hookimpl
from communitykit_yammer import api, archive
from communitykit_yammer.keywords import YammerKeywords, connect, connect_async
from communitykit_yammer.settings import GRAPH_URL, LOGIN_URL, REST_URL, YammerSettings
from communitykit_yammer.translate import IGNORED, TRANSLATORS

CAPABILITIES = Capabilities(
    records=frozenset({"member", "community", "membership", "post", "event", "measure"}),
    events=frozenset({"reacted", "x-yammer-system"}),
    archive_records=frozenset({"member", "community", "post", "event"}),
    archive_events=frozenset({"voted", "x-yammer-system"}),
    member_fields=frozenset(
        {
            "username",
            "display_name",
            "email",
            "job_title",
            "department",
            "location",
            "time_zone",
            "admin",
            "directory_id",
        }
    ),
    post_kinds=frozenset({"post", "question", "poll", "announcement", "praise"}),
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
            "threads",
            "nested_replies",
            "titles",
            "guests",
            "bots",
            "private_communities",
            "files",
            "polls",
            "hierarchy",
        }
    ),
    unreadable={
        "views": "Nobody is told who has seen a message; Microsoft Graph reports count reads per person and group.",
        "which reaction": "REST counts reactions of every type as likes, and exports leave them out.",
        "time of a reaction": "REST lists who reacted, never when.",
        "best answers": "Only Yammer's own web client is told which reply was marked; exports tell votes.",
        "when something was edited": "REST shows the present text only; exports hold the versions.",
        "edits, deletions and reactions before the look-back": "lookback='all' reads every message again.",
        "private conversations": "A token sees those of its owner alone; exports hold them, and are asked explicitly.",
        "groups that the token's owner is not in": "REST answers with an empty list, which is reported.",
        "when somebody joined a group": "Neither REST nor Microsoft Graph tells; membership is what it is today.",
        "when somebody left": "REST lists active users only, so that somebody left is known; exports tell when.",
    },
)


YAMMER = Connector(
    name="yammer",
    title="Yammer (Viva Engage)",
    version=version("communitykit-yammer"),
    settings=YammerSettings,
    capabilities=CAPABILITIES,
    translators=TRANSLATORS,
    base_url=REST_URL,
    hosts=(LOGIN_URL.split("/")[2], "*.office.com", "*.office365.com"),
    credential_hosts=(REST_URL.split("/")[2], GRAPH_URL.split("/")[2]),
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
    # Entra tokens, the retired ones of Yammer's own, signatures in addresses of pictures.
    secrets=(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", r"\d{3,}-[A-Za-z0-9]{22}", r"P4=[\w-]{20,}"),
    archive=archive.DOOR,
    sandbox="communitykit_yammer.sandbox:YammerPlatform",
)


@hookimpl
def communitykit_connector() -> Connector:
    """Return the connector."""
    return YAMMER


__all__ = [
    "CAPABILITIES",
    "YAMMER",
    "YammerKeywords",
    "YammerSettings",
    "communitykit_connector",
    "connect",
    "connect_async",
]
