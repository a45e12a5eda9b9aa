"""What of a record is let in: all of it, figures in the place of words, or neither; and nothing of who opted out.

This stands before everything that keeps records: what is left out here reaches no store, journal or checkpoint.
"""

from __future__ import annotations

import csv
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from communitykit.errors import SettingsError
from communitykit.model import Attachment, Features, Member, Mention, Poll, PollOption, Post
from communitykit.model.values import Value
from communitykit.privacy.features import has_question
from communitykit.privacy.pseudonyms import Key

Content: TypeAlias = Literal["full", "features", "none"]
"""`full`: texts are kept. `features`: what is counted of them. `none`: neither."""
CONTENTS: Final[tuple[Content, ...]] = get_args(Content)

_KEYED: Final = re.compile(r"hmac:([0-9a-f]{64})")
_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "member": frozenset({"raw", "extra"}),
    "community": frozenset({"raw", "extra", "topic", "purpose"}),
    "membership": frozenset({"raw", "extra"}),
    "post": frozenset(
        {"raw", "extra", "title", "body", "body_format", "text", "links", "topics", "url", "author_name"}
    ),
    "event": frozenset({"raw", "extra", "detail"}),
    "measure": frozenset({"raw", "extra"}),
}
"""By kind, the fields that hold what people wrote, or may."""
_NAMED_ACTS: Final = frozenset({"reacted", "rsvp"})
"""Acts whose detail is a name out of a list of the platform's."""
_ROSTER: Final = "directory"
"""The platform whose accounts' `extra` is the company's own columns, and nobody's words."""


class OptOut:
    """Who is not to be in a record: account ids (`slack:T1:member:U1`), e-mail addresses, or keyed hashes of either.

    A keyed hash is `hmac:` and the HMAC-SHA-256 of the id or (lower-case) address in 64 hexadecimal digits, so that the
    list itself names nobody; `keyed_hash` makes one. Accounts that an address is told of are remembered while this
    lives: give the same list to every source of a run. What a pull stored of them before is erased at its end, and the
    store remembers them as keyed hashes of its own (`communitykit.privacy.erasing.leave_out`).
    """

    def __init__(self, entries: Iterable[str] = (), key: Key | None = None) -> None:
        """Take the entries in.

        Raises SettingsError for keyed hashes without their key.
        """
        plain = {entry.strip().casefold() for entry in entries} - {""}
        self._hashes = {found[1] for entry in plain if (found := _KEYED.fullmatch(entry))}
        self._plain = {entry for entry in plain if not _KEYED.fullmatch(entry)}
        self._key = key
        self._accounts: dict[str, bool] = {}
        if self._hashes and key is None:
            raise SettingsError("the opt-out list holds keyed hashes, and no key", remedy="Give the key of the list.")

    @classmethod
    def read(cls, path: str | Path, key: Key | None = None) -> OptOut:
        """Read a CSV file, one entry a row in its first column; a first row without `@`, `:` in it is a heading.

        Raises SettingsError for a file that cannot be read.
        """
        try:
            with Path(path).open(encoding="utf-8-sig", newline="") as file:
                rows = [row[0] for row in csv.reader(file) if row]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise SettingsError(
                f"the opt-out list cannot be read: {type(error).__name__}",
                subject=str(path),
                remedy="Nothing was read. Give a CSV file in UTF-8.",
            ) from None
        if rows and not {"@", ":"} & set(rows[0]):
            del rows[0]
        return cls(rows, key)

    def __bool__(self) -> bool:
        """Tell whether anybody opted out."""
        return bool(self._plain or self._hashes)

    def among(self, members: Iterable[tuple[str, str | None]]) -> set[str]:
        """Return who opted out, by id or address, of accounts that a store holds; and whoever was met this far."""
        met = {account for account, out in self._accounts.items() if out}
        return met | {account for account, mail in members if self.holds(account) or (mail and self._matches(mail))}

    def holds(self, account: str | None) -> bool:
        """Tell whether an account opted out."""
        if account is None:
            return False
        if account not in self._accounts:
            self._accounts[account] = self._matches(account)
        return self._accounts[account]

    def note(self, member: Member) -> None:
        """Learn from a member's address that the account opted out."""
        if member.email and self._matches(member.email):
            self._accounts[member.id] = True

    def _matches(self, text: str) -> bool:
        folded = text.strip().casefold()
        if folded in self._plain:
            return True
        return bool(self._hashes) and self._key is not None and keyed_hash(folded, self._key)[5:] in self._hashes


def keyed_hash(text: str, key: Key) -> str:
    """Return an entry of an opt-out list that names nobody."""
    return "hmac:" + hmac.digest(key.secret, b"opt-out\0" + text.strip().casefold().encode(), "sha256").hex()


class Intake:
    """What of the records of one run is let in."""

    def __init__(
        self, content: Content = "full", opt_out: OptOut | None = None, keep_from: datetime | None = None
    ) -> None:
        """Decide what; `keep_from` is when the oldest of what is kept was written or done.

        Raises SettingsError for a content that is none of `CONTENTS`, and for a moment without a time zone.
        """
        if content not in CONTENTS:
            raise SettingsError(f"there is no content {content!r}", remedy=f"Take one of {', '.join(CONTENTS)}.")
        if keep_from is not None and keep_from.tzinfo is None:
            raise SettingsError("keep_from has no time zone", remedy="Give an aware datetime.")
        self._content = content
        self._keep_from = keep_from
        self._opt_out = opt_out or None
        self._left_out: set[str] = set()

    def admit(self, records: list[Value]) -> list[Value]:
        """Return what is let in of records that came together; nothing of it is changed in place."""
        if self._opt_out is not None:
            for record in records:
                if record.record == "member":
                    self._opt_out.note(record)
            records = [kept for record in records if (kept := self._without(record, self._opt_out)) is not None]
        if self._keep_from is not None:
            records = [record for record in records if not self._is_too_old(record, self._keep_from)]
        if self._content == "full":
            return records
        return [_wordless(record, features=self._content == "features") for record in records]

    def _is_too_old(self, record: Value, keep_from: datetime) -> bool:
        if record.record == "event" and record.target_id in self._left_out:
            return True
        dated = getattr(record, _DATED.get(record.record, ""), None)
        if dated is None or dated >= keep_from:
            return False
        if record.record == "post":
            self._left_out.add(record.id)
        return True

    def _without(self, record: Value, out: OptOut) -> Value:
        """Return a record without who opted out; None where it is about them, by them or to them."""
        if any(out.holds(getattr(record, name, None)) for name in _ABOUT.get(record.record, ())):
            if record.record == "post":
                self._left_out.add(record.id)
            return None
        if record.record == "event" and record.target_id in self._left_out:
            return None
        changed: dict[str, Value] = {
            name: None for name in _BESIDE.get(record.record, ()) if out.holds(getattr(record, name, None))
        }
        if record.record == "post":
            mentions = tuple(one for one in record.mentions if not (one.kind == "member" and out.holds(one.id)))
            praised = tuple(one for one in record.praised_ids if not out.holds(one))
            changed |= {} if len(mentions) == len(record.mentions) else {"mentions": mentions}
            changed |= {} if len(praised) == len(record.praised_ids) else {"praised_ids": praised}
        return record.model_copy(update=changed) if changed else record


_DATED: Final[Mapping[str, str]] = {
    "post": "created_at",
    "event": "occurred_at",
    "membership": "until",
    "measure": "period_end",
}
"""By kind, the field that says how old a record is, as `prune` counts it."""
_ABOUT: Final[Mapping[str, tuple[str, ...]]] = {
    "member": ("id",),
    "membership": ("member_id",),
    "post": ("author_id",),
    "event": ("actor_id", "target_id"),
    "measure": ("subject_id",),
}
"""By kind, the fields that say whose record it is: one of them, and there is no record."""
_BESIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "member": ("manager_id",),
    "community": ("creator_id", "owner_id"),
}
"""By kind, the fields that name somebody beside: these are emptied."""


def _wordless(record: Value, *, features: bool) -> Value:
    kind = record.record
    dropped = _WORDS.get(kind)
    if dropped is None:
        return record
    if kind == "member" and record.id.startswith(f"{_ROSTER}:"):
        dropped = dropped - {"extra"}
    if kind == "event" and record.kind in _NAMED_ACTS:
        dropped = dropped - {"detail"}
    told = record.model_fields_set
    values = {name: value for name, value in record.__dict__.items() if name in told and name not in dropped}
    if kind == "post":
        values |= {name: make(values[name]) for name, make in _EMPTIED.items() if values.get(name)}
        if features and told & {"text", "title", "body", "links"}:
            values["features"] = _features(record)
        if not features:
            values.pop("features", None)
    return type(record).model_construct(_fields_set=set(values), **values)


def _features(post: Post) -> Features:
    text = post.text or post.title or ""
    return Features(length=len(text), has_question=has_question(text, post.body), links=len(post.links))


def _attachments(held: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    return tuple(Attachment(kind=one.kind, mime_type=one.mime_type, size=one.size) for one in held)


def _mentions(held: tuple[Mention, ...]) -> tuple[Mention, ...]:
    return tuple(Mention(kind=one.kind, id=None if one.kind == "tag" else one.id) for one in held)


def _poll(held: Poll) -> Poll:
    return Poll(options=tuple(PollOption(text="", votes=one.votes) for one in held.options), closes_at=held.closes_at)


_EMPTIED: Final[Mapping[str, Callable[[Value], Value]]] = {
    "attachments": _attachments,
    "mentions": _mentions,
    "poll": _poll,
}
"""What of a post is kept without the words in it."""
