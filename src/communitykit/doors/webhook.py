"""Payloads without a session: `receive` for webhook deliveries, `translate` for payloads at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.connector.declaration import Connector
from communitykit.connector.flow import Batch
from communitykit.connector.registry import registry
from communitykit.connector.settings import did_you_mean
from communitykit.errors import SettingsError, wrong_argument
from communitykit.model.records import Issue, Record
from communitykit.privacy.intake import Content, Intake, OptOut
from communitykit.reading.translation import Translation


@dataclass(frozen=True, slots=True)
class Received:
    """A webhook delivery: its records, what to answer the platform, and the key that repeated deliveries share."""

    records: tuple[Record, ...] = ()
    issues: tuple[Issue, ...] = ()
    reply: str | None = None
    dedupe_key: str | None = None
    ignored: Mapping[str, int] = field(default_factory=dict)


def receive(
    name: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    secret: str | SecretStr,
    include_private: bool = False,
    include_direct: bool = False,
    content: Content = "full",
    opt_out: OptOut | None = None,
) -> Received:
    """Verify a webhook delivery and translate it: `receive("slack", headers=…, body=…, secret=…)`.

    `body` is the raw bytes as they arrived: signatures are over them. Records merge into a store by their ids, so a
    repeated delivery does no harm; `dedupe_key` tells it apart all the same. Private communities and direct messages
    stay out unless asked for; `ignored` counts what was left out. `content` and `opt_out` are as in `ReadOptions`.

    Raises TypeError for arguments of another type, SignatureError (answer 401) when it is not the platform's or too
    old, ProtocolError when it is not readable.
    """
    return receive_for(
        registry().get(name),
        headers=headers,
        body=body,
        secret=secret,
        include_private=include_private,
        include_direct=include_direct,
        content=content,
        opt_out=opt_out,
        clock=SYSTEM_CLOCK,
    )


def receive_for(  # noqa: PLR0913 # the options of one call
    connector: Connector,
    *,
    headers: Mapping[str, str],
    body: bytes,
    secret: str | SecretStr,
    include_private: bool = False,
    include_direct: bool = False,
    content: Content = "full",
    opt_out: OptOut | None = None,
    clock: Clock,
) -> Received:
    """Do what `receive` does, for a connector that need not be installed."""
    if not isinstance(body, bytes | bytearray | memoryview):
        raise wrong_argument("body", body, "the bytes of the delivery as they arrived")
    if not isinstance(headers, Mapping):
        raise wrong_argument("headers", headers, "a mapping of names to values")
    if not isinstance(secret, str | SecretStr):
        raise wrong_argument("secret", secret, "a text")
    if connector.webhook is None:
        raise SettingsError("this connector receives no webhooks", platform=connector.name)
    now = clock.now()
    plain = secret.get_secret_value() if isinstance(secret, SecretStr) else secret
    delivery = connector.webhook.receive(headers, bytes(body), plain, now)
    translation = Translation(connector, run_id="webhook", origin="webhook", intake=Intake(content, opt_out))
    ignored: Counter[str] = Counter()
    asked = {"public", *(("private",) if include_private else ()), *(("direct",) if include_direct else ())}
    for batch in delivery.batches:
        if batch.privacy not in asked:
            ignored[f"{batch.privacy} talk, not asked for"] += len(batch.items)
    wanted = [batch for batch in delivery.batches if batch.privacy in asked]
    pages = [translation.translate(batch, f"{connector.name}:-:webhook", now, ignored) for batch in wanted]
    return Received(
        records=tuple(record for page in pages for record in page.records),
        issues=tuple(issue for page in pages for issue in page.issues),
        reply=delivery.reply,
        dedupe_key=delivery.dedupe_key,
        ignored=dict(ignored),
    )


def translate(
    name: str, kind: str, payloads: Iterable[object], context: Mapping[str, object]
) -> tuple[list[Record], list[Issue]]:
    """Translate wire payloads of one kind into records; give the records and the Issues. Sends nothing.

    Raises UnknownConnectorError, or SettingsError when the connector has no payloads of that kind.
    """
    connector = registry().get(name)
    if kind not in connector.translators:
        known = ", ".join(sorted(connector.translators))
        meant = did_you_mean(kind, connector.translators)
        raise SettingsError(f"{name} has no payloads of kind {kind!r}{meant}", remedy=f"Kinds: {known}.")
    translation = Translation(connector, run_id="translate", origin="api")
    ignored: Counter[str] = Counter()
    batch = Batch(kind, list(payloads), context)
    page = translation.translate(batch, f"{name}:-:translate", SYSTEM_CLOCK.now(), ignored)
    return list(page.records), page.issues
