"""From what a homeserver sends to records: every wire kind on one screen. Pure."""

from __future__ import annotations

from communitykit.connector import WireKind
from communitykit_matrix.translate.acts import translate_act
from communitykit_matrix.translate.messages import translate_event
from communitykit_matrix.translate.people import translate_member, translate_user
from communitykit_matrix.translate.places import translate_room

IGNORED = {
    "change": "edits, redactions and lists of pins: what they change is read as it is now",
    "redacted act": "a reaction or vote that was taken back no longer says what it was about",
    "membership": "new names and pictures, invitations that came to nothing, requests to join",
    "other": "settings of a room, first name and topic among them; calls, ends of polls, applications' own types",
}

TRANSLATORS = {
    "user": WireKind(translate_user, "name"), "room": WireKind(translate_room, "room_id"),
    "member": WireKind(translate_member, "event_id"), "event": WireKind(translate_event, "event_id"),
    "act": WireKind(translate_act, "target"),
}  # fmt: skip
