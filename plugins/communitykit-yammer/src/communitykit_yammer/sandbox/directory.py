"""The world as Yammer's networks, users and groups. The mirror of `translate`. Pure."""

from __future__ import annotations

from communitykit.connector import JSON
from communitykit.sandbox import Message, Person, Place, World
from communitykit_yammer.sandbox import naming
from communitykit_yammer.sandbox.naming import group, message, network, time, user
from communitykit_yammer.sandbox.rendering import WEB

JSONObject = dict[str, JSON]


def network_object(world: World) -> JSONObject:
    """Render the network."""
    return {
        "type": "network",
        "id": network(world),
        "name": "Aurora Instruments",
        "permalink": naming.DOMAIN,
        "web_url": f"{WEB}/{naming.DOMAIN}",
        "community": False,
        "paid": True,
        "created_at": time(world.start_us),
        "is_primary": True,
        "is_storyline_enabled": True,
        "connected_all_company": True,
        "m365_native_mode": True,
        "state": "enabled",
    }


def user_object(world: World, person: Person) -> JSONObject:
    """Render a user whole; flags are texts."""
    account = world.account(person, "yammer")
    whole: JSONObject = {
        **reference(world, person),
        "job_title": person.title or "",
        "department": person.department,
        "location": person.site.city,
        "timezone": naming.rails_zone(person.site.time_zone),
        "interests": None,
        "summary": None,
        "expertise": None,
        "first_name": person.given,
        "last_name": person.family,
        "network_name": "Aurora Instruments",
        "network_domains": [naming.DOMAIN],
        "admin": str(person.admin).lower(),
        "verified_admin": str(person.number == 0).lower(),
        "can_broadcast": str(person.admin).lower(),
        "email": account.email,
        "guest": False,
        "birth_date": "",
        "hire_date": None,
        "external_urls": [],
        "schools": [],
        "previous_companies": [],
        "contact": {
            "im": {"provider": "", "username": ""},
            "phone_numbers": [],
            "email_addresses": [{"type": "primary", "address": account.email}] if account.email else [],
            "has_fake_email": False,
        },
        "stats": {"updates": 0, "following": 0, "followers": 0},
        "settings": {"xdr_proxy": ""},
    }
    return whole


def reference(world: World, person: Person) -> JSONObject:
    """Render somebody as pages name them: no department, no location."""
    account = world.account(person, "yammer")
    if person.kind == "bot":
        return {"type": "bot", "id": user(world, person), "full_name": person.name, "name": person.slug}
    number = user(world, person)
    return {
        "type": "user",
        "id": number,
        "network_id": naming.home(world, person),
        "state": "active" if person.active else "suspended",
        "name": account.username,
        "full_name": account.display_name,
        "activated_at": time(person.hired_at),
        "auto_activated": False,
        "url": f"{WEB}/api/v1/users/{number}",
        "web_url": f"{WEB}/{naming.DOMAIN}/users/{number}",
        "mugshot_url": f"{WEB}/mugshot/images/48x48/no_photo.png",
        "aad_guest": person.kind == "guest",
    }


def group_object(world: World, place: Place, feed: list[Message]) -> JSONObject:
    """Render a community; `feed` is what it shows, newest first."""
    number = group(world, place)
    return {
        "type": "group",
        "id": number,
        "full_name": place.name,
        "name": f"group{place.number}",
        "description": place.purpose,
        "privacy": place.privacy,
        "url": f"{WEB}/api/v1/groups/{number}",
        "web_url": f"{WEB}/{naming.DOMAIN}/groups/{number}",
        "show_in_directory": "true",
        "created_at": time(place.created_at),
        "creator_type": "user",
        "creator_id": user(world, world.people[place.creator]),
        "color": "#0e4f7a",
        "external": place.shared,
        "moderated": False,
        "company_group": place.default,
        "state": "active",
        "stats": {
            "members": len(place.present()),
            "updates": len(feed) + 1,  # what Yammer itself wrote when it was created
            "last_message_id": message(place.number, feed[0].at) if feed else None,
            "last_message_at": time(feed[0].at) if feed else None,
        },
    }
