"""Webhook signatures, compared in constant time. Pure."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from communitykit.errors import SignatureError


def verify_hmac(  # each argument is a part of what is checked
    *,
    secret: str,
    message: bytes,
    given: object,
    prefix: str = "",
    algorithm: str = "sha256",
    platform: str,
) -> None:
    """Check that `given` is `prefix` + the hex HMAC of `message` under `secret`; what is no text is not.

    Raises SignatureError when it is not, where there is none (None, or empty), or when the secret is empty.
    """
    if given is None or given == "":
        raise SignatureError(
            "there is no signature",
            platform=platform,
            subject="webhook delivery",
            remedy="Answer 401. If the platform really sent it, its headers did not arrive whole: give all of them.",
        )
    expected = prefix + hmac.new(secret.encode(), message, getattr(hashlib, algorithm)).hexdigest()
    told = given.encode("utf-8", "surrogatepass") if isinstance(given, str) else b""
    if not secret or not hmac.compare_digest(expected.encode(), told):
        raise SignatureError(
            "the signature does not match",
            platform=platform,
            subject="webhook delivery",
            remedy="Answer 401. If the platform really sent it, the signing secret is another one.",
        )


def verify_age(sent_at: datetime, *, now: datetime, window: timedelta, platform: str) -> None:
    """Check that a delivery was sent within `window` of `now`, in either direction.

    Raises SignatureError when it was not: an old delivery may be a replay.
    """
    if abs(now - sent_at) > window:
        raise SignatureError(
            "the delivery is too old, or the clocks differ",
            platform=platform,
            subject="webhook delivery",
            remedy=f"Answer 401. Deliveries are accepted for {int(window.total_seconds())} seconds.",
        )
