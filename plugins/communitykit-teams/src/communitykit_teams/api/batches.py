"""Several small requests in one `$batch`, each throttled for itself: what was refused is asked again. Flows."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

from communitykit import CommunityKitError, CredentialError, RetryableError
from communitykit.connector import JSON, Request, Response, ask
from communitykit.connector.odata import odata_batch, odata_batch_answers
from communitykit_teams.api.methods import fault

_ATTEMPTS = 6
_PAUSE = 2.0
"""Seconds to wait before parts are asked again, doubled each time, where Graph does not say how long."""


def batched(requests: Sequence[Request], together: int) -> Generator[Request, JSON, list[Response | CommunityKitError]]:
    """Ask all of them, up to `together` at once; give answers and errors in their order.

    A part that is throttled or fails for the moment is asked again, after the time that it names.
    """
    answers: dict[int, Response | CommunityKitError] = {}
    waiting = list(range(len(requests)))
    for attempt in range(_ATTEMPTS):
        failed: list[int] = []
        for start in range(0, len(waiting), together):
            group = waiting[start : start + together]
            given = yield from _asked([requests[index] for index in group])
            for index, answer in zip(group, given, strict=True):
                answers[index] = answer
                if isinstance(answer, RetryableError) and len(group) > 1:
                    failed.append(index)
        if not failed:
            break
        waiting, told = failed, [answers[index] for index in failed]
        waits = [one.retry_after for one in told if isinstance(one, RetryableError) and one.retry_after is not None]
        pause = max(waits, default=_PAUSE * 2**attempt)
        requests = [replace(one, after=pause) if index in failed else one for index, one in enumerate(requests)]
    return [answers[index] for index in range(len(requests))]


def _asked(parts: list[Request]) -> Generator[Request, JSON, list[Response | CommunityKitError]]:
    if len(parts) == 1:  # alone it is retried by whoever sends it
        try:
            return [(yield from ask(parts[0]))]
        except CredentialError:
            raise
        except CommunityKitError as error:
            return [error]
    whole = replace(odata_batch(parts), after=max(part.after for part in parts))
    response = yield from ask(whole)
    return [_read(answer) for answer in odata_batch_answers(response, parts)]


def _read(answer: Response) -> Response | CommunityKitError:
    """Say what a part's answer means; the error names the part."""
    error = fault(answer)
    if error is None:
        return answer
    error.subject = error.subject or answer.request.subject
    error.status = error.status if error.status is not None else answer.status
    return error
