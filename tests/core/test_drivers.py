import asyncio
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from communitykit import (
    CredentialError,
    CursorError,
    ForeignHostError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
    Session,
    TransientError,
)
from communitykit.clock import Clock
from communitykit.connector import Budget, Connector, Cost, Credential, Request
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.http.credentials import CredentialStore
from communitykit.http.drivers import AsyncRunner, SyncRunner
from communitykit.http.operations import Meter, Wait

START = datetime(2026, 1, 1, tzinfo=UTC)


class Ticking:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []
        self.lock = threading.Lock()
        self.clock = Clock(
            now=lambda: START + timedelta(seconds=self.seconds),
            monotonic=lambda: self.seconds,
            sleep=self.sleep,
            sleep_async=self.sleep_async,
        )

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.seconds += seconds
            self.slept.append(seconds)

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)


def runner(connector: Connector, platform: Any, ticking: Ticking | None = None, **settings: Any) -> SyncRunner:
    given = connector.settings(base_url=platform.url, **settings)
    clock = (ticking or Ticking()).clock
    return SyncRunner(Conductor(connector, given, clock=clock, pace=Pace()))


def ok(data: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps(data).encode()


def test_retry_after_is_waited_for_before_anything_is_sent_again(
    platform: Any, little: Callable[..., Connector]
) -> None:
    platform.answers["/x"] = lambda number, _: (429, {"retry-after": "7"}, b"{}") if number == 0 else ok({"fine": 1})
    ticking, meter = Ticking(), Meter()
    with runner(little(), platform, ticking) as running:
        assert running.send(Request("x"), meter).data == {"fine": 1}
    assert ticking.slept == [7]
    assert (meter.requests, meter.retries) == (2, 1)


@pytest.mark.parametrize(
    "broken", [(500, {}, b"no"), (502, {}, b""), (200, {}, b'{"cut": '), (200, {}, b"<html>"), (0, {}, b"")]
)
def test_what_falters_is_retried_and_then_given_up(
    platform: Any, little: Callable[..., Connector], broken: tuple[int, dict[str, str], bytes]
) -> None:
    platform.answers["/x"] = lambda number, _: broken if number < 2 else ok([1])
    with runner(little(), platform) as running:
        assert running.send(Request("x"), Meter()).data == [1]
        platform.answers["/y"] = broken
        with pytest.raises(TransientError, match="little: room 1: "):
            running.send(Request("y", subject="room 1"), Meter())
    assert sum(path == "/y" for path, _ in platform.requests) == 6


def test_a_body_cut_short_is_retried(platform: Any, little: Callable[..., Connector]) -> None:
    platform.answers["/x"] = lambda number, _: (200, {"content-length": "900"}, b"[1") if number == 0 else ok([1])
    with runner(little(), platform) as running:
        assert running.send(Request("x"), Meter()).data == [1]


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, PermissionMissingError), (404, ObjectUnavailableError), (410, ObjectUnavailableError), (418, ProtocolError)],
)
def test_what_cannot_help_is_not_retried(
    platform: Any, little: Callable[..., Connector], status: int, error: type[Exception]
) -> None:
    platform.answers["/x"] = (status, {}, b"{}")
    with runner(little(), platform) as running, pytest.raises(error):
        running.send(Request("x"), Meter())
    assert len(platform.requests) == 1


@pytest.mark.parametrize("url", ["https://elsewhere.example/x", "http://10.0.0.1/x", "//elsewhere.example/x"])
def test_a_foreign_host_is_refused_before_anything_is_sent(
    platform: Any, little: Callable[..., Connector], url: str
) -> None:
    with runner(little(), platform) as running, pytest.raises(ForeignHostError, match="refused"):
        running.send(Request(url), Meter())
    assert platform.requests == []


def test_plain_http_is_for_this_machine_only(little: Callable[..., Connector]) -> None:
    connector = little()
    settings = connector.settings(base_url="http://intranet.example")
    with (
        SyncRunner(Conductor(connector, settings, pace=Pace())) as running,
        pytest.raises(ForeignHostError, match="without encryption"),
    ):
        running.send(Request("x"), Meter())


def test_the_credential_goes_along_but_never_follows_a_redirect(
    platform: Any, little: Callable[..., Connector]
) -> None:
    platform.answers["/x"] = (302, {"location": "/y"}, b"")
    platform.answers["/y"] = ok({"there": 1})
    with runner(little(), platform) as running:
        assert running.send(Request("x"), Meter()).data == {"there": 1}
    (_, first), (_, second) = platform.requests
    assert first["authorization"] == "Bearer tok-secret-1"
    assert "authorization" not in second


def test_redirects_end(platform: Any, little: Callable[..., Connector]) -> None:
    platform.answers["/x"] = (302, {"location": "/x"}, b"")
    with runner(little(), platform) as running, pytest.raises(ProtocolError, match="too many redirects"):
        running.send(Request("x"), Meter())


def test_a_file_is_streamed_to_a_path_and_removed_after_the_flow(
    platform: Any, little: Callable[..., Connector]
) -> None:
    platform.answers["/f"] = (200, {}, b"x" * 100_000)
    seen = []

    def flow() -> Any:
        response = yield Request("f", expect="file")
        seen.append((response.path, response.path.stat().st_size))

    with runner(little(), platform) as running:
        assert list(running.run(flow(), Meter())) == []
    ((path, size),) = seen
    assert size == 100_000
    assert not path.exists()


def rotating(taken: list[Any]) -> Callable[..., Any]:
    def authorize(settings: Any, saved: Any, now: datetime) -> Any:
        response = yield Request("token")
        taken.append(saved)
        token = response.data["token"]
        return Credential({"Authorization": token}, expires_at=now + timedelta(hours=1), saved={"token": token})

    return authorize


def test_a_refused_credential_is_renewed_once_and_saved_before_its_first_use(
    platform: Any, little: Callable[..., Connector], tmp_path: Any
) -> None:
    kept = tmp_path / "credentials.json"
    platform.answers["/token"] = lambda number, _: ok({"token": f"tok-{number}"})
    saved_at_use = []

    def answer(number: int, _: str) -> Any:
        saved_at_use.append(kept.read_text())
        return (401, {}, b"{}") if number == 0 else ok({"fine": 1})

    platform.answers["/x"] = answer
    taken: list[Any] = []
    with runner(little(authorize=rotating(taken)), platform, credential_store=kept) as running:
        assert running.send(Request("x"), Meter()).data == {"fine": 1}
        assert running.send(Request("x"), Meter()).data == {"fine": 1}
    assert "tok-0" in saved_at_use[0]
    assert "tok-1" in saved_at_use[1]
    assert kept.stat().st_mode & 0o777 == 0o600
    assert taken == [None, {"token": "tok-0", "refused": True}]
    assert sum(path == "/token" for path, _ in platform.requests) == 2


def test_a_credential_is_renewed_before_it_expires(platform: Any, little: Callable[..., Connector]) -> None:
    platform.answers["/token"] = lambda number, _: ok({"token": f"tok-{number}"})
    platform.answers["/x"] = ok(1)
    ticking = Ticking()
    with runner(little(authorize=rotating([])), platform, ticking) as running:
        running.send(Request("x"), Meter())
        ticking.seconds = 3500
        running.send(Request("x"), Meter())
    assert [headers.get("authorization") for path, headers in platform.requests if path == "/x"] == ["tok-0", "tok-1"]


def test_a_plain_token_that_is_refused_is_said_once(platform: Any, little: Callable[..., Connector]) -> None:
    platform.answers["/x"] = (401, {}, b'{"error": "tok-secret-1 is wrong"}')
    with runner(little(), platform) as running, pytest.raises(CredentialError) as caught:
        running.send(Request("x"), Meter())
    assert len(platform.requests) == 1
    assert "tok-secret-1" not in str(caught.value)


def test_side_by_side_requests_answer_in_order_with_errors_in_their_places(
    platform: Any, little: Callable[..., Connector]
) -> None:
    platform.answers |= {"/a": ok("a"), "/b": (404, {}, b"{}"), "/c": ok("c")}
    got: list[Any] = []

    def flow() -> Any:
        got.extend((yield (Request("a"), Request("b"), Request("c"))))

    with runner(little(), platform) as running:
        assert list(running.run(flow(), Meter())) == []
    assert [getattr(one, "data", type(one).__name__) for one in got] == ["a", "ObjectUnavailableError", "c"]


def test_a_page_that_never_ends_stops_with_an_error(platform: Any, little: Callable[..., Connector]) -> None:
    platform.answers["/rooms"] = ok(["1"])
    platform.answers["/notes/1"] = ok({"notes": [{"id": "1", "text": "again"}], "next": "same"})
    connector = little()
    session = Session(connector, Conductor(connector, connector.settings(base_url=platform.url), pace=Pace()))
    with session:
        coverage = [one for one in session.records() if one.record == "coverage"]
    assert [one.status for one in coverage] == ["complete", "partial"]
    assert "same cursor twice" in coverage[1].reason
    assert CursorError.__name__ not in coverage[1].reason


@pytest.mark.parametrize(
    ("answer", "warned"),
    [
        ((503, {}, b"no"), "little: the platform failed to answer (503); asked again at 00:00:"),
        ((429, {"retry-after": "30"}, b"{}"), "little asks to wait until 00:00:30 UTC (30 s, attempt 2 of 60)"),
        ((429, {"retry-after": "9"}, b"{}"), None),
    ],
)
def test_the_first_retry_that_waits_long_is_a_warning(
    platform: Any,
    little: Callable[..., Connector],
    caplog: pytest.LogCaptureFixture,
    answer: tuple[int, dict[str, str], bytes],
    warned: str | None,
) -> None:
    platform.answers["/x"] = lambda number, _: ok(1) if number == 5 else (answer[0], {**answer[1]}, answer[2])
    waits: list[Wait] = []
    with runner(little(), platform) as running:
        running.conductor.on_wait = waits.append
        running.send(Request("x"), Meter())
        assert running.conductor.sent == 6
        assert waits[0].asked == (answer[0] == 429)
    lines = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert len(lines) == (warned is not None)
    if warned is not None:
        assert lines[0].getMessage().startswith(warned)
        told = vars(lines[0])
        assert (told["platform"], told["error"]) == (
            "little",
            "RateLimitedError" if waits[0].asked else "TransientError",
        )
        assert told["seconds"] > 2


def test_a_limit_of_its_own_is_nobody_elses_word(platform: Any, little: Callable[..., Connector]) -> None:
    platform.answers["/x"] = ok(1)
    waits: list[Wait] = []
    costs = (Cost("slow", "net"),)
    with runner(little(budgets={"slow": Budget(1, 60)}), platform) as running:
        running.conductor.on_wait = waits.append
        for _ in range(2):
            running.send(Request("x", costs=costs), Meter())
    (wait,) = waits
    assert (wait.asked, wait.error) == (False, None)
    assert wait.of("little") == "little waits until 00:01:00 UTC"


def test_no_secret_is_logged(platform: Any, little: Callable[..., Connector], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    platform.answers["/x"] = ok(1)
    with runner(little(), platform) as running:
        running.send(Request("x", params={"access_token": "tok-in-query"}), Meter())
        text = repr(running.conductor.settings) + repr(running.conductor) + caplog.text
    assert "tok-in-query" not in caplog.text
    assert "Bearer" not in text


def test_async_makes_the_same_of_it(platform: Any, little: Callable[..., Connector]) -> None:
    platform.answers["/x"] = lambda number, _: (429, {"retry-after": "7"}, b"{}") if number == 0 else ok({"fine": 1})
    platform.answers["/token"] = lambda number, _: ok({"token": f"tok-{number}"})
    platform.answers["/y"] = lambda number, _: (401, {}, b"{}") if number == 0 else ok(2)
    ticking = Ticking()
    connector = little(authorize=rotating([]))
    got: list[Any] = []

    def flow() -> Any:
        got.extend((yield (Request("x"), Request("y"), Request("nothing"))))
        file = yield Request("x", expect="file")
        got.append(file.path.read_bytes())

    async def main() -> None:
        conductor = Conductor(connector, connector.settings(base_url=platform.url), clock=ticking.clock, pace=Pace())
        running = AsyncRunner(conductor)
        assert [step async for step in running.run(flow(), Meter())] == []
        await running.aclose()

    asyncio.run(main())
    assert got[0].data == {"fine": 1}
    assert got[1].data == 2
    assert isinstance(got[2], ObjectUnavailableError)
    assert got[3] == b'{"fine": 1}'
    assert 7 in ticking.slept


def test_credentials_survive_the_process_in_a_file(tmp_path: Any) -> None:
    path = tmp_path / "sub" / "credentials.json"
    CredentialStore(path).save("a", {"token": "1"})
    CredentialStore(path).save("b", {"token": "2"})
    assert CredentialStore(path).load("a") == {"token": "1"}
    assert CredentialStore(path).load("c") is None
    assert "1" not in repr(Credential({"Authorization": "1"}, saved={"t": "1"}))


def test_a_declaration_without_an_address_needs_one(little: Callable[..., Connector]) -> None:
    connector = replace(little(), base_url="")
    with pytest.raises(Exception, match="Give base_url"):
        Conductor(connector, connector.settings())
