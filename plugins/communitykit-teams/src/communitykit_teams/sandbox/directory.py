"""The world as Graph's organization, users, groups, teams, channels and members. Pure."""

from __future__ import annotations

from communitykit.connector import JSON
from communitykit.sandbox import SECOND, Person, Place, World
from communitykit_teams.sandbox import naming

JSONObject = dict[str, JSON]
DEFAULT_USER = frozenset(
    {"id", "displayName", "mail", "userPrincipalName", "jobTitle", "officeLocation", "preferredLanguage"}
)
"""Properties of a user that come without `$select`."""


def organization(world: World) -> JSONObject:
    """Render the tenant."""
    return {"id": naming.tenant(world), "displayName": "Aurora Instruments", "verifiedDomains": []}


def user(world: World, person: Person, select: frozenset[str], *, manager: bool) -> JSONObject:
    """Render a user, with the selected properties only."""
    account = world.account(person, "teams")
    whole: JSONObject = {
        "id": naming.user(world, person),
        "displayName": account.display_name,
        "mail": account.email,
        "userPrincipalName": naming.principal_name(person),
        "userType": "Guest" if person.kind == "guest" else "Member",
        "accountEnabled": person.active,
        "jobTitle": person.title,
        "department": person.department,
        "companyName": "Aurora Instruments",
        "officeLocation": person.site.city,
        "country": person.site.country,
        "employeeId": person.employee_number,
        "employeeOrgData": {"division": person.division, "costCenter": None} if person.division else None,
        "preferredLanguage": person.site.language,
        "createdDateTime": naming.iso(person.hired_at // SECOND * SECOND),
    }
    shown = {name: value for name, value in whole.items() if name in select}
    if manager and person.manager is not None:
        boss = naming.user(world, world.people[person.manager])
        shown["manager"] = {"@odata.type": "#microsoft.graph.user", "id": boss}
    return shown


def group(world: World, place: Place) -> JSONObject:
    """Render the group behind a team."""
    return {
        "id": naming.team(world, place),
        "displayName": place.name,
        "description": place.purpose,
        "visibility": "Public",
        "createdDateTime": naming.iso(place.created_at // SECOND * SECOND),
    }


def team(world: World, place: Place) -> JSONObject:
    """Render a team."""
    told = {"visibility": "public", "isArchived": False, "tenantId": naming.tenant(world)}
    return {**group(world, place), **told, "internalId": naming.channel(world, place)}


def channel(world: World, place: Place, url: str, *, known: bool) -> JSONObject:
    """Render a channel; without the header that asks for them, newer kinds have no name."""
    kind = naming.membership_kind(place)
    return {
        "@odata.id": f"{url}/v1.0/tenants/{naming.tenant(world)}/teams/{naming.team(world, place)}/channels/"
        f"{naming.channel(world, place)}",
        "id": naming.channel(world, place),
        "createdDateTime": naming.iso(place.created_at // SECOND * SECOND),
        "displayName": place.name,
        "description": place.topic or place.purpose,
        "isFavoriteByDefault": None,
        "email": "",
        "tenantId": naming.tenant(world),
        "webUrl": f"https://teams.microsoft.com/l/channel/{naming.channel(world, place)}",
        "membershipType": kind if known or kind != "shared" else "unknownFutureValue",
        "isArchived": place.archived,
    }


def member(world: World, place: Place, person: Person) -> JSONObject:
    """Render a member of a team or channel: roles in the spellings that Graph uses, strangers as owners."""
    account = world.account(person, "teams")
    roles = ["Owner"] if person.number % 2 else ["owner"]
    if person.kind == "guest":
        roles = ["guest"]
    elif person.kind != "external" and person.number != place.creator:
        roles = []
    return {
        "@odata.type": "#microsoft.graph.aadUserConversationMember",
        "id": naming.guid(world.seed, f"member/{place.number}/{person.number}"),
        "roles": roles,
        "displayName": account.display_name,
        "visibleHistoryStartDateTime": "0001-01-01T00:00:00Z",
        "userId": naming.user(world, person),
        "email": account.email,
        "tenantId": naming.home(world, person),
    }


def listed(person: Person) -> bool:
    """Tell whether somebody is a user of this tenant's directory."""
    return "teams" in person.platforms and person.kind in {"employee", "guest"}
