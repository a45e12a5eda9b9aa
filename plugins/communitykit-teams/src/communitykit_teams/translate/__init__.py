"""Microsoft Graph's payloads to neutral records: every wire kind on one screen. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from communitykit.connector import JSON, Draft, Ignored, WireKind
from communitykit_teams.translate import messages, people, places, usage


def _bare(_item: JSON, _context: Mapping[str, JSON]) -> Iterator[Draft]:
    yield Ignored("without_resource_data")


def _lifecycle(_item: JSON, _context: Mapping[str, JSON]) -> Iterator[Draft]:
    yield Ignored("lifecycle")


TRANSLATORS: dict[str, WireKind] = {
    "organization": WireKind(places.organization),
    "team": WireKind(places.team),
    "channel": WireKind(places.channel),
    "user": WireKind(people.user),
    "member": WireKind(people.conversation_member),
    "message": WireKind(messages.message),
    "usage": WireKind(usage.usage_row, id_field="User Id"),
    "notification": WireKind(_bare, id_field="subscriptionId"),
    "lifecycle": WireKind(_lifecycle, id_field="subscriptionId"),
}
"""Wire kinds: what `Batch.kind` may say."""

IGNORED: dict[str, str] = {
    "typing": "somebody was writing; nothing was said",
    "bare_system_message": "a system message without its detail: nothing tells what it is about",
    "without_resource_data": "says that something changed, not what: the next pull finds it",
    "lifecycle": "about the subscription itself; `communitykit_teams.lifecycle_events` tells what to do",
}
"""What is knowingly no record, and why."""
