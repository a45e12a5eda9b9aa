"""The flow that reads one channel's messages: what was never handed on, and what changed in the look-back.

History never shows replies, and a late reply does not bring its root up again. So a later run reads the look-back
again, and compares what each root shows of its thread with what was handed on of it.

Every request names both bounds, to which Slack answers newest first. That is documented nowhere, so it is checked on
the first page that has more: a stretch is swept, and noted as handed on, only where its pages were seen to join.

A deleted root leaves a tombstone while something is below it: where none is left, the thread is gone with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from communitykit import CommunityKitError, CredentialError, CursorError
from communitykit.connector import JSON, Batch, Flow, Gap, Request, Response, Selection, Swept, ask, ask_all, counted
from communitykit_slack.api.channel import SIDE_BY_SIDE, Channel, messages_of, payloads_of
from communitykit_slack.api.checkpoint import MARGIN, MAX_ROOTS, SPARE_ROOTS, Progress
from communitykit_slack.api.methods import HISTORY_LIMIT, PAGER, has_more
from communitykit_slack.api.reactions import completed, owed_lists
from communitykit_slack.api.spans import Span
from communitykit_slack.api.threads import Thread, read_threads
from communitykit_slack.ids import is_ts, micros, parse_ts, ts_at, ts_of

EMPTY_PAGES = 200
"""Empty pages in a row after which a walk that always tells of more is taken for a circle."""
_SMALL_PAGE = 15


def read_history(channel: Channel, progress: Progress, selection: Selection) -> Flow:
    """Read what was asked for and not handed on yet, and the look-back, newest first; then threads left over."""
    lookback = selection.lookback_start(selection.settings.lookback_length)
    since = micros(ts_of(selection.since)) - 1 if selection.since else 0
    walk = _Walk(channel, progress, micros(ts_of(lookback)) - 1 if lookback else 0)
    owed = progress.owed(channel.until)
    parts = progress.plan(since, micros(channel.until), walk.lookback)
    walk.always = selection.settings.threads == "all"
    for low, high in reversed(parts):
        yield from walk.part(low, high)
    yield from walk.hot_threads(parts)
    yield from read_threads(channel, progress, [({"ts": ts}, ("whole", "")) for ts in owed if ts in progress.pending])
    yield from owed_lists(channel, progress)
    walk.forget()
    if walk.excess:
        yield Gap(
            f"{counted(walk.excess, 'thread')} more than can be watched: late replies are found by reading all of it"
        )
    yield Batch("message", (), channel.context, checkpoint=progress.save())


@dataclass(slots=True)
class _Page:
    """What a stretch was answered with: its payloads, the times of those inside it, whether there is more."""

    items: list[JSON] = field(default_factory=list)
    stamps: set[int] = field(default_factory=set)
    more: bool = False
    limited: bool = False


class _Walk:
    """One channel's history, stretch by stretch."""

    def __init__(self, channel: Channel, progress: Progress, lookback: int) -> None:
        self.channel = channel
        self.lookback = lookback
        self.progress = progress
        self.always = False
        self.excess = 0
        self._joined = False
        self._answered = False
        self._small_pages = 0
        self._explained: set[str] = set()
        self._watch()

    def forget(self) -> None:
        """Keep the list of watched threads short."""
        self.excess += self.progress.forget(self.channel.watched_since)

    def _watch(self) -> None:
        """Watch the threads that the next walk can meet: it begins with the look-back, or before the newest message."""
        self.channel.watched_since = min(self.lookback, max(0, self.progress.newest - MARGIN))

    def part(self, low: int, high: int) -> Flow:
        """Read the messages of `(low, high]`. What fails here is told, and left to the next run."""
        channel = self.channel
        roots = {micros(root): root for root in self.progress.roots if low < micros(root) <= high}
        page: _Page | None = yield from self._page(low, high)
        while page is not None:
            items = yield from completed(channel, self.progress, [one for one in page.items if _is_due(channel, one)])
            channel.broadcasts.update(one["ts"] for one in items if _is_broadcast(one))
            yield Batch("message", items, channel.context)
            following: _Page | None = None
            whole: Span = (low, high)  # what this page, and perhaps the next one, show all of
            if page.more:
                oldest, newest = min(page.stamps), max(page.stamps)
                whole = (oldest - 1, high)
                if not self._joined:
                    following = yield from self._page(low, oldest - 1)
                    if following is None:  # nobody knows what lies around this page
                        self.progress.hand_on(oldest - 1, newest)
                        yield from self._threads(items, ())
                        return
                    self._joined = bool(following.stamps) or following.more
                    if not self._joined:  # nothing below: was this the lower end of what there is?
                        following, whole = None, (low, newest)
            yield from self._close(page, whole, roots, items)
            if not page.more:
                return
            low, high = (low, whole[0]) if self._joined else (whole[1], high)
            page = following or (yield from self._page(low, high))

    def _close(self, page: _Page, whole: Span, roots: dict[int, str], items: list[JSON]) -> Flow:
        """Sweep a stretch that was seen whole, note it, and read its threads."""
        channel, progress = self.channel, self.progress
        low, high = whole
        if page.limited:  # what the plan hides is not gone
            low = max(low, min(page.stamps) - 1) if page.stamps else high
        sure = min(high, micros(channel.until) - MARGIN)  # of the last minute nothing is known for sure
        if low < sure:
            within = {"community_id": channel.community_id, "parent_id": None}
            since = parse_ts(ts_at(low)) if is_ts(ts_at(low)) else None
            yield Swept("post", within, since, parse_ts(ts_at(sure)), with_replies=True)
        # After the newest message nothing is known: clocks differ, and what is newest is Slack's word.
        progress.hand_on(low, min(high, max([progress.newest, *page.stamps])))
        self._watch()
        # Roots that were there and are not: their threads went with them, or stand alone now.
        missed = [roots[at] for at in sorted(roots) if low < at <= high and at not in page.stamps]
        yield from self._threads(items, missed)

    def _threads(self, items: list[JSON], missed: Sequence[str]) -> Flow:
        """Note which threads of a page must be read, with the page's place as the checkpoint, and read them."""
        threads: list[Thread] = [({"ts": ts}, ("whole", "")) for ts in missed if ts not in self.progress.pending]
        for item in items:
            ts, thread = (item.get("ts"), item.get("thread_ts")) if isinstance(item, dict) else (None, None)
            if not is_ts(ts) or (thread and thread != ts) or ts in self.progress.pending:
                continue
            visit = self.progress.visit(item, always=self.always)
            if visit is not None:
                threads.append((item, visit))
        if len(self.progress.roots) > MAX_ROOTS + SPARE_ROOTS:
            self.forget()
        self.progress.pending.update((root["ts"], "") for root, _ in threads)
        yield Batch("message", (), self.channel.context, checkpoint=self.progress.save())
        yield from read_threads(self.channel, self.progress, threads)

    def hot_threads(self, parts: Sequence[Span]) -> Flow:
        """Look at roots that were not met but were answered lately, each with one small request."""
        channel, roots = self.channel, self.progress.roots
        hot = [
            root
            for root in sorted(roots)
            if micros(root) <= self.lookback < micros(str(roots[root][1] or root))
            and not any(low < micros(root) <= high for low, high in parts)
        ]
        for begin in range(0, len(hot), SIDE_BY_SIDE):
            group = hot[begin : begin + SIDE_BY_SIDE]
            answers = yield from ask_all(
                channel.ask("conversations.history", latest=ts, oldest=ts, inclusive="true", limit=1) for ts in group
            )
            items: list[dict[str, JSON]] = []
            missed: list[str] = []
            for ts, answer in zip(group, answers, strict=True):
                if isinstance(answer, CommunityKitError):
                    yield Gap(f"no look at the thread of {ts}: {answer}", "partial")
                    continue
                found = [item for item in messages_of(answer) if item.get("ts") == ts]
                items += found
                if not found and not answer.data.get("is_limited"):  # what the plan hides is not gone
                    missed.append(ts)
            shown = yield from completed(channel, self.progress, items)
            yield Batch("message", shown, channel.context)
            yield from self._threads(items, missed)

    def _page(self, low: int, high: int) -> Flow[_Page | None]:
        """Get the newest messages of `(low, high]`; None where that failed, which is told.

        Raises what the very first request meets: then the channel itself cannot be read.
        """
        bounds = {"oldest": ts_at(low)} if low else {}
        request = self.channel.ask("conversations.history", latest=ts_at(high + 1), limit=HISTORY_LIMIT, **bounds)
        try:
            return (yield from self._filled(request, low, high))
        except CredentialError:
            raise
        except CommunityKitError as error:
            if not self._answered:
                raise
            yield Gap(f"part of the history is left to the next run: {error}", "partial")
            return None

    def _filled(self, request: Request, low: int, high: int) -> Flow[_Page]:
        """Go on over empty pages, where only the cursor leads on; elsewhere a time does, since cursors expire."""
        page = _Page()
        asked: Request | None = request
        for _ in range(EMPTY_PAGES):
            if asked is None:
                break
            try:
                response = yield from ask(asked)
            except CursorError:
                if asked == request:
                    raise
                response = yield from ask(request)
            page.items += payloads_of(response)
            self._answered = True
            yield from self._explain(response)
            page.stamps.update(at for at in _stamps(messages_of(response)) if low < at <= high)
            page.more = has_more(response)
            page.limited = page.limited or bool(response.data.get("is_limited"))
            if page.stamps or not page.more:
                return page
            following = PAGER(response.request, response)
            asked = following if following != asked else None
        raise CursorError("Slack told of more messages and gave no way to them", subject=request.subject)

    def _explain(self, response: Response) -> Flow:
        """Say once what limits this reading: the free plan's ninety days, or the limits of 2025."""
        found = messages_of(response)
        asked = int((response.request.form or {}).get("limit") or 0)
        small = bool(found) and len(found) <= _SMALL_PAGE < asked and has_more(response)
        self._small_pages = self._small_pages + 1 if small else 0
        if (self._small_pages > 1 or (small and len(found) == _SMALL_PAGE)) and "small" not in self._explained:
            self._explained.add("small")
            yield Gap(
                "Slack gives this app 15 messages a request: it treats it as commercially distributed outside the "
                "Marketplace, which also means one request a minute. Make an internal app in your own workspace "
                "and use its token; for a long history import an export."
            )
        if response.data.get("is_limited") and "limited" not in self._explained:
            self._explained.add("limited")
            yield Gap("the workspace's free plan hides older messages", "truncated")


def _stamps(items: list[dict[str, JSON]]) -> list[int]:
    return [micros(item["ts"]) for item in items if is_ts(item.get("ts"))]


def _is_broadcast(item: JSON) -> bool:
    """Tell whether a message of the channel's own stream is a reply that is shown there, too."""
    ts, thread = (item.get("ts"), item.get("thread_ts")) if isinstance(item, dict) else (None, None)
    return is_ts(ts) and is_ts(thread) and thread != ts


def _is_due(channel: Channel, item: JSON) -> bool:
    return not isinstance(item, dict) or channel.is_due(item)
