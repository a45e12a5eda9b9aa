"""Graph's routes over the world: which address gives what, with which permission, counted as what."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pydantic_core import to_json

from communitykit.connector import JSON
from communitykit.sandbox import Answer, Call
from communitykit_teams.sandbox import directory, naming
from communitykit_teams.sandbox.conversation import all_messages, delta, message, messages, replies
from communitykit_teams.sandbox.desk import Asked, Listed, Refused, TeamsDesk
from communitykit_teams.sandbox.reports import download, report

_TEAM = r"/teams/(?P<team>[^/]+)"
_CHANNEL = _TEAM + r"/channels/(?P<channel>[^/]+)"


@dataclass(frozen=True, slots=True)
class Route:
    """An address: `any_of` are the permissions one of which it needs, `budget` what it is counted as."""

    name: str
    path: str
    answer: Callable[[TeamsDesk, Asked], JSON]
    any_of: tuple[str, ...] = ()
    budget: str = ""
    method: str = "GET"
    open: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """The whole address as a pattern."""
        return _compiled(self.path)


_PATTERNS: dict[str, re.Pattern[str]] = {}


def _compiled(path: str) -> re.Pattern[str]:
    if path not in _PATTERNS:
        _PATTERNS[path] = re.compile(rf"/v1\.0{path}")
    return _PATTERNS[path]


def _organization(desk: TeamsDesk, asked: Asked) -> JSON:  # noqa: ARG001 # all routes have one signature
    return Listed([to_json(directory.organization(desk.world))])


def _selected(asked: Asked) -> frozenset[str]:
    given = asked.option("select")
    return frozenset(one.strip() for one in given.split(",")) if given else directory.DEFAULT_USER


def _users(desk: TeamsDesk, asked: Asked) -> JSON:
    people = [person for person in desk.world.people if directory.listed(person)]
    select, manager = _selected(asked), "manager" in asked.option("expand")
    return desk.cut(
        asked, "users", people, lambda one: to_json(directory.user(desk.world, one, select, manager=manager))
    )


def _user(desk: TeamsDesk, asked: Asked) -> JSON:
    person = desk.users.get(asked.parts["user"])
    if person is None or not directory.listed(person):
        raise Refused(404, "Request_ResourceNotFound", "Resource does not exist.")
    return directory.user(desk.world, person, _selected(asked), manager=False)


def _hosts(desk: TeamsDesk) -> list[JSON]:
    return [place for places in desk.teams.values() for place in places if naming.standard(place)]


def _groups(desk: TeamsDesk, asked: Asked) -> JSON:
    """List groups; without the filter there are also those that are no teams."""
    found = [directory.group(desk.world, place) for place in _hosts(desk)]
    if "'Team'" not in asked.option("filter"):
        found.append({"id": naming.guid(desk.world.seed, "group"), "displayName": "Parking", "visibility": "Public"})
    return desk.cut(asked, "groups", found, to_json)


def _teams(desk: TeamsDesk, asked: Asked) -> JSON:
    def brief(place: JSON) -> bytes:
        whole = directory.team(desk.world, place)
        return to_json({name: whole[name] for name in ("id", "displayName", "description")})

    return desk.cut(asked, "teams", _hosts(desk), brief)


def _places(desk: TeamsDesk, asked: Asked) -> list[JSON]:
    if asked.parts["team"] not in desk.teams:
        raise Refused(404, "NotFound", "No team found with Group Id.")
    if asked.parts["team"] in desk.site.options.get("closed", ()):
        raise Refused(403, "Forbidden", "The application is not allowed to read this team.")
    return desk.teams[asked.parts["team"]]


def _team(desk: TeamsDesk, asked: Asked) -> JSON:
    return directory.team(desk.world, next(one for one in _places(desk, asked) if naming.standard(one)))


def _channels(desk: TeamsDesk, asked: Asked) -> JSON:
    def encode(place: JSON) -> bytes:
        return to_json(directory.channel(desk.world, place, desk.site.url, known=asked.known))

    places = _places(desk, asked)
    # A shared channel of everybody's team is shared with the second team, too.
    others = [place for place in desk.places.values() if place.shared] if _is_second(desk, asked) else []
    return desk.cut(asked, f"channels/{asked.parts['team']}", [*places, *others], encode)


def _is_second(desk: TeamsDesk, asked: Asked) -> bool:
    return asked.call.path.endswith("allChannels") and list(desk.teams).index(asked.parts["team"]) == 1


def _members(desk: TeamsDesk, asked: Asked) -> JSON:
    places = _places(desk, asked)
    channel = asked.parts.get("channel")
    chosen = [
        one for one in places if (naming.channel(desk.world, one) == channel if channel else naming.standard(one))
    ]
    if not chosen:
        raise Refused(404, "NotFound", "No such channel.")
    place = chosen[0]
    people = [desk.world.people[number] for number in place.present()]
    people = [person for person in people if person.kind != "bot"]
    return desk.cut(
        asked, f"members/{place.number}", people, lambda one: to_json(directory.member(desk.world, place, one))
    )


def _batch(desk: TeamsDesk, asked: Asked) -> JSON:
    """Answer a batch: its parts are counted and refused one by one."""
    wanted = asked.call.fields.get("requests")
    if not isinstance(wanted, list) or not 0 < len(wanted) <= 20:  # noqa: PLR2004 # the documented limit
        raise Refused(400, "BadRequest", "Invalid batch payload format.")
    return {"responses": [_part(desk, asked, one) for one in reversed(wanted)]}


def _part(desk: TeamsDesk, asked: Asked, one: dict[str, JSON]) -> dict[str, JSON]:
    path, _, query = str(one["url"]).partition("?")
    given = {str(name).lower(): str(value) for name, value in (one.get("headers") or {}).items()}
    headers = {**given, "authorization": asked.call.headers.get("authorization", "")}
    call = Call.read(str(one["method"]), f"/v1.0{path}", query, headers, b"")
    made = desk.site.counted(call)
    body = _decoded(made)
    told = {"Content-Type": "application/json"}
    if "retry-after" in made.headers and not desk.site.options.get("mute"):
        told["Retry-After"] = made.headers["retry-after"]
    return {"id": one["id"], "status": made.status, "headers": told, "body": body}


def _decoded(answer: Answer) -> JSON:
    from pydantic_core import from_json  # noqa: PLC0415 # beside its counterpart

    return from_json(answer.body) if answer.body else None


def _subscribe(desk: TeamsDesk, asked: Asked) -> JSON:
    given = {name: value for name, value in asked.call.fields.items() if not name.startswith("$")}
    missing = [
        name for name in ("changeType", "notificationUrl", "resource", "expirationDateTime") if not given.get(name)
    ]
    if missing or (given.get("includeResourceData") and not given.get("encryptionCertificate")):
        raise Refused(400, "InvalidRequest", f"Missing: {', '.join(missing) or 'encryptionCertificate'}")
    native = naming.guid(desk.world.seed, f"subscription/{len(desk.subscriptions)}")
    given.pop("encryptionCertificate", None)
    desk.subscriptions[native] = {"id": native, "applicationId": None, "creatorId": None, **given}
    return Answer.of(desk.subscriptions[native], status=201)


def _resubscribe(desk: TeamsDesk, asked: Asked) -> JSON:
    found = desk.subscriptions.get(asked.parts["subscription"])
    if found is None:
        raise Refused(404, "ResourceNotFound", "The object was not found.")
    found["expirationDateTime"] = asked.call.fields.get("expirationDateTime")
    return found


_MESSAGES = ("ChannelMessage.Read.All",)
_CHANNELS = ("Channel.ReadBasic.All",)

ROUTES: tuple[Route, ...] = (
    Route("organization", "/organization", _organization, ("Organization.Read.All",), "get"),
    Route("users", "/users", _users, ("User.Read.All",)),
    Route("user", "/users/(?P<user>[^/]+)", _user, ("User.Read.All",)),
    Route("groups", "/groups", _groups, ("GroupMember.Read.All",)),
    Route("teams", "/teams", _teams, ("Team.ReadBasic.All",), "get"),
    Route("team", _TEAM, _team, ("TeamSettings.Read.All",), "get"),
    Route("channels", _TEAM + "/(channels|allChannels)", _channels, _CHANNELS, "channels"),
    Route("members", _TEAM + "/members", _members, ("TeamMember.Read.All",), "members"),
    Route("members", _CHANNEL + "/(members|allMembers)", _members, ("ChannelMember.Read.All",), "members"),
    Route("getAllMessages", _TEAM + "/channels/getAllMessages", all_messages, _MESSAGES, "export"),
    Route("messages", _CHANNEL + "/messages", messages, _MESSAGES, "messages"),
    Route("delta", _CHANNEL + r"/messages/delta(\(\))?", delta, _MESSAGES, "messages"),
    Route("message", _CHANNEL + "/messages/(?P<message>[^/]+)", message, _MESSAGES, "messages"),
    Route("replies", _CHANNEL + "/messages/(?P<message>[^/]+)/replies", replies, _MESSAGES, "messages"),
    Route("report", r"/reports/(?P<report>\w+)\(period='(?P<period>\w+)'\)", report, ("Reports.Read.All",), "reports"),
    Route("download", r"/reports/download/(?P<report>\w+)/(?P<period>\w+)\.csv", download, open=True),
    Route("$batch", r"/\$batch", _batch, method="POST"),
    Route("subscriptions", "/subscriptions", _subscribe, _MESSAGES, method="POST"),
    Route("subscription", "/subscriptions/(?P<subscription>[^/]+)", _resubscribe, _MESSAGES, method="PATCH"),
)
"""Every address that is simulated."""
