"""Change notifications of Microsoft Graph: verified, decrypted, taken apart. Pure; there is no web server here."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import parse_qs

from communitykit import ProtocolError, SettingsError, SignatureError
from communitykit.connector import JSON, Batch, Delivery, Privacy, WebhookDoor, sound_and_odd
from communitykit.connector.decoding import decode_json
from communitykit.connector.payload import as_texts
from communitykit_teams.crypto import decrypted, verify_validation_tokens
from communitykit_teams.ids import PLATFORM, parse_time
from communitykit_teams.wire import Notification

_RESOURCE = re.compile(r"(\w+)(?:\('([^']*)'\)|/([^/()]+))")
_REMOVED = {"@removed": {"reason": "deleted"}}
"""What Graph's delta says of what is gone; a notification's `changeType` says the same."""
_ADDRESSED = frozenset({"teams", "channels", "messages", "replies"})
_KINDS = {"chatmessage": "message", "channel": "channel", "team": "team"}


def webhook_secret(
    client_state: str,
    *,
    private_keys: Mapping[str, str] | None = None,
    client_id: str | None = None,
    tenants: Iterable[str] = (),
    jwks: Mapping[str, JSON] | None = None,
    public_channels: Iterable[str] = (),
) -> str:
    """Put what `receive` must know into the one text that it takes as `secret`.

    `client_state` is what the subscription was created with; `private_keys` are PEM by `encryptionCertificateId`. With
    `jwks` (and the app's `client_id` and `tenants`) validation tokens are required and verified, too.

    A notification does not tell what kind of channel a message stands in, so it is taken for private, and left out
    unless `include_private` asks for it. `public_channels` names the channels that are not: native ids (`19:…`), or ids
    of communities as a store has them.
    """
    told: dict[str, JSON] = {"client_state": client_state, "private_keys": dict(private_keys or {})}
    if public_channels:
        told["public_channels"] = sorted(one.partition(":community:")[2] or one for one in public_channels)
    tokens = {"client_id": client_id, "tenants": list(tenants), "jwks": dict(jwks)} if jwks is not None else {}
    return json.dumps({**told, **tokens})


def handshake(query: str) -> str | None:
    """Return the text/plain body that proves a new notification address ours, from the request's raw query string.

    Graph POSTs `?validationToken=…` to both addresses and wants its decoded value within ten seconds; None where the
    request is no handshake.
    """
    return next(iter(parse_qs(query.removeprefix("?")).get("validationToken") or ()), None)


def receive(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Delivery:  # noqa: ARG001 # none is signed
    """Verify a delivery and take it apart, each resource dated by its own last change. Answer 202 within three seconds.

    `secret` is the subscription's client state, or what `webhook_secret` makes. Resource data is decrypted by the key
    of its certificate; a notification without any says only that something changed: the next pull finds it.

    Raises SignatureError when a client state, a token or a signature is not right, SettingsError when the key is not
    given, ProtocolError when the body is no collection of notifications.
    """
    known = _known(secret)
    data = _decoded(body)
    notifications, odd = _vouched(data, known)
    if known.get("jwks") and any(one.get("encryptedContent") for one in notifications):
        verify_validation_tokens(
            data.get("validationTokens") or (),
            jwks=known["jwks"],
            client_id=str(known.get("client_id") or ""),
            tenants=known.get("tenants") or (),
            now=now,
        )
    batches, marks = [Batch("message", odd, {"origin": "webhook"})] if odd else [], []
    for one in notifications:
        batch = _batch(one, known["private_keys"], known["public_channels"])
        batches.append(batch)
        marks.append(_mark(one, batch))
    key = hashlib.sha256("\n".join(marks).encode()).hexdigest()[:32] if marks else None
    return Delivery(batches=tuple(batches), dedupe_key=key)


def lifecycle_events(body: bytes, secret: str) -> list[tuple[str, str]]:
    """Return (subscription id, event) of a delivery to the lifecycle address. `secret` is what `receive` is given.

    `reauthorizationRequired`: renew it; `subscriptionRemoved`: create it again; `missed`: pull.

    Raises SignatureError when a client state is not the subscription's, ProtocolError when the body is no collection of
    notifications.
    """
    told, _ = _vouched(_decoded(body), _known(secret))
    found = [one for one in told if one.get("lifecycleEvent")]
    return [(str(one.get("subscriptionId") or ""), str(one["lifecycleEvent"])) for one in found]


def _vouched(data: Mapping[str, JSON], known: Mapping[str, JSON]) -> tuple[list[JSON], list[JSON]]:
    """Return a delivery's notifications, and what beside them is none.

    Raises SignatureError when one does not show the client state that the subscription was created with, or none is
    there to show it.
    """
    notifications, odd = sound_and_odd(data["value"])
    for one in notifications or ([{}] if odd else []):
        given = str(one.get("clientState") or "")
        if not known["client_state"] or not hmac.compare_digest(given.encode(), known["client_state"].encode()):
            raise SignatureError(
                "the client state is not the subscription's",
                platform=PLATFORM,
                subject="webhook delivery",
                remedy="Answer 202 all the same, and take nothing in.",
            )
    return [*notifications], odd


def _known(secret: str) -> dict[str, JSON]:
    told: JSON = None
    if secret.lstrip().startswith("{"):
        try:
            told = decode_json(secret)
        except ValueError:
            told = None
    if isinstance(told, dict) and isinstance(told.get("client_state"), str):
        public = frozenset(as_texts(told.get("public_channels")))
        return {**told, "private_keys": told.get("private_keys") or {}, "public_channels": public}
    return {"client_state": secret, "private_keys": {}, "public_channels": frozenset()}


def _decoded(body: bytes) -> dict[str, JSON]:
    try:
        data = decode_json(body)
    except ValueError:
        data = None
    if not isinstance(data, dict) or not isinstance(data.get("value"), list):
        raise ProtocolError(
            "the body is no collection of change notifications", platform=PLATFORM, subject="webhook delivery"
        )
    return data


def _batch(item: Notification, keys: Mapping[str, str], public: frozenset[str]) -> Batch:
    if item.get("lifecycleEvent"):
        return Batch("lifecycle", [dict(item)])
    content = item.get("encryptedContent")
    if not content:
        return _removal(item, public) or Batch("notification", [dict(item)])
    payload = decrypted(content, _key_for(str(content.get("encryptionCertificateId") or ""), keys))
    parts = resource_ids(str(item.get("resource") or ""))
    context: dict[str, JSON] = {"network": item.get("tenantId"), "origin": "webhook"}
    team, channel = parts.get("teams"), parts.get("channels")
    context.update({name: value for name, value in (("team", team), ("channel", channel)) if value})
    told = str((item.get("resourceData") or {}).get("@odata.type") or payload.get("@odata.type") or "")
    kind = _KINDS.get(told.rpartition(".")[2].lower(), "member" if "member" in told.lower() else "message")
    if kind == "member":
        context["community"] = channel or team
    if item.get("changeType") == "deleted":
        payload = {**payload, **_REMOVED}
    as_of = parse_time(payload.get("lastModifiedDateTime") or payload.get("createdDateTime"))
    return Batch(kind, [payload], context, as_of=as_of, privacy=_privacy(kind, parts, payload, public))


def _privacy(kind: str, parts: Mapping[str, str], payload: Mapping[str, JSON], public: frozenset[str]) -> Privacy:
    """Tell how private a delivery is: talk of chats is direct, teams and channels are private unless they say not.

    Of a channel's message Graph tells no kind of channel ("Get change notifications for messages in Teams channels and
    chats"), so it is private unless its channel is known not to be.
    """
    if "chats" in parts or (payload.get("chatId") and not payload.get("channelIdentity")):
        return "direct"
    if "@removed" in payload and kind != "message":  # only an id
        return "public"
    if kind == "channel":
        return "public" if payload.get("membershipType") == "standard" else "private"
    if kind == "team":
        return "public" if str(payload.get("visibility") or "").lower() == "public" else "private"
    if kind == "member":  # who is in a team, or in a channel with members of its own, which is never a standard one
        return "private" if "channels" in parts else "public"
    return "public" if parts.get("channels") in public else "private"


def _removal(item: Notification, public: frozenset[str]) -> Batch | None:
    """Read a deletion that tells only which address is no more: of a team, a channel, or what was said in one."""
    parts, network = resource_ids(str(item.get("resource") or "")), item.get("tenantId")
    if item.get("changeType") != "deleted" or not network or not parts or not parts.keys() <= _ADDRESSED:
        return None
    team, channel, root = parts.get("teams"), parts.get("channels"), parts.get("messages")
    context: dict[str, JSON] = {"network": network, "origin": "webhook", "team": team}
    if root and channel:
        reply = parts.get("replies")
        payload = {"id": reply, "replyToId": root} if reply else {"id": root}
        gone = {**payload, **_REMOVED}
        privacy = _privacy("message", parts, gone, public)
        return Batch("message", [gone], {**context, "channel": channel}, privacy=privacy)
    native = channel or team
    return Batch("channel" if channel else "team", [{"id": native, **_REMOVED}], context) if native else None


def _key_for(certificate: str, keys: Mapping[str, str]) -> str:
    """Choose the key by the certificate's id: while certificates are rotated there are two."""
    if certificate in keys:
        return keys[certificate]
    raise SettingsError(
        f"there is no private key for the certificate {certificate or '?'}",
        platform=PLATFORM,
        subject="webhook delivery",
        remedy="Give it to webhook_secret(private_keys={…}) under the subscription's encryptionCertificateId.",
    )


def resource_ids(resource: str) -> dict[str, str]:
    """Read `teams('…')/channels('…')/messages('…')`, or the same with slashes."""
    return {name: quoted or plain for name, quoted, plain in _RESOURCE.findall(resource)}


def _mark(item: Notification, batch: Batch) -> str:
    """Tell a notification from others: Graph encrypts one that it sends again anew, its content is the same."""
    payload: JSON = batch.items[0]
    version = payload.get("etag") or payload.get("lastModifiedDateTime") or ""
    return f"{item.get('subscriptionId')}/{item.get('changeType')}/{item.get('resource')}/{version}"


DOOR = WebhookDoor(receive=receive)
"""The declaration's part about webhooks."""
