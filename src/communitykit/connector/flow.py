"""What connectors and drivers say to one another. Pure: nothing here does I/O, sleeps or knows the time.

A flow is a plain generator. It yields steps; the driver answers:

- a `Request` is answered with its `Response`, or the error is thrown in (so a flow may skip a deleted channel):
  `response = yield from ask(request)` is that, typed;
- a tuple of Requests runs side by side and is answered with a list in the same order, each a `Response` or the error
  that came instead (a refused credential is thrown, since it ends everything): `yield from ask_all(requests)`;
- `Batch`, `Slice`, `Swept` and `Gap` are answered with None.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Generic, Literal, TypeAlias

from typing_extensions import TypeVar

from communitykit.errors import CommunityKitError
from communitykit.model.drafts import RecordDraft
from communitykit.model.values import JSON

Checkpoint: TypeAlias = dict[str, JSON]
"""Small JSON with a version `v`; what a slice needs to go on."""


Privacy: TypeAlias = Literal["public", "private", "direct"]
"""How private a conversation is, as far as reading goes: the last two are read only when asked for."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request takes from a rate budget: `units` of `budget`, counted by the platform per `scope`."""

    budget: str
    scope: str = ""
    units: int = 1


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
    its answer to something else that drew on the same budgets (a part of a batch, say). With `any_status` a refusal of
    400 to 428, or one that a good status hides, is handed on as it is: a login says in it whether to wait.
    """

    url: str
    method: Literal["GET", "POST", "HEAD", "PATCH", "DELETE"] = "GET"
    params: Mapping[str, str | int] = field(default_factory=dict)
    form: Mapping[str, str | int] | None = None
    json: JSON = None
    headers: Mapping[str, str] = field(default_factory=dict)
    costs: tuple[Cost, ...] = ()
    expect: Literal["json", "text", "file"] = "json"
    subject: str = ""
    authorized: bool = True
    after: float = 0.0
    any_status: bool = False

    def with_form(self, **values: str | int) -> Request:
        """Return the same request with form fields added or replaced."""
        return replace(self, form={**(self.form or {}), **values})

    def with_params(self, **values: str | int) -> Request:
        """Return the same request with query parameters added or replaced."""
        return replace(self, params={**self.params, **values})


@dataclass(slots=True)
class Response:
    """A decoded answer. `data` is JSON, text, or the Path of a file; `headers` have lower-case names."""

    request: Request
    status: int
    headers: Mapping[str, str]
    data: JSON
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
    (archives and webhooks set it; the API's fetch time is the default). `privacy` is how private the talk is that a
    delivery brings: `receive` leaves out what was not asked for. Other doors ask before they read.
    """

    kind: str
    items: Sequence[JSON]
    context: Mapping[str, JSON] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None
    as_of: datetime | None = None
    privacy: Privacy = "public"


@dataclass(slots=True)
class Swept:
    """Everything of one record kind that matches `within` was in the batches since the previous Swept of this slice.

    Several that follow one another are about the same batches. So stored records that match and were not among them
    have vanished. `within` names fields and the value that the swept records share (None matches the empty field).
    Posts may be bounded by creation time: after `since`, up to and including `until`. Yielded by a flow for a window
    that it walked whole, or by a translator beside a post whose complete list of acts it gave (then `within` holds
    `target_id` and the batch is the window). `lowest` and `highest`
    bound it by native id, both included, on a platform that sorts by numbers: what has another id is not in the window.
    `with_replies` says that on this platform a root disappears only after all that was below it, so its replies have
    vanished, too; of communities, those that it is the parent of.

    A sweep never leaves one platform and one network: that of the ids in `within`, else `network`, else the slice's. A
    discovery, which is about no one network, has to name it where `within` holds no id. Payloads of the window that
    could not be translated count as seen, by the id that they show; one that shows none keeps the window from being
    swept at all. `held` are ids, whole or native, of what the window holds though no batch brought it, or brought only
    a part of it: what was left out, threads whose replies failed. They, and what hangs from them, count as seen.
    `moved_to` is how the ids begin that posts of the window have by now, which were kept under local ids: a post ends
    whose id's last part (after `/`) is stored under that beginning, and no other. Of a member, named by its `id` in
    `within`, it is the id of the member that it is: what is stored of the one is the other's from then on.

    Members and communities of which a listing shows none at all, though some are stored, stay, and Coverage says so.
    """

    record: Literal["post", "event", "membership", "community", "member"]
    within: Mapping[str, str | bool | None]
    since: datetime | None = None
    until: datetime | None = None
    with_replies: bool = False
    network: str | None = None
    lowest: int | None = None
    highest: int | None = None
    held: frozenset[str] = frozenset()
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """The unit of everything: one community's messages, or one listing, over a window. Plain JSON throughout.

    `key` is unique in its network and stays the same from run to run, since checkpoints are kept under it. `reader`
    names the one of `Connector.readers` that reads it. `kinds` names the record kinds that reading it yields, where
    they are not the reader's.
    """

    key: str
    network: str
    kinds: tuple[str, ...] = ()
    community_id: str | None = None
    label: str = ""
    params: Mapping[str, JSON] = field(default_factory=dict)
    reader: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be read, or was left out: it becomes part of the slice's Coverage, never silence."""

    reason: str
    status: Literal["partial", "denied", "truncated", "skipped"] = "partial"
    option: Literal["include_private", "include_direct", "force"] | None = None
    """The option that asks for it, of what no run reads unless it is asked to: leaving that out is no fault."""
    pattern: str | None = None
    """The glob that fitted nothing here: in a run of several sources it may have fitted elsewhere."""
    remark: bool = False
    """Of a `preflight`: nothing is known to be missing, and this is to be known beside."""

    def __str__(self) -> str:
        """Say what, and why."""
        return self.reason


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
"""What a flow may yield."""
T = TypeVar("T", default=None)
Flow: TypeAlias = Generator[Step, Any, T]
"""A generator of steps that returns a T: `Flow` alone returns nothing, `Flow[int]` is used with `yield from`."""
Draft: TypeAlias = RecordDraft | dict[str, JSON] | Swept | Ignored | Rejected
"""What a translator gives: a record as a dict with `record` and `id`, a Swept, Ignored, or Rejected for one part."""


def ask(request: Request) -> Generator[Request, Response, Response]:
    """Return the answer to one request, typed.

    Raises, at that place, the CommunityKitError that the last attempt ended in.
    """
    return (yield request)


def ask_all(
    requests: Iterable[Request],
) -> Generator[tuple[Request, ...], list[Response | CommunityKitError], list[Response | CommunityKitError]]:
    """Return the answers to requests that run side by side, in their order: each a Response or the error instead of it.

    No request at all is no step. Raises CredentialError where one of them met it, since that ends everything.
    """
    asked = tuple(requests)
    if not asked:
        return []
    return (yield asked)


def first_request(flow: Flow) -> Request | None:
    """Return what a flow asks first; None where it asks for nothing."""
    for step in flow:
        if isinstance(step, Request):
            return step
        if isinstance(step, tuple):
            return step[0]
    return None


S = TypeVar("S", default=Any)


def _nobody(_member_id: str, /) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Selection(Generic[S]):
    """What a run is asked for; the same for every slice of it. `Selection[ForumSettings]` knows its settings.

    `until` is fixed when the run begins. `communities` are glob patterns on a community's name or native id; empty
    means all. Direct messages and private communities are out unless asked for. `settings` are the connector's own.
    `is_forgotten` tells of a member's id whether the store that is read into lets nothing of them in: whoever is
    forgotten need not be asked for. `looks_back_on_all` is set for a slice of which an earlier run did not understand
    something: `lookback_start` heeds it.
    """

    settings: S
    until: datetime
    since: datetime | None = None
    communities: tuple[str, ...] = ()
    include_private: bool = False
    include_direct: bool = False
    force: bool = False
    kinds: frozenset[str] = frozenset({"member", "community", "membership", "post", "event", "measure"})
    matched: set[str] = field(default_factory=set, compare=False, repr=False)
    """Which of `communities` matched one; those that match none are told at the end of the discovery."""
    is_forgotten: Callable[[str], bool] = field(default=_nobody, compare=False, repr=False)
    looks_back_on_all: bool = False

    def wants(self, *names: str | None) -> bool:
        """Tell whether a community with one of these names (or ids) was asked for."""
        if not self.communities:
            return True
        named = [name for name in names if name]
        matching = [one for one in self.communities if any(fnmatchcase(name, one) for name in named)]
        self.matched.update(matching)
        return bool(matching)

    def lookback_start(self, lookback: timedelta | None) -> datetime | None:
        """Return where a look-back of that length begins; None (all) is the beginning of time.

        It is all of it, whatever the length, where an earlier run did not understand something of the slice.
        """
        return None if lookback is None or self.looks_back_on_all else self.until - lookback
