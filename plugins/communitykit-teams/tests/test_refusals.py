"""What Graph's codes and statuses mean, and which permission an address needs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from communitykit import (
    ProtocolError,
    RateLimitedError,
)
from communitykit.connector import Request, Response
from communitykit_teams.api.methods import fault, permission_for

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "TooManyRequests", "RateLimitedError"), (200, "activityLimitReached", "RateLimitedError"),
        (410, "resyncRequired", "CursorError"), (400, "SyncStateNotFound", "CursorError"),
        (401, "InvalidAuthenticationToken", "CredentialError"), (402, "PaymentRequired", "PermissionMissingError"),
        (403, "Forbidden", "PermissionMissingError"), (404, "NotFound", "ObjectUnavailableError"),
        (502, "BadGateway", "TransientError"), (200, "generalException", "TransientError"),
        (400, "BadRequest", "ProtocolError"),
    ],
)  # fmt: skip
def test_what_codes_mean(status: int, code: str, kind: str) -> None:
    data = {"error": {"code": "outer", "message": "m", "innerError": {"code": code}}}
    found = fault(Response(Request("teams"), status, {"retry-after": "3"}, data, NOW))
    assert type(found).__name__ == kind
    assert found is not None
    assert found.code == code
    if isinstance(found, RateLimitedError):
        assert found.retry_after == 3


DOCUMENTED = (
    "accessDenied", "activityLimitReached", "extensionError", "generalException",
    "invalidRange", "invalidRequest", "itemNotFound", "malwareDetected",
    "nameAlreadyExists", "notAllowed", "notSupported", "resourceModified",
    "resyncRequired", "serviceNotAvailable", "syncStateNotFound", "quotaLimitReached",
    "unauthenticated", "BadRequest", "Forbidden", "NotFound",
    "PreconditionFailed", "UnknownError", "TooManyRequests", "InternalServerError",
    "ServiceUnavailable", "GatewayTimeout", "Conflict", "MethodNotAllowed",
    "InvalidAuthenticationToken", "Authorization_RequestDenied", "Authorization_IdentityNotFound",
    "Authentication_ExpiredToken",
    "Authentication_MissingOrMalformed", "Authentication_Unauthorized", "Directory_ExpiredPageToken",
    "Directory_QuotaExceeded",
    "Request_BadRequest", "Request_ResourceNotFound", "Request_ThrottledTemporarily", "Request_UnsupportedQuery",
    "Service_InternalServerError", "UnsupportedQueryOption",
    "accessRestricted", "cannotSnapshotTree", "childItemCountExceeded", "entityTagDoesNotMatch",
    "fragmentLengthMismatch", "fragmentOutOfOrder", "fragmentOverlap", "invalidAcceptType", "invalidParameterFormat",
    "invalidPath", "invalidQueryOption", "invalidStartIndex", "lockMismatch", "lockNotFoundOrAlreadyExpired",
    "lockOwnerMismatch", "malformedEntityTag", "maxDocumentCountExceeded", "maxFileSizeExceeded",
    "maxFolderCountExceeded", "maxFragmentLengthExceeded", "maxItemCountExceeded", "maxQueryLengthExceeded",
    "maxStreamSizeExceeded", "parameterIsTooLong", "parameterIsTooSmall", "pathIsTooLong", "pathTooDeep",
    "propertyNotUpdateable", "provisioningNotAllowed", "resourceBeingProvisioned", "resyncApplyDifferences",
    "resyncUploadDifferences", "serviceReadOnly", "throttledRequest", "tooManyResultsRequested", "tooManyTermsInQuery",
    "totalAffectedItemCountExceeded", "truncationNotAllowed", "uploadSessionFailed", "uploadSessionIncomplete",
    "uploadSessionNotFound", "virusSuspicious", "zeroOrFewerResultsRequested",
)  # fmt: skip
"""Codes of "Microsoft Graph error responses and resource types" (microsoft-graph-docs-contrib, concepts/errors.md, at
02b4cba, detailed ones too) and of the directory ("Azure AD Graph API error codes and error handling")."""


@pytest.mark.parametrize("code", DOCUMENTED)
def test_what_is_documented_has_its_word_and_is_not_to_be_reported(code: str) -> None:
    found = fault(Response(Request("teams"), 200, {}, {"error": {"code": code, "message": "m"}}, NOW))
    assert found is not None
    assert found.code == code
    assert "report" not in (found.remedy or "")
    if isinstance(found, ProtocolError):
        assert found.remedy


@pytest.mark.parametrize(
    "status",  # the table of the same page
    [400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 412, 413, 415, 416, 422, 423, 429, 500, 501, 503, 504,
     507, 509],
)  # fmt: skip
def test_every_documented_status_has_its_word_whatever_the_code(status: int) -> None:
    found = fault(Response(Request("teams"), status, {}, {"error": {"code": "unheardOf", "message": "m"}}, NOW))
    assert found is not None
    assert "report" not in (found.remedy or "")
    assert isinstance(found, RateLimitedError) is (status in {429, 509})


def test_what_nobody_has_heard_of_is_to_be_reported() -> None:
    answer = Response(Request("teams"), 418, {"request-id": "r1"}, {"error": {"code": "teapot", "message": "m"}}, NOW)
    found = fault(answer)
    assert isinstance(found, ProtocolError)
    assert "report" in (found.remedy or "")
    assert "r1" in (found.remedy or "")


def test_limits_without_a_word_on_when_to_come_back() -> None:
    found = fault(Response(Request("teams"), 429, {}, {"error": {"code": "TooManyRequests"}}, NOW))
    assert isinstance(found, RateLimitedError)
    assert found.retry_after is None


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("teams/1/channels/19:c/messages", "ChannelMessage.Read.All"),
        ("https://graph.microsoft.com/v1.0/teams/1/channels/19:c/messages/delta?$top=50", "ChannelMessage.Read.All"),
        ("teams/1/channels/getAllMessages", "ChannelMessage.Read.All"),
        ("teams/1/channels/19:c/allMembers", "ChannelMember.Read.All"), ("teams/1/members", "TeamMember.Read.All"),
        ("teams/1/allChannels", "Channel.ReadBasic.All"), ("teams", "Team.ReadBasic.All"),
        ("teams/1", "TeamSettings.Read.All"), ("users", "User.Read.All"), ("organization", "Organization.Read.All"),
        ("reports/getTeamsUserActivityUserDetail(period='D7')", "Reports.Read.All"),
    ],
)  # fmt: skip
def test_which_permission_an_address_needs(url: str, name: str) -> None:
    assert str(permission_for(url)).startswith(name)
