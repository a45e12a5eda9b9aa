"""Who is forgotten stays so: what a reading brings of them again is left out before it is stored."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import duckdb

from communitykit.model import Mention, references
from communitykit.model.ids import make_id, native_text
from communitykit.model.values import Value
from communitykit.store.answers import first_row

FORGOTTEN: Final = "[forgotten]"
"""Stands where another person's text named somebody who is forgotten."""
_KEY: Final = "forgetting_key"
_LEFT_OUT: Final = {
    "member": ("id",),
    "membership": ("member_id",),
    "post": ("author_id",),
    "event": ("actor_id", "target_id"),
    "measure": ("subject_id",),
}
"""By kind, the fields that make the whole record theirs."""


def note(connection: duckdb.DuckDBPyConnection, accounts: Iterable[str]) -> None:
    """Put accounts on the list of those who are forgotten, as keyed hashes: their ids do not stay in the store."""
    if not first_row(connection, "SELECT 1 FROM meta WHERE key = ?", [_KEY]):
        connection.execute("INSERT INTO meta VALUES (?, ?)", [_KEY, secrets.token_hex(32)])
    known = _hashes(connection)
    digest = _digest(connection)
    for one in accounts:
        if digest(one) not in known:
            connection.execute("INSERT INTO forgotten VALUES (?)", [digest(one)])


def who_is_forgotten(connection: duckdb.DuckDBPyConnection) -> Callable[[Value], bool] | None:
    """Return the test whether an id is that of somebody forgotten; None where nobody is."""
    known = _hashes(connection)
    if not known:
        return None
    digest = _digest(connection)
    return lambda one: isinstance(one, str) and digest(one) in known


def without(records: Iterable[Value], forgotten: Callable[[Value], bool]) -> Iterator[Value]:
    """Yield records without those who are forgotten: what is theirs is left out, what names them does so no more."""
    for record in records:
        if any(forgotten(getattr(record, name)) for name in _LEFT_OUT.get(record.record, ())):
            continue
        named = {one.id for one in references(record) if forgotten(one.id)}
        if record.record == "issue":
            native = f"{':'.join(record.slice.split(':')[:2])}:member:{record.native_id}"
            if forgotten(native) or forgotten(record.native_id):
                continue
        yield _unnamed(record, named) if named else record


def without_in_checkpoint(slice_: str, checkpoint: object, forgotten: Callable[[Value], bool]) -> Value:
    """Return a checkpoint in which no key and no text is the id of one of them, the store's or the platform's own."""
    platform, _, network = slice_.partition(":")
    network = network.partition(":")[0]

    def names(one: object) -> bool:
        if not isinstance(one, str) or not one:
            return False
        return forgotten(one) or bool(network and forgotten(make_id(platform, network, "member", one)))

    def is_theirs(one: object) -> bool:
        if isinstance(one, list | tuple):  # a list of ids loses the id, what is told beside an id goes with it
            return not all(isinstance(each, str) for each in one) and any(map(names, one))
        return names(one)

    def kept(value: object) -> Value:
        if isinstance(value, Mapping):
            return {name: kept(one) for name, one in value.items() if not names(name) and not is_theirs(one)}
        if isinstance(value, list | tuple):
            return [kept(one) for one in value if not is_theirs(one)]
        return value

    return kept(checkpoint)


def unsaid(text: str | None, names: Iterable[str]) -> str | None:
    """Return a text in which names stand no more; a name inside a longer word is another's."""
    for name in sorted(filter(None, names), key=len, reverse=True):
        if text is not None:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", FORGOTTEN, text)
    return text


def without_in_extra(value: object, ids: frozenset[str] | set[str]) -> Value:
    """Return JSON in which no value is one of these ids."""
    if isinstance(value, Mapping):
        return {name: without_in_extra(one, ids) for name, one in value.items() if one not in _among(ids)}
    if isinstance(value, list | tuple):
        return [without_in_extra(one, ids) for one in value if one not in _among(ids)]
    return value


class _among:  # noqa: N801 # reads as a word
    """A set that anything may be asked of."""

    def __init__(self, ids: frozenset[str] | set[str]) -> None:
        self.ids = ids

    def __contains__(self, one: object) -> bool:
        return isinstance(one, str) and one in self.ids


def _unnamed(record: Value, ids: set[str]) -> Value:
    """Return a record that names these ids no more."""
    changed: dict[str, Value] = {"raw": None} if getattr(record, "raw", None) is not None else {}
    for one in references(record):
        if one.id not in ids:
            continue
        field = one.field.partition(".")[0]
        value = getattr(record, field)
        if field == "extra":
            changed["extra"] = without_in_extra(value, ids)
        elif field == "mentions":
            names = mention_names(value, ids)
            changed["mentions"] = tuple(each for each in value if each.id not in ids)
            changed |= {name: unsaid(getattr(record, name), names) for name in ("title", "body", "text")
                        if getattr(record, name) is not None}  # fmt: skip
        else:
            changed[field] = tuple(each for each in value if each not in ids) if isinstance(value, tuple) else None
    return record.model_copy(update=changed)


def mention_names(mentions: Iterable[Mention], ids: set[str]) -> set[str]:
    """Return how mentions of these ids stand in a body: the platform's own id, and the label."""
    found = {native_text(one) for one in ids}
    return found | {each.label.lstrip("@") for each in mentions if each.id in ids and each.label}


def _hashes(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    return frozenset(key for (key,) in connection.execute("SELECT key FROM forgotten").fetchall())


def _digest(connection: duckdb.DuckDBPyConnection) -> Callable[[str], str]:
    ((key,),) = connection.execute(f"SELECT value FROM meta WHERE key = '{_KEY}'").fetchall()  # noqa: S608 # ours
    secret = bytes.fromhex(key)
    return lambda one: hmac.digest(secret, one.encode(), "sha256").hex()
