"""What a connector is: one frozen declaration of what to ask and what the answer means. It does nothing itself."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from communitykit.errors import CommunityKitError, SettingsError
from communitykit.flow import Batch, Budget, Checkpoint, Draft, Flow, Gap, Response, Scope, Slice, Swept

if TYPE_CHECKING:
    from communitykit.archive import Archive
    from communitykit.auth import Authorize

_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_LENGTH = re.compile(r"^\s*(\d+)\s*([hdw])\s*$")


def _length(value: Any) -> Any:  # noqa: ANN401 # whatever was given; pydantic judges the rest
    match = _LENGTH.match(value) if isinstance(value, str) else None
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else value


Lookback: TypeAlias = Annotated[timedelta | Literal["all"], BeforeValidator(_length)]
"""A setting that says how far back a later run looks for what changed: `30d`, `12h`, `2w`, a timedelta, or `all`."""


def lookback_length(lookback: timedelta | str) -> timedelta | None:
    """Give a look-back as a length; None is all."""
    return lookback if isinstance(lookback, timedelta) else None


class Settings(BaseModel):
    """What every connector can be told; a connector adds its own fields, secrets as SecretStr.

    Each field can come from the environment too: `COMMUNITYKIT_<CONNECTOR>_<FIELD>`, a keyword wins.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str | None = Field(default=None, description="Another address than the platform's own.")
    proxy: SecretStr | None = Field(default=None, description="Proxy address, perhaps with its password.")
    ca_bundle: Path | None = Field(default=None, description="File of certificate authorities to trust.")
    timeout: float = Field(default=30.0, gt=0, description="Seconds without an answer before a request is given up.")
    rate: float = Field(default=1.0, gt=0, description="Multiplies the declared budgets; inf only for sandboxes.")
    concurrency: int = Field(default=8, ge=1, le=64, description="Slices read side by side.")
    credential_store: Path | None = Field(
        default=None, description="File (0600) for rotated credentials; without it they live as long as the process."
    )


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

Context: TypeAlias = Mapping[str, Any]
Translator: TypeAlias = Callable[[Any, Context], Iterable[Draft]]


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
    read: Callable[[Archive, Scope], Iterable[Batch | Slice | Swept | Gap]]
    options: type[BaseModel] | None = None
    nested: bool = False
    """Whether exports come as zips inside zips, or as a folder of them: those are opened, too."""


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
class Connector:
    """A platform, declared.

    Flows (`discover`, `read`, `resolve`, `preflight`) say what to ask; `fault` says which answers are errors;
    `translators` say what payloads mean. communitykit does everything else.
    """

    name: str
    title: str
    version: str
    settings: type[Settings]
    capabilities: Capabilities
    translators: Mapping[str, WireKind]
    base_url: str = ""
    hosts: tuple[str, ...] = ()
    """Further hosts that requests may go to (downloads); the credential is sent to those of `credential_hosts` only."""
    credential_hosts: tuple[str, ...] = ()
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    authorize: Authorize | None = None
    fault: Callable[[Response], CommunityKitError | None] | None = None
    discover: Callable[[Scope], Flow] | None = None
    read: Callable[[Scope, Slice, Checkpoint | None], Flow] | None = None
    resolve: Callable[[Scope, str, tuple[str, ...]], Flow] | None = None
    """`resolve(scope, network, member_ids)`: look up members that records refer to but no listing gave."""
    preflight: Callable[[Scope], Flow] | None = None
    """What `communitykit check` runs: raises what would fail later, yields a Gap for each thing that cannot be read."""
    estimate: Callable[[Scope, Slice, Checkpoint | None], Mapping[str, int]] | None = None
    """About how many requests of each budget reading the slice takes, for `--estimate`; empty when nothing tells."""
    ignored: Mapping[str, str] = field(default_factory=dict)
    """Wire kinds knowingly ignored, each with its reason."""
    secrets: tuple[str, ...] = ()
    """Regular expressions of the platform's tokens: scrubbed from everything that is kept or shown."""
    archive: ArchiveDoor | None = None
    webhook: WebhookDoor | None = None
    sandbox: Callable[[], Any] | None = None
    """Gives the simulated platform (`communitykit.sandbox.Platform`); imported only when called."""


def load_settings(connector: Connector, values: Mapping[str, Any]) -> Settings:
    """Make a connector's settings from keywords and, for what they leave out, from the environment.

    Raises SettingsError naming each wrong or missing setting, where it can be given, and never its value.
    """
    prefix = f"COMMUNITYKIT_{connector.name.upper().replace('-', '_')}_"
    given = {name: value for name, value in values.items() if value is not None}
    for name in connector.settings.model_fields:
        text = os.environ.get(prefix + name.upper())
        if name not in given and text:
            given[name] = text
    try:
        return connector.settings.model_validate(given)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors(include_input=False)
        )
        known = ", ".join(sorted(connector.settings.model_fields))
        raise SettingsError(
            f"settings are not usable: {wrong}",
            platform=connector.name,
            remedy=f"Give them as keywords or as {prefix}<NAME>. Known settings: {known}.",
        ) from None
