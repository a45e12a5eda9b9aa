"""Users, members and authors become Members and Memberships. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from communitykit.connector import JSON, Draft, Rejected, membership
from communitykit.connector.drafts import MemberDraft
from communitykit.connector.payload import odd_flags
from communitykit_teams.ids import Location, community_id, member_id, native_id, network_of, parse_time
from communitykit_teams.translate.text import text_list
from communitykit_teams.wire import ConversationMember, User

Context = Mapping[str, JSON]

_Field = Literal[
    "username",
    "display_name",
    "job_title",
    "department",
    "organization",
    "location",
    "country",
    "employee_number",
    "language",
]
_FIELDS: Mapping[str, _Field] = {
    "userPrincipalName": "username",
    "displayName": "display_name",
    "jobTitle": "job_title",
    "department": "department",
    "companyName": "organization",
    "officeLocation": "location",
    "country": "country",
    "employeeId": "employee_number",
    "preferredLanguage": "language",
}
"""A user's properties that are a Member's fields as they are; what was not selected is not told."""
_OWN = frozenset({"aadUser", "onPremiseAadUser"})


def user(item: User, context: Context) -> Iterator[Draft]:
    """Translate a user of the directory; one that `/users/delta` says was removed is inactive.

    Raises Rejected when it has no id.
    """
    native = native_id(item)
    network = network_of(context)
    draft: MemberDraft = {"record": "member", "id": member_id(network, native), "directory_id": native}
    if "@removed" in item:
        yield {**draft, "active": False}
        return
    told: Mapping[str, JSON] = item
    draft["kind"] = "person"
    for key, name in _FIELDS.items():
        if key in told:
            draft[name] = told[key] or None
    if "mail" in item:
        draft["email"] = item["mail"] or None
    if "userType" in item:
        draft["guest"] = str(item["userType"] or "").lower() == "guest"
    if isinstance(item.get("accountEnabled"), bool):
        draft["active"] = item["accountEnabled"]
    elif context.get("listed") and not odd_flags(item, ["accountEnabled"]):  # it is in the directory (again)
        draft["active"] = None
    if "employeeOrgData" in item:
        draft["division"] = (item["employeeOrgData"] or {}).get("division") or None
    if "createdDateTime" in item:
        draft["created_at"] = parse_time(item["createdDateTime"])
    manager = item.get("manager")
    if isinstance(manager, Mapping) and manager.get("id"):
        draft["manager_id"] = member_id(network, manager["id"])
    elif context.get("listed"):  # managers were asked for: nobody is told
        draft["manager_id"] = None
    yield draft
    if odd_flags(item, ["accountEnabled"]):
        yield Rejected("odd_part", "accountEnabled is neither true nor false", native=native)


def conversation_member(item: ConversationMember, context: Context) -> Iterator[Draft]:
    """Translate who is in a team or channel, and what the list tells of somebody from another tenant.

    Raises Rejected when it tells a user id that is none, when it tells no id at all, or no team or channel is known.
    """
    network, community = network_of(context), context.get("community")
    removed = "@removed" in item
    # Of who is gone `id` names the membership, as it does beside a user id that is empty: nobody is made of it.
    native: object = item.get("userId", None if removed else item.get("id"))
    if not isinstance(native, str) or not native or not community:
        raise Rejected("no_id", "the member has no user id, or no team or channel is known")
    home = item.get("tenantId") or network
    external = home != network
    member = member_id(home, native)
    draft = membership(community_id(network, community), member, active=not removed)
    role = _role(item.get("roles"), external=external)
    if role is not None:
        draft["role"] = role
    yield draft
    if role is None:
        yield Rejected("odd_part", "roles is no list of words", native=native)
    if external or not item.get("userId"):  # ours are listed with all that the directory knows of them
        person: MemberDraft = {"record": "member", "id": member, "kind": "person", "external": True}
        if item.get("displayName"):
            person["display_name"] = item["displayName"]
        if item.get("email"):
            person["email"] = item["email"]
        if item.get("userId"):
            person["directory_id"] = native
        yield person


def _role(roles: object, *, external: bool) -> Literal["owner", "member", "guest"] | None:
    """Read roles in any spelling, None where they cannot be read.

    Somebody from another tenant is listed as owner, and owns nothing.
    """
    if external:
        return "guest"
    words = text_list(roles)
    if words is None:
        return None
    held = {role.lower() for role in words}
    return "owner" if "owner" in held else "guest" if held & {"guest", "anonymous"} else "member"


def identity_member(kind: str, who: Mapping[str, JSON], place: Location) -> MemberDraft | None:
    """Describe an author whom the directory does not list: an application, somebody from another tenant."""
    member = place.member(who["id"], who.get("tenantId"))
    draft: MemberDraft = {"record": "member", "id": member}
    if who.get("displayName"):
        draft["display_name"] = who["displayName"]
    if kind == "application":
        return {**draft, "kind": "bot"}
    if kind == "device":
        return {**draft, "kind": "system"}
    told, home = who.get("userIdentityType") or "aadUser", who.get("tenantId") or place.network
    if told in _OWN and home == place.network:
        return None
    if told in _OWN:
        draft["directory_id"] = who["id"]
    return {**draft, "kind": "person", "external": True}
