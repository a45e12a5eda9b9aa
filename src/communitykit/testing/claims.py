"""Whether capabilities name everything that records tell."""

from __future__ import annotations

from collections.abc import Iterable

from communitykit.connector.declaration import Capabilities
from communitykit.model.records import told_fields
from communitykit.model.values import JSON

DIRECTORY = frozenset(
    {
        "username", "display_name", "email", "job_title", "department", "division", "organization", "location",
        "country", "manager_id", "employee_number", "directory_id", "time_zone", "language", "admin",
    }
)  # fmt: skip
"""Member fields that a connector claims one by one."""


def claims_too_little(claimed: Capabilities, records: Iterable[JSON]) -> list[str]:
    """Name what records tell and the capabilities leave out: what is not claimed is absent, not hidden."""
    found = list(records)
    of = {kind: [one for one in found if one.record == kind] for kind in ("member", "post", "event", "membership")}
    shown = {
        "titles": any(one.title for one in of["post"]),
        "threads": any(one.root_id for one in of["post"]),
        "nested_replies": any(one.parent_id != one.root_id for one in of["post"]),
        "polls": any(one.poll for one in of["post"]),
        "view_counts": any(one.counts is not None and one.counts.views is not None for one in of["post"]),
        "reaction_times": any(one.kind == "reacted" and one.occurred_at is not None for one in of["event"]),
        "membership_times": any(one.since is not None for one in of["membership"]),
    }
    told = {
        "record": {one.record for one in found if told_fields(one)} - claimed.records,  # stubs tell nothing
        "event": {one.kind for one in of["event"]} - claimed.events,
        "member field": {name for name in DIRECTORY for one in of["member"] if getattr(one, name) is not None}
        - claimed.member_fields,
        "kind of post": {one.kind for one in of["post"]} - claimed.post_kinds,
        "feature": {name for name, is_shown in shown.items() if is_shown} - claimed.features,
    }
    return [f"{what} {name}" for what, names in told.items() for name in sorted(names)]
