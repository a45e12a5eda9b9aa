"""The homeserver's desk: routes, tokens, pages and errors, worded as Synapse does."""

from __future__ import annotations

from collections.abc import Callable

from communitykit.connector import JSON, Budget
from communitykit.sandbox import Answer, Call, Desk, Failure, Grant, Person, Place, Site
from communitykit_matrix.sandbox import naming, rendering
from communitykit_matrix.sandbox.rendering import Event, Placed

LIMITS = {"hierarchy": Budget(10, 2)}
_CLIENT = "/_matrix/client/"
NAME = "reader"
PASSWORD = "sandbox-password"  # noqa: S105 # opens nothing but a simulation
_ROOM_CALLS = frozenset({"messages", "members", "event", "hierarchy"})
Position = tuple[int, str]


class MatrixDesk(Desk):
    """Answers as Synapse does.

    A site's options: `page` events, `accounts` or rooms in a page, `bundles` (False: messages come without what edited
    or redacted them, as other servers send them).
    """

    def __init__(self, site: Site) -> None:
        """Hand out a server admin's token: the reader is in every room."""
        self.site = site
        self.page = int(site.options.get("page", 1000))
        self.accounts = int(site.options.get("accounts", 1000))
        self.bundles = bool(site.options.get("bundles", True))
        self._kept: dict[str, tuple[int, list[Placed]]] = {}
        self._once: set[str] = set()
        site.grant(Grant(f"syt_c2FuZGJveA_{naming.space(site.world)[1:21]}_1a2b3c", "admin"))

    def name(self, call: Call) -> str:
        """Name a call by its route."""
        parts = call.path.split("/")
        return next((part for part in parts if part in _ROOM_CALLS), parts[-1])

    def draw(self, call: Call) -> tuple[str, str] | None:
        """Only space summaries are limited."""
        return ("hierarchy", "") if self.name(call) == "hierarchy" else None

    def failure(self, kind: Failure, *, retry_after: int | None = None) -> Answer:
        """Word a failure."""
        if kind == "html":
            return Answer(200, b"<html>Bad gateway</html>", {"content-type": "text/html"})
        status, code, text = {
            "limited": (429, "M_LIMIT_EXCEEDED", "Too Many Requests"),
            "server": (500, "M_UNKNOWN", "Internal server error"),
            "error_body": (200, "M_UNKNOWN", "Internal server error"),
            "cursor": (400, "M_UNKNOWN", "'from' parameter is invalid"),
        }.get(kind, (401, "M_UNKNOWN_TOKEN", "Invalid access token passed."))
        told = {} if retry_after is None else {"retry_after_ms": retry_after * 1000}
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        return Answer.of({"errcode": code, "error": text, **told}, status=status, headers=headers)

    def renew(self, item: Event) -> bool:
        """Send a message of a sort that nobody has heard of: it still has a body."""
        if item.get("msgtype") != "m.text":
            return False
        item["msgtype"] = "org.example.new"
        return True

    def answer(self, call: Call) -> Answer:
        """Answer a call."""
        if call.path.startswith(f"{_CLIENT}v3/login"):
            return self._login(call)
        grant = self.site.grants.get(call.bearer() or "")
        if grant is None or grant.revoked or (grant.expires_at or self.site.seconds() + 1) <= self.site.seconds():
            return self.failure("revoked")
        if call.path == "/_synapse/admin/v2/users":
            return self._users(call)
        routes: dict[str, Callable[[], Answer]] = {
            "v3/account/whoami": lambda: Answer.of(
                {"user_id": self._user(naming.reader(self.site.world)), "is_guest": False}
            ),
            "v3/joined_rooms": lambda: Answer.of({"joined_rooms": [*self._rooms(), naming.space(self.site.world)]}),
            "v3/sync": self._sync,
        }
        route = call.path.removeprefix(_CLIENT)
        if route in routes:
            return routes[route]()
        _, _, room, what, *rest = [*route.split("/"), "", "", ""]
        return self._in_room(call, room, what, rest[0] if rest else "")

    def _login(self, call: Call) -> Answer:
        """Let somebody in: by a visit that comes back with a token that works once, or by name and password."""
        if call.path.endswith("/sso/redirect"):
            back = str(call.fields.get("redirectUrl", ""))
            self._once.add(once := f"once-{len(self._once)}")
            return Answer(302, b"", {"location": f"{back}{'&' if '?' in back else '?'}loginToken={once}"})
        if call.method == "GET":
            return Answer.of(
                {"flows": [{"type": "m.login.sso"}, {"type": "m.login.token"}, {"type": "m.login.password"}]}
            )
        told, reader = call.fields, naming.reader(self.site.world)
        name = told.get("identifier", {}).get("user") if isinstance(told.get("identifier"), dict) else None
        by_token = told.get("type") == "m.login.token" and told.get("token") in self._once
        by_password = told.get("type") == "m.login.password" and (name, told.get("password")) == (NAME, PASSWORD)
        if not by_token and not by_password:
            return Answer.of({"errcode": "M_FORBIDDEN", "error": "Invalid username or password"}, status=403)
        self._once.discard(str(told.get("token")))
        return Answer.of({"user_id": self._user(reader), "access_token": self.site.token, "device_id": "SANDBOX"})

    def _user(self, person: Person) -> str:
        return naming.user(self.site.world, person)

    def _rooms(self) -> dict[str, Place]:
        return {naming.room(self.site.world, place): place for place in self.site.world.on("matrix")}

    def _events(self, room: str) -> list[Placed]:
        world = self.site.world
        version, events = self._kept.get(room, (-1, []))
        if version != world.version:
            rooms = self._rooms()
            children = [place for place in rooms.values() if place.privacy != "direct"]
            events = (
                rendering.timeline(world, rooms[room])
                if room in rooms
                else rendering.space_timeline(world, naming.reader(self.site.world), children)
            )
            events = events if self.bundles else [(at, rendering.bare(one)) for at, one in events]
            self._kept[room] = world.version, events
        return events

    def _in_room(self, call: Call, room: str, what: str, event: str) -> Answer:
        world, rooms = self.site.world, self._rooms()
        is_space = room == naming.space(world)
        if not is_space and (room not in rooms or rooms[room].number in self.site.unreadable):
            text = (
                f"User {self._user(naming.reader(self.site.world))} not in room {room}, and room previews are disabled"
            )
            return Answer.of({"errcode": "M_FORBIDDEN", "error": text}, status=403)
        if what == "messages":
            return self._messages(call, room)
        if what == "hierarchy" and is_space:
            return self._hierarchy(call, rooms)
        if what == "members":
            state = rendering.state_of(self._events(room))
            return Answer.of({"chunk": [one for one in state if one["type"] == "m.room.member"]})
        if what == "event":
            found = next((one for _, one in self._events(room) if one["event_id"] == event), None)
            if found is not None:
                return Answer.of(found)
        return Answer.of({"errcode": "M_NOT_FOUND", "error": "Event not found."}, status=404)

    def _messages(self, call: Call, room: str) -> Answer:
        given = call.fields.get("from", "")
        position = _position(given) if given else (self.site.world.now_us, "~")
        if position is None:
            return self.failure("cursor")
        events = self._events(room)
        limit = min(self.page, int(call.fields.get("limit", 10)))
        if call.fields.get("dir") == "f":
            found = [one for one in events if _key(one) > position][:limit]
            end = _token(_key(found[-1])) if found else None
        else:
            below = [one for one in events if _key(one) <= position]
            found = below[-limit:][::-1]
            rest = below[: len(below) - len(found)]
            end = _token(_key(rest[-1]) if rest else (0, "")) if found else None
        data = {"chunk": [one for _, one in found], "start": given or _token(position)}
        return Answer.of(data if end is None else {**data, "end": end})

    def _sync(self) -> Answer:
        world, shown = self.site.world, {}
        for room, place in [*self._rooms().items(), (naming.space(world), None)]:
            events = self._events(room)
            last = events[-1][1]
            state = [one for one in rendering.state_of(events) if one["type"] != "m.room.member" and one is not last]
            read = [rendering.receipts(world, place)] if place is not None else []
            shown[room] = {
                "timeline": {"events": [last], "limited": True},
                "state": {"events": state},
                "ephemeral": {"events": read},
            }
        direct = [room for room, place in self._rooms().items() if place.privacy == "direct"]
        marked = {"type": "m.direct", "content": {self._user(world.people[1]): direct}}
        return Answer.of(
            {
                "next_batch": f"s{world.now_us}",
                "rooms": {"join": shown},
                "account_data": {"events": [marked]},
            }
        )

    def _hierarchy(self, call: Call, rooms: dict[str, Place]) -> Answer:
        world = self.site.world
        inside = {room: place for room, place in rooms.items() if place.privacy != "direct"}
        children = [{"type": "m.space.child", "state_key": room, "content": rendering.via()} for room in inside]
        space = {
            "room_id": naming.space(world),
            "name": naming.SPACE_NAME,
            "room_type": "m.space",
            "join_rule": "public",
            "num_joined_members": 1,
            "children_state": children,
        }
        shown = [space]
        for room, place in inside.items():
            rule = rendering.join_rule(world, place)["join_rule"]
            members = len(place.present())
            told = {"join_rule": rule, "num_joined_members": members, "children_state": []}
            shown.append({"room_id": room, "name": place.name, **told})
        return self._paged(call, "rooms", shown, "next_batch")

    def _users(self, call: Call) -> Answer:
        world = self.site.world
        accounts = [one for one in world.people if "matrix" in one.platforms and one.kind != "external"]
        listed = self.site.listed("users", accounts)
        shown = [
            {
                "name": self._user(one),
                "displayname": world.account(one, "matrix").display_name,
                "user_type": "bot" if one.kind == "bot" else None,
                "is_guest": one.kind == "guest",
                "admin": one.admin,
                "deactivated": not one.active,
                "erased": False,
                "avatar_url": None,
                "creation_ts": rendering.to_ms(one.hired_at),
            }
            for one in listed
        ]
        return self._paged(call, "users", shown, "next_token", total=len(shown))

    def _paged(self, call: Call, key: str, items: list[JSON], cursor: str, **more: JSON) -> Answer:
        given = str(call.fields.get("from", "0"))
        if not given.isdigit():
            return self.failure("cursor")
        end = int(given) + min(self.accounts, int(call.fields.get("limit", 100)))
        data = {key: items[int(given) : end], **more}
        return Answer.of({**data, cursor: str(end)} if end < len(items) else data)


def _key(one: Placed) -> Position:
    return one[0], one[1]["event_id"]


def _token(position: Position) -> str:
    """Write a position: after the event that has this time and id."""
    return f"t{position[0]}_{position[1]}"


def _position(token: str) -> Position | None:
    """Read a position; an `s` token of /sync stands after everything of its time."""
    at, _, event = token[1:].partition("_")
    if not at.isdigit() or token[0] not in "st":
        return None
    return int(at), event if token[0] == "t" else "~"
