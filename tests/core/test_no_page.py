"""What cannot be read is no end: next pages that are no names, addresses that are none, pages of nonsense."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from communitykit import CursorError, ProtocolError
from communitykit.connector import Connector, Pages, Request, Response, cursor_pager, link_pager
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.http.drivers import SyncRunner
from communitykit.http.operations import Meter
from communitykit.testing import connect

AT = datetime(2026, 3, 2, tzinfo=UTC)


def note(number: int) -> dict[str, Any]:
    return {"id": number, "by": "ann", "text": "x", "at": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize("pager", [cursor_pager(("next",)), link_pager("next")])
@pytest.mark.parametrize("value", [{"a": 1}, [1], True, 0.5])
def test_a_next_page_without_a_readable_name_is_no_end(pager: Any, value: Any) -> None:
    page = Response(Request("x", subject="rooms"), 200, {}, {"next": value}, AT)
    with pytest.raises(CursorError, match="names the next page by a value of type"):
        Pages(pager).next(page)


@pytest.mark.parametrize("value", [None, "", False, [], {}])
def test_nothing_is_the_end(value: Any) -> None:
    for pager in (cursor_pager(("next",)), link_pager("next")):
        assert pager(Request("x"), Response(Request("x"), 200, {}, {"next": value}, AT)) is None


@pytest.mark.parametrize("where", ["http://[", "https://[broken/next"])
def test_an_address_that_cannot_be_read_is_the_platforms_mistake(
    platform: Any, little: Callable[..., Connector], where: str
) -> None:
    platform.answers["/x"] = (302, {"location": where}, b"")
    connector = little()
    with SyncRunner(Conductor(connector, connector.settings(base_url=platform.url), pace=Pace())) as running:
        for request in (Request("x"), Request(where)):
            with pytest.raises(ProtocolError, match="an address that cannot be read"):
                running.send(request, Meter())


def test_no_checkpoint_moves_beyond_a_page_of_which_nothing_was_understood(
    platform: Any, little: Callable[..., Connector]
) -> None:
    odd: list[Any] = [["odd"], None, "odd"]
    platform.answers["/rooms"] = (200, {}, b'["a"]')
    for second, understood, cursor in ((odd, 2, ""), ([note(3), *odd], 3, "2")):
        pages = [[note(1)], second, [note(2)]]

        def answer(_: int, path: str, pages: list[Any] = pages) -> Any:
            at = int(path.partition("cursor=")[2] or 0)
            return 200, {}, json.dumps({"notes": pages[at], "next": str(at + 1) if at < 2 else ""}).encode()

        platform.answers["/notes/a"] = answer
        state: dict[str, Any] = {}
        with connect(little(), {"base_url": platform.url}) as session:
            found = list(session.records(state=state))
        assert len([one for one in found if one.record == "post"]) == understood
        assert state["little:net:notes/a"] == {"v": 1, "cursor": cursor}
        told = " ".join(str(one.reason) for one in found if one.record == "coverage")
        assert ("Nothing of a page" in told) is (second is odd)
