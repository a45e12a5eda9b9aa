"""What connectors and drivers say to one another. Pure: nothing here does I/O, sleeps or knows the time.

A flow is a plain generator. It yields steps; the driver answers:

- a `Request` is answered with its `Response`, or the error is thrown in (so a flow may skip a deleted channel);
- a tuple of Requests runs side by side and is answered with a list in the same order, each a `Response` or the error
  that came instead (a refused credential is thrown, since it ends everything);
- `Batch`, `Slice`, `Swept` and `Gap` are answered with None.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, TypeAlias

from communitykit.errors import CursorError

JSON: TypeAlias = Any
"""Decoded JSON: dict, list, str, int, float, bool or None."""

Checkpoint: TypeAlias = dict[str, Any]
"""Small JSON with a version `v`; what a slice needs to go on."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What a request takes from a rate budget: `cost` units of `budget`, counted by the platform per `scope`."""

    budget: str
    scope: str = ""
    cost: int = 1


@dataclass(frozen=True, slots=True)
class Budget:
    """A platform's documented limit: `limit` units in any window of `seconds`."""

    limit: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, described.

    `url` is relative to the connector's base URL, or absolute on one of its hosts. `subject` names the object in errors
    ("channel C061"). `authorized` adds the credential. `expect` says how to decode the answer: `file` streams it to a
    temporary path that the driver removes afterwards. `after` is in seconds: the platform asked to wait that long, in
    its answer to something else that drew on the same budgets (a part of a batch, say).
    """

    url: str
    method: Literal["GET", "POST", "HEAD", "PATCH", "DELETE"] = "GET"
    params: Mapping[str, str | int] = field(default_factory=dict)
    form: Mapping[str, str | int] | None = None
    json: JSON = None
    headers: Mapping[str, str] = field(default_factory=dict)
    draws: tuple[Draw, ...] = ()
    expect: Literal["json", "text", "file"] = "json"
    subject: str = ""
    authorized: bool = True
    after: float = 0.0

    def with_form(self, **values: str | int) -> Request:
        """Give the same request with form fields added or replaced."""
        return replace(self, form={**(self.form or {}), **values})

    def with_params(self, **values: str | int) -> Request:
        """Give the same request with query parameters added or replaced."""
        return replace(self, params={**self.params, **values})


@dataclass(slots=True)
class Response:
    """A decoded answer. `data` is JSON, text, or the Path of a file; `headers` have lower-case names."""

    request: Request
    status: int
    headers: Mapping[str, str]
    data: Any
    fetched_at: datetime

    @property
    def path(self) -> Path:
        """Where the body of an `expect="file"` request was streamed to."""
        if not isinstance(self.data, Path):
            message = "only a request with expect='file' has a path"
            raise TypeError(message)
        return self.data


@dataclass(frozen=True, slots=True)
class Batch:
    """Wire payloads of one kind, to be translated, and the checkpoint that holds once they are stored.

    `context` is what the payloads themselves do not say (team, channel…), as JSON. `as_of` overrides when it was true
    (archives and webhooks set it; the API's fetch time is the default).
    """

    kind: str
    items: Sequence[Any]
    context: Mapping[str, Any] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None
    as_of: datetime | None = None


@dataclass(slots=True)
class Swept:
    """Everything of one record kind that matches `within` was in the batches since the previous Swept of this slice.

    So stored records that match and were not among them have vanished. `within` names fields and the value that the
    swept records share (None matches the empty field). Posts may be bounded by creation time: after `since`, up to and
    including `until`. Yielded by a flow for a window that it walked whole, or by a translator beside a post whose
    complete list of acts it gave (then `within` holds `target_id` and the batch is the window). `lowest` and `highest`
    bound it by native id, both included, on a platform that sorts by numbers: what has another id is not in the window.
    `with_replies` says that on this platform a root disappears only after all that was below it, so its replies have
    vanished, too.

    A sweep never leaves one platform and one network: that of the ids in `within`, else `network`, else the slice's. A
    discovery, which is about no one network, has to name it where `within` holds no id. Payloads of the window that
    could not be translated count as seen, by the id that they show; one that shows none keeps the window from being
    swept at all.
    """

    record: Literal["post", "event", "membership", "community", "member"]
    within: Mapping[str, str | None]
    since: datetime | None = None
    until: datetime | None = None
    with_replies: bool = False
    network: str | None = None
    lowest: int | None = None
    highest: int | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """The unit of everything: one community's messages, or one listing, over a window. Plain JSON throughout.

    `key` is unique in its network and stays the same from run to run, since checkpoints are kept under it. `gives`
    names the record kinds that reading it yields.
    """

    key: str
    network: str
    gives: tuple[str, ...]
    community_id: str | None = None
    label: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be read, or was left out: it becomes part of the slice's Coverage, never silence."""

    reason: str
    status: Literal["partial", "denied", "truncated", "skipped"] = "partial"
    community_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """What a translator gives for a payload that is knowingly no record; `kind` must be declared by the connector."""

    kind: str


class Rejected(Exception):  # noqa: N818 # not an error of the caller: a translator's word for "this cannot be a record"
    """A payload, or a part of it, that cannot become a record. `reason` is a short code, `detail` no content.

    Raised by a translator it costs the whole payload. Yielded by it, as a draft, it costs one part (a reaction, a reply
    that came with its root), which `native` names by the platform's own id where that is readable.
    """

    def __init__(self, reason: str, detail: str | None = None, *, native: str | None = None) -> None:
        """Keep all three for the Issue."""
        self.reason = reason
        self.detail = detail
        self.native = native
        super().__init__(reason)


Step: TypeAlias = Request | tuple[Request, ...] | Batch | Slice | Swept | Gap
Flow: TypeAlias = Generator[Step, Any, None]
Draft: TypeAlias = dict[str, Any] | Swept | Ignored | Rejected
"""What a translator gives: a record as a dict with `record` and `id`, a Swept, Ignored, or Rejected for one part."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run is asked for; the same for every slice of it.

    `until` is fixed when the run begins. `communities` are glob patterns on a community's name or native id; empty
    means all. Direct messages and private communities are out unless asked for. `settings` are the connector's own.
    """

    settings: Any
    until: datetime
    since: datetime | None = None
    communities: tuple[str, ...] = ()
    include_private: bool = False
    include_direct: bool = False
    force: bool = False
    gives: frozenset[str] = frozenset({"member", "community", "membership", "post", "event", "measure"})

    def wants(self, *names: str | None) -> bool:
        """Tell whether a community with one of these names (or ids) was asked for."""
        if not self.communities:
            return True
        return any(fnmatchcase(name, pattern) for name in names if name for pattern in self.communities)

    def lookback_start(self, lookback: timedelta | None) -> datetime | None:
        """Give where a look-back of that length begins; None (all) is the beginning of time."""
        return None if lookback is None else self.until - lookback


Pager: TypeAlias = Callable[[Request, Response], Request | None]
"""From a request and its answer, the request for the next page, or None at the end. Pure."""


def cursor_pager(path: tuple[str, ...], *, param: str = "cursor") -> Pager:
    """Page by a cursor found at `path` in the answer and sent back as `param` (in the form if there is one).

    An absent, null or empty cursor ends the walk; neither a short nor an empty page does.
    """

    def following(request: Request, response: Response) -> Request | None:
        value = response.data
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        if not value:
            return None
        return (
            request.with_form(**{param: value}) if request.form is not None else request.with_params(**{param: value})
        )

    return following


def link_pager(*path: str) -> Pager:
    """Page by a whole next address found at `path` in the answer; the runner refuses it on a foreign host."""

    def following(request: Request, response: Response) -> Request | None:
        value = response.data
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return replace(request, url=value, params={}) if isinstance(value, str) and value else None

    return following


class Pages:
    """Follow a pager and refuse to turn in circles."""

    def __init__(self, pager: Pager) -> None:
        """Start with no page seen."""
        self._pager = pager
        self._seen: set[str] = set()

    def next(self, response: Response) -> Request | None:
        """Give the request for the page after `response`, or None at the end.

        Raises CursorError when that page was asked for before: the platform repeats a cursor.
        """
        request = response.request
        following = self._pager(request, response)
        self._seen.add(_page_key(request))
        if following is None:
            return None
        if _page_key(following) in self._seen:
            message = "the platform gave the same cursor twice, so this listing would never end"
            raise CursorError(message, subject=request.subject, remedy="What came before is kept; run again later.")
        return following


class Listing:
    """A list as it is walked, so that an expired or repeated cursor loses nothing and never runs in circles.

    `problem` says why it ended early, if it did.
    """

    def __init__(self, request: Request, pager: Pager, *, resume: Request | None = None) -> None:
        """Begin before the first page, or go on at `resume`; where the walk begins anew, it is at the first page."""
        self._first = request
        self._request: Request | None = resume or request
        self._pager = pager
        self._pages = Pages(pager)
        self._restarted = False
        self.problem: str | None = None

    def page(self) -> Generator[Request, Response, dict[str, Any] | None]:
        """Give the next page's data, or None at the end; empty where the walk begins anew."""
        if self._request is None:
            return None
        try:
            response = yield self._request
        except CursorError as error:
            if self._restarted:
                self.problem, self._request = str(error), None
                return None
            # The cursor expired: begin anew, what came twice is the same record.
            self._restarted = True
            self._pages = Pages(self._pager)
            self._request = self._first
            return {}
        try:
            self._request = self._pages.next(response)
        except CursorError as error:
            self.problem, self._request = str(error), None
        data: dict[str, Any] = response.data
        return data

    def batches(self, kind: str, key: str, context: Mapping[str, Any]) -> Generator[Request | Batch | Gap, Any, None]:
        """Give what stands under `key` page by page as batches of `kind`, and a Gap where the list ended early."""
        while (data := (yield from self.page())) is not None:
            yield Batch(kind, data.get(key, []), context)
        if self.problem:
            yield Gap(self.problem)


def _page_key(request: Request) -> str:
    return repr((request.url, sorted(request.params.items()), sorted((request.form or {}).items())))
