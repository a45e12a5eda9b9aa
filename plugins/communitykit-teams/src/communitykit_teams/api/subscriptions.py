"""Requests that create and renew subscriptions to change notifications; `Session.send` sends them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from communitykit import SettingsError
from communitykit.connector import JSON, Request

ALL_MESSAGES = "/teams/getAllMessages"
"""Messages and replies of all channels of the tenant; needs ChannelMessage.Read.All."""
LONGEST = timedelta(minutes=4320)
"""How long a subscription to messages lives at most: three days ("subscription resource type")."""
_ONE_HOUR = timedelta(hours=1)
_CLIENT_STATE = 128


def create_subscription(
    *,
    notification_url: str,
    client_state: str,
    now: datetime,
    lifecycle_url: str | None = None,
    resource: str = ALL_MESSAGES,
    certificate: str | None = None,
    certificate_id: str | None = None,
    lives: timedelta = LONGEST,
) -> Request:
    """Describe the request that subscribes to a resource.

    `certificate` is the public X.509 certificate in base64 (its PEM without the armour), `certificate_id` the name
    under which `webhook_secret` gets its private key; without them notifications carry no resource data.

    Raises SettingsError for what Graph would refuse: a client state that is empty or longer than 128 characters, more
    than three days, more than an hour without a lifecycle address, or half a certificate.
    """
    problem = None
    if not 0 < len(client_state) <= _CLIENT_STATE:
        problem = f"the client state has {len(client_state)} characters, and may have 1 to {_CLIENT_STATE}"
    elif not timedelta(0) < lives <= LONGEST:
        problem = "a subscription to Teams lives three days at most"
    elif lives > _ONE_HOUR and lifecycle_url is None:
        problem = "a subscription of more than an hour needs lifecycle_url"
    elif (certificate is None) is not (certificate_id is None):
        problem = "certificate and certificate_id go together"
    if problem is not None:
        raise SettingsError(problem, platform="teams", subject="subscription")
    body: dict[str, JSON] = {
        "changeType": "created,updated,deleted",
        "notificationUrl": notification_url,
        "resource": resource,
        "expirationDateTime": _expiry(now, lives),
        "clientState": client_state,
        "includeResourceData": certificate is not None,
    }
    if lifecycle_url is not None:
        body["lifecycleNotificationUrl"] = lifecycle_url
    if certificate is not None:
        body.update(encryptionCertificate=certificate, encryptionCertificateId=certificate_id)
    return Request("subscriptions", method="POST", json=body, subject="subscription")


def renew_subscription(subscription_id: str, *, now: datetime, lives: timedelta = LONGEST) -> Request:
    """Describe the request that lets a subscription live on; it also answers `reauthorizationRequired`."""
    return Request(
        f"subscriptions/{subscription_id}",
        method="PATCH",
        json={"expirationDateTime": _expiry(now, lives)},
        subject=f"subscription {subscription_id}",
    )


def _expiry(now: datetime, lives: timedelta) -> str:
    return (now + lives).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
