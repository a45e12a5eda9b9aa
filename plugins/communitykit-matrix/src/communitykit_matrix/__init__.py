"""Matrix for communitykit: the client-server API, and Synapse's admin API where the token allows it."""

from __future__ import annotations

from importlib.metadata import version

from communitykit.connector import Capabilities, Connector, Reader, hookimpl
from communitykit_matrix import api
from communitykit_matrix.keywords import MatrixKeywords, connect, connect_async
from communitykit_matrix.settings import MatrixSettings
from communitykit_matrix.translate import IGNORED, TRANSLATORS

CAPABILITIES = Capabilities(
    records=frozenset({"member", "community", "membership", "post", "event"}),
    events=frozenset({"joined", "left", "invited", "community_changed", "reacted", "pinned", "viewed", "voted"}),
    member_fields=frozenset({"username", "display_name", "admin"}), post_kinds=frozenset({"post", "poll"}),
    features=frozenset({
        "incremental", "late_replies", "edits", "deletions", "reply_changes", "reaction_actors", "reaction_types",
        "reaction_times", "membership_times", "threads", "nested_replies", "views", "deleted_posts", "guests", "bots",
        "deactivated", "direct_messages", "private_communities", "files", "polls", "pins", "hierarchy",
    }),
    unreadable={
        "words of encrypted rooms": "They are end-to-end encrypted: who wrote when is told, what was written is not.",
        "everybody who has seen a message": "A receipt says how far somebody has read, as it is when a run asks.",
        "rooms that the account is not in": "Those of its spaces are listed, and reported as closed.",
        "closed accounts, without an admin's token": "Only Synapse tells them, and only server admins.",
        "old reactions that are taken back": "They do not say what they were about: a room's newest 5,000 are known.",
        "earlier versions": "Only the edit that counts is read.",
    },
)  # fmt: skip
MATRIX = Connector(
    name="matrix", title="Matrix", version=version("communitykit-matrix"),
    settings=MatrixSettings, capabilities=CAPABILITIES,
    authorize=api.authorize, error_of=api.fault, budgets=api.BUDGETS,
    discover=api.discover, preflight=api.preflight,
    needs=api.needs, login=api.LOGIN,
    readers={"room": Reader(api.read, kinds=("post", "event", "membership", "member"))},
    translators=TRANSLATORS, ignored=IGNORED, secrets=(r"sy[tr]_[A-Za-z0-9_-]+", r"m[ac][tr]_[A-Za-z0-9_-]+"),
    sandbox="communitykit_matrix.sandbox:MatrixPlatform",
)  # fmt: skip


@hookimpl
def communitykit_connector() -> Connector:
    """Return the connector."""
    return MATRIX


__all__ = [
    "CAPABILITIES",
    "MATRIX",
    "MatrixKeywords",
    "MatrixSettings",
    "communitykit_connector",
    "connect",
    "connect_async",
]
