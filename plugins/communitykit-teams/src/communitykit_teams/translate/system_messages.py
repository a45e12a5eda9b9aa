"""What Teams itself writes into a channel (`eventMessageDetail`) becomes events, by one table. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from communitykit.connector import JSON, Draft, Rejected, occurred
from communitykit.connector.drafts import EventDraft
from communitykit_teams.ids import Location, native_id, parse_time
from communitykit_teams.translate.text import text_list
from communitykit_teams.wire import Message

Detail = Mapping[str, JSON]
Rule = Callable[[Message, Detail, Location], Iterator[EventDraft | Rejected]]


def system_message(item: Message, detail: Detail, place: Location) -> Iterator[Draft]:
    """Translate a system message; a kind that nobody has heard of is a change of the community all the same."""
    name = str(detail.get("@odata.type") or "").rpartition(".")[2].removesuffix("EventMessageDetail")
    rule = RULES.get(name) or _changed(_words(name) or "changed")
    yield from rule(item, detail, place)


def _words(name: str) -> str:
    """Write `channelRenamed` as "channel renamed"."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _act(
    item: Message, place: Location, kind: str, *, actor: str | None, target: str, detail: str | None = None
) -> EventDraft:
    """Describe an occurrence, known by the message that tells of it."""
    at, native = parse_time(item.get("createdDateTime")), native_id(item)
    return occurred(
        kind, target=target, actor=actor, at=at, occurrence=native, community=place.community_id, detail=detail
    )


def _members(kind: str) -> Rule:
    """Make the rule for who came or went; who added somebody else has invited them."""

    def rule(item: Message, detail: Detail, place: Location) -> Iterator[EventDraft]:
        by = place.named(detail.get("initiator"))
        named = False
        for one in _each(detail, "members"):
            member = place.named(one)
            if member is None:
                continue
            named = True
            yield _act(item, place, kind, actor=member, target=place.community_id)
            if kind == "joined" and by is not None and by != member:
                yield _act(item, place, "invited", actor=by, target=member)
        if not named:
            yield _act(item, place, kind, actor=None, target=place.community_id)

    return rule


def _each(detail: Detail, name: str) -> list[Detail]:
    """Return the objects of a list; one that is absent has none.

    Raises Rejected where something is no object: an act that would name nobody is not the act of somebody unread.
    """
    told = detail.get(name) or []
    if not isinstance(told, list) or not all(one is None or isinstance(one, dict) for one in told):
        raise Rejected("malformed", f"{name} is no list of objects")
    return [one for one in told if one is not None]


def _changed(what: str, key: str | None = None) -> Rule:
    """Make the rule for a change: what changed, and the field that tells into what."""

    def rule(item: Message, detail: Detail, place: Location) -> Iterator[EventDraft]:
        told = detail.get(key) if key else None
        words = f"{what}: {told}" if told else what
        by = place.named(detail.get("initiator"))
        yield _act(item, place, "community_changed", actor=by, target=place.community_id, detail=words)

    return rule


def _role(item: Message, detail: Detail, place: Location) -> Iterator[EventDraft | Rejected]:
    member = place.named(detail.get("conversationMemberUser")) or place.community_id
    roles = text_list(detail.get("conversationMemberRoles"))
    told = None if roles is None else f"role: {', '.join(roles).lower() or 'member'}"
    by = place.named(detail.get("initiator"))
    yield _act(item, place, "community_changed", actor=by, target=member, detail=told)
    if roles is None:
        yield Rejected("odd_part", "conversationMemberRoles is no list of words", native=native_id(item))


def _call(what: str) -> Rule:
    """Make the rule for calls: whoever began it, and at its end everybody who took part."""

    def rule(item: Message, detail: Detail, place: Location) -> Iterator[EventDraft]:
        by = place.named(detail.get("initiator"))
        people = [place.named(one.get("participant")) for one in _each(detail, "callParticipants")]
        for who in dict.fromkeys([by, *people] if by is not None or not people else people):
            yield _act(item, place, "x-teams-call", actor=who, target=place.community_id, detail=what)

    return rule


RULES: Mapping[str, Rule] = {
    "membersAdded": _members("joined"),
    "membersJoined": _members("joined"),
    "membersDeleted": _members("left"),
    "membersLeft": _members("left"),
    "conversationMemberRoleUpdated": _role,
    "callStarted": _call("started"),
    "callEnded": _call("ended"),
    "callRecording": _call("recording"),
    "callTranscript": _call("transcript"),
    "channelAdded": _changed("channel added", "channelDisplayName"),
    "channelDeleted": _changed("channel deleted", "channelDisplayName"),
    "channelRenamed": _changed("channel renamed", "channelDisplayName"),
    "channelDescriptionUpdated": _changed("channel description", "channelDescription"),
    "channelSharingUpdated": _changed("channel sharing"),
    "channelSetAsFavoriteByDefault": _changed("channel shown by default"),
    "channelUnsetAsFavoriteByDefault": _changed("channel no longer shown by default"),
    "chatRenamed": _changed("chat renamed", "chatDisplayName"),
    "meetingPolicyUpdated": _changed("meeting policy"),
    "messagePinned": _changed("message pinned"),
    "messageUnpinned": _changed("message unpinned"),
    "tabUpdated": _changed("tab"),
    "teamArchived": _changed("team archived"),
    "teamUnarchived": _changed("team unarchived"),
    "teamCreated": _changed("team created", "teamDisplayName"),
    "teamRenamed": _changed("team renamed", "teamDisplayName"),
    "teamDescriptionUpdated": _changed("team description", "teamDescription"),
    "teamJoiningEnabled": _changed("joining enabled"),
    "teamJoiningDisabled": _changed("joining disabled"),
    "teamsAppInstalled": _changed("app installed", "teamsAppDisplayName"),
    "teamsAppRemoved": _changed("app removed", "teamsAppDisplayName"),
    "teamsAppUpgraded": _changed("app upgraded", "teamsAppDisplayName"),
}
"""Every kind of `eventMessageDetail` that Microsoft Graph documents."""
