"""What methods answer with, and how listings are cut into pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from communitykit.connector import JSON
from communitykit.sandbox import Grant, make_cursor
from communitykit_slack.sandbox import rules
from communitykit_slack.sandbox.desk import SlackDesk
from communitykit_slack.sandbox.rules import Refused, Rule

Fields = Mapping[str, JSON]


@dataclass(slots=True)
class Reply:
    """What a method answers: its fields, and under `key` a list of objects that are already bytes."""

    data: dict[str, JSON] = field(default_factory=dict)
    key: str = ""
    items: Sequence[bytes] = ()


def known(grant: Grant | None) -> Grant:
    """Insist on a caller who is known."""
    if grant is None:
        raise Refused("not_authed")
    return grant


def page_of(
    desk: SlackDesk, fields: Fields, rule: Rule, kind: str, entries: Sequence[JSON]
) -> tuple[list[JSON], dict[str, JSON]]:
    """Cut a page out of a listing; its cursor is empty, not absent, on the last one."""
    size = rules.limit(fields, rule)
    start = int(rules.position(desk.secret, kind, str(fields["cursor"]))) if fields.get("cursor") else 0
    end = start + size
    following = make_cursor(desk.secret, kind, str(end)) if end < len(entries) else ""
    return list(entries[start:end]), {"response_metadata": {"next_cursor": following}}
