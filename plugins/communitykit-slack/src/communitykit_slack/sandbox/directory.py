"""The world as Slack's users, channels, user groups and bots. The mirror of `translate`. Pure."""

from __future__ import annotations

from communitykit.connector import JSON
from communitykit.sandbox import SECOND, Circle, Person, Place, World
from communitykit_slack.sandbox import naming
from communitykit_slack.sandbox.naming import channel, field_id, native, team, user, usergroup

JSONObject = dict[str, JSON]


def user_object(world: World, person: Person, *, locale: bool = False, own: bool = True) -> JSONObject:
    """Render a user. Deactivated ones lack their flags, as on the live platform."""
    account = world.account(person, "slack")
    found: JSONObject = {
        "id": user(world, person),
        "team_id": naming.home(world, person),
        "name": account.username,
        "deleted": not person.active,
        "profile": _profile(world, person, own=own),
        "is_bot": person.kind == "bot",
        "is_app_user": False,
        "updated": person.updated_at // SECOND,
    }
    if person.active:
        found.update(
            color="9f69e7",
            real_name=account.display_name,
            tz=person.site.time_zone,
            tz_label=person.site.city,
            tz_offset=0,
            is_admin=person.admin,
            is_owner=person.number == 0,
            is_primary_owner=person.number == 0,
            is_restricted=person.kind == "guest",
            is_ultra_restricted=person.kind == "guest" and person.solo,
            is_email_confirmed=True,
            who_can_share_contact_card="EVERYONE",
        )
        if person.kind == "external":
            found["is_stranger"] = False
        if locale:
            found["locale"] = person.site.language
    return found


def _profile(world: World, person: Person, *, own: bool) -> JSONObject:
    account = world.account(person, "slack")
    profile: JSONObject = {
        "title": person.title or "",
        "phone": "",
        "skype": "",
        "real_name": account.display_name,
        "real_name_normalized": account.display_name,
        "display_name": account.display_name if person.number % 3 else "",
        "display_name_normalized": account.display_name if person.number % 3 else "",
        "first_name": person.given,
        "last_name": person.family,
        "avatar_hash": f"g{person.number:011x}",
        "image_72": f"https://avatars.slack-edge.com/{person.number}_72.png",
        "status_text": "",
        "status_emoji": "",
        "team": naming.home(world, person),
        "fields": None if not person.active else {},
    }
    if person.kind == "bot":
        profile.update(bot_id=naming.bot(world, person), api_app_id=native("A", world.seed, str(person.number)))
        profile["always_active"] = True
    elif person.kind != "external" and own:
        profile["email"] = account.email
        profile["fields"] = profile_fields(world, person) if person.active else None
    return profile


def profile_fields(world: World, person: Person) -> JSONObject:
    """Render the fields that the workspace defined, by their ids."""
    manager = user(world, world.people[person.manager]) if person.manager is not None else None
    told = (person.department, manager, person.division, person.site.city, person.employee_number)
    return {
        field_id(world, label): {"value": value, "alt": ""}
        for label, value in zip(naming.PERSONAL_FIELDS, told, strict=True)
        if value
    }


def slackbot(world: World) -> JSONObject:
    """Render the platform's own account: listed by the API, absent from exports."""
    return {
        "id": naming.SLACKBOT,
        "team_id": team(world),
        "name": "slackbot",
        "deleted": False,
        "real_name": "Slackbot",
        "is_bot": False,
        "is_app_user": False,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "updated": 0,
        "profile": {
            "real_name": "Slackbot",
            "real_name_normalized": "Slackbot",
            "display_name": "Slackbot",
            "display_name_normalized": "Slackbot",
            "first_name": "slackbot",
            "last_name": "",
            "fields": {},
            "always_active": True,
            "team": team(world),
        },
    }


def channel_object(world: World, place: Place, *, member: bool = True, count: bool = True) -> JSONObject:
    """Render a channel; a direct conversation of two has a user and no name, that of a group its members' names."""
    base: JSONObject = {
        "id": channel(world, place),
        "created": place.created_at // SECOND,
        "is_archived": place.archived,
        "is_im": naming.sort_of(place) == "im",
        "is_org_shared": False,
        "context_team_id": team(world),
        "updated": place.updated_at // 1000,
    }
    if base["is_im"]:
        return {**base, "user": user(world, world.people[place.stays[0].person]), "is_user_deleted": False}
    group = naming.sort_of(place) == "mpim"
    name = naming.group_name(world, place) if group else place.name
    base.update(
        name=name,
        name_normalized=name,
        is_channel=not group,
        is_group=group,
        is_mpim=group,
        is_private=place.privacy != "public",
        is_general=place.default,
        is_member=member,
        is_shared=place.shared,
        is_ext_shared=place.shared,
        is_pending_ext_shared=False,
        pending_shared=[],
        unlinked=0,
        parent_conversation=None,
        creator=user(world, world.people[place.creator]),
        topic=_noted(world, place, place.topic),
        purpose=_noted(world, place, place.purpose),
        previous_names=list(place.previous_names),
    )
    if place.shared:
        base["shared_team_ids"] = [team(world), native("T", world.seed, "partner")]
        base["connected_team_ids"] = [native("T", world.seed, "partner")]
        base["conversation_host_id"] = team(world)
    if count:
        base["num_members"] = len(place.present())
    return base


def _noted(world: World, place: Place, text: str | None) -> JSONObject:
    if not text:
        return {"value": "", "creator": "", "last_set": 0}
    return {
        "value": naming.escape(text),
        "creator": user(world, world.people[place.creator]),
        "last_set": place.created_at // SECOND,
    }


def usergroup_object(world: World, circle: Circle, *, users: bool, count: bool) -> JSONObject:
    """Render a user group."""
    members = naming.grouped(world, circle)
    found: JSONObject = {
        "id": usergroup(world, circle),
        "team_id": team(world),
        "is_usergroup": True,
        "is_subteam": True,
        "name": circle.name,
        "description": "",
        "handle": circle.handle,
        "is_external": False,
        "date_create": circle.created_at // SECOND,
        "date_update": circle.created_at // SECOND,
        "date_delete": 0,
        "auto_type": None,
        "created_by": user(world, world.people[circle.creator]),
        "updated_by": user(world, world.people[circle.creator]),
        "deleted_by": None,
        "prefs": {"channels": [], "groups": []},
    }
    if users:
        found["users"] = members
    if users or count:
        found["user_count"] = len(members)
    return found


def bot_object(world: World, person: Person) -> JSONObject:
    """Render a bot as bots.info does."""
    found: JSONObject = {
        "id": naming.bot(world, person),
        "deleted": not person.active,
        "name": person.name,
        "updated": person.updated_at // SECOND,
        "app_id": native("A", world.seed, str(person.number)),
        "icons": {"image_72": f"https://avatars.slack-edge.com/{person.number}_72.png"},
    }
    if not person.solo:
        found["user_id"] = user(world, person)
    return found


def user_profile(world: World, person: Person) -> JSONObject:
    """Render the short profile that exports, and messages of strangers, carry."""
    account = world.account(person, "slack")
    return {
        "avatar_hash": f"g{person.number:011x}",
        "image_72": f"https://avatars.slack-edge.com/{person.number}_72.png",
        "first_name": person.given,
        "real_name": account.display_name,
        "display_name": account.display_name if person.number % 3 else "",
        "team": naming.home(world, person),
        "name": account.username,
        "is_restricted": person.kind == "guest",
        "is_ultra_restricted": person.kind == "guest" and person.solo,
    }
