"""Refusals, authorizing and settings, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from communitykit import (
    CommunityKitError,
    CredentialError,
    CursorError,
    ObjectUnavailableError,
    PermissionMissingError,
    ProtocolError,
    RateLimitedError,
    SettingsError,
    TransientError,
)
from communitykit.connector import Request, Response
from communitykit_slack import SLACK, SlackSettings, api
from communitykit_slack.api.methods import call, fault

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def answered(data: Any, *, status: int = 200, **headers: str) -> CommunityKitError | None:
    return fault(Response(call("users.list", "T1"), status, headers, data, NOW))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("invalid_auth", CredentialError),
        ("token_revoked", CredentialError),
        ("missing_scope", PermissionMissingError),
        ("not_allowed_token_type", PermissionMissingError),
        ("not_in_channel", ObjectUnavailableError),
        ("channel_not_found", ObjectUnavailableError),
        ("internal_error", TransientError),
        ("team_added_to_org", TransientError),
        ("ratelimited", RateLimitedError),
        ("invalid_cursor", CursorError),
        ("invalid_arg_name", ProtocolError),
    ],
)
def test_a_200_with_an_error_is_an_error(code: str, error: type[CommunityKitError]) -> None:
    assert isinstance(answered({"ok": False, "error": code}), error)


def test_refusals_say_what_to_do() -> None:
    found = answered({"ok": False, "error": "missing_scope", "needed": "groups:read"})
    assert found is not None
    assert "Grant groups:read" in str(found)


def test_good_answers_are_no_fault() -> None:
    assert answered({"ok": True, "members": []}) is None
    assert answered("<html>", status=503) is None
    assert answered({"error": "x"}, status=502) is None
    assert isinstance(answered([]), ProtocolError)


def authorized(
    saved: dict[str, Any] | None, answer: dict[str, Any] | None = None, **settings: Any
) -> tuple[Any, list[Request]]:
    asked: list[Request] = []
    flow = api.authorize(SlackSettings(**settings), saved, NOW)
    try:
        asked.append(next(flow))
        flow.send(Response(asked[0], 200, {}, answer, NOW))
    except StopIteration as done:
        return done.value, asked
    raise AssertionError(asked)


ROTATION = {"refresh_token": "xoxe-1-first", "client_id": "1.2", "client_secret": "hush"}
FRESH = {"ok": True, "access_token": "xoxe.xoxb-1-new", "refresh_token": "xoxe-1-second", "expires_in": 43200}


def test_a_plain_token_is_used_as_it_is() -> None:
    credential, asked = authorized(None, token="xoxb-1")
    assert (credential.headers["Authorization"], asked) == ("Bearer xoxb-1", [])
    assert "xoxb" not in repr(credential)


def test_an_expiring_token_is_rotated_and_both_halves_are_kept() -> None:
    credential, (request,) = authorized(None, FRESH, **ROTATION)
    assert request.url == "oauth.v2.access"
    assert request.form is not None
    assert request.form["refresh_token"] == "xoxe-1-first"
    assert not request.authorized
    assert credential.saved["refresh_token"] == "xoxe-1-second"
    assert credential.expires_at == NOW + timedelta(hours=12)
    again, asked = authorized(credential.saved, **ROTATION)
    assert (again.headers, asked) == (credential.headers, [])
    late = {**credential.saved, "expires_at": (NOW + timedelta(minutes=1)).isoformat()}
    _, (request,) = authorized(late, FRESH, **ROTATION)
    assert request.form is not None
    assert request.form["refresh_token"] == "xoxe-1-second"
    _, (request,) = authorized({**credential.saved, "refused": True}, FRESH, **ROTATION)
    assert request.url == "oauth.v2.access"


def test_without_a_token_the_settings_are_wrong() -> None:
    with pytest.raises(SettingsError, match="COMMUNITYKIT_SLACK_TOKEN"):
        authorized(None)


@pytest.mark.parametrize(
    ("given", "length"),
    [("30d", timedelta(days=30)), ("12h", timedelta(hours=12)), ("2w", timedelta(weeks=2)), ("all", None)],
)
def test_the_look_back_is_given_in_words(given: Any, length: timedelta | None) -> None:
    assert SlackSettings(lookback=given).lookback_length == length


def test_settings_are_checked_and_keep_secrets() -> None:
    with pytest.raises(ValidationError):
        SlackSettings(lookback="soon")  # type: ignore[arg-type]
    assert "xoxb" not in repr(SlackSettings(token="xoxb-1"))  # type: ignore[arg-type]


def test_the_declaration_hangs_together() -> None:
    assert SLACK.simulated().name == "slack"
    assert set(SLACK.capabilities.archive_events) >= {"pinned", "reacted"}
    assert all(reason for reason in SLACK.ignored.values())
