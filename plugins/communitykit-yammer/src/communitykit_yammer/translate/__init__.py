"""Yammer's payloads to neutral records: every wire kind on one screen. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from communitykit.connector import JSON, Draft, Ignored, Rejected, WireKind
from communitykit_yammer.translate import acts, graph, messages, people, places


def _topic(_item: JSON, _context: Mapping[str, JSON]) -> Iterator[Draft]:
    yield Ignored("topic")


def _thread(_item: JSON, _context: Mapping[str, JSON]) -> Iterator[Draft]:
    yield Ignored("thread")


def _draft(_item: JSON, _context: Mapping[str, JSON]) -> Iterator[Draft]:
    yield Ignored("draft")


def _aside(item: JSON, _context: Mapping[str, JSON]) -> Iterator[Draft]:
    if not isinstance(item, Mapping):
        raise Rejected("no_object", "a reference is no object")
    yield Ignored("reference")


TRANSLATORS: dict[str, WireKind] = {
    "network": WireKind(places.network),
    "group": WireKind(places.group),
    "user": WireKind(people.user),
    "bot": WireKind(people.bot),
    "liker": WireKind(people.liker, id_field="user_id"),
    "membership": WireKind(people.membership),
    "message": WireKind(messages.message),
    "message_reference": WireKind(messages.reference),
    "administrator": WireKind(people.administrator),
    "message_version": WireKind(messages.version, id_field="message_id"),
    "answer_vote": WireKind(acts.vote),
    "draft": WireKind(_draft),
    "graph_community": WireKind(graph.community),
    "graph_role": WireKind(graph.role),
    "graph_member": WireKind(graph.member),
    "report_user": WireKind(graph.report_user, id_field="User Principal Name"),
    "report_group": WireKind(graph.report_group, id_field="Group Display Name"),
    "report_network": WireKind(graph.report_network, id_field="Report Date"),
    "topic": WireKind(_topic),
    "thread": WireKind(_thread),
    "reference": WireKind(_aside),
}
"""Wire kinds: what `Batch.kind` may say."""

IGNORED: dict[str, str] = {
    "draft": "not published yet",
    "topic": "its name stands in the posts that it is a topic of",
    "thread": "its number of replies stands in the post that began it",
    "reference": "groups are listed with all that they tell; pages, tags and other kinds name nobody, notes no place",
}
"""What is knowingly no record, and why."""
