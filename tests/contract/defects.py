"""Connectors, and a core, that are wrong in one way each: `mutants.MUTANTS` says which check catches it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import count
from typing import Any
from unittest.mock import patch

from communitykit import CredentialError
from communitykit.connector import Batch, Budget, Connector, Swept, WireKind
from communitykit.connector.registry import registry
from communitykit.connector.scrub import Scrubber
from communitykit.http.budgets import Pace, Reservation, Sent
from communitykit.http.exchange import Exchange

SLACK = registry().get("slack")


def read_as_slack(selection: Any, slice_: Any, checkpoint: Any) -> Any:
    """Read a slice as Slack's own reader of it does."""
    return SLACK.readers[slice_.reader].read(selection, slice_, checkpoint)


def with_read(read: Callable[[Any, Any, Any], Any]) -> Connector:
    """Return a Slack that reads every slice like this."""
    return replace(SLACK, readers={name: replace(one, read=read) for name, one in SLACK.readers.items()})


def with_messages(change: Callable[[Any, dict[str, Any]], Iterator[Any]]) -> Connector:
    """Change what a message is translated to: `change(draft, item)` gives the drafts that replace one."""
    original = SLACK.translators["message"]

    def translate(item: Any, context: Any) -> Iterator[Any]:
        for draft in original.translate(item, context):
            yield from change(draft, item)

    return replace(SLACK, translators={**SLACK.translators, "message": WireKind(translate, original.id_field)})


def with_steps(change: Callable[[Any], Any]) -> Connector:
    """Change each step of the reading flow; None leaves it out."""

    def read(scope: Any, slice_: Any, checkpoint: Any) -> Any:
        flow = read_as_slack(scope, slice_, checkpoint)
        answer: Any = None
        error: Exception | None = None
        while True:
            try:
                step = flow.throw(error) if error is not None else flow.send(answer)
            except StopIteration:
                return
            answer, error = None, None
            changed = change(step)
            if changed is not None:
                try:
                    answer = yield changed
                except Exception as raised:  # noqa: BLE001 # handed on to the flow as it came
                    error = raised

    return with_read(read)


def drops_replies() -> Connector:
    def change(step: Any) -> Any:
        if isinstance(step, Batch) and step.kind == "message":
            return replace(step, items=[one for one in step.items if one.get("thread_ts", one["ts"]) == one["ts"]])
        return step

    return with_steps(change)


def floats_the_ts() -> Connector:
    def change(draft: Any, item: Any) -> Iterator[Any]:
        if isinstance(draft, dict) and draft["record"] == "post":
            draft["id"] = draft["id"].replace(item["ts"], str(float(item["ts"])))
        yield draft

    return with_messages(change)


def invents_times() -> Connector:
    def change(draft: Any, item: Any) -> Iterator[Any]:
        if isinstance(draft, dict) and draft.get("kind") == "reacted":
            draft["occurred_at"] = "2026-01-01T00:00:00Z"
        yield draft

    return with_messages(change)


def loses_edits() -> Connector:
    def change(draft: Any, item: Any) -> Iterator[Any]:
        if isinstance(draft, dict) and draft["record"] == "post":
            draft["edited_at"] = None
        yield draft

    return with_messages(change)


def names_who_is_mentioned_otherwise() -> Connector:
    def change(draft: Any, item: Any) -> Iterator[Any]:
        for one in draft.get("mentions", ()) if isinstance(draft, dict) else ():
            if one["kind"] == "member":
                one["id"] = one["id"].lower()
        yield draft

    return with_messages(change)


def answers_what_is_nowhere() -> Connector:
    def change(draft: Any, item: Any) -> Iterator[Any]:
        if isinstance(draft, dict) and draft.get("parent_id"):
            draft["parent_id"] += "0"
        yield draft

    return with_messages(change)


def duplicates_on_every_read() -> Connector:
    numbers = count()

    def change(draft: Any, item: Any) -> Iterator[Any]:
        if isinstance(draft, dict) and draft["record"] == "post":
            draft["id"] += f"/{next(numbers)}"
        yield draft

    return with_messages(change)


def stores_checkpoints_too_early() -> Connector:
    """Hand each checkpoint out one batch before its own."""

    def read(scope: Any, slice_: Any, checkpoint: Any) -> Any:
        held: Batch | None = None
        answer: Any = None
        flow = read_as_slack(scope, slice_, checkpoint)
        while True:
            try:
                step = flow.send(answer)
            except StopIteration:
                break
            answer = None
            if not isinstance(step, Batch):
                answer = yield step
                continue
            if held is not None:
                yield replace(held, checkpoint=step.checkpoint or held.checkpoint)
            held = step
        if held is not None:
            yield held

    return with_read(read)


def reads_private_unasked() -> Connector:
    def discover(scope: Any) -> Any:
        assert SLACK.discover is not None
        yield from SLACK.discover(replace(scope, include_private=True))

    return replace(SLACK, discover=discover)


def swallows_errors() -> Connector:
    def read(scope: Any, slice_: Any, checkpoint: Any) -> Any:
        flow = read_as_slack(scope, slice_, checkpoint)
        try:
            step = flow.send(None)
            while True:
                answer = yield step
                step = flow.send(answer)
        except Exception:  # noqa: BLE001 # that is what is wrong with it
            return

    return with_read(read)


def claims_profile_fields_that_it_loses() -> Connector:
    original = SLACK.translators["user"]

    def translate(item: Any, context: Any) -> Iterator[Any]:
        for draft in original.translate(item, context):
            if isinstance(draft, dict):
                draft.pop("email", None)
            yield draft

    return replace(SLACK, translators={**SLACK.translators, "user": WireKind(translate, original.id_field)})


def never_looks_for_what_vanished() -> Connector:
    return with_steps(lambda step: None if isinstance(step, Swept) else step)


def never_takes_reactions_back() -> Connector:
    def change(draft: Any, item: Any) -> Iterator[Any]:
        if not isinstance(draft, Swept):
            yield draft

    return with_messages(change)


def claims_more_than_it_shows() -> Connector:
    capabilities = SLACK.capabilities
    return replace(SLACK, capabilities=replace(capabilities, events=capabilities.events | {"pinned"}))


def claims_less_than_it_shows() -> Connector:
    """What is not claimed is not compared: so a connector could hide what it gets wrong."""
    capabilities = SLACK.capabilities
    return replace(SLACK, capabilities=replace(capabilities, events=capabilities.events - {"reacted"}))


def exceeds_the_limits() -> Connector:
    return replace(SLACK, budgets={name: Budget(one.limit * 3, one.seconds) for name, one in SLACK.budgets.items()})


def dawdles() -> Connector:
    return replace(SLACK, budgets={name: Budget(one.limit, one.seconds * 1.5) for name, one in SLACK.budgets.items()})


def changes_its_input() -> Connector:
    def change(draft: Any, item: Any) -> Iterator[Any]:
        item.pop("client_msg_id", None)
        item["seen"] = True
        yield draft

    return with_messages(change)


def remembers_between_payloads() -> Connector:
    numbers = count()

    def change(draft: Any, item: Any) -> Iterator[Any]:
        if isinstance(draft, dict) and draft["record"] == "post":
            draft["extra"] = {**(draft.get("extra") or {}), "number": next(numbers)}
        yield draft

    return with_messages(change)


def keeps_fields_that_nobody_documented() -> Connector:
    def change(draft: Any, item: Any) -> Iterator[Any]:
        if isinstance(draft, dict) and draft["record"] == "post":
            draft["extra"] = {"fields": sorted(item)}
        yield draft

    return with_messages(change)


def logs_the_token() -> Connector:
    def authorize(settings: Any, saved: Any, now: Any) -> Any:
        assert SLACK.authorize is not None
        logging.getLogger("communitykit").debug("token: %s", settings.token.get_secret_value())
        return (yield from SLACK.authorize(settings, saved, now))

    return replace(SLACK, authorize=authorize)


def tells_half_the_token_in_an_error() -> Connector:
    return tells_the_token_in_an_error(lambda token: token[: len(token) // 2])


def tells_the_end_of_the_token_in_an_error() -> Connector:
    return tells_the_token_in_an_error(lambda token: token[-12:])


def tells_the_token_in_an_error(part: Callable[[str], str] = str) -> Connector:
    tokens: list[str] = []

    def authorize(settings: Any, saved: Any, now: Any) -> Any:
        assert SLACK.authorize is not None
        tokens.append(settings.token.get_secret_value())
        return (yield from SLACK.authorize(settings, saved, now))

    def fault(response: Any) -> Any:
        assert SLACK.error_of is not None
        error = SLACK.error_of(response)
        return (
            CredentialError(f"the platform refused {part(tokens[-1])}") if isinstance(error, CredentialError) else error
        )

    # The core takes the settings' secrets out of all texts, so it has to be a mutant too to be caught at it.
    return replace(SLACK, authorize=authorize, error_of=fault, secrets=())


def stores_the_token() -> Connector:
    """Put it into a record; the platform's own shape of tokens is not declared, so nothing scrubs it."""
    tokens: list[str] = []

    def authorize(settings: Any, saved: Any, now: Any) -> Any:
        assert SLACK.authorize is not None
        tokens.append(settings.token.get_secret_value())
        return (yield from SLACK.authorize(settings, saved, now))

    def change(draft: Any, item: Any) -> Iterator[Any]:
        if isinstance(draft, dict) and draft["record"] == "post":
            draft["extra"] = {"asked_with": tokens[-1]}
        yield draft

    return replace(with_messages(change), authorize=authorize)


def gives_other_ids_in_archives() -> Connector:
    original = SLACK.translators["message"]

    def translate(item: Any, context: Any) -> Iterator[Any]:
        for draft in original.translate(item, context):
            if isinstance(draft, dict) and draft["record"] == "post" and context.get("origin") == "archive":
                draft["id"] += "/archived"
            yield draft

    return replace(SLACK, translators={**SLACK.translators, "message": WireKind(translate, original.id_field)})


def loses_a_day_of_the_archive() -> Connector:
    assert SLACK.archive is not None
    door = SLACK.archive

    def read(archive: Any, scope: Any) -> Iterator[Any]:
        lost = False
        for step in door.read(archive, scope):
            if isinstance(step, Batch) and step.kind == "message" and not lost:
                lost = True
                continue
            yield step

    return replace(SLACK, archive=replace(door, read=read))


def takes_forged_deliveries() -> Connector:
    assert SLACK.webhook is not None
    door = SLACK.webhook

    def receive(headers: Any, body: bytes, secret: str, now: Any) -> Any:
        with patch("communitykit_slack.webhook.verify_hmac"):
            return door.receive(headers, body, secret, now)

    return replace(SLACK, webhook=replace(door, receive=receive))


def asks_whatever_address_an_answer_names() -> Connector:
    """Take what stands where the next page is named for an address, on any host that there is."""

    def follow(flow: Any) -> Any:
        step = next(flow)
        while True:
            answer = yield step
            following = answer.data.get("response_metadata") if hasattr(answer, "data") else None
            if following and str(following.get("next_cursor")).startswith("https://"):
                yield replace(answer.request, url=following["next_cursor"], form=None)
            try:
                step = flow.send(answer)
            except StopIteration:
                return

    def discover(scope: Any) -> Any:
        assert SLACK.discover is not None
        yield from follow(SLACK.discover(scope))

    return replace(SLACK, discover=discover, hosts=("*",), credential_hosts=("*",))


def asks_everything_again() -> Connector:
    def read(scope: Any, slice_: Any, checkpoint: Any) -> Any:
        return read_as_slack(scope, slice_, None)

    return with_read(read)


def a_core_that_follows_any_link() -> AbstractContextManager[Any]:
    return patch.multiple(
        Exchange,
        address=lambda self, url, **_: url if "://" in url else self.base_url + url,
        may_see_credential=lambda self, url: True,
    )


def a_core_that_forgets_a_retry_after() -> AbstractContextManager[Any]:
    """Let the others on the same budget go on, while the one who was refused waits."""
    return patch.multiple(Pace, close=lambda *_, **__: None)


def a_core_that_scrubs_nothing() -> AbstractContextManager[Any]:
    return patch.multiple(Scrubber, text=lambda self, text: text)


def a_core_that_hides_whole_secrets_only() -> AbstractContextManager[Any]:
    return patch("communitykit.connector.scrub.parts_of", lambda _secret: ("", ""))


def a_core_that_does_not_wait() -> AbstractContextManager[Any]:
    return patch.multiple(
        Pace,
        reserve=lambda self, host, costs, budgets, *, now, rate: Reservation(Sent(now)),
        closed_for=lambda self, host, costs, *, now: 0.0,
    )
