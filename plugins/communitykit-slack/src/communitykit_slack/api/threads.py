"""Flows that read the replies of threads, several side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from communitykit import CommunityKitError, CredentialError, CursorError, ObjectUnavailableError
from communitykit.connector import JSON, Batch, Flow, Gap, Request, Response, Swept, ask, ask_all
from communitykit.connector.parts import is_understood
from communitykit.connector.payload import as_number
from communitykit_slack.api.channel import PATIENCE, SIDE_BY_SIDE, Channel, payloads_of
from communitykit_slack.api.checkpoint import Progress, Visit, latest_of
from communitykit_slack.api.methods import PAGER, REPLIES_LIMIT, has_more
from communitykit_slack.api.reactions import completed, is_cut
from communitykit_slack.ids import is_ts, parse_ts, ts_key
from communitykit_slack.translate import TRANSLATORS

_SAVES = 64
"""Checkpoints while as many threads are read as are watched: each holds all of these, so more would cost more than what
an interruption has to be read again."""
_ORDINARY = frozenset(
    {
        "blocks",
        "client_msg_id",
        "edited",
        "parent_user_id",
        "reactions",
        "team",
        "text",
        "thread_ts",
        "ts",
        "type",
        "user",
    }
)


@dataclass(slots=True)
class _Reading:
    """One thread as it is read. `left_out` are replies newer than the run; `expecting`: more was told of, none came."""

    root: str
    whole: bool
    items: list[JSON] = field(default_factory=list)
    parent: dict[str, JSON] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    expecting: bool = False

    def take(self, channel: Channel, response: Response) -> Request | None:
        """Keep a page's replies; return the request for the next page, if any. The parent may lead every page.

        It goes on from the last reply rather than by cursor, which expires; only an empty page leaves nothing else.

        Raises CursorError where more is told of and no way leads to it.
        """
        request = response.request
        stamps: list[str] = []
        for item in payloads_of(response):
            ts = item.get("ts") if isinstance(item, dict) else None
            if ts == self.root:
                self.parent = item
                continue
            if is_ts(ts):
                stamps.append(ts)
            if not isinstance(item, dict) or channel.is_due(item):
                self.items.append(item)
            else:
                self.left_out.append(item["ts"])
        self.expecting = self.expecting and not stamps
        if not has_more(response):
            return None
        self.expecting = True
        following = PAGER(request, response)
        if not stamps:
            if following is None or following == request:
                raise CursorError("Slack told of more replies and gave no way to them", subject=request.subject)
            return following
        form = {name: value for name, value in (request.form or {}).items() if name != "cursor"}
        last = max(stamps, key=ts_key)
        if form.get("oldest") == last:
            raise CursorError("Slack gave the same page twice", subject=request.subject)
        return replace(request, form={**form, "oldest": last})

    def count(self, root: dict[str, JSON]) -> int:
        """Return how many replies there are, as the thread tells it, or else its root as it was seen."""
        return as_number(self.parent.get("reply_count", root.get("reply_count")))

    def misses_some(self, root: dict[str, JSON], progress: Progress) -> bool:
        """Tell whether the news do not add up to what there is: something below was deleted, too."""
        known = progress.roots.get(self.root)
        below = len(self.items) + len(self.left_out)
        return not self.whole and known is not None and known[0] + below != self.count(root)

    def shown(self, channel: Channel) -> list[JSON]:
        """Return the replies but for those that history showed already."""
        return [one for one in self.items if not _is_shown_already(channel, one)]


Thread = tuple[dict[str, JSON], Visit]
"""A root as it was seen (at least its ts), and how to read what is under it."""


def read_threads(channel: Channel, progress: Progress, threads: Sequence[Thread]) -> Flow:
    """Read threads; each is stored, swept where it was read whole, and then taken off the list of pending ones.

    Those that one answer holds, with nothing odd in them, are handed on together: what is odd in one costs no other.
    One that fails stays on that list for the next run; after `PATIENCE` failures in a row so do all others.
    """
    unsaved = 0
    for start in range(0, len(threads), SIDE_BY_SIDE):
        if channel.failed_threads >= PATIENCE:
            yield Gap("further threads are left to the next run, since so many failed", "partial")
            return
        group = threads[start : start + SIDE_BY_SIDE]
        answers = yield from ask_all(_first(channel, root["ts"], visit) for root, visit in group)
        plain: list[tuple[dict[str, JSON], _Reading]] = []
        others: list[tuple[dict[str, JSON], Visit, Response | CommunityKitError]] = []
        for (root, visit), answer in zip(group, answers, strict=True):
            reading = _in_one_piece(channel, progress, root, visit, answer)
            if reading is None:
                others.append((root, visit, answer))
            else:
                plain.append((root, reading))
        if plain:  # handing each on by itself takes as long as translating it
            yield Batch("message", [one for _, reading in plain for one in reading.shown(channel)], channel.context)
            for root, reading in plain:
                yield from _settle(channel, progress, root, reading, understood=True)
        for root, visit, answer in others:
            yield from _one(channel, progress, root, visit, answer)
        unsaved += len(group)
        if start + SIDE_BY_SIDE >= len(threads) or unsaved * _SAVES >= len(progress.roots):
            unsaved = 0
            yield Batch("message", (), channel.context, checkpoint=progress.save())


def _one(
    channel: Channel, progress: Progress, root: dict[str, JSON], visit: Visit, answer: Response | CommunityKitError
) -> Flow:
    ts = root["ts"]
    reading = _Reading(ts, whole=visit[0] == "whole")
    problem = yield from _pages(channel, reading, answer)
    if problem is None and reading.misses_some(root, progress):
        reading = _Reading(ts, whole=True)
        (again,) = yield from ask_all([_first(channel, ts, ("whole", ""))])
        problem = yield from _pages(channel, reading, again)
    yield Batch("message", (yield from completed(channel, progress, reading.shown(channel))), channel.context)
    if problem is not None:
        channel.failed_threads += 1
        yield Gap(f"the replies under {ts} are left to the next run: {problem}", "partial")
        return
    yield from _settle(channel, progress, root, reading)


def _in_one_piece(
    channel: Channel, progress: Progress, root: dict[str, JSON], visit: Visit, answer: Response | CommunityKitError
) -> _Reading | None:
    """Return a thread that its first answer holds whole, with nothing odd in it; None for any other."""
    if isinstance(answer, CommunityKitError):
        return None
    reading = _Reading(root["ts"], whole=visit[0] == "whole")
    try:
        more = reading.take(channel, answer)
    except CommunityKitError:  # told where it is read by itself
        return None
    if more is not None or reading.left_out or reading.misses_some(root, progress):
        return None
    if any(is_cut(one, progress) for one in reading.items) or not _are_understood(channel, reading.items):
        return None
    return reading


def _settle(
    channel: Channel, progress: Progress, root: dict[str, JSON], reading: _Reading, *, understood: bool = False
) -> Flow:
    """Sweep a thread that was handed on, where it was read whole, and note how it stands."""
    ts, count = reading.root, reading.count(root)
    known = progress.roots.get(ts)
    channel.failed_threads = 0
    if reading.whole:
        until = parse_ts(channel.until) if reading.left_out else None
        held = frozenset(channel.post_prefix + one["ts"] for one in reading.items if _is_shown_already(channel, one))
        yield Swept("post", {"root_id": channel.post_prefix + ts}, until=until, held=held)
    if reading.left_out:  # what is newer than this run is not known yet, and owed to a later one
        latest = max((item["ts"] for item in reading.items if is_ts(item.get("ts"))), key=ts_key, default="")
        progress.note(ts, count - len(reading.left_out), latest or (known[1] if known else ""))
        progress.pending[ts] = min(reading.left_out, key=ts_key)
    else:
        # A thread with a reply that nobody understands is not known: its count would keep it from being read again.
        understood = understood or _are_understood(channel, reading.items)
        progress.note(ts, count if understood else 0, latest_of(reading.parent) or latest_of(root))
        progress.pending.pop(ts, None)


def _is_ordinary(item: JSON) -> bool:
    """Tell whether a reply has nothing that could be odd: most are so, and need no second translation to know it."""
    if not isinstance(item, dict) or not item.keys() <= _ORDINARY:
        return False
    user, text, blocks, edited = item.get("user"), item.get("text"), item.get("blocks", []), item.get("edited", {})
    return (
        isinstance(user, str)
        and user.isascii()
        and user.isalnum()
        and isinstance(text, str)
        and text != ""
        and "<!" not in text
        and isinstance(edited, dict)
        and isinstance(item.get("reactions", []), list)
        and is_ts(item.get("ts"))
        and is_ts(item.get("thread_ts"))
        and isinstance(blocks, list)
        and all(isinstance(one, dict) and one.get("type") == "rich_text" for one in blocks)
    )


def _are_understood(channel: Channel, items: list[JSON]) -> bool:
    message = TRANSLATORS["message"].translate
    return all(_is_ordinary(one) or is_understood(message, one, channel.context) for one in items)


def _is_shown_already(channel: Channel, item: JSON) -> bool:
    return isinstance(item, dict) and isinstance(item.get("ts"), str) and item["ts"] in channel.broadcasts


def _pages(channel: Channel, reading: _Reading, answer: Response | CommunityKitError) -> Flow[CommunityKitError | None]:
    """Read a thread's pages from its first answer on; return what ended it early, if anything did."""
    try:
        while True:
            if isinstance(answer, CommunityKitError):
                raise answer  # what came beside others is judged like what is thrown in
            following = reading.take(channel, answer)
            if following is None:
                break
            answer = yield from ask(following)
    except CredentialError:
        raise
    except ObjectUnavailableError as error:
        if error.code != "thread_not_found":
            return error
        reading.whole = True  # the thread is gone: nothing of it is left to be seen
        reading.expecting = False
    except CommunityKitError as error:
        return error
    if reading.expecting:
        return CursorError("Slack told of more replies and then gave none")
    return None


def _first(channel: Channel, root: str, visit: Visit) -> Request:
    after = {"oldest": visit[1]} if visit[0] == "news" else {}
    return channel.ask("conversations.replies", ts=root, limit=REPLIES_LIMIT, **after)
