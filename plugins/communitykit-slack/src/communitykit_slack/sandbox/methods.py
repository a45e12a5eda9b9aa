"""The methods of Slack's Web API that reading needs, each with its own paging."""


# ruff: noqa: ARG001 # all methods have one signature

from __future__ import annotations

from collections.abc import Mapping

from communitykit.connector import JSON
from communitykit.sandbox import Grant, Person
from communitykit.sandbox.logins import proves
from communitykit_slack.sandbox import directory, naming, rendering, rules
from communitykit_slack.sandbox.conversations import (
    conversations_history,
    conversations_info,
    conversations_join,
    conversations_list,
    conversations_members,
    conversations_replies,
    pins_list,
    reactions_get,
)
from communitykit_slack.sandbox.desk import CLIENT_ID, CLIENT_SECRET, Method, SlackDesk, encode
from communitykit_slack.sandbox.replies import Fields, Reply, page_of
from communitykit_slack.sandbox.rules import Refused, Rule

_USERS_AT_ONCE = 1000


def api_test(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Answer that the API is there."""
    return Reply({"args": {name: value for name, value in fields.items() if name != "token"}})


def auth_test(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Tell whose token it is."""
    bot = next(person for person in desk.world.people if person.kind == "bot" and not person.solo)
    data: dict[str, JSON] = {
        "url": f"https://{rendering.DOMAIN}.slack.com/",
        "team": "Aurora Instruments",
        "user": bot.slug,
        **desk.identity(),
        "user_id": naming.user(desk.world, bot),
        "bot_id": naming.bot(desk.world, bot),
    }
    if grant and grant.expires_at is not None:
        data["expires_in"] = int(grant.expires_at - desk.site.seconds())
    return Reply(data)


def auth_teams_list(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """List the workspaces that an organization's token may read; that of one workspace has its own alone."""
    page, data = page_of(desk, fields, rule, "teams", [{"id": key, "name": name} for key, name in desk.teams().items()])
    return Reply(data, "teams", [encode(one) for one in page])


def oauth_access(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Rotate a token: the refresh token works once. A public client redeems its code with PKCE, without a secret."""
    known = fields.get("client_id") == CLIENT_ID
    if known and fields.get("grant_type") == "authorization_code":
        challenge, back, scopes = desk.codes.pop(str(fields.get("code")), ("", "", frozenset()))
        if not back or back != fields.get("redirect_uri") or not proves(str(fields.get("code_verifier")), challenge):
            raise Refused("invalid_code")
        team: JSON = {"id": naming.team(desk.world), "name": "Aurora Instruments"}
        return Reply({"authed_user": desk.issue_to_user(scopes), "team": team, "is_enterprise_install": False})
    if known and fields.get("refresh_token") in desk.user_refresh:
        return Reply(desk.issue_to_user(desk.user_refresh.pop(str(fields["refresh_token"]))))
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


def team_object(desk: SlackDesk) -> dict[str, JSON]:
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


def users_list(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """List the workspace's own users; strangers from elsewhere are not among them."""
    size = rules.limit(fields, rule)
    own = [person for person in desk.users.values() if person.kind != "external"]
    if not size and len(own) > _USERS_AT_ONCE:
        raise Refused("limit_required")
    entries: list[Person | None] = [None, *own]
    page, data = page_of(desk, fields, Rule(2, default=size or len(entries), largest=max(1000, size)), "user", entries)
    locale = rules.flag(fields, "include_locale")
    data["cache_ts"] = desk.world.now_us // 1_000_000
    items = [
        encode(directory.slackbot(desk.world) if person is None else _user(desk, person, grant, locale=locale))
        for person in page
    ]
    return Reply(data, "members", items)


def users_info(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Tell about one user, strangers too."""
    wanted = str(fields.get("user", ""))
    if wanted == naming.SLACKBOT:
        return Reply({"user": directory.slackbot(desk.world)})
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
    kinds = {one.strip() for one in str(fields.get("types") or "public_channel").split(",")}
    places = [one for one in desk.places.values() if naming.sort_of(one) in kinds and number in one.present()]
    page, data = page_of(desk, fields, rule, "team", places)
    return Reply(data, "channels", [encode(desk.channel(place)) for place in page])


def usergroups_list(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """List the groups of users; there are no pages."""
    if desk.site.options.get("free"):
        raise Refused("plan_upgrade_required")
    users, count = rules.flag(fields, "include_users"), rules.flag(fields, "include_count")
    groups = [directory.usergroup_object(desk.world, circle, users=users, count=count) for circle in desk.circles()]
    return Reply({"usergroups": groups})


def usergroups_users(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """List the users of a group."""
    for circle in desk.circles():
        if naming.usergroup(desk.world, circle) == fields.get("usergroup"):
            return Reply({"users": naming.grouped(desk.world, circle)})
    raise Refused("no_such_subteam")


def bots_info(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """Tell about one bot."""
    for person in desk.world.people:
        if person.kind == "bot" and naming.bot(desk.world, person) == fields.get("bot"):
            return Reply({"bot": directory.bot_object(desk.world, person)})
    raise Refused("bot_not_found")


def emoji_list(desk: SlackDesk, fields: Fields, rule: Rule, grant: Grant | None) -> Reply:
    """List the workspace's own emoji."""
    address = f"{rendering.EMOJI}/{naming.team(desk.world)}/aurora_spark/1.png"
    return Reply({"emoji": {"aurora_spark": address, "spark": "alias:aurora_spark"}, "cache_ts": "1.0"})


def _user(desk: SlackDesk, person: Person, grant: Grant | None, *, locale: bool = False) -> dict[str, JSON]:
    found = desk.user(person, locale=locale)
    if grant is None or "users:read.email" not in grant.scopes:
        found["profile"].pop("email", None)
    return found


METHODS: Mapping[str, Method] = {
    "api.test": api_test,
    "auth.teams.list": auth_teams_list,
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
