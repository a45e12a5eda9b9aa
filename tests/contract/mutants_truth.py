"""Connectors, and a core, that take away what they did not see, did not understand, or what is somebody else's."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from defects import read_as_slack, with_messages, with_read
from mutants import MONTH, Mutant
from pydantic import create_model

from communitykit.connector import Batch, Connector, Gap, Ignored, Rejected, Response, Swept, WireKind, in_part
from communitykit.connector.registry import registry
from communitykit.doors.options import ALL_KINDS
from communitykit.reading.odd import Odd
from communitykit.reading.slices import SliceReading
from communitykit.reading.translation import Translation
from communitykit.store.schema import CURRENT
from communitykit.testing.spoiling import MARKED
from communitykit_yammer.ids import parse_time

MATRIX, SLACK, TEAMS, WORKPLACE, YAMMER = map(registry().get, ("matrix", "slack", "teams", "workplace", "yammer"))
WINDOWS = "test_windows_in_any_order_and_then_a_plain_run_end_as_a_fresh_one"
CLOSED = "test_a_community_that_is_deleted_is_gone_and_one_that_is_restored_is_back"
OTHERS = "test_what_a_caller_did_not_ask_for_is_new_for_one_who_does"
LOOK_BACK = "test_inside_the_look_back_the_usual_settings_find_what_is_claimed"
UNASKED = "test_a_run_for_other_things_says_of_no_community_that_it_is_gone"
ODD = "test_a_value_that_became_odd_costs_itself_alone"
FIRST_SIGHT = "test_a_value_that_is_odd_at_first_sight_is_had_by_the_next_clean_run"
ANY_KIND = "test_a_request_of_any_kind_that_always_fails_is_told"
NO_PAGE = "test_an_answer_that_is_no_page_is_not_an_empty_one"


def same(step: Any) -> Any:
    return step


def flowing(flow: Any, step_of: Callable[[Any], Any] = same, answer_of: Callable[[Any], Any] = same) -> Any:
    """Run a flow with other steps and other answers; a step that is None is left out."""
    answer: Any = None
    error: Exception | None = None
    while True:
        try:
            step = flow.throw(error) if error is not None else flow.send(answer)
        except StopIteration as ended:
            return ended.value
        answer, error = None, None
        changed = step_of(step)
        if changed is not None:
            try:
                answer = answer_of((yield changed))
            except Exception as raised:  # noqa: BLE001 # handed on to the flow as it came
                error = raised


def discovering(
    connector: Connector, step_of: Callable[[Any], Any], answer_of: Callable[[Any], Any] = same
) -> Connector:
    original = connector.discover
    assert original is not None
    return replace(connector, discover=lambda selection: flowing(original(selection), step_of, answer_of))


def reading(
    connector: Connector, step_of: Callable[[Any], Any] = same, answer_of: Callable[[Any], Any] = same
) -> Connector:
    def through(original: Any) -> Any:
        def read(selection: Any, slice_: Any, checkpoint: Any) -> Any:
            return flowing(original(selection, slice_, checkpoint), step_of, answer_of)

        return read

    assert connector.read or connector.readers
    readers = {name: replace(one, read=through(one.read)) for name, one in connector.readers.items()}
    return replace(connector, read=through(connector.read) if connector.read else None, readers=readers)


def without_sweeps(connector: Connector, record: str) -> Connector:
    def change(step: Any) -> Any:
        return None if isinstance(step, Swept) and step.record == record else step

    return reading(discovering(connector, change), change)


def never_sees_that_a_community_is_gone() -> Connector:
    return without_sweeps(YAMMER, "community")


def never_sees_who_left_the_directory() -> Connector:
    return without_sweeps(TEAMS, "member")


def takes_a_setting_that_no_type_checker_knows() -> Connector:
    more: Any = (str | None, None)
    return replace(SLACK, settings=create_model("MoreSettings", __base__=SLACK.settings, more=more))


def sweeps_without_saying_so() -> Connector:
    capabilities = YAMMER.capabilities
    return replace(YAMMER, capabilities=replace(capabilities, features=capabilities.features - {"directory"}))


def never_says_that_a_community_is_back() -> Connector:
    original = YAMMER.translators["group"]

    def translate(item: Any, context: Any) -> Iterator[Any]:
        for draft in original.translate(item, context):
            if isinstance(draft, dict):
                draft.pop("gone", None)
            yield draft

    return replace(YAMMER, translators={**YAMMER.translators, "group": WireKind(translate, original.id_field)})


def _between(since: datetime | None, until: datetime) -> Callable[[Any], Any]:
    """Leave messages of other times out of batches, whose checkpoints say that they were read."""

    def change(step: Any) -> Any:
        if not isinstance(step, Batch) or step.kind != "message":
            return step
        low = since.timestamp() if since is not None else 0.0
        kept = [one for one in step.items if low < float(one["ts"]) <= until.timestamp()]
        return replace(step, items=kept)

    return change


def remembers_what_since_kept_out() -> Connector:
    def read(selection: Any, slice_: Any, checkpoint: Any) -> Any:
        wider = replace(selection, since=None)
        return flowing(read_as_slack(wider, slice_, checkpoint), _between(selection.since, selection.until))

    return with_read(read)


def remembers_what_was_written_meanwhile() -> Connector:
    def read(selection: Any, slice_: Any, checkpoint: Any) -> Any:
        wider = replace(selection, until=selection.until + timedelta(days=1))
        return flowing(read_as_slack(wider, slice_, checkpoint), _between(None, selection.until))

    return with_read(read)


def makes_ids_of_words() -> Connector:
    def change(draft: Any, item: Any) -> Iterator[Any]:
        if isinstance(draft, dict) and draft["record"] == "post":
            draft["id"] += f"/{len(item.get('text') or '')}"
        yield draft

    return with_messages(change)


def looks_into_payloads_in_its_flow() -> Connector:
    def change(step: Any) -> Any:
        for item in step.items if isinstance(step, Batch) else ():
            for name in item:
                assert not isinstance(item[name], str) or item[name].strip() is not None
            [one["name"] for one in item.get("reactions", ())]
            [one["type"] for one in item.get("blocks", ())]
            [one["id"] for one in item.get("files", ())]
            (item.get("profile") or {}).get("email", "").lower()
        return step

    return reading(discovering(SLACK, change), change)


def takes_no_page_for_an_empty_one() -> Connector:
    def change(answer: Any) -> Any:
        for one in answer if isinstance(answer, list) else (answer,):
            if isinstance(one, Response) and isinstance(one.data, dict) and one.data.get("value", 0) is None:
                one.data["value"] = []
        return answer

    return reading(TEAMS, answer_of=change)


def leaves_out_what_is_no_object() -> Connector:
    def change(step: Any) -> Any:
        return (
            replace(step, items=[one for one in step.items if isinstance(one, dict)])
            if isinstance(step, Batch)
            else step
        )

    return reading(discovering(TEAMS, change), change)


def stops_at_the_first_part_that_fails() -> Connector:
    def change(answer: Any) -> Any:
        for one in answer if isinstance(answer, list) else ():
            if isinstance(one, Exception):
                raise one
        return answer

    def read(selection: Any, slice_: Any, checkpoint: Any) -> Any:
        flow = read_as_slack(selection, slice_, checkpoint)
        answer = None
        while True:
            try:
                step = flow.send(answer)
            except StopIteration:
                return
            answer = change((yield step))

    return with_read(read)


def a_core_that_sweeps_everybody() -> AbstractContextManager[Any]:
    return patch.object(Translation, "bound", lambda *_: "")


def a_core_that_forgets_what_it_could_not_translate() -> AbstractContextManager[Any]:
    return patch("communitykit.store.vanishing._could_be_unread", lambda *_: False)


def a_core_in_which_posts_outlive_their_community() -> AbstractContextManager[Any]:
    return patch.dict(CURRENT, {"posts": "SELECT * FROM posts WHERE gone IS NULL"})


def a_core_whose_callers_states_know_no_kinds() -> AbstractContextManager[Any]:
    return patch("communitykit.doors.streaming._mark", lambda _options: "")


def a_core_that_takes_every_listing_for_whole() -> AbstractContextManager[Any]:
    original = SliceReading._swept

    def swept(reading: Any, step: Any, emit: Any) -> Any:
        reading.selection = replace(reading.selection, kinds=ALL_KINDS)
        return original(reading, step, emit)

    return patch.object(SliceReading, "_swept", swept)


def bounds_its_windows_by_times() -> Connector:
    shown: list[datetime] = []

    def change(step: Any) -> Any:
        if isinstance(step, Batch) and step.kind == "message" and step.items:
            shown[:] = [parse_time(one["created_at"]) for one in step.items]
        if isinstance(step, Swept) and step.record == "post" and step.lowest and shown:
            return replace(step, since=min(shown), lowest=None, highest=None)
        return step

    return reading(YAMMER, change)


def takes_a_cut_list_for_whole() -> Connector:
    def change(draft: Any, item: Any) -> Iterator[Any]:
        yield draft
        if isinstance(draft, dict) and draft["record"] == "post":
            yield Swept("event", {"kind": "reacted", "target_id": draft["id"]})

    return with_messages(change)


def tells_who_is_deleted_as_an_emptied_post() -> Connector:
    def change(draft: Any, item: Any) -> Iterator[Any]:
        if isinstance(draft, dict) and draft["record"] == "post" and draft.get("gone"):
            draft = {name: value for name, value in draft.items() if name not in {"gone", "deleted_at"}}
        yield draft

    return with_messages(change)


def takes_any_setting() -> Connector:
    lenient = type("Lenient", (SLACK.settings,), {"model_config": {"extra": "ignore"}})
    return replace(SLACK, settings=lenient)


def a_core_that_finds_nothing_without_a_word() -> AbstractContextManager[Any]:
    return patch.object(SliceReading, "say_unmatched", lambda _reading: None)


def ignores_what_it_does_not_understand() -> Connector:
    original = SLACK.translators["message"]

    def translate(item: Any, context: Any) -> Iterator[Any]:
        drafts = in_part(None, original.translate(item, context))
        odd = any(isinstance(one, Rejected) for one in drafts)
        yield from [Ignored(next(iter(SLACK.ignored)))] if odd else drafts

    return replace(SLACK, translators={**SLACK.translators, "message": WireKind(translate, original.id_field)})


def a_core_that_looks_back_no_further() -> AbstractContextManager[Any]:
    return patch.object(Odd, "is_looked_for", lambda *_: False)


def forgets_which_threads_failed() -> Connector:
    def change(step: Any) -> Any:
        if isinstance(step, Batch) and step.checkpoint and "pending" in step.checkpoint:
            return replace(step, checkpoint={**step.checkpoint, "pending": {}})
        return step

    return reading(SLACK, change)


def a_connector_that_takes_odd_members_for_read() -> AbstractContextManager[Any]:
    return patch("communitykit_matrix.api.messages.is_understood", lambda *_: True)


def takes_what_was_not_asked_for_for_gone() -> Connector:
    def change(step: Any) -> Any:
        return replace(step, within={}, held=frozenset()) if _is_about_communities(step) else step

    return discovering(WORKPLACE, change)


def _is_about_communities(step: Any) -> bool:
    return isinstance(step, Swept) and step.record == "community"


def takes_an_odd_visibility_for_public() -> Connector:
    def change(answer: Any) -> Any:
        for row in answer.data["data"] if isinstance(answer, Response) and "groups" in answer.request.url else ():
            if isinstance(row, dict) and row.get("privacy") not in {"CLOSED", "SECRET"}:
                row["privacy"] = "OPEN"
        return answer

    return reading(discovering(WORKPLACE, same, change), answer_of=change)


def looks_for_reactions_taken_back_where_none_is_left() -> Connector:
    def change(draft: Any, item: Any) -> Iterator[Any]:
        if not (isinstance(draft, Swept) and item.get("reactions")):
            yield draft

    return with_messages(change)


def says_nothing_of_what_failed() -> Connector:
    def change(step: Any) -> Any:
        return None if isinstance(step, Gap) else step

    return reading(discovering(MATRIX, change), change)


TRUTH_MUTANTS = [
    Mutant(ANY_KIND, says_nothing_of_what_failed),
    Mutant(MONTH, looks_for_reactions_taken_back_where_none_is_left),
    Mutant(LOOK_BACK, looks_for_reactions_taken_back_where_none_is_left),
    Mutant("test_a_visibility_that_is_absent_or_odd_is_private", takes_an_odd_visibility_for_public, more="null"),
    Mutant("test_a_plain_run_takes_nothing_private_away", takes_what_was_not_asked_for_for_gone),
    Mutant(FIRST_SIGHT, lambda: MATRIX, core=a_connector_that_takes_odd_members_for_read, more="a number"),
    *(Mutant(FIRST_SIGHT, lambda: SLACK, core=a_core_that_looks_back_no_further, more=what) for what in MARKED),
    Mutant(ANY_KIND, forgets_which_threads_failed),
    Mutant("test_nothing_odd_is_ignored", ignores_what_it_does_not_understand),
    Mutant("test_nothing_of_others_changes", lambda: TEAMS, core=a_core_that_sweeps_everybody),
    Mutant(ODD, lambda: YAMMER, core=a_core_that_forgets_what_it_could_not_translate, more="a list"),
    Mutant(ODD, looks_into_payloads_in_its_flow, more="words"),
    Mutant(WINDOWS, remembers_what_since_kept_out),
    Mutant(OTHERS, lambda: SLACK, core=a_core_whose_callers_states_know_no_kinds),
    Mutant(UNASKED, lambda: SLACK, core=a_core_that_takes_every_listing_for_whole),
    Mutant("test_times_out_of_order_hide_no_post", bounds_its_windows_by_times),
    Mutant("test_a_list_that_is_cut_short_takes_nothing_away", takes_a_cut_list_for_whole),
    Mutant(MONTH, tells_who_is_deleted_as_an_emptied_post),
    Mutant("test_what_fits_nothing_is_said", takes_any_setting),
    Mutant("test_what_fits_nothing_is_said", lambda: SLACK, core=a_core_that_finds_nothing_without_a_word),
    Mutant("test_what_is_written_while_a_run_goes_on_is_found_by_the_next", remembers_what_was_written_meanwhile),
    Mutant("test_clocks_that_differ_by_minutes_hide_nothing", remembers_what_was_written_meanwhile, more=-7),
    Mutant(CLOSED, never_sees_that_a_community_is_gone),
    Mutant(CLOSED, never_says_that_a_community_is_back),
    Mutant(CLOSED, lambda: YAMMER, core=a_core_in_which_posts_outlive_their_community),
    Mutant("test_who_is_no_longer_in_the_directory_is_inactive", never_sees_who_left_the_directory),
    Mutant("test_no_more_is_told_than_is_claimed", sweeps_without_saying_so),
    Mutant("test_a_month_later_an_incremental_run_finds_what_a_fresh_one_finds", makes_ids_of_words),
    Mutant("test_no_id_is_made_of_words", makes_ids_of_words),
    Mutant("test_keywords_are_the_settings", takes_a_setting_that_no_type_checker_knows),
    Mutant(NO_PAGE, takes_no_page_for_an_empty_one, more="a list that is null"),
    Mutant("test_what_is_none_among_a_pages_items_is_told", leaves_out_what_is_no_object),
    Mutant("test_a_part_that_always_fails_costs_itself_alone", stops_at_the_first_part_that_fails),
]
"""By the rules of what is true: whose records these are, what was understood, what was handed on, what is gone."""
