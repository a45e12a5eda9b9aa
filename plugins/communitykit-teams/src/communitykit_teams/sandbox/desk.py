"""Microsoft Graph over the world: tokens, permissions, limits and errors around the routes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from communitykit.connector import JSON, Budget
from communitykit.sandbox import Answer, Call, Desk, Failure, Grant, Person, Place, Site, make_cursor, read_cursor
from communitykit.sandbox.logins import DeviceCodes
from communitykit_teams.sandbox import naming

if TYPE_CHECKING:
    from communitykit_teams.sandbox.routes import Route

CLIENT_ID = "5a5e1f9c-0d6b-4b57-9d5c-7a1f1c0f5d11"
CLIENT_SECRET = "sandbox~client~secret"  # noqa: S105 # opens nothing but a simulation

LIMITS: dict[str, Budget] = {
    "get": Budget(30, 1),
    "channels": Budget(60, 1),
    "members": Budget(60, 1),
    "messages": Budget(20, 1),
    "export": Budget(200, 1),
    "object": Budget(4, 1),
    "reports": Budget(14, 600),
}
"""Documented limits per app and tenant; `object` is that of one team or channel."""

ROLES = frozenset(
    {
        "Channel.ReadBasic.All", "ChannelMember.Read.All", "ChannelMessage.Read.All", "GroupMember.Read.All",
        "Organization.Read.All", "Reports.Read.All", "Team.ReadBasic.All", "TeamMember.Read.All",
        "TeamSettings.Read.All", "User.Read.All",
    }
)  # fmt: skip
_FAILURES: Mapping[Failure, tuple[int, str, str]] = {
    "limited": (429, "TooManyRequests", "Please retry again later."),
    "server": (500, "generalException", "An internal server error occurred."),
    "error_body": (200, "generalException", "An internal server error occurred."),
    "revoked": (401, "InvalidAuthenticationToken", "Access token validation failure."),
    "expired": (401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."),
    "cursor": (410, "resyncRequired", "Resync required. Replace any local items with the server's version."),
}
_LOGIN = re.compile(r"/(?P<tenant>[^/]+)/(?P<what>oauth2/v2\.0/\w+|v2\.0/\.well-known/openid-configuration)")


class Refused(Exception):  # noqa: N818 # an answer, not a fault of ours
    """An error envelope."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        """Keep what to answer."""
        self.status, self.code, self.message = status, code, message
        super().__init__(code)


@dataclass(slots=True)
class Asked:
    """One request as a route sees it."""

    call: Call
    parts: Mapping[str, str]
    known: bool = True

    def option(self, name: str) -> str:
        """Return an OData query option, empty where it is absent."""
        return str(self.call.fields.get(f"${name}") or "")


@dataclass(slots=True)
class Listed:
    """A page: objects already rendered, and what else the envelope says."""

    items: list[bytes]
    more: dict[str, JSON] = field(default_factory=dict)


class TeamsDesk(Desk):
    """Answers as Microsoft Graph would, with the login beside it.

    Options of the site: `roles` (default all), `lifetime` of tokens in seconds, `page`, `messages` and `expand`
    (objects that listings, pages of messages and expanded replies have at most), `delta` (False: refused, as some
    tenants do to apps), `concealed` (usage reports hide names), `mute` (no Retry-After inside batches), `closed` (ids
    of teams that the app may not read).
    """

    def __init__(self, site: Site) -> None:
        """Hand out a first token, and look the channels up."""
        self.site = site
        self.world = site.world
        options = site.options
        self.page, self.messages = int(options.get("page", 999)), int(options.get("messages", 50))
        self.expand = int(options.get("expand", 1000))
        self.lifetime = int(options.get("lifetime", 3599))
        self.roles = frozenset(options.get("roles", ROLES))
        self.secret = f"{self.world.seed}/cursor"
        self.subscriptions: dict[str, dict[str, JSON]] = {}
        self._issued = 0
        self._seen = -1
        self.kept: dict[tuple[str, int, int], JSON] = {}
        self.places: dict[str, Place] = {}
        self.teams: dict[str, list[Place]] = {}
        self.users: dict[str, Person] = {}
        self.devices = DeviceCodes(self.site, CLIENT_ID)
        self._refresh: list[str] = []
        self.issue()
        self.look()

    def issue(self, *, delegated: bool = False) -> Grant:
        """Hand out an access token that looks like one: its claims name the tenant, the app and what it may do."""
        self._issued += 1
        claims = {
            "aud": "https://graph.microsoft.com",
            "tid": naming.tenant(self.world),
            "appid": CLIENT_ID,
            **({"scp": " ".join(sorted(self.roles))} if delegated else {"roles": sorted(self.roles)}),
            "jti": self._issued,
        }
        parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"typ": "JWT", "alg": "none"}, claims)]
        mark = hashlib.sha256(f"{self.world.seed}/{self._issued}".encode()).digest()
        token = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, mark))
        return self.site.grant(Grant(token, "app", self.roles, self.site.seconds() + self.lifetime))

    def look(self) -> None:
        """Notice that the world changed."""
        if self._seen == self.world.version:
            return
        self._seen = self.world.version
        self.kept.clear()
        places = [place for place in self.world.on("teams") if place.privacy != "direct"]
        self.places = {naming.channel(self.world, place): place for place in places}
        self.teams = {}
        for place in places:
            self.teams.setdefault(naming.team(self.world, place), []).append(place)
        self.users = {naming.user(self.world, one): one for one in self.world.people if "teams" in one.platforms}

    def route(self, call: Call) -> tuple[Route, Asked] | None:
        """Find the route of an address."""
        from communitykit_teams.sandbox.routes import ROUTES  # noqa: PLC0415 # they are written against this class

        prefer = str(call.headers.get("prefer", ""))
        for route in ROUTES:
            match = route.pattern.fullmatch(call.path)
            if match is not None and call.method == route.method:
                return route, Asked(call, match.groupdict(), "include-unknown-enum-members" in prefer)
        return None

    def name(self, call: Call) -> str:
        """Name the route."""
        if _LOGIN.fullmatch(call.path) or call.path == "/devicelogin":
            return "token"
        found = self.route(call)
        return found[0].name if found else "unknown"

    def costs(self, call: Call) -> Sequence[tuple[str, str]]:
        """Count by app and tenant, and by the team or channel that it is about."""
        found = self.route(call)
        if found is None or not found[0].budget:
            return ()
        parts = found[1].parts
        about = parts.get("channel") or parts.get("team")
        own = [("object", about)] if about and found[0].budget != "export" else []
        return [(found[0].budget, ""), *own]

    def failure(self, kind: Failure, *, retry_after: int | None = None) -> Answer:
        """Word a failure as Graph does."""
        if kind == "html":
            page = b"<!DOCTYPE html><html><body>Our services aren't available right now</body></html>"
            return Answer(200, page, {"content-type": "text/html"})
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        return self.envelope(*_FAILURES[kind], headers)

    def envelope(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Return an error envelope."""
        inner = {"date": "2026-03-02T09:00:00", "request-id": naming.guid(self.world.seed, f"{code}{message}")}
        return Answer.of(
            {"error": {"code": code, "message": message, "innerError": inner}}, status=status, headers=headers
        )

    def renew(self, item: dict[str, JSON]) -> bool:
        """Use message types, importances and roles that nobody has heard of."""
        if item.get("messageType") == "message":
            item["messageType"] = "holographicMessage"
        elif "roles" in item and isinstance(item["roles"], list):
            item["roles"] = [*item["roles"], "gardener"]
        elif item.get("contentType") == "image/png":
            item["contentType"] = "image/hologram"
        else:
            return False
        return True

    def answer(self, call: Call) -> Answer:
        """Answer a call."""
        self.look()
        login = _LOGIN.fullmatch(call.path)
        if login is not None:
            return self._login(call, login["tenant"], login["what"])
        if call.path == "/devicelogin":
            return self.devices.typed(call)
        found = self.route(call)
        if found is None:
            return self.envelope(400, "BadRequest", f"Resource not found for the segment of {call.path}.")
        route, asked = found
        try:
            if not route.open:
                self._authenticate(call, route)
            made = route.answer(self, asked)
        except Refused as refused:
            return self.envelope(refused.status, refused.code, refused.message)
        if isinstance(made, Answer):
            return made
        if isinstance(made, Listed):
            head = json.dumps({"@odata.context": f"{self.site.url}/v1.0/$metadata", **made.more}).encode()[:-1]
            body = b"".join((head, b',"value":[', b",".join(made.items), b"]}"))
            return Answer(200, body, {"content-type": "application/json; odata.metadata=minimal"})
        return Answer.of(made)

    def _authenticate(self, call: Call, route: Route) -> None:
        token = call.bearer()
        if token is None:
            raise Refused(401, "InvalidAuthenticationToken", "Access token is empty.")
        grant = self.site.grants.get(token)
        if grant is None or grant.revoked or (grant.expires_at or self.site.seconds() + 1) <= self.site.seconds():
            raise Refused(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
        if route.any_of and not grant.scopes & set(route.any_of):
            code = "Authorization_RequestDenied" if route.budget == "" else "Forbidden"
            raise Refused(403, code, "Insufficient privileges to complete the operation.")

    def _login(self, call: Call, tenant: str, what: str) -> Answer:
        """Answer what belongs to the login: where everything is, device codes, tokens."""
        if tenant.lower() not in {naming.tenant(self.world), naming.UPN_DOMAIN}:
            return _refused(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if what.endswith("openid-configuration"):
            home = f"https://login.microsoftonline.com/{tenant}"
            ends = {"token": "token", "device_authorization": "devicecode", "authorization": "authorize"}
            told = {f"{name}_endpoint": f"{home}/oauth2/v2.0/{end}" for name, end in ends.items()}
            return Answer.of({"issuer": f"{home}/v2.0", **told})
        if what.endswith("/devicecode"):
            return self.devices.begin(call)
        if str(call.fields.get("grant_type", "")).endswith("device_code"):
            return self.devices.redeem(call) or self._tokens()
        if call.fields.get("grant_type") == "refresh_token":
            known = str(call.fields.get("refresh_token")) in self._refresh
            return self._tokens() if known else _refused(400, "invalid_grant", 70008, "The refresh token has expired.")
        return self._token(call)

    def _tokens(self) -> Answer:
        """Hand out an owner's token, with the means to renew it."""
        mark = hashlib.sha256(f"{self.world.seed}/refresh/{len(self._refresh)}".encode()).hexdigest()
        self._refresh.append(f"1.A{mark}")
        return Answer.of(
            {"token_type": "Bearer", "expires_in": self.lifetime, "ext_expires_in": self.lifetime,
             "scope": "https://graph.microsoft.com/.default", "access_token": self.issue(delegated=True).token,
             "refresh_token": self._refresh[-1]}
        )  # fmt: skip

    def _token(self, call: Call) -> Answer:
        """Answer client credentials, by secret or by assertion."""
        fields = call.fields
        if fields.get("grant_type") != "client_credentials":
            return _refused(400, "unsupported_grant_type", 70003, "The grant type is not supported.")
        if fields.get("client_id") != CLIENT_ID:
            return _refused(400, "unauthorized_client", 700016, "The application was not found in the directory.")
        if not str(fields.get("scope") or "").endswith("/.default"):
            return _refused(400, "invalid_scope", 1002012, "The provided value for scope is not valid.")
        if not fields.get("client_assertion") and fields.get("client_secret") != CLIENT_SECRET:
            return _refused(401, "invalid_client", 7000215, "Invalid client secret provided.")
        return Answer.of(
            {"token_type": "Bearer", "expires_in": self.lifetime, "ext_expires_in": self.lifetime,
             "access_token": self.issue().token}
        )  # fmt: skip

    def cut(self, asked: Asked, kind: str, entries: Sequence[JSON], encode: Callable[[JSON], bytes]) -> Listed:
        """Cut a page out of a listing by position; an empty page may still lead on."""
        size = min(self.page, int(asked.option("top") or self.page))
        start = int(self.position(asked, kind) or 0)
        page = entries[start : start + size]
        more: dict[str, JSON] = {"@odata.count": len(page)}
        if start + size < len(entries):
            more["@odata.nextLink"] = self.link(asked, kind, str(start + size))
        return Listed([encode(one) for one in page], more)

    def position(self, asked: Asked, kind: str, name: str = "skiptoken") -> str | None:
        """Return where a token leads to; None at the beginning.

        Raises Refused when it is not this site's, or of another listing.
        """
        token = asked.option(name)
        if not token:
            return None
        value = read_cursor(self.secret, kind, token)
        if value is None:
            raise Refused(400, "InvalidSkipToken", "The skip token is not valid.")
        return value

    def link(self, asked: Asked, kind: str, position: str, name: str = "skiptoken") -> str:
        """Write the address of what follows."""
        fields = {key: str(value) for key, value in asked.call.fields.items() if not key.endswith("token")}
        if name == "deltatoken":
            fields.pop("$filter", None)
        fields[f"${name}"] = make_cursor(self.secret, kind, position)
        return f"{self.site.url}{quote(asked.call.path, safe='/:@$()=')}?{urlencode(fields)}"


def _refused(status: int, error: str, number: int, text: str) -> Answer:
    data = {
        "error": error,
        "error_description": f"AADSTS{number}: {text} Trace ID: 0 Correlation ID: 0 Timestamp: 2026-03-02 09:00:00Z",
        "error_codes": [number],
        "trace_id": "0",
        "correlation_id": "0",
    }
    return Answer.of(data, status=status)
