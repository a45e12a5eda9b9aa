from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from communitykit import ProtocolError
from communitykit.connector import Cost, Request, Response
from communitykit.connector.odata import odata_batch, odata_batch_answers, odata_error, odata_pager
from communitykit.connector.usage import is_concealed, report_rows

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def answer(request: Request, data: Any) -> Response:
    return Response(request, 200, {}, data, NOW)


def test_the_next_link_is_taken_as_it_is() -> None:
    request = Request("teams", params={"$top": 50})
    link = "https://graph.example/v1.0/teams?$skiptoken=a%2Bb"

    following = odata_pager(request, answer(request, {"value": [], "@odata.nextLink": link}))

    assert following is not None
    assert (following.url, following.params) == (link, {})
    assert odata_pager(request, answer(request, {"value": [1]})) is None


def test_the_innermost_code_of_an_error_is_the_precise_one() -> None:
    data = {
        "error": {
            "code": "UnknownError",
            "message": "",
            "innerError": {
                "code": "TooManyRequests",
                "message": "slow",
                "innererror": {"code": "ActivityLimitReached"},
            },
        }
    }

    assert odata_error(data) == ("ActivityLimitReached", "slow")
    assert odata_error({"value": []}) is None
    assert odata_error("<html>") is None


def test_a_batch_is_taken_apart_in_the_order_of_its_requests() -> None:
    parts = [
        Request("https://graph.example/v1.0/teams/1", params={"$select": "id,displayName"}, costs=(Cost("team", "1"),)),
        Request("teams/2", headers={"Prefer": "x"}, costs=(Cost("team", "2"),)),
    ]
    batch = odata_batch(parts, root="https://graph.example/v1.0")
    responses = [
        {"id": "1", "status": 429, "headers": {"Retry-After": "7"}, "body": {"error": {"code": "TooManyRequests"}}},
        {"id": "0", "status": 200, "body": {"id": "1"}},
    ]

    answers = odata_batch_answers(answer(batch, {"responses": responses}), parts)

    assert batch.json == {
        "requests": [
            {"id": "0", "method": "GET", "url": "/teams/1?%24select=id%2CdisplayName"},
            {"id": "1", "method": "GET", "url": "/teams/2", "headers": {"Prefer": "x"}},
        ]
    }
    assert batch.costs == (Cost("team", "1"), Cost("team", "2"))
    assert [(one.status, one.request.url) for one in answers] == [(200, parts[0].url), (429, "teams/2")]
    assert answers[1].headers == {"retry-after": "7"}


def test_a_batch_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 20"):
        odata_batch([Request("x")] * 21)
    with pytest.raises(ValueError, match="no POST"):
        odata_batch([Request("x", method="POST")])
    with pytest.raises(ProtocolError, match="not answered"):
        odata_batch_answers(answer(Request("x"), {"responses": []}), [Request("x", subject="team 1")])


def test_reports_are_read_by_the_names_of_their_columns() -> None:
    header = "\ufeffReport Refresh Date,User Principal Name,Read Count\r\n"
    text = header + '2026-01-01,"a,b@x.example",\r\n\r\n2026-01-01,c,7,9\r\n'

    assert list(report_rows(text)) == [
        {"Report Refresh Date": "2026-01-01", "User Principal Name": "a,b@x.example", "Read Count": ""},
        {"Report Refresh Date": "2026-01-01", "User Principal Name": "c", "Read Count": "7"},
    ]


@pytest.mark.parametrize("name", ["F4E51B1E3A4C0E7C0F4D6B5D5A4B3C2D", "<PII:H105(abc)>", " (Unknown) "])
def test_concealed_names_are_seen(name: str) -> None:
    assert is_concealed(name)


@pytest.mark.parametrize("name", ["kim@acme.example", "Kim", "", "deadbeef"])
def test_names_are_not_taken_for_concealed(name: str) -> None:
    assert not is_concealed(name)
