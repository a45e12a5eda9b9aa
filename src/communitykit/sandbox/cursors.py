"""Cursors that only the site which gave them accepts, each for its own listing. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac


def make_cursor(secret: str, kind: str, value: str) -> str:
    """Make an opaque cursor of a listing's kind and a position in it."""
    mark = hmac.new(secret.encode(), f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()[:8]
    return base64.b64encode(f"{kind}:{value}:{mark}".encode()).decode()


def read_cursor(secret: str, kind: str, cursor: str) -> str | None:
    """Return the position; None when the cursor is not this site's, or of another listing."""
    try:
        given, value, _ = base64.b64decode(cursor, validate=True).decode().rsplit(":", 2)
    except (binascii.Error, ValueError):
        return None
    return value if given == kind and hmac.compare_digest(make_cursor(secret, kind, value), cursor) else None
