"""Asking from inside a flow, and looks into payloads that never trip."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from communitykit import CredentialError, ObjectUnavailableError, ProtocolError
from communitykit.connector import Batch, Connector, Flow, Request, Response, ask, ask_all, look, required_list
from communitykit.connector.payload import as_list, as_mapping, as_mappings, as_number, as_text, as_texts
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.http.drivers import SyncRunner
from communitykit.http.operations import Meter


def ok(data: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps(data).encode()


def batches(connector: Connector, platform: Any, flow: Flow) -> list[Any]:
    with SyncRunner(Conductor(connector, connector.settings(base_url=platform.url), pace=Pace())) as running:
        return [item for emit in running.run(flow, Meter()) if isinstance(emit.step, Batch) for item in emit.step.items]


def test_an_answer_comes_back_and_an_error_is_raised_where_it_was_asked(
    platform: Any, little: Callable[..., Connector]
) -> None:
    platform.answers["/here"] = ok([1, 2])

    def count() -> Flow[int]:
        response = yield from ask(Request("here"))
        return len(response.data)

    def flow() -> Flow:
        found: list[Any] = [(yield from count())]
        try:
            yield from ask(Request("gone", subject="board gone"))
        except ObjectUnavailableError as error:
            found.append(error.subject)
        yield Batch("note", found)

    assert batches(little(), platform, flow()) == [2, "board gone"]


def test_many_answers_come_back_in_order_with_errors_in_their_places(
    platform: Any, little: Callable[..., Connector]
) -> None:
    platform.answers |= {"/1": ok("one"), "/3": ok("three")}

    def flow() -> Flow:
        none = yield from ask_all([])
        answers = yield from ask_all(Request(name) for name in ("1", "2", "3"))
        yield Batch("note", [none, *(one.data if isinstance(one, Response) else type(one) for one in answers)])

    assert batches(little(), platform, flow()) == [[], "one", ObjectUnavailableError, "three"]
    assert sorted(path for path, _ in platform.requests) == ["/1", "/2", "/3"]


def test_a_refused_credential_ends_many(platform: Any, little: Callable[..., Connector]) -> None:
    platform.answers |= {"/1": ok("one"), "/2": (401, {}, b"{}")}

    def flow() -> Flow:
        yield Batch("note", list((yield from ask_all([Request("1"), Request("2")]))))

    with pytest.raises(CredentialError):
        batches(little(), platform, flow())


ODD = [None, True, 7, 1.5, "text", [], ["a", "", 1, {"a": 1}], {}, {"a": {"b": [1]}}]


@pytest.mark.parametrize("value", ODD)
def test_looks_never_trip(value: Any) -> None:
    assert as_mapping(value) == (value if isinstance(value, dict) else {})
    assert as_list(value) == (value if isinstance(value, list) else [])
    assert as_text(value) == (value if isinstance(value, str) else "")
    assert as_number(value) == (7 if value == 7 else 0)
    assert as_mappings(value) == ([{"a": 1}] if isinstance(value, list) and value else [])
    assert as_texts(value) == (["a"] if isinstance(value, list) and value else [])
    assert look(value, "a", "b") == ([1] if isinstance(value, dict) and value else None)


@pytest.mark.parametrize("data", [None, [], "cut", {}, {"items": None}, {"items": {}}, {"items": "none"}])
def test_a_list_that_must_be_there_is_told_when_it_is_not(data: Any) -> None:
    with pytest.raises(ProtocolError) as caught:
        required_list(data, "items", subject="board a")
    assert str(caught.value).startswith("board a: the answer must hold a list under 'items' and holds ")
    assert caught.value.remedy


def test_a_list_that_must_be_there_comes_back_even_when_empty() -> None:
    assert required_list([], subject="boards") == []
    assert required_list({"items": []}, "items") == []
    assert required_list({"a": {"b": [1, None]}}, "a", "b") == [1, None]
