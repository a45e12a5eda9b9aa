"""What is asked of a source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal, TypeAlias, TypedDict, TypeVar, get_args

from communitykit.connector.flow import Checkpoint, Selection
from communitykit.connector.settings import did_you_mean
from communitykit.connector.times import WANTED, Moment, parse_moment, read_moment
from communitykit.errors import SettingsError, wrong_argument
from communitykit.model.values import JSON
from communitykit.privacy.intake import Content, Intake, OptOut

S = TypeVar("S")
Kind: TypeAlias = Literal["member", "community", "membership", "post", "event", "measure"]
"""A kind of record that a source tells."""
ALL_KINDS: Final[frozenset[Kind]] = frozenset(get_args(Kind))


class ReadKeywords(TypedDict, total=False):
    """The keywords of `posts`, `members` and their like: those of ReadOptions but for the kinds."""

    since: Moment | None
    until: Moment | None
    communities: str | Iterable[str]
    include_private: bool
    include_direct: bool
    force: bool
    keep_raw: bool
    content: Content
    opt_out: OptOut | None
    keep_from: datetime | None


class RecordsKeywords(ReadKeywords, total=False):
    """The keywords of `records` and `pull`: all of ReadOptions."""

    kinds: Kind | Iterable[Kind]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What is asked of a source; the fields are the keywords of `records` and `pull`.

    `since` and `until` bound when posts were written, both included: `"90d"`, `"3mo"`, a timedelta, a date (its
    beginning, in UTC), an aware datetime, or a text of one. `until` defaults to now. `communities` are glob patterns on
    names or native ids. `force` reads again what a platform's polling rule would skip. `kinds` are record kinds.
    `content` is what is kept of texts: `full`, `features` (length, question, links) or `none`; `opt_out` says who is
    left out, with all that they did. What is dated before `keep_from` (aware) is left out whatever brings it, such as
    the root of a thread that goes on: what was erased as too old does not come back.

    Raises TypeError for a value of another type; SettingsError for a moment, pattern, kind or content that is none, for
    a window that is empty, and for `keep_raw` where texts are not to be kept.
    """

    since: Moment | None = None
    until: Moment | None = None
    communities: str | Iterable[str] = ()
    include_private: bool = False
    include_direct: bool = False
    force: bool = False
    keep_raw: bool = False
    content: Content = "full"
    opt_out: OptOut | None = None
    keep_from: datetime | None = None
    kinds: Kind | Iterable[Kind] = ALL_KINDS

    def __post_init__(self) -> None:
        """Refuse what is of the wrong type, and what could mean two things; one pattern is a list of one."""
        object.__setattr__(self, "communities", _texts("communities", self.communities))
        object.__setattr__(self, "kinds", frozenset(_texts("kinds", self.kinds)))
        if not all(one.strip() for one in self.communities):
            raise SettingsError("communities: an empty pattern fits nothing", remedy="Leave it out to read all.")
        for name in ("include_private", "include_direct", "force", "keep_raw"):
            if not isinstance(getattr(self, name), bool):
                raise wrong_argument(name, getattr(self, name), "True or False")
        if not isinstance(self.content, str):
            raise wrong_argument("content", self.content, "a text")
        if not isinstance(self.opt_out, OptOut | None):
            raise wrong_argument("opt_out", self.opt_out, "an OptOut (communitykit.privacy) or None")
        for name in ("since", "until"):
            if not isinstance(getattr(self, name), datetime | date | timedelta | str | None):
                raise wrong_argument(name, getattr(self, name), WANTED)
        for kind in sorted(frozenset(self.kinds) - ALL_KINDS):
            remedy = f"Kinds: {', '.join(sorted(ALL_KINDS))}."
            raise SettingsError(f"no kind of record: {kind!r}{did_you_mean(kind, ALL_KINDS)}", remedy=remedy)
        if self.keep_raw and self.content != "full":
            raise SettingsError(
                f"payloads hold the texts that content={self.content!r} leaves out", remedy="Leave keep_raw out."
            )
        if self.keep_raw and self.opt_out:
            raise SettingsError("payloads may hold what others did who opted out", remedy="Leave keep_raw out.")
        self.intake()
        since, until = (None if end is None else read_moment(end) for end in (self.since, self.until))
        if isinstance(since, datetime) and isinstance(until, datetime):
            _refuse_empty(since, until)

    def intake(self) -> Intake:
        """Return what lets the records of one source in."""
        return Intake(self.content, self.opt_out, self.keep_from)

    def window(self, now: datetime) -> tuple[datetime | None, datetime]:
        """Return since and until of a run that begins now.

        Raises SettingsError where the window begins in the future, or holds nothing.
        """
        until = now if self.until is None else parse_moment(self.until, now)
        if self.since is None:
            return None, until
        since = parse_moment(self.since, now)
        if since > now:
            raise SettingsError(
                f"since is in the future: {since.isoformat()}",
                remedy="It is how far back to read: 90d, or a date that is past.",
            )
        _refuse_empty(since, until)
        return since, until

    def fixed(self, now: datetime) -> ReadOptions:
        """Return the same for runs that begin now, its window in moments as far as it was given; raises as `window`."""
        since, until = self.window(now)
        return replace(self, since=since, until=None if self.until is None else until)

    def selection(self, settings: S, now: datetime) -> Selection[S]:
        """Return what a run that begins now is asked for; raises as `window`."""
        since, until = self.window(now)
        return Selection(
            settings=settings,
            until=until,
            since=since,
            communities=tuple(self.communities),
            include_private=self.include_private,
            include_direct=self.include_direct,
            force=self.force,
            kinds=frozenset(self.kinds),
        )


def read_options(keywords: Mapping[str, JSON], *, kind: Kind | None = None) -> ReadOptions:
    """Make options of a call's keywords; a call that reads one `kind` of record takes no `kinds`.

    Raises TypeError for a keyword that is not known, with the one that may have been meant; SettingsError as
    ReadOptions.
    """
    known = [field.name for field in fields(ReadOptions) if kind is None or field.name != "kinds"]
    for name in keywords:
        if name not in known:
            meant = did_you_mean(name, known) or "."
            raise TypeError(f"unexpected keyword {name!r}{meant} Known: {', '.join(known)}.")
    return ReadOptions(**keywords) if kind is None else ReadOptions(**keywords, kinds=kind)


def checked_state(state: object) -> MutableMapping[str, Checkpoint]:
    """Return checkpoints as a reading keeps them; none are a dict of their own.

    Raises TypeError for what is no mapping, SettingsError for a checkpoint that is none.
    """
    if state is None:
        return {}
    if not isinstance(state, MutableMapping):
        raise wrong_argument("state", state, "a dict of checkpoints, which the reading changes")
    for name, checkpoint in state.items():
        if not isinstance(name, str) or not isinstance(checkpoint, Mapping):
            raise SettingsError(
                f"state holds no checkpoint under {name!r} but {type(checkpoint).__name__}",
                remedy="Give back what an earlier reading put there, or an empty dict.",
            )
    return state


def _texts(name: str, given: object) -> tuple[str, ...]:
    """Return one text or several as several.

    Raises TypeError for what is neither.
    """
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Iterable) or isinstance(given, bytes):
        raise wrong_argument(name, given, "a text, or several")
    several = tuple(given)
    for one in several:
        if not isinstance(one, str):
            raise wrong_argument(f"each of {name}", one, "a text")
    return several


def _refuse_empty(since: datetime, until: datetime) -> None:
    if since >= until:
        what = "is after until" if since > until else "is until, so the window is empty"
        raise SettingsError(
            f"since ({since.isoformat()}) {what} ({until.isoformat()})",
            remedy="Give an until that is later; a date is its beginning, in UTC.",
        )
