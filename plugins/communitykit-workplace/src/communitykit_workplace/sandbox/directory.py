"""The company's people as SCIM has them, in both of its versions. Pure."""

from __future__ import annotations

from communitykit.connector import JSON
from communitykit.sandbox import DAY, Person, World
from communitykit_workplace.sandbox import naming
from communitykit_workplace.sandbox.rendering import WEB

JSONObject = dict[str, JSON]
V2 = "urn:ietf:params:scim:schemas:extension:"
V1 = "urn:scim:schemas:extension:"


def people(world: World) -> list[Person]:
    """List who has an account, deactivated ones too; no bots, nobody of other companies."""
    return [one for one in world.people if "workplace" in one.platforms and one.kind in {"employee", "guest"}]


def user(world: World, person: Person, *, version: int = 2) -> JSONObject:
    """Render a user. In version 1 ids are numbers and 0 is no date; codes to claim an account are always there."""
    account = world.account(person, "workplace")
    native = naming.user(world, person)
    boss = naming.user(world, world.people[person.manager]) if person.manager is not None else None
    claimed, invited = person.hired_at, person.hired_at - DAY
    old = version == 1
    urn, number = (V1, "1.0") if old else (V2, "2.0:User")
    enterprise: JSONObject = {
        "employeeNumber": person.employee_number,
        "organization": "Aurora Instruments",
        "department": person.department,
        "division": person.division,
    }
    if boss:
        enterprise["manager"] = {"managerId": int(boss)} if old else {"value": boss, "displayName": "Somebody"}
    found: JSONObject = {
        "schemas": ["urn:scim:schemas:core:1.0" if old else "urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": int(native) if old else native,
        "externalId": person.directory_id,
        "userName": account.email,
        "name": {"formatted": account.display_name, "givenName": person.given, "familyName": person.family},
        "displayName": account.display_name,
        "title": person.title,
        "active": person.active,
        "locale": "en_US",
        "preferredLanguage": person.site.language,
        "timezone": person.site.time_zone,
        "emails": [{"value": account.email, "type": "work", "primary": True}],
        "addresses": [{"type": "work", "formatted": person.site.city, "country": person.site.country, "primary": True}],
        f"{urn}enterprise:{number}": enterprise,
        f"{urn}facebook:starttermdates:{number}": {"startDate": naming.seconds(person.hired_at), "termDate": 0},
        f"{urn}facebook:accountstatusdetails:{number}": {
            "claimed": True,
            "claimDate": naming.seconds(claimed) if old else naming.time(claimed),
            "invited": True,
            "inviteDate": naming.seconds(invited),
            "claimLink": f"{WEB}/claim/code-of-{native}",
            "accessCode": f"CODE{native[-6:]}",
        },
        f"{urn}facebook:frontline:{number}": {"frontline" if old else "is_frontline": False},
    }
    return {name: value for name, value in found.items() if value is not None}


def envelope(rows: list[JSONObject], *, start: int, total: int, version: int = 2) -> JSONObject:
    """Render a page of users; `start` begins with 1."""
    schema = "urn:scim:schemas:core:1.0" if version == 1 else "urn:ietf:params:scim:api:messages:2.0:ListResponse"
    return {
        "schemas": [schema],
        "totalResults": total,
        "itemsPerPage": len(rows),
        "startIndex": start,
        "Resources": rows,
    }
