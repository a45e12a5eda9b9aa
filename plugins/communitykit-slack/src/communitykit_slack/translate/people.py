"""Users, bots, profiles and groups of users become Members, Communities and Memberships. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from communitykit.connector import JSON, Draft, Rejected, Swept, as_mapping, make_id
from communitykit.connector.declaration import Context
from communitykit.connector.payload import as_texts, odd_flags, sound_texts
from communitykit_slack.ids import PLATFORM, SLACKBOT, bot_of, community_id, from_seconds, member_id, people_of
from communitykit_slack.wire import BotProfile, User, UserGroup, UserProfile

_BOT_FLAGS = ("is_bot", "is_workflow_bot", "is_connector_bot")
_FED_BY = {
    **dict.fromkeys(_BOT_FLAGS, "kind"),
    **dict.fromkeys(("is_restricted", "is_ultra_restricted"), "guest"),
    **dict.fromkeys(("is_admin", "is_owner", "is_primary_owner"), "admin"),
    "deleted": "active",
    "is_stranger": "external",
}
"""The member's field that each flag tells, alone or with others."""


def user(item: User, context: Context) -> Iterator[Draft]:
    """Translate a user: the member, and their membership of the workspace where they belong to it."""
    native, team, network = item.get("id"), context.get("team"), people_of(context)
    if not native:
        raise Rejected("no_id", "the user has no id")
    profile: Mapping[str, JSON] = item.get("profile") or {}
    draft: dict[str, JSON] = {
        "record": "member",
        "id": member_id(network, native),
        "kind": _kind(item, native),
        "username": item.get("name") or None,
        "display_name": _display_name(item, profile),
    }
    draft["active"] = not item.get("deleted")
    if "email" in profile:
        draft["email"] = profile["email"] or None
    if "title" in profile:
        draft["job_title"] = profile["title"] or None
    if "tz" in item:  # of a deactivated user these flags are absent, which is not false
        draft["time_zone"] = item["tz"] or None
    if "locale" in item:
        draft["language"] = item["locale"] or None
    if "is_restricted" in item or "is_ultra_restricted" in item:
        draft["guest"] = bool(item.get("is_restricted") or item.get("is_ultra_restricted"))
    if "is_admin" in item or "is_owner" in item:
        draft["admin"] = bool(item.get("is_admin") or item.get("is_owner") or item.get("is_primary_owner"))
    if updated := from_seconds(item.get("updated")):
        draft["updated_at"] = updated
    teams = teams_of(item)
    draft.update(_home(item.get("team_id"), context, stranger=item.get("is_stranger") is True, teams=teams))
    draft.update(_custom(profile.get("fields"), context.get("fields") or {}, network))
    odd, external = odd_flags(item, _FED_BY), draft["external"]
    for name in odd:
        yield Rejected("odd_part", f"{name} is neither true nor false", native=native)
        draft.pop(_FED_BY[name], None)
    yield draft
    if bot := bot_of(item):  # what was told under its bot id, before anybody knew whose that is
        yield Swept("member", {"id": member_id(network, bot)}, moved_to=draft["id"])
    inside = team in teams if teams else item.get("team_id") in {None, "", team, network}
    if team and inside and not external and native != SLACKBOT:
        inside_it = {**membership(team, team, member_id(network, native), native), "role": _role(item)}
        inside_it["active"] = not item.get("deleted")
        if "deleted" in odd:  # nothing tells
            del inside_it["active"]
        if {"guest", "admin"} & {_FED_BY[name] for name in odd}:
            del inside_it["role"]
        yield inside_it


def teams_of(item: User) -> list[str]:
    """Return the workspaces of one enterprise that a user is in, and the enterprise; none where Slack tells no such."""
    told = as_mapping(item.get("enterprise_user"))
    return [*as_texts(told.get("teams")), *as_texts([told.get("enterprise_id")])]


def _home(home: object, context: Context, *, stranger: bool = False, teams: Sequence[str] = ()) -> dict[str, JSON]:
    """Tell whether somebody is at home elsewhere, and where that is: colleagues of one enterprise are no strangers."""
    own = {context.get("team"), people_of(context)}
    foreign = bool(home) and home not in own and own.isdisjoint(teams)
    told: dict[str, JSON] = {"external": stranger or foreign}
    return {**told, "extra": {"home_team": home}} if home and home not in own else told


def profile(item: Mapping[str, JSON], context: Context) -> Iterator[Draft]:
    """Translate the answer to a question for one user's custom fields: {"user": id, "profile": {...}}."""
    native, network = item.get("user"), people_of(context)
    if not native:
        raise Rejected("no_id", "the profile names no user")
    told = _custom((item.get("profile") or {}).get("fields"), context.get("fields") or {}, network)
    missing = {name: None for name in (context.get("fields") or {}).values() if name not in told}
    yield {"record": "member", "id": member_id(network, native), **missing, **told}


def stranger(item: Mapping[str, JSON], context: Context) -> Iterator[Draft]:
    """Translate what an export's message tells of an author whom its list of users lacks."""
    told: UserProfile = item.get("profile") or UserProfile()
    native = item.get("id")
    if not native:
        raise Rejected("no_id", "the profile names no user")
    draft: dict[str, JSON] = {"record": "member", "id": member_id(people_of(context), native)}
    draft["username"] = told.get("name") or None
    draft["display_name"] = told.get("display_name") or told.get("real_name") or told.get("name") or None
    if "is_restricted" in told or "is_ultra_restricted" in told:
        draft["guest"] = bool(told.get("is_restricted") or told.get("is_ultra_restricted"))
    yield {**draft, **_home(told.get("team"), context)}


def bot(item: BotProfile, context: Context) -> Iterator[Draft]:
    """Translate a bot, as bots.info tells it."""
    native = item.get("id")
    if not native:
        raise Rejected("no_id", "the bot has no id")
    draft: dict[str, JSON] = {"record": "member", "id": member_id(people_of(context), native), "kind": "bot"}
    if "name" in item:
        draft["display_name"] = item["name"] or None
    if "deleted" in item:
        draft["active"] = not item["deleted"]
    yield draft


def slackbot(network: str) -> dict[str, JSON]:
    """Describe Slack's own account, which exports and events name without telling what it is."""
    return {"record": "member", "id": member_id(network, SLACKBOT), "kind": "system"}


def member(item: Mapping[str, JSON] | str, context: Context) -> Iterator[Draft]:
    """Translate one row of a channel's list of members: {"user": id}, or the id alone."""
    native = item if isinstance(item, str) else item.get("user")
    team, channel, network = context.get("team"), context.get("channel"), people_of(context)
    if not native or not team or not channel:
        raise Rejected("no_id", "the row names no user, or its context no channel")
    yield membership(context.get("host") or team, channel, member_id(network, native), native)
    if native == SLACKBOT and context.get("origin") != "api":
        yield slackbot(network)


def user_group(item: UserGroup, context: Context) -> Iterator[Draft]:
    """Translate a user group and, where its users are listed, who is in it."""
    native, team, network = item.get("id"), context.get("team"), people_of(context)
    if not native or not team:
        raise Rejected("no_id", "the user group has no id, or no team is known")
    creator = item.get("created_by")
    draft: dict[str, JSON] = {
        "record": "community",
        "id": community_id(team, native),
        "kind": "user_group",
        "name": item.get("name") or item.get("handle") or None,
        "parent_id": community_id(team, team),
        "purpose": item.get("description") or None,
        "archived": bool(item.get("date_delete")),
        "created_at": from_seconds(item.get("date_create")),
        "creator_id": member_id(network, creator) if creator else None,
        "gone": None,
    }
    if isinstance(count := item.get("user_count"), int) or (isinstance(count, str) and count.isdecimal()):
        draft["member_count"] = int(count)
    yield draft
    if (users := sound_texts(item.get("users"))) is None:
        yield Rejected("odd_part", "users is no list of ids", native=native)
    for one in users or ():
        yield membership(team, native, member_id(network, one), one)


def membership(network: str, community: str, member_id_: str, native: str, *, active: bool = True) -> dict[str, JSON]:
    """Describe a membership."""
    return {
        "record": "membership",
        "id": make_id(PLATFORM, network, "membership", community, native),
        "community_id": community_id(network, community),
        "member_id": member_id_,
        "active": active,
    }


def _kind(item: User, native: str) -> str:
    if native == SLACKBOT:  # Slack calls it no bot; it is nobody's account
        return "system"
    return "bot" if any(item.get(flag) for flag in _BOT_FLAGS) else "person"


def _display_name(item: User, profile: Mapping[str, JSON]) -> str | None:
    shown = profile.get("display_name") or profile.get("real_name") or item.get("real_name") or item.get("name")
    return str(shown) if shown else None


def _role(item: User) -> str:
    if item.get("is_owner") or item.get("is_primary_owner"):
        return "owner"
    if item.get("is_admin"):
        return "admin"
    return "guest" if item.get("is_restricted") or item.get("is_ultra_restricted") else "member"


def _custom(fields: object, names: Mapping[str, str], network: str) -> dict[str, JSON]:
    """Read custom profile fields; `names` maps a field's id to a member's field. Empty shapes are {}, [] and null."""
    told: dict[str, JSON] = {}
    for native, name in names.items() if isinstance(fields, dict) else ():
        value = (fields.get(native) or {}).get("value") if isinstance(fields, dict) else None
        if isinstance(value, str) and value:
            told[name] = member_id(network, value) if name == "manager_id" else value
    return told
