"""Connectors, and a core, that trust a list to hold still, or a row of it to say which it is."""

from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from defects import SLACK, a_core_that_scrubs_nothing
from mutants import FAULT, Mutant
from mutants_truth import MATRIX, TEAMS, WORKPLACE, YAMMER, discovering, flowing, reading, same

from communitykit import CredentialError, ObjectUnavailableError
from communitykit.connector import Batch, Connector, Gap, Listing, Request, Response, as_list, look
from communitykit.sandbox import Site
from communitykit_yammer.api.listing import NumberedListing

SHIFTED = "test_a_list_that_shifts_between_two_pages_takes_nothing_away"
ODD_ROW = "test_a_row_whose_id_is_odd_is_told_and_costs_itself_alone"
BECAME_ODD = "test_a_row_whose_id_became_odd_takes_nothing_away"


def a_connector_that_walks_its_lists_once() -> AbstractContextManager[Any]:
    return patch.object(NumberedListing, "_may_have_shifted", lambda _: False)


def a_core_that_counts_no_list() -> AbstractContextManager[Any]:
    def note(listing: Any, data: Any) -> None:
        listing._new = as_list(look(data, *listing._items)) if listing._items is not None else []

    return patch.object(Listing, "_note", note)


def a_desk_whose_lists_never_shift() -> AbstractContextManager[Any]:
    return patch.object(Site, "listed", lambda _site, _name, entries: entries)


def leaves_out_rows_without_an_id() -> Connector:
    def change(step: Any) -> Any:
        if not isinstance(step, Batch):
            return step
        rows = [one for one in step.items if not isinstance(one, dict) or isinstance(one.get("id"), str)]
        return replace(step, items=rows)

    return reading(discovering(TEAMS, change), change)


def takes_every_row_to_have_an_id() -> Connector:
    def change(answer: Any) -> Any:
        channels = as_list(look(answer.data, "channels")) if isinstance(answer, Response) else []
        assert all(one["id"].strip() for one in channels)
        return answer

    return discovering(SLACK, same, change)


def tells_the_token_beside_an_odd_row() -> Connector:
    original = SLACK.discover
    assert original is not None

    def discover(selection: Any) -> Any:
        odd: list[Any] = []

        def change(answer: Any) -> Any:
            channels = as_list(look(answer.data, "channels")) if isinstance(answer, Response) else []
            odd.extend(one for one in channels if not isinstance(one.get("id"), str))
            return answer

        yield from flowing(original(selection), same, change)
        for _ in odd:
            yield Gap(f"a channel without an id, as {selection.settings.token.get_secret_value()} sees it")

    return replace(SLACK, discover=discover)


def takes_odd_replies_for_none() -> Connector:
    def change(answer: Any) -> Any:
        for one in answer if isinstance(answer, list) else (answer,):
            rows = one.data.get("value") if isinstance(one, Response) and isinstance(one.data, dict) else ()
            for row in rows if isinstance(rows, list) else ():
                if isinstance(row, dict) and isinstance(row.get("replies"), str):
                    row["replies"] = []
        return answer

    return reading(TEAMS, answer_of=change)


def takes_an_odd_list_for_an_empty_one() -> Connector:
    def change(answer: Any) -> Any:
        for row in as_list(look(answer.data, "channels")) if isinstance(answer, Response) else ():
            if not isinstance(row.get("previous_names", []), list):
                row["previous_names"] = []
        return answer

    return discovering(SLACK, same, change)


def takes_a_refused_token_for_closed_places() -> Connector:
    original = SLACK.error_of
    assert original is not None

    def error_of(response: Any) -> Any:
        error = original(response)
        return ObjectUnavailableError("closed") if isinstance(error, CredentialError) else error

    return replace(SLACK, error_of=error_of)


def ends_its_walk_at_an_odd_row() -> Connector:
    def change(answer: Any) -> Any:
        rows = answer.data.get("messages") if isinstance(answer, Response) and isinstance(answer.data, dict) else None
        if isinstance(rows, list) and not all(isinstance(one.get("id"), int) for one in rows):
            answer.data["messages"] = [one for one in rows if not isinstance(one.get("id"), int)]
        return answer

    return reading(YAMMER, answer_of=change)


def marks_what_it_reads() -> Connector:
    def change(step: Any) -> Any:
        return replace(step, url="conversations.mark") if isinstance(step, Request) else step

    return reading(SLACK, change)


LIST_MUTANTS = [
    Mutant("test_reading_changes_nothing_on_the_platform", marks_what_it_reads),
    Mutant("test_a_list_of_posts_inside_of_another_that_is_odd_is_told", takes_odd_replies_for_none),
    Mutant(
        "test_a_list_inside_of_a_row_that_became_odd_takes_nothing_away",
        takes_an_odd_list_for_an_empty_one,
        more="words",
    ),
    Mutant("test_a_token_that_is_refused_in_the_middle_ends_the_run", takes_a_refused_token_for_closed_places),
    Mutant(ODD_ROW, ends_its_walk_at_an_odd_row, more="an object"),
    *(
        Mutant(SHIFTED, lambda: YAMMER, core=a_connector_that_walks_its_lists_once, more=way)
        for way in ("shifted-up", "shifted-down")
    ),
    Mutant(SHIFTED, lambda: YAMMER, core=a_desk_whose_lists_never_shift, more="shifted-up"),
    *(
        Mutant(FAULT, connector, core=a_core_that_counts_no_list, more=way)
        for connector in (lambda: MATRIX, lambda: WORKPLACE)
        for way in ("shifted-up", "shifted-down")
    ),
    *(Mutant(check, leaves_out_rows_without_an_id, more="nothing") for check in (ODD_ROW, BECAME_ODD)),
    Mutant(ODD_ROW, takes_every_row_to_have_an_id, more="an object"),
    Mutant(ODD_ROW, tells_the_token_beside_an_odd_row, core=a_core_that_scrubs_nothing, more="a number"),
]
"""Each is caught by the check that is named for it, run with `more`."""
