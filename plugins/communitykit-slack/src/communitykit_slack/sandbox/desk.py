"""Slack's Web API over the world: authentication, scopes and errors around the methods."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from pydantic_core import to_json

from communitykit.connector import JSON
from communitykit.sandbox import Answer, Call, Circle, Desk, Failure, Grant, Message, Person, Place, Site
from communitykit_slack.sandbox import naming, rules
from communitykit_slack.sandbox.directory import channel_object, user_object
from communitykit_slack.sandbox.rendering import DEFAULT_CUT, FILES, message_object
from communitykit_slack.sandbox.rules import RULES, Refused, Rule

if TYPE_CHECKING:
    from communitykit_slack.sandbox.replies import Reply

CLIENT_ID = "1111.2222"
CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105 # opens nothing but a simulation
SIGNING_SECRET = "sandbox-signing-secret"  # noqa: S105 # same
_TWELVE_HOURS = 43_200

_FAILURES: Mapping[Failure, tuple[int, str]] = {
    "limited": (429, "ratelimited"),
    "server": (500, "internal_error"),
    "error_body": (200, "internal_error"),
    "revoked": (200, "token_revoked"),
    "expired": (200, "token_expired"),
    "cursor": (200, "invalid_cursor"),
}


class SlackDesk(Desk):
    """Answers as Slack would.

    Options of the site: `scopes` (default all), `restricted` (15 objects, once a minute), `rotation`, `cut` (reactors
    listed at most), `page` and `messages` (objects that listings, and messages that history and replies give at most:
    Slack may always give fewer than it is asked for), `files_url`, `free` (the free plan), `parent_leads` (every page
    of replies begins with the root).
    """

    def __init__(self, site: Site) -> None:
        """Hand out a bot's token, and look the channels up."""
        self.site = site
        self.world = site.world
        options = site.options
        self.rotation = bool(options.get("rotation"))
        self.restricted = bool(options.get("restricted"))
        self.page, self.messages = int(options.get("page", 1000)), int(options.get("messages", 1000))
        self.cut: int | None = options.get("cut", min(DEFAULT_CUT, max(5, self.world.size.people // 2)))
        self.files: str = options.get("files_url", FILES)
        self.secret = f"{self.world.seed}/cursor"
        self._issued = 0
        self.refresh_tokens: set[str] = set()
        self.user_refresh: dict[str, frozenset[str]] = {}
        self.codes: dict[str, tuple[str, str, frozenset[str]]] = {}
        """Codes that were given out: their challenge, where they led back to, and the scopes."""
        self.scopes = frozenset(options.get("scopes", rules.ALL_SCOPES))
        self.issue()
        self._seen = -1
        self._cache: dict[tuple[int, int], bytes] = {}
        self.places: dict[str, Place] = {}
        self.users: dict[str, Person] = {}
        self.look()

    def issue(self) -> tuple[Grant, str | None]:
        """Hand out a token, with a refresh token where the app rotates them."""
        self._issued += 1
        mark = hashlib.sha256(f"{self.world.seed}/token/{self._issued}".encode()).hexdigest()
        token = f"xoxb-{int(mark[:10], 16)}-{int(mark[10:20], 16)}-{mark[20:44]}"
        if not self.rotation:
            return self.site.grant(Grant(token, "bot", self.scopes)), None
        refresh = f"xoxe-1-{mark[:40]}"
        self.refresh_tokens.add(refresh)
        ends = self.site.seconds() + _TWELVE_HOURS
        return self.site.grant(Grant(f"xoxe.{token}", "bot", self.scopes, ends)), refresh

    def _consent(self, call: Call) -> Answer:
        """Answer as after a click on "Allow": back to the app, with a code that works once."""
        fields = {name: str(value) for name, value in call.fields.items()}
        back = fields.get("redirect_uri", "")
        if fields.get("client_id") != CLIENT_ID or not back.startswith("http://localhost:"):
            return Answer.of({"ok": False, "error": "bad_redirect_uri"}, status=400)
        told = {"state": fields.get("state", "")}
        if fields.get("scope") or fields.get("code_challenge_method") != "S256" or not fields.get("user_scope"):
            return Answer(302, b"", {"location": f"{back}?{urlencode({**told, 'error': 'invalid_scope'})}"})
        code = f"code-{len(self.codes)}"
        self.codes[code] = (fields.get("code_challenge", ""), back, frozenset(fields["user_scope"].split(",")))
        return Answer(302, b"", {"location": f"{back}?{urlencode({**told, 'code': code})}"})

    def issue_to_user(self, scopes: frozenset[str]) -> dict[str, JSON]:
        """Hand out a user's token and the refresh token that goes with it: public clients' always rotate."""
        self._issued += 1
        mark = hashlib.sha256(f"{self.world.seed}/user/{self._issued}".encode()).hexdigest()
        token, refresh = f"xoxe.xoxp-1-{mark[:40]}", f"xoxe-1-{mark[20:60]}"
        self.user_refresh[refresh] = scopes
        self.site.grant(Grant(token, "user", scopes, self.site.seconds() + _TWELVE_HOURS))
        return {
            "id": naming.user(self.world, self.world.people[0]), "scope": ",".join(sorted(scopes)),
            "access_token": token, "token_type": "user", "refresh_token": refresh, "expires_in": _TWELVE_HOURS,
        }  # fmt: skip

    def look(self) -> None:
        """Notice that the world changed."""
        if self._seen == self.world.version:
            return
        self._seen = self.world.version
        self._cache.clear()
        self.places = {naming.channel(self.world, place): place for place in self.world.on("slack")}
        self.users = {
            naming.user(self.world, person): person
            for person in self.world.people
            if "slack" in person.platforms and not (person.kind == "bot" and person.solo)
        }

    def name(self, call: Call) -> str:
        """Name the method; a download is `files`."""
        return "files" if call.path.startswith("/files-pri/") else call.path.rsplit("/", 1)[-1]

    def draw(self, call: Call) -> tuple[str, str] | None:
        """Count by method and workspace."""
        name = self.name(call)
        return (name, naming.team(self.world)) if name in RULES else None

    def rule(self, name: str) -> Rule:
        """Return a method's rule."""
        if self.restricted and name in {"conversations.history", "conversations.replies"}:
            return rules.RESTRICTED
        rule = RULES[name]
        return replace(rule, largest=min(rule.largest, self.messages if rule.per_type == "history" else self.page))

    def failure(self, kind: Failure, *, retry_after: int | None = None) -> Answer:
        """Word a failure as Slack does."""
        if kind == "html":
            return Answer(200, b"<!DOCTYPE html><html><body>Slack</body></html>", {"content-type": "text/html"})
        status, error = _FAILURES[kind]
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        return Answer.of({"ok": False, "error": error}, status=status, headers=headers)

    def renew(self, item: dict[str, JSON]) -> bool:
        """Use subtypes, file modes and block elements that nobody has heard of."""
        if item.get("type") == "message" and "subtype" not in item and "text" in item:
            item["subtype"] = "holographic_message"
        elif item.get("mode") == "hosted":
            item["mode"] = "levitating"
        elif item.get("type") == "rich_text_section":
            item["elements"].append({"type": "hologram", "angle": 3})
        elif "who_can_share_contact_card" in item:
            item["who_can_share_contact_card"] = "NEIGHBOURS"
        else:
            return False
        return True

    def answer(self, call: Call) -> Answer:
        """Answer a call."""
        from communitykit_slack.sandbox.methods import METHODS  # noqa: PLC0415 # they are written against this class

        self.look()
        if call.path.startswith("/files-pri/"):
            return self._download(call)
        if call.path == "/oauth/v2/authorize":
            return self._consent(call)
        name = self.name(call)
        headers = {"x-slack-req-id": hashlib.sha256(call.key.encode()).hexdigest()[:32]}
        try:
            _check(call, known=name in METHODS)
            rule = self.rule(name)
            grant = None if name in {"oauth.v2.access", "api.test"} else self.authenticate(call)
            desk = self.within(name, call.fields)
            if grant is not None:
                headers["x-oauth-scopes"] = ",".join(sorted(grant.scopes))
                headers["x-accepted-oauth-scopes"] = rules.scope_for(rule, None)
                if rule.scope:
                    require(grant, rule.scope)
            basic = call.basic()
            app = {"client_id": basic[0], "client_secret": basic[1]} if basic else {}
            reply = METHODS[name](desk, {**call.fields, **app}, rule, grant)
        except Refused as refused:
            return Answer.of({"ok": False, "error": refused.error, **refused.more}, headers=headers)
        return self._finish(call, reply, headers)

    def within(self, name: str, fields: Mapping[str, JSON]) -> SlackDesk:  # noqa: ARG002 # an organization asks which
        """Return the desk of the workspace that a call is about: this one has one workspace."""
        return self

    def circles(self) -> Sequence[Circle]:
        """Return the groups of users of this workspace."""
        return self.world.circles

    def user(self, person: Person, *, locale: bool = False) -> dict[str, JSON]:
        """Render a user."""
        return user_object(self.world, person, locale=locale)

    def channel(self, place: Place, *, count: bool = True) -> dict[str, JSON]:
        """Render a channel as this app sees it."""
        return channel_object(self.world, place, member=place.number not in self.site.unreadable, count=count)

    def identity(self) -> dict[str, JSON]:
        """Tell whose installation this is."""
        return {"team_id": naming.team(self.world), "is_enterprise_install": False}

    def teams(self) -> dict[str, str]:
        """Return the workspaces that approved the app, id → name."""
        return {naming.team(self.world): "Aurora Instruments"}

    def authenticate(self, call: Call) -> Grant:
        """Find out who calls.

        Raises Refused with Slack's own word for each way to fail.
        """
        token = call.bearer() or call.fields.get("token")
        if not token:
            raise Refused("not_authed")
        grant = self.site.grants.get(str(token))
        if grant is None:
            raise Refused("invalid_auth")
        if grant.revoked:
            raise Refused("token_revoked")
        if grant.expires_at is not None and grant.expires_at <= self.site.seconds():
            raise Refused("token_expired")
        return grant

    def place(self, fields: Mapping[str, JSON], grant: Grant, rule: Rule, *, joined: bool = False) -> Place:
        """Find the channel that a call is about.

        Raises Refused when it is not there, the scope is missing, or (`joined`) the app is not in it.
        """
        if not fields.get("channel"):
            raise Refused(
                "invalid_arguments", response_metadata={"messages": ["[ERROR] missing required field: channel"]}
            )
        place = self.places.get(str(fields["channel"]))
        if place is None:
            raise Refused("channel_not_found")
        require(grant, rules.scope_for(rule, place))
        if joined and place.number in self.site.unreadable:
            raise Refused("not_in_channel")
        return place

    def wire(self, message: Message) -> bytes:
        """Render a post for history; kept as long as the world does not change."""
        if not self.world.size.held:
            return encode(message_object(self.world, message, cut=self.cut, files=self.files))
        key = (message.place, message.at)
        found = self._cache.get(key)
        if found is None:
            rendered = message_object(self.world, message, cut=self.cut, files=self.files)
            found = self._cache[key] = encode(rendered)
        return found

    def _finish(self, call: Call, reply: Reply, headers: dict[str, str]) -> Answer:
        """Put the answer together: objects that are bytes already stay so."""
        kind = call.headers.get("content-type", "")
        data = dict(reply.data)
        if call.method == "POST" and kind and "charset" not in kind:
            data["warning"] = "missing_charset"
            data["response_metadata"] = {**data.get("response_metadata", {}), "warnings": ["missing_charset"]}
        body = encode({"ok": True, **data})
        if reply.key:
            listed = b",".join(reply.items)
            body = b"".join((b'{"ok":true,"', reply.key.encode(), b'":[', listed, b"]", body[len(b'{"ok":true') :]))
        return Answer(200, body, {"content-type": "application/json; charset=utf-8", **headers})

    def _download(self, call: Call) -> Answer:
        try:
            require(self.authenticate(call), "files:read")
        except Refused:
            return Answer(302, b"", {"location": "https://slack.com/signin", "content-type": "text/html"})
        return Answer(200, f"content of {call.path}\n".encode(), {"content-type": "application/octet-stream"})


Method = Callable[["SlackDesk", Mapping[str, JSON], Rule, Grant | None], "Reply"]


def missing(name: str) -> Refused:
    """Word what Slack says when an argument is missing."""
    return Refused("invalid_arguments", response_metadata={"messages": [f"[ERROR] missing required field: {name}"]})


def require(grant: Grant, scope: str) -> None:
    """Check a scope.

    Raises Refused naming what is needed and what was granted.
    """
    if scope and scope not in grant.scopes:
        raise Refused("missing_scope", needed=scope, provided=",".join(sorted(grant.scopes)))


def _check(call: Call, *, known: bool) -> None:
    if not known or not call.path.startswith("/api/"):
        raise Refused("unknown_method", req_method=call.path.rsplit("/", 1)[-1])
    if call.malformed:
        raise Refused("invalid_json" if "json" in call.headers.get("content-type", "") else "invalid_form_data")


encode = to_json
"""Writes compact JSON as bytes, several times faster than the standard library."""
