"""What every table and column of a store says about itself: whoever opens the file alone is not left to guess. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from inspect import cleandoc
from typing import Final, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from communitykit.model import RECORD_TYPES
from communitykit.store.columns import MERGED, TABLES
from communitykit.store.schema import tables


def of_field(field: FieldInfo) -> str:
    """Return what a field of the model holds, and which words, where those are a closed list that it does not name."""
    said = field.description or ""
    words = _words(field.annotation)
    if not words or all(f"`{one}`" in said for one in words):
        return said
    return f"{said} One of {', '.join(words)}." if ":" in said else f"{said.rstrip('.')}: {', '.join(words)}."


def _words(annotation: object) -> tuple[str, ...]:
    """Return the words that a field may hold; none where any may stand."""
    if get_origin(annotation) is Literal:
        return tuple(one for one in get_args(annotation) if isinstance(one, str))
    return next((found for one in get_args(annotation) if (found := _words(one))), ())


_EVERYWHERE: Final = {
    "platform": "The platform, as in the id.",
    "network": "The network on that platform, as in the id.",
    "stub": "True of an account that others refer to and nothing has described yet.",
    "last_run": "The latest run that saw it.",
    "seen_before": "When the run before the latest one saw it, through the same door.",
    "first_run": "The run that first stored it.",
    "changed_run": "The latest run that changed it.",
    "source_connector": "Name of the connector that told it last.",
    "source_version": "Version of that connector.",
    "source_origin": "The door that it came through: api, archive or webhook.",
    "fetched_at": "When communitykit read it (UTC).",
    "as_of": "When what it tells was true (UTC).",
    "provenance": "Which fields were told, when that was true, and when an archive that told it was read (JSON).",
}
_OTHERS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "post_versions": (
        "Earlier versions of edited posts, until the post is deleted.",
        {
            "post_id": "The post.",
            "edited_at": "When this version was made (UTC).",
            "title": "Subject or headline.",
            "body": "The body exactly as the platform keeps it.",
            "body_format": of_field(RECORD_TYPES["post"].model_fields["body_format"]),
            "text": "Plain text derived from it.",
        },
    ),
    "checkpoints": (
        "Where each slice goes on with the next run.",
        {
            "slice": "The slice.",
            "checkpoint": "Its connector's own mark (JSON).",
            "run_id": "The run that wrote it.",
            "stored_at": "When it was written (UTC).",
        },
    ),
    "runs": (
        "Pulls, imports and erasures.",
        {
            "run_id": "The run.",
            "started_at": "When it began (UTC).",
            "ended_at": "When it ended (UTC); NULL of one that was killed.",
            "until": "The end of what it read (UTC).",
            "status": "How it ended: complete, partial, interrupted, failed or killed; running until that is noted.",
            "sources": "Connectors and their versions (JSON).",
            "requests": "Requests sent.",
            "waited": "Seconds waited for platforms' limits.",
            "last_commit": "Number of its last commit: runs' own order.",
        },
    ),
    "meta": ("Words of the store about itself.", {"key": "What.", "value": "The word."}),
    "erased": (
        "Rows that were erased for good, so that copies hear of it.",
        {
            "row_key": "A salted hash of the row's id.",
            "kind": f"What sort of record it was: {', '.join(MERGED)}.",
            "changed_run": "The erasure.",
            "erased_at": "When it was erased (UTC).",
        },
    ),
    "forgotten": ("Accounts that are left out for good.", {"key": "A keyed hash of an account's id."}),
    "people": (
        "Persons behind accounts, as `communitykit people` made them.",
        {
            "person_id": "The person.",
            "kind": "person, bot, shared, guest, external or unknown.",
            "name": "Name.",
            "email": "E-mail address.",
            "department": "Department.",
            "division": "Division.",
            "site": "Site.",
            "country": "Country.",
            "job_title": "Job title.",
            "employee_number": "Employee number.",
            "directory_id": "Directory object id.",
            "manager_id": "The manager's person id.",
            "depth": "Managers above; 0 where nobody is.",
            "is_leader": "Leads others, by `leader_rule`.",
            "leader_rule": "The rule that told it.",
            "started_on": "First day.",
            "left_on": "Last day.",
            "active": "False once left.",
            "in_roster": "Is in the directory's roster.",
            "accounts": "How many accounts are theirs.",
            "sources": "By field, the account that told it (JSON).",
        },
    ),
    "identities": (
        "Which account is whose, and why.",
        {
            "account_id": "The account, an id of `members`.",
            "person_id": "The person.",
            "rule": "The rule that joined it.",
            "evidence": "What the rule saw.",
            "decided_by": "Who decided; NULL where a rule did.",
            "decided_at": "When (UTC).",
            "undone_at": "When it was taken back (UTC); NULL of what holds.",
        },
    ),
    "refusals": (
        "Accounts that a key would have joined.",
        {
            "account_a": "One account.",
            "account_b": "The other.",
            "rule": "The rule that would have joined them.",
            "evidence": "Why it did not.",
        },
    ),
    "decisions": (
        "What somebody said about two accounts.",
        {
            "account_a": "One account.",
            "account_b": "The other.",
            "verdict": "same or different.",
            "decided_by": "Who said it.",
            "decided_at": "When (UTC).",
            "undone_at": "When it was taken back (UTC); NULL of what holds.",
        },
    ),
    "releases": (
        "Rows about single people that left the store.",
        {
            "released_at": "When (UTC).",
            "released_by": "To whom.",
            "what": "What they were.",
            "purpose": "What they were for.",
            "rows": "How many.",
        },
    ),
}


VIEW: Final = (
    "One row an act: what people do by writing, derived from posts, and the events that are active.",
    {
        "kind": "What was done: posted, replied, mentioned, reacted, joined…",
        "actor_id": "By whom; NULL where nobody tells (a deletion).",
        "target_id": "To what: the post answered, reacted to or deleted, the member or group mentioned, the community.",
        "community_id": "Where.",
        "post_id": "The post that it is about.",
        "occurred_at": "When (UTC); NULL where no source tells.",
        "time_source": "event (the platform's time), observed (between two runs) or none.",
        "detail": "Emoji, kind of post, kind of mention, new topic…",
        "observed_after": "Where it was observed: when it had not happened yet (UTC).",
        "platform": _EVERYWHERE["platform"],
        "network": _EVERYWHERE["network"],
    },
)
"""What the view `activity` and its columns say."""


def described() -> dict[str, tuple[str, dict[str, str]]]:
    """Return by table, and for the view, what it holds, and by column what that is."""
    kinds = {table: kind for kind, table in TABLES.items()}
    found = {}
    for table, wanted in tables().items():
        if table in kinds:
            model = RECORD_TYPES[kinds[table]]
            of_table = cleandoc(model.__doc__ or "").split("\n\n")[0]
            own = {name: of_field(field) for name, field in model.model_fields.items()}
        else:
            of_table, own = _OTHERS[table]
        found[table] = (of_table, {name: own.get(name) or _EVERYWHERE[name] for name in wanted})
    return {**found, "activity": VIEW}


@cache
def comments(*wanted: str) -> str:
    """Return the statements that write it into a store, as one text: one by one they take thrice the time.

    Of all tables and the view, or of those that are wanted: a table that is made anew has none.
    """
    told = []
    for table, (of_table, of_columns) in described().items():
        if wanted and table not in wanted:
            continue
        told.append(f"COMMENT ON {'VIEW' if table == 'activity' else 'TABLE'} {table} IS {_text(of_table)}")
        told += [f'COMMENT ON COLUMN {table}."{name}" IS {_text(said)}' for name, said in of_columns.items()]
    return ";\n".join(told)


def parquet_words(of_table: str, of_columns: Mapping[str, str]) -> str:
    """Return what a Parquet file says about itself, as an option of COPY: its `description`, its `columns` as JSON."""
    return f"KV_METADATA {{description: {_text(of_table)}, columns: {_text(json.dumps(of_columns))}}}"


def _text(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"
