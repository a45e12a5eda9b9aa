"""What a connector is: one frozen declaration of what to ask and what the answer means. It does nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeAlias

from pydantic import BaseModel
from typing_extensions import TypeVar

from communitykit.connector.flow import Batch, Budget, Checkpoint, Draft, Flow, Gap, Response, Selection, Slice, Swept
from communitykit.connector.settings import Settings
from communitykit.errors import CommunityKitError
from communitykit.model.values import JSON

if TYPE_CHECKING:
    from communitykit.connector.archive import Archive, Nested
    from communitykit.connector.asking import Need
    from communitykit.connector.login import Login
    from communitykit.connector.oauth import Authorize


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the connector's platform tells and through which door; everything else is absent, not zero.

    The vocabulary is closed: `communitykit.sandbox` computes the truth from the same words, so a connector cannot hide
    what it loses.
    """

    records: frozenset[str] = frozenset()
    """Record kinds that it yields."""
    events: frozenset[str] = frozenset()
    """Event kinds that it yields through the API."""
    archive_records: frozenset[str] | None = None
    """Record kinds that its archives tell; None: the same as the API."""
    archive_events: frozenset[str] = frozenset()
    """Event kinds that its archives tell."""
    webhook_events: frozenset[str] = frozenset()
    """Event kinds that its webhooks tell."""
    webhook_records: frozenset[str] | None = None
    """Record kinds that its webhooks tell; None is all of `records`."""
    member_fields: frozenset[str] = frozenset()
    """Member fields that the platform can tell, of those a directory may hold."""
    post_kinds: frozenset[str] = frozenset({"post"})
    """Post kinds that the platform tells apart."""
    features: frozenset[str] = frozenset()
    """Of `FEATURES`."""
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """What no door of this platform tells, and why: shown in the documentation."""


FEATURES: dict[str, str] = {
    "incremental": "A second run fetches little.",
    "late_replies": "Replies to old threads are found by an incremental run.",
    "edits": "Edits inside the look-back are found by an incremental run.",
    "deletions": "Deletions inside the look-back are found by an incremental run.",
    "reply_changes": "Edits and deletions of replies in threads that did not move are found too.",
    "closed_communities": "Communities that were deleted are found by a later run, and so are those that come back.",
    "directory": "Everybody is listed, so a later run finds whose account was deleted.",
    "reaction_actors": "Who reacted is told.",
    "reaction_types": "Which reaction somebody chose is told, so that one person may have several on a post.",
    "reaction_times": "When somebody reacted is told by the API.",
    "webhook_reaction_times": "When somebody reacted is told by webhooks.",
    "membership_times": "When somebody joined is told with the membership.",
    "threads": "Replies know the root of their thread.",
    "nested_replies": "Replies know the reply that they answer.",
    "views": "Who has seen a post is told.",
    "view_counts": "How many have seen a post is told.",
    "titles": "Posts have titles.",
    "deleted_posts": "The platform tells of deleted posts (tombstones).",
    "guests": "Guests are told apart.",
    "bots": "Bots are told apart.",
    "deactivated": "Deactivated accounts stay listed.",
    "direct_messages": "Direct messages can be read when asked for.",
    "private_communities": "Private communities can be read when asked for.",
    "user_groups": "Groups of users are told.",
    "files": "Attached files are told as metadata.",
    "polls": "Polls and their options are told.",
    "pins": "Pinned posts are told.",
    "hierarchy": "Communities have parents.",
}
"""What a connector may claim of its platform, and what each claim means."""

S = TypeVar("S", bound=Settings, default=Any)
Context: TypeAlias = Mapping[str, JSON]
"""What payloads of a batch do not say themselves (team, channel…), as JSON."""
Translator: TypeAlias = Callable[[JSON, Context], Iterable[Draft]]
"""From one payload and its context, the drafts of what it tells. Pure; raises Rejected for what is no record."""


@dataclass(frozen=True, slots=True)
class WireKind:
    """How payloads of one kind become records. `translate` is pure; `id_field` names the platform's own id in them."""

    translate: Translator
    id_field: str = "id"


@dataclass(frozen=True, slots=True)
class ArchiveDoor:
    """How the platform's export archives are read.

    `detect` tells whether an opened archive is one of this platform's. `as_of` gives when the archive was true: its own
    date, or else its newest content. `read` yields the slices' content in any order that keeps memory small; each Slice
    that it yields opens a new slice, to which the batches after it belong.
    """

    detect: Callable[[Archive], bool]
    as_of: Callable[[Archive], datetime | None]
    read: Callable[[Archive, Selection], Iterable[Batch | Slice | Swept | Gap]]
    options: type[BaseModel] | None = None
    nested: Nested = False
    """Whether exports come as zips inside zips, or as a folder of them: those are opened, too. "wrapped" opens only
    those that a whole export was zipped into once more, since what people attached may be zips as well."""
    sweeps: bool = False
    """Whether a Swept that `read` yields is meant: an archive that says it is whole, so who is not in it has gone."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook delivery taken apart: payloads to translate, and what to answer the platform.

    `reply` is the body to send back (a challenge, for instance), None for an empty 200. `dedupe_key` identifies the
    delivery: the same key means the same content, sent again.
    """

    batches: tuple[Batch, ...] = ()
    reply: str | None = None
    dedupe_key: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookDoor:
    """How the platform's deliveries are verified and taken apart. Pure: `receive(headers, body, secret, now)`.

    Raises SignatureError when the delivery is not the platform's, or too old.
    """

    receive: Callable[[Mapping[str, str], bytes, str, datetime], Delivery]


@dataclass(frozen=True, slots=True)
class Reader(Generic[S]):
    """How slices of one kind are read: what a WireKind is to payloads.

    `read` is the flow that reads a slice on from its checkpoint. `estimate` tells about how many requests of each
    budget that takes, for `--estimate` and the progress bar; empty when nothing tells. `kinds` are the record kinds
    that it yields: a run that asks for none of them leaves such slices out.
    """

    read: Callable[[Selection[S], Slice, Checkpoint | None], Flow]
    estimate: Callable[[Selection[S], Slice, Checkpoint | None], Mapping[str, int]] | None = None
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Connector(Generic[S]):
    """A platform, declared. `Connector[ForumSettings]` is held to flows that know its settings.

    Flows (`discover`, `read`, `resolve`, `preflight`) say what to ask; `error_of` says which answers are errors;
    `translators` say what payloads mean. communitykit does everything else.
    """

    name: str
    title: str
    version: str
    settings: type[S]
    capabilities: Capabilities
    translators: Mapping[str, WireKind]
    base_url: str = ""
    hosts: tuple[str, ...] = ()
    """Further hosts that requests may go to (downloads); the credential is sent to those of `credential_hosts` only."""
    credential_hosts: tuple[str, ...] = ()
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    authorize: Authorize | None = None
    error_of: Callable[[Response], CommunityKitError | None] | None = None
    discover: Callable[[Selection[S]], Flow] | None = None
    read: Callable[[Selection[S], Slice, Checkpoint | None], Flow] | None = None
    readers: Mapping[str, Reader[S]] = field(default_factory=dict)
    """How slices are read, by the `reader` that they name; `read` and `estimate` are for slices that name none."""
    resolve: Callable[[Selection[S], str, tuple[str, ...]], Flow] | None = None
    """`resolve(scope, network, member_ids)`: look up members that records refer to but no listing gave."""
    preflight: Callable[[Selection[S]], Flow] | None = None
    """What `communitykit check` runs: raises what would fail later, yields a Gap for each thing that cannot be read."""
    needs: Callable[[Selection[S]], Iterable[Need]] | None = None
    """The scopes or permissions that a run needs, for who has to ask an administrator for them."""
    login: Login | None = None
    """How somebody logs in from a terminal (`communitykit login`); what that gives, `authorize` gets as `saved`."""
    estimate: Callable[[Selection[S], Slice, Checkpoint | None], Mapping[str, int]] | None = None
    """About how many requests of each budget reading the slice takes, for `--estimate`; empty when nothing tells."""
    ignored: Mapping[str, str] = field(default_factory=dict)
    """Wire kinds knowingly ignored, each with its reason."""
    secrets: tuple[str, ...] = ()
    """Regular expressions of the platform's tokens: scrubbed from everything that is kept or shown."""
    archive: ArchiveDoor | None = None
    webhook: WebhookDoor | None = None
    sandbox: str | None = None
    """Where the simulated platform (`communitykit.sandbox.Platform`) is, as `module:Class`: imported only when used."""

    def simulated(self) -> JSON:
        """Make the simulated platform.

        Raises TypeError when the connector declares none, or its `sandbox` names nothing.
        """
        module, _, name = (self.sandbox or "").partition(":")
        if not module or not name:
            raise TypeError(f"{self.name} declares no sandbox, which is named as 'module:Class'")
        return getattr(import_module(module), name)()
