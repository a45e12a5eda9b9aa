"""What running a flow takes, as generators of operations; a driver only carries them out.

Everything that the sync and the async driver decide alike is here, once: pacing, retrying, credentials, redirects, and
how a flow's requests are answered. Nothing here sends or sleeps.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf
from typing import NamedTuple
from urllib.parse import urlsplit

from communitykit.clock import SYSTEM_CLOCK, Clock
from communitykit.connector.declaration import Connector
from communitykit.connector.flow import Flow, Request, Response
from communitykit.connector.oauth import Credential
from communitykit.connector.settings import Settings
from communitykit.connector.waiting import A_DAY, A_YEAR, moment_of
from communitykit.errors import (
    CommunityKitError,
    CredentialError,
    ProtocolError,
    RateLimitedError,
    RetryableError,
)
from communitykit.http.authorizing import Authorizing
from communitykit.http.budgets import PACE, Pace, Reservation
from communitykit.http.credentials import CredentialStore
from communitykit.http.exchange import MAX_REDIRECTS, Exchange
from communitykit.http.operations import (
    Answer,
    Emit,
    Meter,
    OneAtATime,
    Operations,
    Send,
    SideBySide,
    Sleep,
    Stopped,
    Wait,
)
from communitykit.http.retrying import attempts_for, pause
from communitykit.http.unanswered import host_of, pending
from communitykit.logs import LOGGER, LONG_SECONDS
from communitykit.model.values import JSON

SHOWN_SECONDS = 2.0
"""A wait that is shown while a run goes on; one before a request that failed is sent again is, however short."""

SILENT_SECONDS = 1.0
"""So long a first request is unanswered before that is told of its platform: below, it may have been sent just now."""


class Retry(NamedTuple):
    """Why a request is sent again: the how many-th attempt of how many comes next."""

    error: RetryableError
    attempt: int
    attempts: int


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
        self.on_wait: Callable[[Wait], None] | None = None
        """Who is told until when requests wait, and why, where it is long enough to wonder."""
        self.known: dict[str, JSON] = {}
        """What lines of the log say beside the platform: `source`, its name in a configuration, and `run_id`."""
        self.sent = 0
        """Requests of this run, those that got no answer too."""
        self._counting = threading.Lock()
        self._unanswered: dict[int, tuple[float, Send]] = {}
        """Requests that are on their way, and since when."""
        self._warned = self._answered = False
        self._ends = inf
        self._pace = pace
        self._host = urlsplit(self.exchange.base_url).netloc
        self.authorizing = Authorizing(connector, settings, self.exchange, clock, credentials, self.send, self._sleep)

    def begin(self, max_time: float | None = None) -> None:
        """Forget an earlier stop; nothing waits beyond the `max_time` seconds that the run has, if it has a limit."""
        self.stopping.clear()
        self.known.pop("run_id", None)
        self.sent, self._warned, self._answered = 0, False, False
        self._ends = inf if max_time is None else self.clock.monotonic() + max_time

    def silent(self, seconds: float) -> str | None:
        """Return the host that has left a request without an answer for so long; None where none has."""
        now = self.clock.monotonic()
        sent = list(self._unanswered.values())  # whoever asks does so from another thread
        return next((host_of(send) for began, send in sent if now - began >= seconds), None)

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
                answer = yield from self._attempt(request, meter, attempt)
            except CommunityKitError as raised:
                meter.unanswered = None  # whoever it is raised to says it
                if not isinstance(raised, RetryableError):
                    raise
                error = raised
                self._endure(error.retry_after or 0.0, request)
                wait = pause(error, attempt)
                if attempt >= attempts_for(error) or self.clock.monotonic() + wait >= ends:
                    raise
                attempt += 1
            else:
                meter.unanswered = None
                return answer
            meter.retries += 1
            meter.unanswered = error
            again = Retry(error, attempt, attempts_for(error))
            yield from self._sleep(wait, meter, asked=bool(error.retry_after), again=again)

    def _endure(self, seconds: float, request: Request) -> None:
        """Raise RateLimitedError for a wait that nobody sits through: a day, or beyond the end of the run."""
        if not seconds or (seconds < A_DAY and self.clock.monotonic() + seconds < self._ends):
            return
        what = f"the platform asks to wait until {moment_of(seconds, self.clock.now())}"
        remedy = "Run again then."
        if seconds < A_DAY:
            left = max(0.0, self._ends - self.clock.monotonic())
            what += f", {seconds:,.0f} s, which is longer than the {left:,.0f} s that are left of `max_time`"
            remedy = "Run again then, or with more time."
        asked = RateLimitedError(what, retry_after=seconds, remedy=remedy)
        raise self.exchange.explain(asked, request)

    def _or_error(self, request: Request, meter: Meter) -> Operations[Response | CommunityKitError]:
        try:
            return (yield from self.send(request, meter))
        except CommunityKitError as error:
            return error

    def _attempt(self, request: Request, meter: Meter, attempt: int) -> Operations[Response]:
        credential = (yield from self.authorizing.authorized(meter)) if request.authorized else None
        try:
            return (yield from self._attempt_with(request, credential, meter, attempt))
        except CredentialError:
            renewed = (yield OneAtATime(self.authorizing.renewed(credential, meter))) if credential else None
            if renewed is None:
                raise
        return (yield from self._attempt_with(request, renewed, meter, attempt))

    def _attempt_with(
        self, request: Request, credential: Credential | None, meter: Meter, attempt: int
    ) -> Operations[Response]:
        following = request
        for _ in range(MAX_REDIRECTS + 1):
            place = yield from self._wait_for_place(request, meter)
            asked_at = self.clock.now()
            meter.requests += 1
            with self._counting:
                self.sent += 1
            send = self._built(following, credential)
            began = self.clock.monotonic()
            self._unanswered[id(send)] = began, send
            try:
                answer = yield send
            except GeneratorExit:  # given up on its way: the run was stopped
                seconds = self.clock.monotonic() - began
                if not self._answered and seconds >= SILENT_SECONDS:
                    meter.pending = pending(send, seconds)
                    self.exchange.explain(meter.pending, request)
                raise
            finally:
                del self._unanswered[id(send)]
            self._answered = self._answered or isinstance(answer, Answer)
            if place is not None:
                well = isinstance(answer, Answer) and answer.status < 400  # noqa: PLR2004 # a refusal is quicker
                self._pace.ended(place, now=self.clock.monotonic(), well=well)
            if LOGGER.isEnabledFor(logging.DEBUG):
                self._tell(send, answer, (self.clock.now() - asked_at).total_seconds(), attempt)
            if isinstance(answer, CommunityKitError):
                raise self.exchange.explain(answer, request)
            redirected = self.exchange.redirect(following, answer.url, answer.status, answer.headers)
            if redirected is None:
                return self._read(request, answer, asked_at)
            following = redirected
        raise self.exchange.explain(ProtocolError("too many redirects"), request)

    def _tell(self, send: Send, answer: Answer | CommunityKitError, seconds: float, attempt: int) -> None:
        """Log a request: its method, its address without the query, how it was answered, and the how many-th it is."""
        address = self.exchange.scrubber.text(send.url.partition("?")[0])
        how = {"status": answer.status} if isinstance(answer, Answer) else {"error": type(answer).__name__}
        (told,) = how.values()
        told_of = {"platform": self.connector.name, "method": send.method, "address": address, "seconds": seconds}
        again = f" (attempt {attempt})" if attempt > 1 else ""
        extra = {**told_of, **self.known, **how, "attempt": attempt}
        LOGGER.debug("%s: %s %s: %s in %.3f s%s", *[*told_of.values()][:3], told, seconds, again, extra=extra)

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

    def _wait_for_place(self, request: Request, meter: Meter) -> Operations[Reservation | None]:
        while request.costs:
            now = self.clock.monotonic()
            closed = self._pace.closed_for(self._host, request.costs, now=now)
            self._endure(closed, request)
            place = self._pace.reserve(
                self._host, request.costs, self.connector.budgets, now=now, rate=self.settings.rate
            )
            wait = place.at - now
            while wait > 0:
                yield from self._sleep(wait, meter, asked=closed > 0)
                now = self.clock.monotonic()
                if self._pace.closed_for(self._host, request.costs, now=now):
                    self._pace.give_back(place)
                    break
                wait = self._pace.not_yet(place, now=now)
            else:
                return place
        return None

    def _sleep(self, seconds: float, meter: Meter, *, asked: bool = False, again: Retry | None = None) -> Operations:
        if seconds > 0:
            if seconds > SHOWN_SECONDS or again is not None:
                until = self.clock.now() + timedelta(seconds=min(seconds, A_YEAR))
                failed_of = again.error if again is not None else None
                words = _in_words(failed_of) if failed_of is not None else None
                self._say(seconds, Wait(until, asked=asked, error=words, failed_of=failed_of), again)
            meter.wait(self.clock.monotonic(), seconds)
            yield Sleep(seconds)

    def _say(self, seconds: float, wait: Wait, again: Retry | None) -> None:
        """Tell of a wait that is long enough to wonder, and of each retry; the first long one in a run is a warning."""
        failed = again is not None and not wait.asked
        first = again is not None and not self._warned and seconds > (SHOWN_SECONDS if failed else LONG_SECONDS)
        self._warned = self._warned or first
        level = logging.WARNING if first else logging.INFO if again or seconds > LONG_SECONDS else logging.DEBUG
        told: dict[str, JSON] = {"platform": self.connector.name, **self.known}
        told |= {"seconds": round(seconds, 3), "until": wait.until}
        which = ""
        if again is not None:
            told |= {"error": type(again.error).__name__, "attempt": again.attempt, "attempts": again.attempts}
            which = f", attempt {again.attempt} of {again.attempts}"
        LOGGER.log(level, "%s (%.*f s%s)", wait.of(self.connector.name), seconds < 1, seconds, which, extra=told)
        if self.on_wait is not None and (seconds > SHOWN_SECONDS or failed):
            self.on_wait(wait)


def _in_words(error: RetryableError) -> str:
    return f"{error.message} ({error.status})" if error.status is not None else error.message
