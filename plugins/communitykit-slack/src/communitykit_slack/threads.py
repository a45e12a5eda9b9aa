"""Flows that read the replies of threads, several side by side."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from communitykit import Batch, CommunityKitError, CursorError, ObjectUnavailableError, Request, Response, Swept
from communitykit_slack.channels import SIDE_BY_SIDE, Channel, messages_of
from communitykit_slack.ids import is_ts, ts_key
from communitykit_slack.methods import PAGER, REPLIES_LIMIT
from communitykit_slack.progress import Progress, Visit
from communitykit_slack.reactions import completed


@dataclass(slots=True)
class _Reading:
    """One thread as it is read."""

    root: str
    whole: bool
    items: list[dict[str, Any]] = field(default_factory=list)
    parent: dict[str, Any] = field(default_factory=dict)
    left_out: int = 0

    def take(self, channel: Channel, response: Response) -> Request | None:
        """Keep a page's replies; give the request for the next page, if any. The parent may lead every page.

        It goes on from the last reply rather than by cursor, which expires; only an empty page leaves nothing else.
        """
        request = response.request
        for item in messages_of(response):
            if item.get("ts") == self.root:
                self.parent = item
            elif channel.is_due(item):
                self.items.append(item)
            else:
                self.left_out += 1
        following = PAGER(request, response)
        stamps = [item["ts"] for item in messages_of(response) if is_ts(item.get("ts")) and item["ts"] != self.root]
        if following is None or not stamps:
            if following == request:
                raise CursorError("Slack gave the same cursor twice", subject=request.subject)
            return following
        form = {name: value for name, value in (request.form or {}).items() if name != "cursor"}
        last = max(stamps, key=ts_key)
        if form.get("oldest") == last:
            raise CursorError("Slack gave the same page twice", subject=request.subject)
        return replace(request, form={**form, "oldest": last})


Thread = tuple[dict[str, Any], Visit]
"""A root as it was seen (at least its ts), and how to read what is under it."""


def read_threads(channel: Channel, progress: Progress, threads: Sequence[Thread]) -> Generator[Any, Any, None]:
    """Read threads; each is stored, swept where it was read whole, and then taken off the list of pending ones."""
    for start in range(0, len(threads), SIDE_BY_SIDE):
        group = threads[start : start + SIDE_BY_SIDE]
        answers = yield tuple(_first(channel, root["ts"], visit) for root, visit in group)
        for (root, visit), answer in zip(group, answers, strict=True):
            yield from _one(channel, progress, root, visit, answer)
        yield Batch("message", (), channel.context, checkpoint=progress.save())


def _one(
    channel: Channel, progress: Progress, root: dict[str, Any], visit: Visit, answer: Response | CommunityKitError
) -> Generator[Any, Any, None]:
    reading = _Reading(root["ts"], whole=visit[0] == "whole")
    yield from _pages(channel, reading, answer)
    count = reading.parent.get("reply_count", root.get("reply_count")) or 0
    known = progress.roots.get(root["ts"])
    if not reading.whole and known is not None and known[0] + len(reading.items) + reading.left_out != count:
        reading = _Reading(root["ts"], whole=True)  # something below was deleted, too
        yield from _pages(channel, reading, (yield _first(channel, root["ts"], ("whole", ""))))
        count = reading.parent.get("reply_count", root.get("reply_count")) or 0
    yield Batch("message", (yield from completed(channel, progress, reading.items)), channel.context)
    if reading.whole:
        yield Swept("post", {"root_id": channel.post_prefix + root["ts"]})
    latest = reading.parent.get("latest_reply") or root.get("latest_reply") or ""
    if reading.left_out:  # what is newer than this run is not known yet
        count -= reading.left_out
        latest = max((item["ts"] for item in reading.items), key=ts_key, default=known[1] if known else "")
    progress.note(root["ts"], count, latest)
    if root["ts"] in progress.pending:
        progress.pending.remove(root["ts"])


def _pages(channel: Channel, reading: _Reading, answer: Response | CommunityKitError) -> Generator[Any, Any, None]:
    try:
        while True:
            if isinstance(answer, CommunityKitError):
                raise answer  # what came beside others is judged like what is thrown in
            following = reading.take(channel, answer)
            if following is None:
                return
            answer = yield following
    except ObjectUnavailableError as error:
        if error.code != "thread_not_found":
            raise
        reading.whole = True  # the thread is gone: nothing of it is left to be seen


def _first(channel: Channel, root: str, visit: Visit) -> Request:
    after = {"oldest": visit[1]} if visit[0] == "news" else {}
    return channel.ask("conversations.replies", ts=root, limit=REPLIES_LIMIT, **after)
