"""What running a flow takes, as generators of operations; a driver only carries them out.

Everything that the sync and the async driver decide alike is here, once: pacing, retrying, credentials, redirects, and
how a flow's requests are answered. Nothing here sends or sleeps.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from typing_extensions import TypeVar

from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.connector.declaration import Connector
from communitykit.connector.flow import Batch, Flow, Gap, Request, Response, Slice, Swept
from communitykit.connector.oauth import Authorize, Credential
from communitykit.connector.scrub import secrets_in
from communitykit.connector.settings import Settings
from communitykit.connector.waiting import A_DAY, Span, joined, moment_of, waited
from communitykit.errors import (
    CommunityKitError,
    CredentialError,
    ProtocolError,
    RateLimitedError,
    RetryableError,
    SettingsError,
)
from communitykit.http.budgets import PACE, Pace
from communitykit.http.credentials import CredentialStore, credentials_in
from communitykit.http.exchange import MAX_REDIRECTS, Exchange, secret_values
from communitykit.http.retrying import attempts_for, pause
from communitykit.logs import LOGGER, LONG_SECONDS
from communitykit.model.values import JSON

SHOWN_SECONDS = 2.0
"""A wait that is shown while a run goes on."""
_MANY_SPANS = 1_000
RENEWING_SECONDS = 120.0
"""Another process may take so long to renew a credential."""
_TURN_SECONDS = 0.1


class Stopped(BaseException):
    """The run was told to stop. Not an Exception: no handler of errors may eat it."""


@dataclass(slots=True)
class Meter:
    """What reading one slice took: requests sent, attempts repeated, seconds waited."""

    requests: int = 0
    retries: int = 0
    spans: list[Span] = field(default_factory=list)
    """When it waited, by the machine's monotonic clock."""

    @property
    def waited(self) -> float:
        """Seconds in which it waited, however many of its requests did."""
        return waited(self.spans)

    def wait(self, begin: float, seconds: float) -> None:
        """Note a wait."""
        self.spans.append((begin, begin + seconds))
        if len(self.spans) > _MANY_SPANS:
            self.spans = joined(self.spans)


@dataclass(slots=True)
class Sleep:
    """Let `seconds` pass."""

    seconds: float


@dataclass(slots=True)
class Send:
    """Send this, answer with an Answer, or with the error that came instead of a whole one."""

    method: str
    url: str
    headers: Mapping[str, str]
    params: Mapping[str, str | int] | None
    form: Mapping[str, str | int] | None
    json: JSON
    to_file: bool


@dataclass(slots=True)
class Answer:
    """What came back: a body, or the file that it was streamed to."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    path: Path | None = None


@dataclass(slots=True)
class OneAtATime:
    """Carry out these operations while nobody else of this runner does the like; answer with their result."""

    operations: Operations[object]


@dataclass(slots=True)
class SideBySide:
    """Carry out these operations side by side; answer with the list of results, errors in their places."""

    operations: list[Operations[object]]


@dataclass(slots=True)
class Emit:
    """Hand a flow's step to the caller, with the time of the answer that it rests on."""

    step: Batch | Slice | Swept | Gap
    fetched_at: datetime


Operation: TypeAlias = Sleep | Send | OneAtATime | SideBySide | Emit
T = TypeVar("T", default=None)
Operations: TypeAlias = Generator[Operation, Any, T]
"""Operations that end in a T."""


class Conductor:
    """The decisions of one connector's runs: what both drivers share."""

    def __init__(
        self,
        connector: Connector,
        settings: Settings,
        *,
        clock: Clock = SYSTEM_CLOCK,
        pace: Pace = PACE,
        credentials: CredentialStore | None = None,
    ) -> None:
        """Prepare; nothing is sent yet.

        Raises SettingsError when there is no base URL.
        """
        self.connector = connector
        self.settings = settings
        self.clock = clock
        self.exchange = Exchange(connector, settings)
        self.stopping = threading.Event()
        self.on_wait: Callable[[datetime], None] | None = None
        """Who is told until when requests wait, where it is long enough to wonder."""
        self._ends = inf
        self._pace = pace
        self._host = urlsplit(self.exchange.base_url).netloc
        self._credentials = credentials or credentials_in(settings.credential_store)
        self._credential: Credential | None = None
        digest = hashlib.sha256("\0".join(secret_values(settings)).encode()).hexdigest()[:16]
        self._credential_key = f"{connector.name}:{self._host}:{digest}"

    def begin(self, max_time: float | None = None) -> None:
        """Forget an earlier stop; nothing waits beyond the `max_time` seconds that the run has, if it has a limit."""
        self.stopping.clear()
        self._ends = inf if max_time is None else self.clock.monotonic() + max_time

    def run(self, flow: Flow[JSON], meter: Meter) -> Operations:
        """Run a flow: its requests are sent, its other steps emitted."""
        answer: JSON = None
        error: BaseException | None = None
        fetched_at = self.clock.now()
        while True:
            if self.stopping.is_set():
                raise Stopped
            try:
                step = flow.throw(error) if error is not None else flow.send(answer)
            except StopIteration:
                return
            except CommunityKitError as raised:  # what a connector says itself passes the same place
                self.exchange.scrubber.error(raised)
                raise
            answer, error = None, None
            if isinstance(step, Request):
                try:
                    answer = yield from self.send(step, meter)
                    fetched_at = answer.fetched_at
                except CommunityKitError as raised:
                    error = raised
            elif isinstance(step, tuple):
                answer = yield SideBySide([self._or_error(request, meter) for request in step])
                error = next((item for item in answer if isinstance(item, CredentialError)), None)
                fetched_at = min((item.fetched_at for item in answer if isinstance(item, Response)), default=fetched_at)
            else:
                yield Emit(step, fetched_at)

    def send(self, request: Request, meter: Meter) -> Operations[Response]:
        """Send one request, paced and retried.

        Raises the CommunityKitError that the last attempt ended in.
        """
        if request.after > 0:
            self._endure(request.after, request)
            self._pace.close(self._host, request.costs, until=self.clock.monotonic() + request.after)
            yield from self._sleep(0.0 if request.costs else request.after, meter)
        ends, attempt = self.clock.monotonic() + A_DAY, 1
        while True:
            try:
                return (yield from self._attempt(request, meter))
            except RetryableError as error:
                self._endure(error.retry_after or 0.0, request)
                wait = pause(error, attempt)
                if attempt >= attempts_for(error) or self.clock.monotonic() + wait >= ends:
                    raise
                attempt += 1
            meter.retries += 1
            yield from self._sleep(wait, meter)

    def _endure(self, seconds: float, request: Request) -> None:
        """Raise RateLimitedError for a wait that nobody sits through: a day, or beyond the end of the run."""
        if not seconds or (seconds < A_DAY and self.clock.monotonic() + seconds < self._ends):
            return
        until = moment_of(seconds, self.clock.now())
        what = f"the platform asks to wait until {until}"
        asked = RateLimitedError(what, retry_after=seconds, remedy="Run again then.")
        raise self.exchange.explain(asked, request)

    def _or_error(self, request: Request, meter: Meter) -> Operations[Response | CommunityKitError]:
        try:
            return (yield from self.send(request, meter))
        except CommunityKitError as error:
            return error

    def _attempt(self, request: Request, meter: Meter) -> Operations[Response]:
        credential = (yield from self._authorized(meter)) if request.authorized else None
        try:
            return (yield from self._attempt_with(request, credential, meter))
        except CredentialError:
            renewed = (yield OneAtATime(self._renewed(credential, meter))) if credential is not None else None
            if renewed is None:
                raise
        return (yield from self._attempt_with(request, renewed, meter))

    def _attempt_with(self, request: Request, credential: Credential | None, meter: Meter) -> Operations[Response]:
        following = request
        for _ in range(MAX_REDIRECTS + 1):
            yield from self._wait_for_place(request, meter)
            asked_at = self.clock.now()
            meter.requests += 1
            send = self._built(following, credential)
            answer = yield send
            if LOGGER.isEnabledFor(logging.DEBUG):
                self._tell(send, answer, (self.clock.now() - asked_at).total_seconds())
            if isinstance(answer, CommunityKitError):
                raise self.exchange.explain(answer, request)
            redirected = self.exchange.redirect(following, answer.url, answer.status, answer.headers)
            if redirected is None:
                return self._read(request, answer, asked_at)
            following = redirected
        raise self.exchange.explain(ProtocolError("too many redirects"), request)

    def _tell(self, send: Send, answer: Answer | CommunityKitError, seconds: float) -> None:
        """Log a request: its method, its address without the query, and how it was answered."""
        address = self.exchange.scrubber.text(send.url.partition("?")[0])
        how = answer.status if isinstance(answer, Answer) else type(answer).__name__
        LOGGER.debug("%s: %s %s: %s in %.3f s", self.connector.name, send.method, address, how, seconds)

    def _read(self, request: Request, answer: Answer, asked_at: datetime) -> Response:
        if answer.path is not None:
            return Response(request, answer.status, answer.headers, answer.path, asked_at)
        try:
            return self.exchange.decode(request, answer.status, answer.headers, answer.body, asked_at)
        except RateLimitedError as error:
            if error.retry_after is not None:
                until = self.clock.monotonic() + min(error.retry_after, A_DAY)
                self._pace.close(self._host, request.costs, until=until)
            raise

    def _built(self, request: Request, credential: Credential | None) -> Send:
        url = self.exchange.address(request.url, subject=request.subject)
        headers, params = dict(request.headers), dict(request.params)
        if credential is not None and request.authorized and self.exchange.may_see_credential(url):
            headers.update(credential.headers_for(url))
            params.update(credential.params)
        to_file = request.expect == "file"
        return Send(request.method, url, headers, params or None, request.form, request.json, to_file)

    def _wait_for_place(self, request: Request, meter: Meter) -> Operations:
        while request.costs:
            now = self.clock.monotonic()
            self._endure(self._pace.closed_for(self._host, request.costs, now=now), request)
            place = self._pace.reserve(
                self._host, request.costs, self.connector.budgets, now=now, rate=self.settings.rate
            )
            yield from self._sleep(place.at - now, meter)
            if not self._pace.closed_for(self._host, request.costs, now=self.clock.monotonic()):
                return
            self._pace.give_back(place)

    def _sleep(self, seconds: float, meter: Meter) -> Operations:
        if seconds > 0:
            if seconds > LONG_SECONDS:
                until = moment_of(seconds, self.clock.now())
                LOGGER.info("%s: waiting %.0f s, until %s", self.connector.name, seconds, until)
            if seconds > SHOWN_SECONDS and self.on_wait is not None:
                self.on_wait(self.clock.now() + timedelta(seconds=seconds))
            meter.wait(self.clock.monotonic(), seconds)
            yield Sleep(seconds)

    def _authorized(self, meter: Meter) -> Operations[Credential | None]:
        authorize = self.connector.authorize
        if authorize is not None and not self._is_fresh():
            yield OneAtATime(self._refreshed(authorize, meter))
        return self._credential

    def _refreshed(self, authorize: Authorize, meter: Meter) -> Operations:
        if not self._is_fresh():  # another request may have renewed it while this one waited for its turn
            yield from self._hold(meter)
            try:
                self._keep((yield from self._authorize(authorize, None, meter)))
            finally:
                self._credentials.release()

    def _renewed(self, refused: Credential, meter: Meter) -> Operations[Credential | None]:
        """Renew after a refusal, once for all; the result is None when that gives nothing new."""
        if self._credential is not None and not self._credential.same_as(refused):
            return self._credential
        if self.connector.authorize is None:
            return None
        yield from self._hold(meter)
        try:
            renewed = yield from self._authorize(self.connector.authorize, refused, meter)
            return None if renewed.same_as(refused) else self._keep(renewed)
        finally:
            self._credentials.release()

    def _hold(self, meter: Meter) -> Operations:
        """Wait until no other process renews what is kept in the same file."""
        for _ in range(round(RENEWING_SECONDS / _TURN_SECONDS)):
            if self._credentials.hold():
                return
            yield from self._sleep(_TURN_SECONDS, meter)
        raise self.exchange.explain(
            CredentialError("another process has been renewing the credential for too long", remedy="Stop it."),
            Request("", subject="credential_store"),
        )

    def _authorize(self, authorize: Authorize, refused: Credential | None, meter: Meter) -> Operations[Credential]:
        learn = self.exchange.scrubber.learn
        saved = self._credentials.load(self._credential_key)
        learn(secrets_in(saved))
        if refused is not None:
            saved = {**(saved or refused.saved or {}), "refused": True}
        flow = authorize(self.settings, saved, self.clock.now())
        try:
            request = next(flow)
            while True:
                learn(secrets_in([request.form, request.json, request.params, request.headers]))
                response = yield from self.send(replace(request, authorized=False), meter)
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
            self._credentials.save(self._credential_key, credential.saved)
        self._credential = credential
        return credential

    def check_kept(self) -> None:
        """Raise SettingsError where a login would be forgotten with the process."""
        if not self._credentials.lasts:
            raise SettingsError(
                "there is no place to keep the tokens in",
                platform=self.connector.name,
                remedy="Name a file, or 'keyring', as credential_store.",
            )

    def keep_login(self, saved: Mapping[str, object]) -> None:
        """Keep what a login gave, where later runs with the same settings find it."""
        self.exchange.scrubber.learn(secrets_in(saved))
        self._credentials.save(self._credential_key, saved)
        self._credential = None

    def _is_fresh(self) -> bool:
        return self._credential is not None and self._credential.fresh(self.clock.now())
