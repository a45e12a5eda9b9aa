"""Yammer's REST API over the world: who asks, what for, and the errors around it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from communitykit.connector import JSON
from communitykit.sandbox import Answer, Call, Desk, Failure, Grant, Message, Person, Place, Site
from communitykit.sandbox.logins import DeviceCodes
from communitykit_yammer.sandbox import naming
from communitykit_yammer.sandbox.endpoints import ROUTES
from communitykit_yammer.sandbox.graph import GraphDesk

CLIENT_ID = "5c1d2b7e-0000-4000-8000-00000000c0de"
_HOUR = 3600
_LARGEST = 20
_LIST = 50
_CODES: Mapping[str, tuple[int, int, str]] = {
    "limited": (429, 33, "Rate limited due to excessive requests."),
    "server": (500, 0, "Internal server error."),
    "error_body": (200, 99, "Something went wrong."),
    "revoked": (401, 16, "Token not found."),
    "expired": (401, 16, "Token expired."),
    "cursor": (400, 1, "Bad request."),
    "denied": (403, 17, "Forbidden."),
    "missing": (404, 3, "Not found."),
}


class YammerDesk(Desk):
    """Answers as Yammer would, and as Microsoft Graph would under `/graph/`.

    Options of the site: `page` (messages of a page) and `rows` (users and groups of a page; the API gives 50), `cut`
    (likers listed at most), `entra` (tokens that end after an hour and can be refreshed), `administrator` (whether the
    token's owner may fetch exports), `thin` (pages are short now and then, though more is there), `honest`
    (`older_available` is never wrong), `concealed` (reports hide who they are about), `windows` (the longest window in
    days that an export survives), `top` (rows of a page of Graph), `graph` (the settings hold a token for it).
    """

    def __init__(self, site: Site) -> None:
        """Hand out the tokens."""
        self.site = site
        self.world = site.world
        options = site.options
        self.page = min(_LARGEST, int(options.get("page", _LARGEST)))
        self.rows = int(options.get("rows", _LIST))
        self.cut: int | None = options.get("cut")
        self.thin = bool(options.get("thin"))
        self.honest = bool(options.get("honest"))
        self.entra = bool(options.get("entra"))
        self.refresh_tokens: list[str] = []
        self.devices = DeviceCodes(site, CLIENT_ID)
        self._issued = 0
        self._seen = -1
        self.feeds: dict[int, list[Message]] = {}
        self.places: dict[int, Place] = {}
        self.users: dict[int, Person] = {}
        self.issue("yammer")
        if self.entra:
            self.renew_refresh_token()
        self.graph = GraphDesk(self)

    def issue(self, audience: str) -> Grant:
        """Hand out an access token for a resource; with `entra` it ends after an hour."""
        self._issued += 1
        mark = hashlib.sha256(f"{self.world.seed}/token/{audience}/{self._issued}".encode()).hexdigest()
        ends = self.site.seconds() + _HOUR if self.entra else None
        return self.site.grant(Grant(f"eyJ{mark[:20]}.{mark[20:44]}.{mark[44:]}", audience, expires_at=ends))

    def renew_refresh_token(self) -> str:
        """Hand out a refresh token; older ones stay good for a while, as Entra's do."""
        mark = hashlib.sha256(f"{self.world.seed}/refresh/{len(self.refresh_tokens)}".encode()).hexdigest()
        self.refresh_tokens.append(f"0.A{mark}")
        return self.refresh_tokens[-1]

    def look(self) -> None:
        """Notice that the world changed."""
        if self._seen == self.world.version:
            return
        self._seen = self.world.version
        self.feeds.clear()
        self.places = {naming.group(self.world, place): place for place in self.world.on("yammer")}
        self.users = {
            naming.user(self.world, person): person
            for person in self.world.people
            if "yammer" in person.platforms and person.kind != "bot"
        }

    def feed(self, place: Place) -> list[Message]:
        """Return what a community shows, oldest first."""
        found = self.feeds.get(place.number)
        if found is None:
            living = (one for one in self.world.messages(place) if one.live)
            found = self.feeds[place.number] = sorted(living, key=lambda one: one.at)
        return found

    def name(self, call: Call) -> str:
        """Name the endpoint, without numbers."""
        return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{5,}|eyJ[\w-]+", "*", call.path).strip("/")

    def draw(self, call: Call) -> tuple[str, str] | None:
        """Count feeds, all else, and Graph apart."""
        if call.path.startswith("/graph/"):
            return "graph", ""
        if not call.path.startswith("/api/"):
            return None
        return ("messages" if "/messages" in call.path else "other"), ""

    def failure(self, kind: Failure | str, *, retry_after: int | None = None) -> Answer:
        """Word a failure as Yammer does."""
        if kind == "html":
            return Answer(200, b"<!DOCTYPE html><html><body>Yammer</body></html>", {"content-type": "text/html"})
        status, code, message = _CODES[kind]
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        body = {"response": {"message": message, "stat": "fail", "code": code}}
        return Answer.of(body, status=status, headers=headers)

    def renew(self, item: dict[str, JSON]) -> bool:
        """Use types that nobody has heard of."""
        if item.get("message_type") == "update":
            item["message_type"] = "hologram"
        elif item.get("type") == "thread" and "stats" in item:
            item["privacy"] = "translucent"
        elif item.get("state") == "active" and item.get("type") == "user":
            item["state"] = "levitating"
        else:
            return False
        return True

    def answer(self, call: Call) -> Answer:
        """Answer a call."""
        self.look()
        logins = {"token": self._token, "devicecode": self.devices.begin, "devicelogin": self.devices.typed}
        end = call.path.rpartition("/")[2]
        if "/oauth2/v2.0/" in call.path or call.path == "/devicelogin":
            return logins[end](call) if end in logins else self.failure("missing")
        if call.path.startswith("/graph/"):
            return self.graph.answer(call)
        if not call.path.startswith("/api/v1/"):
            return self.failure("missing")
        refusal = self.refusal(call, "yammer")
        if refusal is not None:
            return self.failure(refusal)
        path = call.path.removeprefix("/api/v1/")
        if path == "export":
            from communitykit_yammer.sandbox.export import fetched  # noqa: PLC0415 # only for those who export

            return fetched(self, call)
        if not path.endswith(".json"):
            return Answer(200, b"<?xml version='1.0'?><response/>", {"content-type": "application/xml"})
        return self._route(path.removesuffix(".json"), call)

    def refusal(self, call: Call, audience: str) -> str | None:
        """Say why a caller is not let in; a token for one resource is none for another."""
        grant = self.site.grants.get(call.bearer() or "")
        if grant is None or grant.revoked or grant.kind != audience:
            return "revoked"
        if grant.expires_at is not None and grant.expires_at <= self.site.seconds():
            return "expired"
        return None

    def _token(self, call: Call) -> Answer:
        known = call.fields.get("refresh_token") in self.refresh_tokens
        if str(call.fields.get("grant_type", "")).endswith("device_code"):
            refusal = self.devices.redeem(call)
            if refusal is not None:
                return refusal
        elif not known or call.fields.get("client_id") != CLIENT_ID:
            return Answer.of({"error": "invalid_grant", "error_description": "AADSTS70008"}, status=400)
        audience = "graph" if "graph.microsoft.com" in str(call.fields.get("scope")) else "yammer"
        grant = self.issue(audience)
        return Answer.of(
            {
                "token_type": "Bearer",
                "expires_in": _HOUR,
                "access_token": grant.token,
                "refresh_token": self.renew_refresh_token(),
            }
        )

    def _route(self, path: str, call: Call) -> Answer:
        for pattern, handler in ROUTES:
            match = re.fullmatch(pattern, path)
            if match:
                return handler(self, call, *match.groups())
        return self.failure("missing")
