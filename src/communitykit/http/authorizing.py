"""The credential of a connector's runs: obtained, renewed, and kept between runs, as operations."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from communitykit.clock import Clock
from communitykit.connector.declaration import Connector
from communitykit.connector.flow import Request, Response
from communitykit.connector.oauth import Authorize, Credential
from communitykit.connector.scrub import secrets_in
from communitykit.connector.settings import Settings
from communitykit.errors import CredentialError, SettingsError
from communitykit.http.credentials import CredentialStore, credentials_in
from communitykit.http.exchange import Exchange, secret_values
from communitykit.http.operations import Meter, OneAtATime, Operations

RENEWING_SECONDS = 120.0
"""Another process may take so long to renew a credential."""
_TURN_SECONDS = 0.1


class Authorizing:
    """The one credential that all requests of a runner share; one at a time obtains or renews it."""

    def __init__(
        self,
        connector: Connector,
        settings: Settings,
        exchange: Exchange,
        clock: Clock,
        kept: CredentialStore | None,
        send: Callable[[Request, Meter], Operations[Response]],
        sleep: Callable[[float, Meter], Operations],
    ) -> None:
        """Prepare: `send` and `sleep` are how the runner sends a request, paced and retried, and lets time pass."""
        self._connector = connector
        self._settings = settings
        self._exchange = exchange
        self._clock = clock
        self._send = send
        self._sleep = sleep
        self._kept = kept or credentials_in(settings.credential_store)
        self._credential: Credential | None = None
        digest = hashlib.sha256("\0".join(secret_values(settings)).encode()).hexdigest()[:16]
        self._key = f"{connector.name}:{urlsplit(exchange.base_url).netloc}:{digest}"

    def authorized(self, meter: Meter) -> Operations[Credential | None]:
        """Return what to send with a request: obtained first, where there is none or it is about to end."""
        authorize = self._connector.authorize
        if authorize is not None and not self._is_fresh():
            yield OneAtATime(self._refreshed(authorize, meter))
        return self._credential

    def _refreshed(self, authorize: Authorize, meter: Meter) -> Operations:
        if not self._is_fresh():  # another request may have renewed it while this one waited for its turn
            yield from self._hold(meter)
            try:
                self._keep((yield from self._obtain(authorize, None, meter)))
            finally:
                self._kept.release()

    def renewed(self, refused: Credential, meter: Meter) -> Operations[Credential | None]:
        """Renew after a refusal, once for all; the result is None when that gives nothing new."""
        if self._credential is not None and not self._credential.same_as(refused):
            return self._credential
        if self._connector.authorize is None:
            return None
        yield from self._hold(meter)
        try:
            renewed = yield from self._obtain(self._connector.authorize, refused, meter)
            return None if renewed.same_as(refused) else self._keep(renewed)
        finally:
            self._kept.release()

    def _hold(self, meter: Meter) -> Operations:
        """Wait until no other process renews what is kept in the same file."""
        for _ in range(round(RENEWING_SECONDS / _TURN_SECONDS)):
            if self._kept.hold():
                return
            yield from self._sleep(_TURN_SECONDS, meter)
        raise self._exchange.explain(
            CredentialError("another process has been renewing the credential for too long", remedy="Stop it."),
            Request("", subject="credential_store"),
        )

    def _obtain(self, authorize: Authorize, refused: Credential | None, meter: Meter) -> Operations[Credential]:
        learn = self._exchange.scrubber.learn
        saved = self._kept.load(self._key)
        learn(secrets_in(saved))
        if refused is not None:
            saved = {**(saved or refused.saved or {}), "refused": True}
        flow = authorize(self._settings, saved, self._clock.now())
        try:
            request = next(flow)
            while True:
                learn(secrets_in([request.form, request.json, request.params, request.headers]))
                response = yield from self._send(replace(request, authorized=False), meter)
                learn(secrets_in(response.data))
                request = flow.send(response)
        except StopIteration as done:
            credential: Credential = done.value
        headers = [credential.headers, *credential.headers_of.values()]
        learn(value.rpartition(" ")[2] for one in headers for value in one.values())
        learn(credential.params.values())
        learn(secrets_in(credential.saved))
        return credential

    def _keep(self, credential: Credential) -> Credential:
        """Save what rotated before its first use."""
        if credential.saved is not None:
            self._kept.save(self._key, credential.saved)
        self._credential = credential
        return credential

    def check_kept(self) -> None:
        """Raise SettingsError where a login would be forgotten with the process."""
        if not self._kept.lasts:
            raise SettingsError(
                "there is no place to keep the tokens in",
                platform=self._connector.name,
                remedy="Name a file, or 'keyring', as credential_store.",
            )

    def keep_login(self, saved: Mapping[str, object]) -> None:
        """Keep what a login gave, where later runs with the same settings find it."""
        self._exchange.scrubber.learn(secrets_in(saved))
        self._kept.save(self._key, saved)
        self._credential = None

    def _is_fresh(self) -> bool:
        return self._credential is not None and self._credential.fresh(self._clock.now())
