"""What events do to older ones, and what of it later runs have to know. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from communitykit.connector import JSON, Checkpoint, as_mapping
from communitykit.connector.payload import as_texts
from communitykit_matrix.wire import MESSAGES, PINS, Event, bundled, content, is_odd, previous, relation, text

_LOOKED_AT = 200  # events of a room that were odd and are asked for once more
_KEPT = 5000  # reactions and edits of a room whose undoing a later run can understand


class News:
    """What the events of a walk do to older ones: the last word on each. It is given events that are sound only.

    `edits` and `redactions` are the newest that the walk came by, for servers that bundle neither.
    """

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self.changed, self.moves, self.acts = dict[str, None](), dict[str, Event](), dict[tuple[JSON, ...], JSON]()
        self.edits, self.redactions = dict[str, Event](), dict[str, Event]()

    def note(self, state: Checkpoint, events: Iterable[Event]) -> None:
        """Keep the newest reactions and edits in `state` by their ids: [target, key (None: an edit), sender, time]."""
        for event in events:
            found = relation(event)
            kind, target, key = found.get("rel_type"), text(found.get("event_id")), text(found.get("key"))
            if target and kind == "m.replace":
                known = self.edits.get(target)
                if known is None or known["origin_server_ts"] <= event["origin_server_ts"]:
                    self.edits[target] = event
            elif event["type"] == "m.room.redaction" and (gone := _redacted(event)):
                self.redactions[gone] = event
            if target and (kind == "m.replace" or (kind == "m.annotation" and key is not None)):
                told = [target, key if kind == "m.annotation" else None, event["sender"], event["origin_server_ts"]]
                state["related"][event["event_id"]] = told
        state["related"] = dict(sorted(state["related"].items(), key=lambda one: one[1][3])[-_KEPT:])

    @staticmethod
    def owe(state: Checkpoint, events: Iterable[Event]) -> None:
        """Keep in `state` which events hold what cannot be read: the next run looks at them once more."""
        owed = [*state.get("odd", ()), *(event["event_id"] for event in events if is_odd(event))]
        state["odd"] = list(dict.fromkeys(owed))[-_LOOKED_AT:]

    def take(self, state: Checkpoint, events: list[Event]) -> None:
        """Take events in, oldest first, and keep in `state` who pinned what."""
        here = {event["event_id"] for event in events}
        for event in events:
            before, kind, found = previous(event), event["type"], relation(event)
            target: str | None = None
            if kind == "m.reaction":  # perhaps given again after it was taken back
                key = ("reacted", text(found.get("event_id")), text(found.get("key")), event["sender"])
                self.acts.pop(key, None)
            elif found.get("rel_type") == "m.replace":
                target = text(found.get("event_id"))
            elif kind == "m.room.redaction":
                gone = _redacted(event) or ""
                target, key_of, sender, _ = state["related"].pop(gone, (gone, None, "", 0))
                if target and key_of is not None:
                    self._act("reacted", target, key_of, sender, active=False)
                    target = None
            elif kind == "m.room.member" and content(event).get("membership") != before.get("membership"):
                if isinstance(event.get("state_key"), str):
                    self.moves[event["state_key"]] = event
            elif kind == PINS:
                self._pins(state, event)
            if target and target not in here:
                self.changed[target] = None

    def _pins(self, state: Checkpoint, event: Event) -> None:
        now = as_texts(content(event).get("pinned"))
        then = as_texts(previous(event).get("pinned"))
        if event["origin_server_ts"] < state.get("pinned_at", 0):
            return  # one that could not be read when it was the newest
        whole = not is_odd(event)  # else nobody knows what is not pinned any more
        state["pinned_at"] = event["origin_server_ts"] if whole else state.get("pinned_at", 0)
        for one in [one for one in now if one not in then]:
            state["pins"][one] = event["sender"]
            self._act("pinned", one, None, event["sender"], ts=event["origin_server_ts"])
        for one in [one for one in then if whole and one not in now]:
            self._act("pinned", one, None, state["pins"].pop(one, ""), active=False)

    def _act(self, kind: str, target: str, key: str | None, sender: str, **told: JSON) -> None:
        self.acts[kind, target, key, sender] = {"kind": kind, "target": target, "key": key, "sender": sender, **told}

    def unbundled(self, state: Checkpoint, events: Iterable[Event]) -> Iterator[tuple[Event, str]]:
        """Name the messages that say nothing of their newest edit, with its id: it may have to be asked for."""
        newest: dict[tuple[str, str], tuple[int, str]] = {}
        for native, (target, key, sender, at) in state["related"].items():
            if key is None:
                newest[target, sender] = max(newest.get((target, sender), (0, "")), (at, native))
        for event in events:
            known = newest.get((event["event_id"], event["sender"]))
            if known and event["type"] in MESSAGES and content(event) and not bundled(event):
                yield event, known[1]


def with_edit(event: Event, edit: Event) -> Event:
    """Return a message with its newest edit, as servers bundle it: one of the same kind, that says something new."""
    if edit["type"] != event["type"] or not isinstance(content(edit).get("m.new_content"), dict):
        return event
    return {**event, "unsigned": {**as_mapping(event.get("unsigned")), "m.relations": {"m.replace": edit}}}


def with_redaction(event: Event, redaction: Event | None) -> Event:
    """Return a message that was emptied with what emptied it, where the server does not say so itself."""
    if redaction is None or event.get("content") != {} or bundled(event, "redacted_because"):
        return event
    return {**event, "unsigned": {"redacted_because": redaction}}


def _redacted(event: Event) -> str | None:
    return text(event.get("redacts")) or text(content(event).get("redacts"))
