"""A channel whose every answer is known, and a driver that runs the flow over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from communitykit import CommunityKitError
from communitykit.connector import Batch, Gap, Request, Response, Selection, Slice, Swept
from communitykit_slack import SLACK, SlackSettings
from communitykit_slack.ids import parse_ts, ts_key

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BASE = int(NOW.timestamp())
DAY = 86_400
SLICE = Slice("messages/C1", "T1", ("post", "event"), "slack:T1:community:C1", "general", {"channel": "C1"})


def at(days: float, micros: int = 100) -> str:
    """Return the ts of so many days before now."""
    return f"{BASE - int(days * DAY)}.{micros:06d}"


class Channel:
    """A channel as Slack shows it: bounds exclusive, forward with `oldest` alone, replies apart.

    `forward` makes it page forward whatever the bounds, `cursors` gives no cursor where it is False.
    """

    def __init__(self, *messages: dict[str, Any], page: int = 999) -> None:
        self.messages = list(messages)
        self.page = page
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.extra: dict[str, Any] = {}
        self.forward = False
        self.cursors = True
        self.broken: Callable[[str, dict[str, Any]], str | None] = lambda _method, _form: None

    def post(self, ts: str, **more: Any) -> None:
        self.messages.append({"type": "message", "user": "U1", "text": f"at {ts}", "ts": ts, **more})

    def reply(self, root: str, ts: str, **more: Any) -> None:
        self.post(ts, thread_ts=root, **more)

    def delete(self, ts: str) -> None:
        self.messages = [one for one in self.messages if one["ts"] != ts]

    def replies(self, root: str) -> list[dict[str, Any]]:
        found = [one for one in self.messages if one.get("thread_ts") == root and one["ts"] != root]
        return sorted(found, key=lambda one: ts_key(one["ts"]))

    def shown(self, item: dict[str, Any]) -> dict[str, Any]:
        replies = self.replies(item["ts"])
        told = (
            {"thread_ts": item["ts"], "reply_count": len(replies), "latest_reply": replies[-1]["ts"]} if replies else {}
        )
        return {**item, **told}

    def answer(self, request: Request) -> dict[str, Any]:
        form = dict(request.form or {})
        self.asked.append((request.url, form))
        if error := self.broken(request.url, form):
            return {"ok": False, "error": error}
        return {"ok": True, **getattr(self, request.url.replace(".", "_"))(form)}

    def conversations_history(self, form: dict[str, Any]) -> dict[str, Any]:
        roots = [
            one
            for one in self.messages
            if one.get("thread_ts", one["ts"]) == one["ts"] or one.get("subtype") == "thread_broadcast"
        ]
        found = self._page(roots, form, forward=self.forward or "latest" not in form, newest_first=True)
        return {**found, "messages": [self.shown(one) for one in found["messages"]], **self.extra}

    def conversations_replies(self, form: dict[str, Any]) -> dict[str, Any]:
        root = next((one for one in self.messages if one["ts"] == form["ts"]), None)
        replies = self.replies(form["ts"])
        if root is None and not replies:
            raise KeyError("thread_not_found")
        found = self._page(replies, form, forward=True, newest_first=False)
        return {**found, "messages": [*([self.shown(root)] if root else []), *found["messages"]]}

    def reactions_get(self, form: dict[str, Any]) -> dict[str, Any]:
        item = next(one for one in self.messages if one["ts"] == form["timestamp"])
        whole = [{**one, "users": [f"U{number}" for number in range(one["count"])]} for one in item["reactions"]]
        return {"type": "message", "message": {**item, "reactions": whole}}

    def _page(
        self, items: list[dict[str, Any]], form: dict[str, Any], *, forward: bool, newest_first: bool
    ) -> dict[str, Any]:
        inclusive = form.get("inclusive") == "true"
        low, high = (ts_key(str(form[name])) if name in form else None for name in ("oldest", "latest"))
        found = [
            one
            for one in items
            if (low is None or ts_key(one["ts"]) > low or (inclusive and ts_key(one["ts"]) == low))
            and (high is None or ts_key(one["ts"]) < high or (inclusive and ts_key(one["ts"]) == high))
        ]
        found.sort(key=lambda one: ts_key(one["ts"]), reverse=not forward)
        size = min(self.page, int(form["limit"]))
        page = sorted(found[:size], key=lambda one: ts_key(one["ts"]), reverse=newest_first)
        more = {"response_metadata": {"next_cursor": f"after {page[-1]['ts']}"}} if len(found) > size else {}
        more = more if self.cursors else {}
        return {"messages": page, "has_more": len(found) > size, **more}


class Stopped(Exception):  # noqa: N818 # an interruption, not an error
    pass


class Run:
    """What one run of the flow came to."""

    def __init__(
        self, channel: Channel, checkpoint: Any = None, *, stop_after: int = 10**9, until: datetime = NOW, **more: Any
    ) -> None:
        settings = SlackSettings(
            token="xoxb-1", **{name: more.pop(name) for name in ("lookback", "threads", "reactions") if name in more}
        )
        self.scope = Selection(settings=settings, until=until, **more)
        self.channel = channel
        self.posts: dict[str, dict[str, Any]] = {}
        self.seen: set[str] = set()
        self.handed: Counter[str] = Counter()
        self.vanished: set[str] = set()
        self.odd: list[Any] = []
        self.gaps: list[Gap] = []
        self.swept: list[tuple[Swept, set[str]]] = []
        self.checkpoint = checkpoint
        self.saved = 0
        self.batches: list[list[Any]] = []
        self._walked = False
        before = len(channel.asked)
        self._left = stop_after
        flow = SLACK.readers["messages"].read(self.scope, SLICE, checkpoint)
        try:
            self._drive(flow)
        except Stopped:
            flow.close()
        self.calls = Counter(method for method, _ in channel.asked[before:])

    def _drive(self, flow: Any) -> None:
        answer: Any = None
        while True:
            try:
                step = flow.throw(answer) if isinstance(answer, CommunityKitError) else flow.send(answer)
            except StopIteration:
                return
            answer = None
            if isinstance(step, Request):
                answer = self._ask(step)
            elif isinstance(step, tuple):
                answer = [self._ask(one) for one in step]
            elif isinstance(step, Batch):
                if self._walked:  # sweeps that follow one another are about the same batches, as in the core
                    self.seen.clear()
                self._walked = False
                self.batches.append([item.get("ts") for item in step.items if isinstance(item, dict)])
                self.odd += [item for item in step.items if not isinstance(item, dict)]
                for item in step.items:
                    if isinstance(item, dict):
                        self.posts[item["ts"]] = self.posts.get(item["ts"], {}) | item
                        self.seen.add(item["ts"])
                        self.handed[item["ts"]] += 1
                self.checkpoint = step.checkpoint or self.checkpoint
                self.saved += step.checkpoint is not None
            elif isinstance(step, Swept):
                self.swept.append((step, self.seen | {one.rsplit("/", 1)[-1] for one in step.held}))
                self._walked = True
            else:
                self.gaps.append(step)

    def _ask(self, request: Request) -> Response | CommunityKitError:
        if self._left == 0:
            raise Stopped
        self._left -= 1
        try:
            data = self.channel.answer(request)
        except KeyError as error:
            data = {"ok": False, "error": error.args[0]}
        response = Response(request, 200, {}, data, NOW)
        assert SLACK.error_of is not None
        return SLACK.error_of(response) or response

    def missed(self, stored: set[str], roots: dict[str, str | None]) -> set[str]:
        """Work out which of the stored messages vanished, as the core would from the sweeps."""
        gone = set()
        for sweep, seen in self.swept:
            for ts in stored - seen:
                root = roots.get(ts)
                if "root_id" in sweep.within:
                    inside = root is not None and sweep.within["root_id"] == f"slack:T1:post:C1/{root}"
                else:
                    inside = root is None
                moment = parse_ts(ts)
                if (
                    inside
                    and (sweep.since is None or moment > sweep.since)
                    and (sweep.until is None or moment <= sweep.until)
                ):
                    gone.add(ts)
        return gone


def busy(page: int = 999) -> Channel:
    """Make a channel with a long past, threads old and new, and a broadcast."""
    channel = Channel(page=page)
    for day in range(60, 0, -2):
        channel.post(at(day))
    for root in (60, 40, 20, 10):
        channel.reply(at(root), at(root - 0.1))
        channel.reply(at(root), at(root - 0.2))
    channel.reply(at(20), at(15), subtype="thread_broadcast")
    return channel


def roots_of(channel: Channel) -> dict[str, str | None]:
    return {one["ts"]: (root if (root := one.get("thread_ts")) != one["ts"] else None) for one in channel.messages}
