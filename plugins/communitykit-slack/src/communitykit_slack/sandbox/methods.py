"""The methods of Slack's Web API that reading needs, each with its own paging."""

# ruff: noqa: ARG001 # all methods have one signature

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from communitykit.sandbox import Grant, Message, Person, Place
from communitykit_slack.sandbox import naming, rendering, rules
from communitykit_slack.sandbox.desk import CLIENT_ID, CLIENT_SECRET, Method, SlackDesk, encode, missing, require
from communitykit_slack.sandbox.rules import Refused, Rule

Fields = Mapping[str, Any]
_USERS_AT_ONCE = 1000


@dataclass(slots=True)
class Reply:
    """What a method answers: its fields, and under `key` a list of objects that are already bytes."""

    data: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    items: Sequence[bytes] = ()


def api_test(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Answer that the API is there."""
    return Reply({"args": {name: value for name, value in fields.items() if name != "token"}})


def auth_test(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Tell whose token it is."""
    bot = next(person for person in desk.world.people if person.kind == "bot" and not person.solo)
    data: dict[str, Any] = {
        "url": f"https://{rendering.DOMAIN}.slack.com/",
        "team": "Aurora Instruments",
        "user": bot.slug,
        "team_id": naming.team(desk.world),
        "user_id": naming.user(desk.world, bot),
        "bot_id": naming.bot(desk.world, bot),
        "is_enterprise_install": False,
    }
    if grant and grant.expires_at is not None:
        data["expires_in"] = int(grant.expires_at - desk.site.seconds())
    return Reply(data)


def oauth_access(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Rotate a token: the refresh token works once."""
    if fields.get("client_id") != CLIENT_ID or fields.get("client_secret") != CLIENT_SECRET:
        raise Refused("bad_client_secret" if fields.get("client_id") == CLIENT_ID else "invalid_client_id")
    if fields.get("grant_type") != "refresh_token":
        raise Refused("invalid_grant_type")
    refresh = str(fields.get("refresh_token", ""))
    if refresh not in desk.refresh_tokens:
        raise Refused("invalid_refresh_token")
    desk.refresh_tokens.discard(refresh)
    issued, following = desk.issue()
    bot = next(person for person in desk.world.people if person.kind == "bot" and not person.solo)
    return Reply(
        {
            "app_id": naming.native("A", desk.world.seed, str(bot.number)),
            "token_type": "bot",
            "access_token": issued.token,
            "refresh_token": following,
            "expires_in": int((issued.expires_at or 0) - desk.site.seconds()),
            "scope": ",".join(sorted(issued.scopes)),
            "bot_user_id": naming.user(desk.world, bot),
            "team": {"id": naming.team(desk.world), "name": "Aurora Instruments"},
            "enterprise": None,
            "is_enterprise_install": False,
        }
    )


def team_info(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Tell about the workspace."""
    return Reply({"team": team_object(desk)})


def team_object(desk: SlackDesk) -> dict[str, Any]:
    """Render the workspace."""
    return {
        "id": naming.team(desk.world),
        "name": "Aurora Instruments",
        "domain": rendering.DOMAIN,
        "url": f"https://{rendering.DOMAIN}.slack.com/",
        "email_domain": "aurora.example",
        "icon": {"image_default": True},
        "is_verified": False,
    }


def team_profile_get(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Tell which profile fields the workspace defined."""
    defined = [
        {
            "id": naming.field_id(desk.world, label),
            "ordering": index,
            "field_name": label.lower().replace(" ", "_"),
            "label": label,
            "hint": "",
            "type": "user" if label == "Manager" else "text",
            "possible_values": None,
            "options": {"is_scim": False, "is_protected": False},
            "is_hidden": False,
            "section_id": naming.native("S", desk.world.seed, "section"),
        }
        for index, label in enumerate(naming.PERSONAL_FIELDS)
    ]
    return Reply({"profile": {"fields": defined, "sections": []}})


def conversations_list(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """List channels. Archived ones are left out after paging, so pages get short."""
    if grant is None:
        raise Refused("not_authed")
    wanted = [one.strip() for one in str(fields.get("types") or "public_channel").split(",")]
    unknown = [one for one in wanted if one not in rules.TYPES]
    if unknown:
        raise Refused("invalid_types")
    for one in wanted:
        kind = rules.TYPES[one]
        require(grant, f"{'mpim' if kind == 'mpim' else rules.PRIVACY_SCOPE[kind]}:read")
    kinds = {rules.TYPES[one] for one in wanted}
    places = sorted((place for place in desk.places.values() if place.privacy in kinds), key=lambda one: one.number)
    page, data = _page(desk, fields, rule, "team", places)
    if rules.flag(fields, "exclude_archived"):
        page = [place for place in page if not place.archived]
    items = [encode(_channel(desk, place)) for place in page]
    return Reply(data, "channels", items)


def conversations_info(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Tell about one channel."""
    place = desk.place(fields, _known(grant), rule)
    member = place.number not in desk.site.unreadable
    count = rules.flag(fields, "include_num_members")
    return Reply({"channel": rendering.channel_object(desk.world, place, member=member, count=count)})


def conversations_join(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Join a channel."""
    place = desk.place(fields, _known(grant), Rule(3, per_type="read"))
    if place.archived:
        raise Refused("is_archived")
    if place.privacy != "public":
        raise Refused("method_not_supported_for_channel_type")
    return Reply({"channel": _channel(desk, place), "warning": "already_in_channel"})


def conversations_members(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """List who is in a channel."""
    place = desk.place(fields, _known(grant), rule)
    page, data = _page(desk, fields, rule, "member", place.present())
    return Reply(data, "members", [encode(naming.user(desk.world, desk.world.people[number])) for number in page])


def conversations_history(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Page through a channel: with `oldest` alone forward in time, else backward; newest first inside a page."""
    place = desk.place(fields, _known(grant), rule, joined=True)
    latest, oldest = rules.bound(fields, "latest"), rules.bound(fields, "oldest")
    forward = oldest is not None and latest is None
    inclusive = rules.truthy_bound(fields, "inclusive")
    size = rules.limit(fields, rule)
    after = oldest - 1 if oldest is not None and inclusive else oldest
    before = latest + 1 if latest is not None and inclusive else latest
    if fields.get("cursor"):
        reached = naming.moment(rules.read_cursor(desk.secret, "next_ts", str(fields["cursor"])))
        after, before = (reached, before) if forward else (after, reached)
    items = list(islice(desk.world.scan(place, after=after, before=before, newest_first=not forward), size + 1))
    more, items = len(items) > size, items[:size]
    data: dict[str, Any] = {"has_more": more, "pin_count": 0}
    if more:
        data["response_metadata"] = {"next_cursor": rules.make_cursor(desk.secret, "next_ts", naming.ts(items[-1].at))}
    if forward:
        items.reverse()
    if latest is not None:
        data["latest"] = str(fields["latest"])
    shown = [
        desk.wire(item) if isinstance(item, Message) else encode(rendering.notice_object(desk.world, item))
        for item in items
        if not isinstance(item, Message) or rendering.visible(item)
    ]
    return Reply(data, "messages", shown)


def conversations_replies(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Page through a thread, oldest first; the root leads whatever the bounds."""
    place = desk.place(fields, _known(grant), rule, joined=True)
    root = _message(desk, place, fields, "ts", "thread_not_found")
    latest, oldest = rules.bound(fields, "latest"), rules.bound(fields, "oldest")
    inclusive = rules.truthy_bound(fields, "inclusive")
    size = rules.limit(fields, rule)
    if root.root is not None:
        return Reply({"has_more": False}, "messages", [desk.wire(root)])
    replies = [
        reply
        for reply in root.living()
        if (oldest is None or reply.at > oldest or (inclusive and reply.at == oldest))
        and (latest is None or reply.at < latest or (inclusive and reply.at == latest))
    ]
    leads = True
    if fields.get("cursor"):
        reached = naming.moment(rules.read_cursor(desk.secret, "thread", str(fields["cursor"])))
        replies = [reply for reply in replies if reply.at > reached]
        leads = bool(desk.site.options.get("parent_leads", True))
    room = max(1, size - leads)
    page = replies[:room]
    data: dict[str, Any] = {"has_more": len(replies) > room}
    if len(replies) > room:
        data["response_metadata"] = {"next_cursor": rules.make_cursor(desk.secret, "thread", naming.ts(page[-1].at))}
    return Reply(data, "messages", [desk.wire(message) for message in ([root, *page] if leads else page)])


def users_list(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """List the workspace's own users; strangers from elsewhere are not among them."""
    size = rules.limit(fields, rule)
    own = [person for person in desk.users.values() if person.kind != "external"]
    if not size and len(own) > _USERS_AT_ONCE:
        raise Refused("limit_required")
    entries: list[Person | None] = [None, *own]
    page, data = _page(desk, fields, Rule(2, default=size or len(entries), largest=max(1000, size)), "user", entries)
    locale = rules.flag(fields, "include_locale")
    data["cache_ts"] = desk.world.now_us // 1_000_000
    items = [
        encode(rendering.slackbot(desk.world) if person is None else _user(desk, person, grant, locale=locale))
        for person in page
    ]
    return Reply(data, "members", items)


def users_info(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Tell about one user, strangers too."""
    wanted = str(fields.get("user", ""))
    if wanted == naming.SLACKBOT:
        return Reply({"user": rendering.slackbot(desk.world)})
    if wanted not in desk.users:
        raise Refused("user_not_found")
    return Reply({"user": _user(desk, desk.users[wanted], grant, locale=rules.flag(fields, "include_locale"))})


def users_profile_get(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Tell somebody's profile, with labels when asked."""
    wanted = str(fields.get("user", ""))
    if wanted not in desk.users:
        raise Refused("user_not_found")
    profile = dict(_user(desk, desk.users[wanted], grant)["profile"])
    if rules.flag(fields, "include_labels") and profile.get("fields"):
        labels = {naming.field_id(desk.world, label): label for label in naming.PERSONAL_FIELDS}
        profile["fields"] = {key: {**value, "label": labels[key]} for key, value in profile["fields"].items()}
    return Reply({"profile": profile})


def users_lookup(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Find somebody by e-mail address."""
    wanted = str(fields.get("email", "")).lower()
    for person in desk.users.values():
        address = desk.world.account(person, "slack").email
        if wanted and address and address.lower() == wanted and person.active and person.kind != "external":
            return Reply({"user": _user(desk, person, grant)})
    raise Refused("users_not_found")


def users_conversations(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """List the channels of a user, or of the app itself."""
    reply = conversations_list(desk, fields, rule, grant)
    wanted = str(fields.get("user", ""))
    if not wanted:
        return reply
    if wanted not in desk.users:
        raise Refused("user_not_found")
    number = desk.users[wanted].number
    kinds = {rules.TYPES[one.strip()] for one in str(fields.get("types") or "public_channel").split(",")}
    places = [place for place in desk.places.values() if place.privacy in kinds and number in place.present()]
    page, data = _page(desk, fields, rule, "team", places)
    return Reply(data, "channels", [encode(_channel(desk, place)) for place in page])


def usergroups_list(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """List the groups of users; there are no pages."""
    if desk.site.options.get("free"):
        raise Refused("plan_upgrade_required")
    users, count = rules.flag(fields, "include_users"), rules.flag(fields, "include_count")
    groups = [rendering.usergroup_object(desk.world, circle, users=users, count=count) for circle in desk.world.circles]
    return Reply({"usergroups": groups})


def usergroups_users(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """List the users of a group."""
    for circle in desk.world.circles:
        if naming.usergroup(desk.world, circle) == fields.get("usergroup"):
            return Reply({"users": naming.grouped(desk.world, circle)})
    raise Refused("no_such_subteam")


def reactions_get(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Tell the reactions of one post; `full` lists everybody."""
    place = desk.place(fields, _known(grant), Rule(rule.tier))
    message = _message(desk, place, fields, "timestamp", "message_not_found")
    cut = None if rules.flag(fields, "full") else desk.cut
    shown = rendering.message_object(desk.world, message, cut=cut, files=desk.files)
    return Reply({"type": "message", "channel": naming.channel(desk.world, place), "message": shown})


def pins_list(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """List what is pinned in a channel."""
    place = desk.place(fields, _known(grant), Rule(rule.tier), joined=True)
    items = [
        {
            "type": "message",
            "created": message.pinned[1] // 1_000_000,
            "created_by": naming.user(desk.world, desk.world.people[message.pinned[0]]),
            "channel": naming.channel(desk.world, place),
            "message": rendering.message_object(desk.world, message, cut=desk.cut, files=desk.files),
        }
        for message in desk.world.messages(place)
        if message.pinned and message.live
    ]
    return Reply({"items": items[:100]})


def bots_info(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Tell about one bot."""
    for person in desk.world.people:
        if person.kind == "bot" and naming.bot(desk.world, person) == fields.get("bot"):
            return Reply({"bot": rendering.bot_object(desk.world, person)})
    raise Refused("bot_not_found")


def emoji_list(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """List the workspace's own emoji."""
    address = f"{rendering.EMOJI}/{naming.team(desk.world)}/aurora_spark/1.png"
    return Reply({"emoji": {"aurora_spark": address, "spark": "alias:aurora_spark"}, "cache_ts": "1.0"})


def _known(grant: Grant | None) -> Grant:
    if grant is None:
        raise Refused("not_authed")
    return grant


def _page(
    desk: SlackDesk, fields: Fields, rule: Rule, kind: str, entries: Sequence[Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Cut a page out of a listing; its cursor is empty, not absent, on the last one."""
    size = rules.limit(fields, rule)
    start = int(rules.read_cursor(desk.secret, kind, str(fields["cursor"]))) if fields.get("cursor") else 0
    end = start + size
    following = rules.make_cursor(desk.secret, kind, str(end)) if end < len(entries) else ""
    return list(entries[start:end]), {"response_metadata": {"next_cursor": following}}


def _message(desk: SlackDesk, place: Place, fields: Fields, name: str, error: str) -> Message:
    if not fields.get(name):
        raise missing(name)
    try:
        found = desk.world.message(place, naming.moment(str(fields[name])))
    except ValueError:
        raise Refused(error) from None
    if found is None or not rendering.visible(found):
        raise Refused(error)
    return found


def _user(desk: SlackDesk, person: Person, grant: Grant | None, *, locale: bool = False) -> dict[str, Any]:
    found = rendering.user_object(desk.world, person, locale=locale)
    if grant is None or "users:read.email" not in grant.scopes:
        found["profile"].pop("email", None)
    return found


def _channel(desk: SlackDesk, place: Place) -> dict[str, Any]:
    return rendering.channel_object(desk.world, place, member=place.number not in desk.site.unreadable)


METHODS: Mapping[str, Method] = {
    "api.test": api_test,
    "auth.test": auth_test,
    "bots.info": bots_info,
    "conversations.history": conversations_history,
    "conversations.info": conversations_info,
    "conversations.join": conversations_join,
    "conversations.list": conversations_list,
    "conversations.members": conversations_members,
    "conversations.replies": conversations_replies,
    "emoji.list": emoji_list,
    "oauth.v2.access": oauth_access,
    "pins.list": pins_list,
    "reactions.get": reactions_get,
    "team.info": team_info,
    "team.profile.get": team_profile_get,
    "usergroups.list": usergroups_list,
    "usergroups.users.list": usergroups_users,
    "users.conversations": users_conversations,
    "users.info": users_info,
    "users.list": users_list,
    "users.lookupByEmail": users_lookup,
    "users.profile.get": users_profile_get,
}
