"""Pages whose objects stand by their ids, and faults that only count where they change an answer."""

import json
from random import Random
from typing import Any

import pytest

from communitykit.sandbox import Answer, Call, Fault, Site, World, parse_fault
from communitykit.sandbox.platform import Desk
from communitykit.testing.spoiling import Emptied, NotAnItem, Odd, Recorder
from communitykit_slack.sandbox import SlackPlatform

ORDER = ("order",)


class ById(SlackPlatform):
    """A Slack that shows messages by their ids, with their order beside them."""

    listings = (*SlackPlatform.listings, *ORDER)

    def open(self, site: Site) -> Desk:
        desk = super().open(site)
        answered = desk.answer

        def answer(call: Call) -> Answer:
            data = json.loads(answered(call).body)
            if "messages" in data:
                data |= {"order": [one["ts"] for one in data["messages"]]}
                data["messages"] = {one["ts"]: one for one in data["messages"]}
            return Answer.of(data)

        desk.answer = answer  # type: ignore[method-assign] # one answer, told otherwise
        return desk


class Copying(ById):
    """One whose author gives lists of what stands by id."""

    def lists_in(self, data: Any) -> Any:
        return {path: list(items) for path, items in super().lists_in(data).items()}


def asked(fault: Fault | str, platform: type[SlackPlatform] = ById, **fields: str) -> tuple[dict[str, Any], Fault]:
    """Ask for a channel's history, its second page; give it with the fault."""
    made = parse_fault(fault) if isinstance(fault, str) else fault
    site = Site(World(seed=5, size="tiny", platforms=("slack",)), platform(), faults=[made])
    headers = {"authorization": f"Bearer {site.token}"}

    def ask(method: str, **query: str) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(site.answer(Call("GET", f"/api/{method}", headers, fields={**query})).body)
        return data

    channel = next(one["id"] for one in ask("conversations.list")["channels"] if one["is_member"])
    first = ask("conversations.history", channel=channel, limit="5")
    cursor = first["response_metadata"]["next_cursor"]
    return ask("conversations.history", channel=channel, limit="5", cursor=cursor, **fields) | {"first": first}, made


def test_duplicates_stand_in_the_order_and_among_the_objects() -> None:
    page, fault = asked("duplicates")
    last = page["first"]["order"][-1]
    assert page["order"][0] == last == next(iter(page["messages"]))
    assert page["messages"][last] == page["first"]["messages"][last]
    assert fault.hits


def test_pages_of_objects_by_id_are_emptied() -> None:
    page, fault = asked("empty-pages:share=1")
    assert (page["messages"], page["order"]) == ({}, [])
    assert fault.hits
    page, fault = asked(Emptied("conversations.history"))
    assert (page["messages"], page["order"]) == ({}, [])


def test_unknown_fields_come_into_objects_and_not_among_them() -> None:
    page, _ = asked("unknown-fields")
    assert page["messages"].keys() == {*page["order"]}
    assert all("x_new_thing" in one for one in page["messages"].values())


def test_an_item_that_is_none_stands_under_its_id() -> None:
    page, _ = asked(NotAnItem("conversations.history"))
    assert isinstance(next(iter(page["first"]["messages"].values())), list)


def test_odd_values_stand_inside_of_objects_by_id() -> None:
    recorder = Recorder()
    made = Site(World(seed=5, size="tiny", platforms=("slack",)), ById(), faults=[recorder])
    page, _ = asked("latency=0")
    recorder.answers, recorder.names = {"page": page["first"]}, {"page": "history"}
    spots = recorder.spots(made, Random(1), 100, ["odd"])
    kinds = {spot.kind for spot in spots}
    assert {"history messages.*.text", "history order.*"} <= kinds
    assert Odd(spots, lambda _: ["odd"]).spots["page"]


@pytest.mark.parametrize("fault", ["duplicates", "empty-pages:share=1"])
def test_a_fault_that_changes_no_answer_has_not_struck(fault: str) -> None:
    class Aimless(Copying):
        def next_page(self, call: Call, cursor: str) -> str:
            return str(call.fields["further"])  # the very cursor that the platform gives anyway

    plain, _ = asked("latency=0", Copying)
    further = plain["response_metadata"]["next_cursor"]
    _, struck = asked(fault, Aimless, further=further)
    assert not struck.hits


def test_copies_of_what_stands_on_a_page_are_named() -> None:
    recorder = Recorder()
    page, _ = asked(recorder, Copying)
    site = Site(World(seed=5, size="tiny", platforms=("slack",)), Copying())
    recorder.answers = {"page": page["first"]}
    with pytest.raises(AssertionError, match=r"Copying\.lists_in gives a copy of (messages|order)"):
        recorder.pages(site)


@pytest.mark.parametrize(
    ("fault", "lacking"),
    [("missing-fields", "Platform.optional"), ("unknown-values", "Desk.renew"), ("duplicates", "")],
)
def test_what_a_platform_lacks_for_a_fault_is_named(fault: str, lacking: str) -> None:
    class Bare(SlackPlatform):
        optional = frozenset()

        def open(self, site: Site) -> Desk:
            desk = super().open(site)
            desk.__class__ = type("Bare", (type(desk),), {"renew": Desk.renew})
            return desk

    made = parse_fault(fault)
    site = Site(World(seed=5, size="tiny", platforms=("slack",)), Bare(), faults=[made])
    site.answer(Call("GET", "/api/conversations.list", {}, fields={"cursor": "x"}))
    assert lacking in made.lacking(site)
    assert bool(lacking) == bool(made.lacking(site))


def test_whoever_asks_a_closed_community_or_another_clock_was_met() -> None:
    closed, skew = parse_fault("unreadable"), parse_fault("skew")
    site = Site(World(seed=5, size="tiny", platforms=("slack",)), SlackPlatform(), faults=[closed, skew])
    assert not closed.hits
    (number,) = site.unreadable
    assert number in site.unreadable
    assert -7 not in site.unreadable
    assert closed.hits == 1
    site.answer(Call("GET", "/api/conversations.list", {}))
    assert skew.hits
