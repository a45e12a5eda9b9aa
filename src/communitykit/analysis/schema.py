"""What the analysis tables are: one declaration, of which tables, comments and the reference page are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

SCHEMA_VERSION: Final = "1"


class Column(NamedTuple):
    """A column: its type in SQL and what it means."""

    type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what a row is, its columns, and whether it is kept by day."""

    row: str
    columns: dict[str, Column] = field(default_factory=dict)
    by_day: bool = False


def _column(told: str) -> Column:
    kind, _, meaning = told.partition(": ")
    return Column(kind, meaning)


def _table(row: str, columns: dict[str, str], *, by_day: bool = False) -> Table:
    return Table(row, {name: _column(told) for name, told in columns.items()}, by_day)


_PLATFORM = "VARCHAR: The platform's name."
_NETWORK = "BIGINT: Pseudonym of the network (workspace, tenant)."
_PLACE = "BIGINT: Where: `places.place_id`; NULL outside of any."
_TEXT: dict[str, str] = {
    "has_text": "BOOLEAN: Whether there is text; NULL where the record keeps neither texts nor their features.",
    "is_question": "BOOLEAN: Whether the platform says question, or the text has a question mark outside of addresses "
    "and code; NULL without text.",
    "length": "INTEGER: Characters of the text; NULL without text.",
    "links": "INTEGER: Links in the body.",
    "attachments": "INTEGER: Files, previews and cards.",
    "mentions": "INTEGER: Whom and what the body names.",
    "language": "VARCHAR: Language, where the platform tells: the tag's first part (`fr`).",
}
_AT = "BIGINT: When, in microseconds since 1970 in UTC, down to the second; NULL where nothing tells."
_DAY = "DATE: The local day of `at_us` in the zone of `about`."

TABLES: Final[dict[str, Table]] = {
    "people": _table(
        "A person; where the record has no people, an account (`about.people`).",
        {
            "person_id": "BIGINT: Pseudonym of the person.",
            "kind": "VARCHAR: `person`, `bot`, `shared`, `guest`, `external` or `unknown`.",
            "department": "VARCHAR: Department; `(other)` of those with fewer than `about.min_group` persons, "
            "and of fewer of whom none is told.",
            "division": "VARCHAR: Division, likewise.",
            "site": "VARCHAR: Office or site, likewise.",
            "country": "VARCHAR: Country, as the directory or platform writes it, likewise.",
            "manager_id": "BIGINT: The manager's `person_id`.",
            "depth": "INTEGER: Managers above; 0 is nobody above.",
            "is_leader": "BOOLEAN: Whether the record's leader rule holds; NULL where there is none.",
            "in_roster": "BOOLEAN: In the roster; NULL where there is none.",
            "active": "BOOLEAN: Still there.",
            "is_eligible": "BOOLEAN: Counts as one of the company's people: kind `person`, and in the roster where "
            "there is one.",
            "started_day": "DATE: First day of the month in which they began in the company, where told.",
            "left_day": "DATE: Last day of the month in which they left the company, where told.",
            "first_act_day": "DATE: Day of the first act in the record.",
            "accounts": "INTEGER: Accounts of this person.",
            "memberships": "INTEGER: Communities that this person is in.",
        },
    ),
    "acts": _table(
        "One act: of a post what its author did by it (posted, replied, mentioned, shared, praised, edited), else an "
        "event.",
        {
            "at_us": _AT,
            "day": _DAY,
            "at_is_inferred": "BOOLEAN: No source dates it: the time is the run after which it was first seen, else "
            "that of what it was done to, whichever is later.",
            "person_id": "BIGINT: Who; NULL where the platform does not tell.",
            "kind": "VARCHAR: What was done: `posted`, `replied`, `reacted`, `viewed`, `joined`…",
            "is_contribution": "BOOLEAN: posted, replied, reacted, mentioned, shared, praised or voted.",
            "platform": _PLATFORM,
            "network_id": _NETWORK,
            "place_id": _PLACE,
            "thread_id": "BIGINT: The thread that it was done in.",
            "post_id": "BIGINT: The post that it made, or was done to.",
            "to_person_id": "BIGINT: Author of what was answered, shared or reacted to; who was mentioned or praised.",
        },
        by_day=True,
    ),
    "threads": _table(
        "A post that opens a thread, and what came of it.",
        {
            "thread_id": "BIGINT: Pseudonym of the thread.",
            "post_id": "BIGINT: The opening post: the same.",
            "place_id": _PLACE,
            "platform": _PLATFORM,
            "network_id": _NETWORK,
            "person_id": "BIGINT: Its author.",
            "kind": "VARCHAR: `post`, `question`, `poll`, `announcement`, `praise` or `article`.",
            "at_us": _AT,
            "day": _DAY,
            **_TEXT,
            "replies": "INTEGER: Replies in the record.",
            "repliers": "INTEGER: Persons who replied.",
            "reactions": "INTEGER: Reactions to the opening post: those in the record, or the platform's count where "
            "that is larger.",
            "reactors": "INTEGER: Persons in the record who reacted to it.",
            "viewers": "INTEGER: Persons who saw it; NULL where the platform tells nobody.",
            "reported_views": "BIGINT: Views as the platform counts them.",
            "depth": "INTEGER: Levels of replies below.",
            "first_reply_us": "BIGINT: First dated reply by another human than the author, as `at_us`.",
            "first_response_us": "BIGINT: First reply, or reaction to the opening post, by another human, as `at_us`.",
        },
        by_day=True,
    ),
    "answers": _table(
        "A post in somebody's thread.",
        {
            "post_id": "BIGINT: Pseudonym of the post.",
            "thread_id": "BIGINT: The thread; its opening post need not be in the record.",
            "place_id": _PLACE,
            "platform": _PLATFORM,
            "network_id": _NETWORK,
            "person_id": "BIGINT: Its author.",
            "to_person_id": "BIGINT: Author of the post that it answers.",
            "kind": "VARCHAR: As of threads.",
            "at_us": _AT,
            "day": _DAY,
            "depth": "INTEGER: 1 answers the opening post, 2 an answer to it…",
            **_TEXT,
            "reactions": "INTEGER: Reactions to it, as of threads.",
            "reactors": "INTEGER: Persons in the record who reacted to it.",
        },
        by_day=True,
    ),
    "ties": _table(
        "How often one person turned to another on a day; nobody to themselves.",
        {
            "day": _DAY,
            "from_person_id": "BIGINT: Who.",
            "to_person_id": "BIGINT: To whom.",
            "kind": "VARCHAR: `reply`, `reaction` or `mention`.",
            "platform": _PLATFORM,
            "place_id": _PLACE,
            "acts": "INTEGER: How many times.",
        },
        by_day=True,
    ),
    "places": _table(
        "A community.",
        {
            "place_id": "BIGINT: Pseudonym of the community.",
            "kind": "VARCHAR: `network`, `workspace`, `team`, `channel`, `group`, `space`, `user_group`, `direct` or "
            "`unknown`.",
            "platform": _PLATFORM,
            "network_id": _NETWORK,
            "privacy": "VARCHAR: `public`, `private`, `secret` or `direct`: who may read.",
            "parent_id": "BIGINT: The place that it belongs to.",
            "is_container": "BOOLEAN: Holds places or names people, and has no post of its own.",
            "is_default": "BOOLEAN: Everyone is in it from the first day.",
            "archived": "BOOLEAN: Closed for new posts.",
            "gone": "BOOLEAN: No longer there; acts in it are not in these tables.",
            "created_day": "DATE: When it was created, in the zone of `about`.",
            "members": "INTEGER: Memberships in the record, else the platform's count, else those of the team of a "
            "channel that is open to it; NULL where nothing tells.",
            "owners": "INTEGER: Owners, as memberships or the place itself tell.",
            "first_post_day": "DATE: Day of its first post in the record.",
            "last_post_day": "DATE: Day of its last post in the record.",
        },
    ),
    "coverage": _table(
        "What the latest reading of one part of a platform covered.",
        {
            "platform": _PLATFORM,
            "network_id": _NETWORK,
            "place_id": _PLACE,
            "what": "VARCHAR: Which part: `messages`, `members`, `feed`…",
            "since_day": "DATE: First day of the window; NULL is the beginning.",
            "until_day": "DATE: Last day of the window.",
            "status": "VARCHAR: `complete`, `partial`, `denied`, `truncated` or `skipped`.",
            "reason": "VARCHAR: Why not complete: `rejected`, `unread`, `no_permission`, `platform_limit`, `left_out`, "
            "`not_asked_for` (private and direct talk alone: what is public was read whole).",
        },
    ),
    "calendar": _table(
        "A day of the record's window in a country; without gaps.",
        {
            "day": "DATE: The day.",
            "country": "VARCHAR: As in `people`; empty for all: there Monday to Friday are working days.",
            "iso_year": "INTEGER: Year of the ISO week.",
            "iso_week": "INTEGER: ISO week.",
            "week": "VARCHAR: `2026-W05`.",
            "month": "VARCHAR: `2026-05`.",
            "quarter": "VARCHAR: `2026-Q1`.",
            "year": "VARCHAR: `2026`.",
            "weekday": "INTEGER: 1 is Monday, 7 Sunday.",
            "is_working_day": "BOOLEAN: Neither weekend nor public holiday.",
        },
    ),
    "about": _table(
        "What the tables are: one fact.",
        {
            "key": "VARCHAR: `schema`, `made_at`, `zone`, `key_id` (NULL: the key was thrown away), `people` (`people` "
            "or `accounts`), `roster` (`yes`, `no`), `in_roster` and `only_in_roster` (the roster's people, and those "
            "without an account), `refused_by` and `refused` (a key that refused more joins than were made with the "
            "roster), `content` (`full`, `features`, `none`), `min_group`, `other_department` (`other_division`, "
            "`other_site`, `other_country`: the groups that `(other)` is put together of, as a JSON list; null: those "
            "of whom none is told), `first_day`, `last_day`, `run` (the latest of the record).",
            "value": "VARCHAR: The fact.",
        },
    ),
}
"""The tables by name."""


def ddl(name: str, made: str) -> str:
    """Return the statement that makes one of the tables, empty, under the name `made`."""
    columns = ", ".join(f'"{one}" {column.type}' for one, column in TABLES[name].columns.items())
    return f"CREATE OR REPLACE TABLE {made} ({columns})"
