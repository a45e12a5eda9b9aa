"""Workplace's payloads to neutral records: every wire kind on one screen. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from communitykit.connector import JSON, Draft, Ignored, Rejected, WireKind
from communitykit_workplace.translate import acts, figures, library, local, messages, people, places


def _aside(item: JSON, context: Mapping[str, JSON]) -> Iterator[Draft]:  # noqa: ARG001 # not read
    yield Ignored(str(context.get("kind") or "aside"))


def _misfit(item: Mapping[str, JSON], context: Mapping[str, JSON]) -> Iterator[Draft]:
    reason, what = str(item.get("reason") or "misfit"), str(context.get("what") or "")
    yield from _refused(reason, what)


def _refused(reason: str, what: str) -> Iterator[Draft]:
    raise Rejected(reason, what or None)


TRANSLATORS: dict[str, WireKind] = {
    "community": WireKind(places.community),
    "group": WireKind(places.group),
    "member": WireKind(people.member),
    "profile": WireKind(people.profile),
    "scim_user": WireKind(people.scim_user),
    "membership": WireKind(people.membership),
    "post": WireKind(messages.post),
    "comment": WireKind(messages.comment),
    "edge": WireKind(acts.edge_rows),
    "event": WireKind(library.event),
    "page": WireKind(library.page),
    "download": WireKind(local.entry),
    "employee": WireKind(figures.employee),
    "figures": WireKind(figures.figures),
    "misfit": WireKind(_misfit),
    "aside": WireKind(_aside),
}
"""Wire kinds: what `Batch.kind` may say."""

IGNORED: dict[str, str] = {
    "draft": "not published yet",
    "aside": "pictures, skills, badges, files, settings and the like: nobody's act in a community",
    "message": "chats are read by nobody but those in them",
    "webhook": "deliveries of the past: what they told stands in the feeds",
}
"""What is knowingly no record, and why."""
