"""Events API bodies become records, by one table. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from communitykit.connector import JSON, Draft, Ignored, Rejected
from communitykit.connector.payload import sound_texts
from communitykit_slack.ids import community_id, member_id, parse_ts, people_of, place_of
from communitykit_slack.translate.acts import act
from communitykit_slack.translate.messages import reaction_event
from communitykit_slack.translate.people import membership, user, user_group
from communitykit_slack.translate.places import channel, pinned

Context = Mapping[str, JSON]
Rule = Callable[[JSON, Context], Iterator[Draft]]


def event(item: Mapping[str, JSON], context: Context, message: Rule) -> Iterator[Draft]:
    """Translate an event, with or without its envelope; `message` is the rule for messages."""
    if item.get("type") == "event_callback":
        context = {"team": item.get("team_id"), "origin": "webhook", **context}
        item = item.get("event") or {}
    kind = item.get("type")
    if kind == "message":
        yield from message(item, context)
        return
    rule = EVENTS.get(str(kind))
    if rule is None:
        raise Rejected("unknown_event", f"no rule for events of type {str(kind)[:60]}")
    yield from rule(item, context)


def _reaction(item: JSON, context: Context) -> Iterator[Draft]:
    target: Mapping[str, JSON] = item.get("item") or {}
    if target.get("type") != "message":
        yield Ignored("file_reaction")
        return
    name, who, ts = _needed(item, "reaction"), _needed(item, "user"), _needed(target, "ts")
    parse_ts(ts)
    place = place_of(context, target.get("channel"))
    draft = reaction_event(place.post(ts), place, who, name)
    if item["type"] == "reaction_removed":
        yield {**draft, "active": False}
    else:
        yield {**draft, "occurred_at": parse_ts(_needed(item, "event_ts")), "time_source": "event"}


def _membership(item: JSON, context: Context) -> Iterator[Draft]:
    who, at = _needed(item, "user"), _needed(item, "event_ts")
    place = place_of(context, _needed(item, "channel"))
    member = place.member(who)
    joined = item["type"] == "member_joined_channel"
    row = membership(place.network, place.channel, member, who, active=joined)
    yield {**row, "since": parse_ts(at), "until": None} if joined else {**row, "until": parse_ts(at)}
    yield act(place, "joined" if joined else "left", actor=member, target=place.community_id, ts=at)
    if joined and (inviter := item.get("inviter")):
        yield act(place, "invited", actor=place.member(inviter), target=member, ts=at)


def _channel_created(item: JSON, context: Context) -> Iterator[Draft]:
    told: JSON = item.get("channel") or {}
    yield from channel(told, context)
    place = place_of(context, told["id"])
    actor = place.member(told["creator"]) if told.get("creator") else None
    at = item.get("event_ts") or f"{told.get('created')}.000000"
    yield act(place, "community_changed", actor=actor, target=place.community_id, detail="created", ts=at)


def _channel_renamed(item: JSON, context: Context) -> Iterator[Draft]:
    """Tell the new name; the act itself is told by the message that Slack writes into the channel."""
    told = item.get("channel") or {}
    place = place_of(context, _needed(told, "id"))
    yield {"record": "community", "id": place.community_id, "kind": "channel", "name": _needed(told, "name")}


def _channel_state(**told: JSON) -> Rule:
    def rule(item: JSON, context: Context) -> Iterator[Draft]:
        yield {"record": "community", "id": place_of(context, _needed(item, "channel")).community_id, **told}

    return rule


def _channel_deleted(item: JSON, context: Context) -> Iterator[Draft]:
    yield from _channel_state(gone="deleted")(item, context)
    yield from _channel_act("deleted")(item, context)


def _channel_act(what: str, channel_key: str = "channel", other_key: str | None = None) -> Rule:
    def rule(item: JSON, context: Context) -> Iterator[Draft]:
        place = place_of(context, _needed(item, channel_key))
        who = item.get("user") or item.get("actor_id")
        detail = f"{what} {item.get(other_key) or ''}".strip() if other_key else what
        yield act(
            place,
            "community_changed",
            actor=place.member(who) if who else None,
            target=place.community_id,
            detail=detail,
            ts=_needed(item, "event_ts"),
        )

    return rule


def _user(item: JSON, context: Context) -> Iterator[Draft]:
    told: JSON = item.get("user") or {}
    yield from user(told, context)


def _team_join(item: JSON, context: Context) -> Iterator[Draft]:
    told: JSON = item.get("user") or {}
    yield from user(told, context)
    team = context.get("team")
    if team and (at := item.get("event_ts")):
        place = place_of(context, team)
        member = place.member(told["id"])
        yield act(place, "joined", actor=member, target=place.community_id, ts=at)


def _pin(item: JSON, context: Context) -> Iterator[Draft]:
    told = item.get("item") or {}
    ts = (told.get("message") or {}).get("ts")
    if told.get("type") != "message" or not ts:
        yield Ignored("pinned_file")
        return
    parse_ts(ts)
    place = place_of(context, told.get("channel") or item.get("channel_id"))
    at = parse_ts(_needed(item, "event_ts"))
    yield pinned(place, place.post(ts), _needed(item, "user"), at, active=item["type"] == "pin_added")


def _subteam(item: JSON, context: Context) -> Iterator[Draft]:
    told: JSON = item.get("subteam") or {}
    yield from user_group(told, context)


def _subteam_members(item: JSON, context: Context) -> Iterator[Draft]:
    team, group = item.get("team_id") or context.get("team"), _needed(item, "subteam_id")
    if not team:
        raise Rejected("no_place", "no team is known")
    given = False
    for key, active in (("added_users", True), ("removed_users", False)):
        if (people := sound_texts(item.get(key))) is None:
            yield Rejected("odd_part", f"{key} is no list of ids", native=group)
        for who in people or ():
            given = True
            yield membership(team, group, member_id(people_of(context), who), who, active=active)
    if not given:
        raise Rejected("empty", "nobody was added or removed")


def _team(**names: str) -> Rule:
    """Make the rule for a change of the workspace: which field the event tells, and under which key."""

    def rule(item: JSON, context: Context) -> Iterator[Draft]:
        team = context.get("team")
        if not team:
            raise Rejected("no_place", "no team is known")
        told = {field: _needed(item, key) for field, key in names.items()}
        yield {"record": "community", "id": community_id(team, team), "kind": "workspace", **told}

    return rule


def _needed(item: Mapping[str, JSON], key: str) -> str:
    value = item.get(key)
    if isinstance(value, Mapping):
        value = value.get("id")
    if not isinstance(value, str) or not value:
        raise Rejected("incomplete", f"{key} is missing")
    return value


def _ignored(kind: str) -> Rule:
    def rule(_item: JSON, _context: Context) -> Iterator[Draft]:
        yield Ignored(kind)

    return rule


def _each(names: str, rule: Rule) -> dict[str, Rule]:
    return dict.fromkeys(names.split(), rule)


EVENTS: dict[str, Rule] = {
    **_each("reaction_added reaction_removed", _reaction),
    **_each("member_joined_channel member_left_channel", _membership),
    "channel_created": _channel_created,
    **_each("channel_rename group_rename", _channel_renamed),
    **_each("channel_archive group_archive", _channel_state(archived=True)),
    **_each("channel_unarchive group_unarchive", _channel_state(archived=False)),
    **_each("channel_deleted group_deleted", _channel_deleted),
    "channel_shared": _channel_act("shared with", other_key="connected_team_id"),
    "channel_unshared": _channel_act("no longer shared with", other_key="previously_connected_team_id"),
    "channel_id_changed": _channel_act("formerly", "new_channel_id", "old_channel_id"),
    "team_join": _team_join,
    **_each("user_change user_profile_changed user_status_changed user_huddle_changed", _user),
    **_each("pin_added pin_removed", _pin),
    **_each("subteam_created subteam_updated", _subteam),
    "subteam_members_changed": _subteam_members,
    "team_rename": _team(name="name"),
    "team_domain_change": _team(url="url"),
    **_each("app_mention", _ignored("app_mention")),
    **_each("link_shared", _ignored("link_shared")),
    **_each("star_added star_removed", _ignored("star")),
    **_each("channel_left group_left subteam_self_added subteam_self_removed", _ignored("own_membership")),
    **_each("channel_history_changed group_history_changed im_history_changed", _ignored("history_changed")),
    **_each(
        "file_change file_created file_deleted file_public file_shared file_unshared"
        " file_comment_added file_comment_edited file_comment_deleted",
        _ignored("file_event"),
    ),
    **_each(
        "app_home_opened app_rate_limited app_requested app_uninstalled app_installed app_deleted"
        " tokens_revoked team_access_granted team_access_revoked scope_granted scope_denied resources_added"
        " resources_removed user_resource_granted user_resource_denied user_resource_removed invite_requested"
        " grid_migration_started grid_migration_finished call_rejected goodbye assistant_thread_started"
        " assistant_thread_context_changed function_executed shared_channel_invite_accepted"
        " shared_channel_invite_approved shared_channel_invite_declined shared_channel_invite_received"
        " shared_channel_invite_requested message_metadata_posted message_metadata_updated message_metadata_deleted",
        _ignored("app_event"),
    ),
    **_each(
        "dnd_updated dnd_updated_user emoji_changed email_domain_changed im_close im_created im_open group_close"
        " group_open bot_added bot_changed",
        _ignored("client_event"),
    ),
    **_each(
        "workflow_deleted workflow_published workflow_unpublished workflow_step_deleted workflow_step_execute",
        _ignored("workflow_event"),
    ),
}
"""What becomes of each type of event; one that is not here becomes an Issue, so that nothing is dropped unseen."""
