"""What answers mean, whose token it is, and what it cannot read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from communitykit import (
    CommunityKitError,
    CredentialError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
    RateLimitedError,
    SettingsError,
    TransientError,
)
from communitykit.connector import Gap, Request, Response, Selection
from communitykit.connector.settings import load_settings
from communitykit_yammer import YAMMER, YammerSettings
from communitykit_yammer.api.access import authorize, preflight
from communitykit_yammer.api.methods import fault, rest

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def answer(status: int, data: Any, *, expect: Any = "json", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return fault(Response(Request("x", expect=expect), status, named, data, NOW))


def refusal(code: int, message: str) -> dict[str, Any]:
    return {"response": {"message": message, "stat": "fail", "code": code}}


def graph_error(code: str) -> dict[str, Any]:
    return {"error": {"code": "outer", "message": "no", "innerError": {"code": code}}}


@pytest.mark.parametrize(
    ("status", "data", "expected"),
    [
        (429, refusal(33, "Rate limited due to excessive requests."), RateLimitedError),
        (403, refusal(33, "Rate limited due to excessive requests."), RateLimitedError),
        (403, refusal(17, "Forbidden"), PermissionMissingError),
        (403, None, PermissionMissingError),
        (401, refusal(16, "Token not found."), CredentialError),
        (200, refusal(99, "Something went wrong."), TransientError),
        (200, "<html>", ProtocolError),
        (200, {"messages": []}, type(None)),
        (500, None, type(None)),
        (404, None, type(None)),
        (429, graph_error("TooManyRequests"), RateLimitedError),
        (401, graph_error("InvalidAuthenticationToken"), CredentialError),
        (403, graph_error("AccessDenied"), PermissionMissingError),
        (404, graph_error("notFound"), ObjectUnavailableError),
        (503, graph_error("serviceNotAvailable"), TransientError),
        (400, graph_error("badRequest"), ProtocolError),
    ],
)
def test_what_an_answer_means(status: int, data: Any, expected: type) -> None:
    assert type(answer(status, data)) is expected


@pytest.mark.parametrize(
    "status",  # of "Microsoft Graph error responses and resource types"
    [400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 412, 413, 415, 416, 422, 423, 429, 500, 501, 503, 504, 507, 509],
)
def test_every_status_that_graph_documents_has_its_word_and_is_not_to_be_reported(status: int) -> None:
    found = answer(status, graph_error("unheardOf"))
    assert isinstance(found, CommunityKitError)
    assert "report" not in (found.remedy or "")
    assert found.remedy or not isinstance(found, ProtocolError)


def test_where_the_server_does_not_say_how_long_to_wait_it_is_the_whole_window() -> None:
    assert answer(429, None).retry_after == 30
    assert answer(429, graph_error("TooManyRequests")).retry_after == 30


def test_the_refusal_of_a_report_is_read_though_reports_are_text() -> None:
    text = '{"error": {"code": "S2SUnauthorized", "message": "no"}}'
    assert answer(403, text, expect="text").code == "S2SUnauthorized"
    assert answer(200, "a,b\n1,2\n", expect="text") is None


def test_feeds_and_all_else_are_counted_apart_and_closed_together() -> None:
    assert [draw.budget for draw in rest("messages/in_group/3").costs] == ["messages", "rest"]
    assert [draw.budget for draw in rest("users").costs] == ["other", "rest"]
    assert rest("users").url == "users.json"


def finished(flow: Any) -> Any:
    with pytest.raises(StopIteration) as done:
        next(flow)
    return done.value.value


def test_each_address_has_its_own_token() -> None:
    settings = YammerSettings(token="r", graph_token="g", graph=True)
    credential = finished(authorize(settings, None, NOW))
    assert credential.headers_for("https://www.yammer.com/api/v1/users.json") == {"Authorization": "Bearer r"}
    assert credential.headers_for("https://graph.microsoft.com/v1.0/groups") == {"Authorization": "Bearer g"}
    assert credential.headers_for("https://elsewhere.example/") == {}
    assert "Bearer" not in repr(credential)


def test_a_refresh_token_gives_both_and_the_last_one_is_kept() -> None:
    settings = YammerSettings(refresh_token="r0", client_id="c", graph=True, tenant="contoso.example")
    flow = authorize(settings, None, NOW)
    first = next(flow)
    assert first.url == "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token"
    assert first.form["scope"] == "https://api.yammer.com/.default offline_access"
    second = flow.send(Response(first, 200, {}, {"access_token": "a", "expires_in": 3600, "refresh_token": "r1"}, NOW))
    assert second.form["refresh_token"] == "r1"
    assert second.form["scope"].startswith("https://graph.microsoft.com/")
    with pytest.raises(StopIteration) as done:
        flow.send(Response(second, 200, {}, {"access_token": "b", "expires_in": 60, "refresh_token": "r2"}, NOW))
    credential = done.value.value
    assert credential.saved == {"refresh_token": "r2"}
    assert (credential.expires_at - NOW).total_seconds() == 60
    again = next(authorize(settings, credential.saved, NOW))
    assert again.form["refresh_token"] == "r2"


def test_without_a_token_the_error_says_what_to_give() -> None:
    with pytest.raises(SettingsError, match="token_provider"):
        next(authorize(YammerSettings(), None, NOW))
    with pytest.raises(SettingsError, match="graph token"):
        next(authorize(YammerSettings(token="t", graph=True), None, NOW))


@pytest.mark.parametrize(("flag", "told"), [("true", 0), ("false", 1)])
def test_the_check_says_who_may_export(flag: str, told: int) -> None:
    settings = YammerSettings(token="t", export_since=NOW)
    flow, steps = preflight(Selection(settings, NOW)), []
    step: Any = next(flow)
    while True:
        steps.append(step)
        given = Response(step, 200, {}, {"admin": flag}, NOW) if isinstance(step, Request) else None
        try:
            step = flow.send(given)
        except StopIteration:
            break
    assert len([one for one in steps if isinstance(one, Gap)]) == told


def test_lengths_are_written_as_people_write_them() -> None:
    settings = load_settings("yammer", YAMMER.settings, {"token": "t", "lookback": "2w", "export_window": "12h"})
    assert (settings.lookback.days, settings.export_window.total_seconds()) == (14, 43_200)
    whole = load_settings("yammer", YAMMER.settings, {"token": "t", "export_window": "all"})
    assert whole.window(timedelta(days=900)).days == 900
    assert load_settings("yammer", YAMMER.settings, {"token": "t", "lookback": "all"}).lookback_length is None
