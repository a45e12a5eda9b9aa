"""Credentials and their refresh, as flows: nothing here sends anything."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from communitykit.errors import CredentialError
from communitykit.flow import Request, Response


@dataclass(frozen=True, slots=True)
class Credential:
    """What goes into requests: `headers` (and `params`, for platforms that want them there), until `expires_at`.

    `saved` is what must survive the process (a rotated refresh token, say); it never enters settings or the store.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    expires_at: datetime | None = None
    saved: Mapping[str, Any] | None = field(default=None, repr=False)

    def fresh(self, now: datetime, *, margin: timedelta = timedelta(minutes=5)) -> bool:
        """Tell whether it will still be good in `margin`."""
        return self.expires_at is None or now + margin < self.expires_at


AuthFlow: TypeAlias = Generator[Request, Response, Credential]
Authorize: TypeAlias = Callable[[Any, Mapping[str, Any] | None, datetime], AuthFlow]
"""`authorize(settings, saved, now)`: yields requests (sent without credential), returns the Credential.

`saved` is what an earlier Credential asked to keep, or None. Run single-flight before expiry, and once after a refusal.
"""


def bearer(token: str, *, expires_at: datetime | None = None, saved: Mapping[str, Any] | None = None) -> Credential:
    """Make the usual credential: `Authorization: Bearer …`."""
    return Credential(headers={"Authorization": f"Bearer {token}"}, expires_at=expires_at, saved=saved)


def client_credentials(
    url: str, *, client_id: str, client_secret: str, now: datetime, platform: str, scope: str | None = None
) -> AuthFlow:
    """OAuth 2 client credentials grant (RFC 6749, 4.4): POST form to `url`, a bearer token back.

    Raises CredentialError with the server's own `error` when no token comes back.
    """
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    if scope:
        form["scope"] = scope
    response = yield Request(url, method="POST", form=form, subject="token", authorized=False)
    return token_answer(response, now=now, platform=platform)


def refresh_token(
    url: str, *, refresh_token: str, client_id: str, client_secret: str, now: datetime, platform: str
) -> AuthFlow:
    """OAuth 2 refresh (RFC 6749, 6): the answer's new refresh token, if any, is in `saved`."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "client_id": client_id,
        "client_secret": client_secret,
    }
    response = yield Request(url, method="POST", form=form, subject="token", authorized=False)
    return token_answer(response, now=now, platform=platform)


def token_answer(response: Response, *, now: datetime, platform: str) -> Credential:
    """Read a token endpoint's answer: access_token, expires_in (seconds), perhaps refresh_token.

    Raises CredentialError when there is no access token in it.
    """
    data = response.data if isinstance(response.data, dict) else {}
    token = data.get("access_token")
    if not isinstance(token, str) or not token:
        raise CredentialError(
            "no access token came back",
            platform=platform,
            subject=response.request.subject,
            status=response.status,
            code=str(data.get("error") or "") or None,
            remedy="Check the client id and secret, and that the app is installed.",
        )
    seconds = data.get("expires_in")
    expires_at = now + timedelta(seconds=float(seconds)) if seconds else None
    saved: dict[str, Any] = {"access_token": token, "expires_at": expires_at.isoformat() if expires_at else None}
    if data.get("refresh_token"):
        saved["refresh_token"] = data["refresh_token"]
    return bearer(token, expires_at=expires_at, saved=saved)


class CredentialStore:
    """Rotated credentials: in memory, and in a file of mode 0600 when a path is given. Written before first use."""

    def __init__(self, path: Path | None = None) -> None:
        """Keep nothing yet; the file is read when asked for."""
        self._path = path
        self._memory: dict[str, Mapping[str, Any]] = {}

    def load(self, key: str) -> Mapping[str, Any] | None:
        """Give what was saved under `key`, or None."""
        if self._path is not None and self._path.exists():
            kept: dict[str, Mapping[str, Any]] = json.loads(self._path.read_text(encoding="utf-8"))
            return kept.get(key)
        return self._memory.get(key)

    def save(self, key: str, value: Mapping[str, Any]) -> None:
        """Keep `value` under `key`; the file is replaced whole, so a crash leaves the old or the new one."""
        self._memory[key] = value
        if self._path is None:
            return
        kept = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else {}
        kept[key] = dict(value)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_name(self._path.name + ".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
