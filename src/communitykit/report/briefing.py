"""The brief: what to do this week, at most ten lines, each with why, its rule and its link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from importlib import resources
from itertools import zip_longest
from pathlib import Path
from typing import Final

from communitykit.errors import SettingsError
from communitykit.model.values import Value
from communitykit.report.quoting import POSTS, Message, folded, messages
from communitykit.report.rulebook import Rule, chosen
from communitykit.report.words import Words
from communitykit.store import Store

MOST_LINES: Final = 10
_TITLE_LENGTH: Final = 70
_OLD: Final = timedelta(days=60)
"""A record whose last post is so much older than its last reading is an archive: it is looked at as of then."""
_NO_FACTS: Final = frozenset({"form", "link", "place_id", "post_id"})
_MOST_NAMED: Final = 10
_NEEDS: Final = {
    "leaders": "SELECT count(*) > 0 FROM who WHERE is_leader",
    "departments": "SELECT count(DISTINCT department) > 1 FROM who",
    "texts": "SELECT count(*) > 0 FROM message WHERE words <> ''",
    "questions": "SELECT count(*) > 0 FROM message WHERE words <> '' OR is_question",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to do.

    Attributes:
        rule: The rule that found it; `--without RULE` switches it off.
        title: The rule's name in the brief's language.
        text: What to do.
        why: What speaks for it.
        link: The address of the post or community, where the platform told one.
        place_id: The community.
        post_id: The post, where it is about one.
        facts: What the texts show, as data: times in UTC, lengths in seconds.
    """

    rule: str
    title: str
    text: str
    why: str
    link: str | None
    place_id: str
    post_id: str | None
    facts: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Brief:
    """What to do this week.

    Attributes:
        store: The store's file name.
        language: Of its texts.
        until: Up to when was looked.
        communities: The globs that were asked for.
        lines: At most ten.
        notes: What was not looked at, and what was left out.
    """

    store: str
    language: str
    until: datetime
    communities: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def brief(
    store: Path | str,
    *,
    communities: Sequence[str] = (),
    language: str = "en",
    without: Sequence[str] = (),
    now: datetime | None = None,
) -> Brief:
    """Return what to do this week, by public rules over the record.

    It names posts and communities; persons only where the act is the reader's own work (owners, newcomers), and not
    where the record holds nobody's name.

    Args:
        store: The activity store.
        communities: Globs on names and ids; default: all.
        language: `en` or `fr`.
        without: Rules that are switched off.
        now: The moment from which it looks back. Default: when the record was last read.

    Raises:
        SettingsError: There is no such rule or language, no community matches, or nothing was ever read.
        StoreError: The store cannot be read.
    """
    words, rules = Words(language), chosen(tuple(without))
    notes: list[str] = []
    found: list[list[Line]] = []
    told: list[Message] = []
    with Store(store) as opened:
        until = now or _last_read(opened)
        _lay(opened, until)
        places = _places(opened, communities)
        nameless = bool(_one(opened, "SELECT count(name) = 0 FROM who"))
        for rule in rules:
            lacking = next((one for one in rule.needs if not _one(opened, _NEEDS[one])), None)
            if lacking:
                notes.append(words.say(f"brief.needs.{lacking}", rule=words.say(f"brief.rules.{rule.name}.name")))
                continue
            rows = opened.sql(rule.sql, rule.values({"now": until})).to_pylist()
            mine = [row for row in rows if row["place_id"] in places]
            known = messages(opened, {row[name] for row in mine for name in POSTS if row.get(name)})
            mine = [row for row in folded(mine, known) if not _twice(known.get(str(row.get("post_id"))), told)]
            told += [known[row["post_id"]] for row in mine[: rule.most] if row.get("post_id") in known]
            found.append([_line(words, rule, row, nameless=nameless) for row in mine[: rule.most]])
            notes += _more(words, rule, mine[rule.most :])
    ranked = [one for rank in zip_longest(*found) for one in rank if one is not None]
    kept = ranked[:MOST_LINES]
    if len(ranked) > len(kept):
        notes.append(words.say("brief.more", n=len(ranked) - len(kept)))
    if nameless:
        notes.append(words.say("brief.nameless"))
    if without:
        notes.append(words.say("brief.without", rules=sorted(without)))
    notes.append(words.say("brief.looked", n=len(places)))
    unread = sum(not is_read for is_read in places.values())
    if unread:
        notes.append(words.say("brief.unread", n=unread))
    return Brief(
        store=Path(store).name,
        language=language,
        until=until,
        communities=tuple(communities),
        lines=tuple(one for lines in found for one in lines if one in kept),
        notes=tuple(notes),
    )


def _last_read(store: Store) -> datetime:
    """Return when the record was last read; of an old archive, when its last post was written."""
    read = _one(store, "SELECT max(coalesce(until, ended_at, started_at)) FROM runs")
    last = _one(store, "SELECT max(created_at) FROM posts WHERE gone IS NULL")
    if read is None:
        raise SettingsError("nothing was read into it yet", subject=store.path.name, remedy="Pull or import first.")
    told: datetime = read if last is None or read - last < _OLD else last
    return told


def _lay(store: Store, now: datetime) -> None:
    """Make the tables that the rules ask; they are gone when the store is closed."""
    text = (resources.files("communitykit.report") / "ground.sql").read_text(encoding="utf-8")
    for statement in filter(str.strip, text.split(";\n")):
        store.sql(statement, {"now": now} if "$now" in statement else None)


def _places(store: Store, globs: Sequence[str]) -> dict[str, bool]:
    """Return the communities that were asked for, and whether they could be read whole."""
    rows = store.sql("SELECT id, name, is_read FROM place").to_pylist()
    for glob in globs:
        if not any(_matches(row, glob) for row in rows):
            raise SettingsError(f"no community matches {glob!r}", remedy="Give a name or an id, or a pattern.")
    return {row["id"]: row["is_read"] for row in rows if not globs or any(_matches(row, glob) for glob in globs)}


def _matches(row: Mapping[str, Value], glob: str) -> bool:
    return fnmatchcase(row["name"].casefold(), glob.casefold()) or fnmatchcase(row["id"], glob)


def _twice(message: Message | None, told: Sequence[Message]) -> bool:
    """Tell whether an earlier rule speaks of the same post."""
    return message is not None and any(message.is_also(one) for one in told)


def _more(words: Words, rule: Rule, rest: Sequence[Mapping[str, Value]]) -> list[str]:
    """Return the note on what a rule found beyond its lines, where it has words for that."""
    key = f"brief.rules.{rule.name}.more"
    places = [row["place"] for row in rest[:_MOST_NAMED]]
    return [words.say(key, n=len(rest), places=places)] if rest and key in words else []


def _line(words: Words, rule: Rule, row: Mapping[str, Value], *, nameless: bool) -> Line:
    base = f"brief.rules.{rule.name}"
    values = {name.removesuffix("_seconds"): _value(name, value) for name, value in row.items() if value is not None}
    for name in ("title", "other_title"):
        if name in row:
            values[name] = _title(words, row[name])
    if "also_in" in row:
        values["place"] = [row["place"], *row["also_in"]]
    hidden = {"person", "owners"} if nameless else set()
    line = f"{base}.nameless" if nameless and f"{base}.nameless" in words else _form(words, f"{base}.line", row)
    text = words.say(line, **values)
    return Line(
        rule=rule.name,
        title=words.say(f"{base}.name"),
        text=text[:1].upper() + text[1:],
        why=words.say(_form(words, f"{base}.why", row), **values),
        link=row.get("link"),
        place_id=row["place_id"],
        post_id=row.get("post_id"),
        facts={name: value for name, value in row.items() if name not in _NO_FACTS | hidden},
    )


def _form(words: Words, key: str, row: Mapping[str, object]) -> str:
    return key if key in words else f"{key}.{row['form']}"


def _value(name: str, value: object) -> object:
    if name.endswith("_seconds") and isinstance(value, int | float):
        return timedelta(seconds=round(value))
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _title(words: Words, text: str | None) -> str:
    if not text:
        return words.say("brief.untitled")  # inside a sentence: one that begins with it is capitalized
    short = text if len(text) <= _TITLE_LENGTH else text[: _TITLE_LENGTH - 1].rstrip() + "…"
    return words.say("quoted", text=short)


def _one(store: Store, query: str) -> Value:
    return store.sql(query).column(0)[0].as_py()
