"""Yammer's REST API over the world: who asks, what for, and the errors around it."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from communitykit.sandbox import Answer, Call, Desk, Failure, Grant, Message, Person, Place, Site
from communitykit_yammer.sandbox import directory, naming, rendering
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
_LIE = 5
"""Of so many full pages one says that nothing older is there, though there is."""


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
        """Give what a community shows, oldest first."""
        found = self.feeds.get(place.number)
        if found is None:
            living = (one for one in self.world.messages(place) if one.live)
            found = self.feeds[place.number] = sorted(living, key=lambda one: one.at)
        return found

    def name(self, call: Call) -> str:
        """Name the endpoint, without numbers."""
        return re.sub(r"\d{5,}|eyJ[\w-]+|[0-9a-f]{8}-[0-9a-f-]{27}", "*", call.path).strip("/")

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

    def renew(self, item: dict[str, Any]) -> bool:
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
        if call.path.endswith("/oauth2/v2.0/token"):
            return self._token(call)
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
        if not known or call.fields.get("client_id") != CLIENT_ID:
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
        for pattern, handler in _ROUTES:
            match = re.fullmatch(pattern, path)
            if match:
                return handler(self, call, *match.groups())
        return self.failure("missing")

    def networks(self, call: Call) -> Answer:  # noqa: ARG002 # all handlers have one signature
        """List networks: the home network only, with Entra tokens."""
        return Answer.of([directory.network_object(self.world)])

    def me(self, call: Call) -> Answer:  # noqa: ARG002 # same
        """Tell whose token it is."""
        owner = self.world.people[0]
        found = directory.user_object(self.world, owner)
        if not self.site.options.get("administrator", True):
            found["admin"] = found["verified_admin"] = "false"
        return Answer.of(found)

    def list_users(self, call: Call) -> Answer:
        """List active users and guests; no bots, nobody who left, nobody of other networks."""
        people = [one for one in self.users.values() if one.active and one.kind != "external"]
        return Answer.of([directory.user_object(self.world, one) for one in self._page_of(call, people)])

    def one_user(self, call: Call, native: str) -> Answer:  # noqa: ARG002 # same
        """Tell about one user."""
        person = self.users.get(int(native))
        return Answer.of(directory.user_object(self.world, person)) if person else self.failure("missing")

    def list_groups(self, call: Call) -> Answer:
        """List public groups, or with `mine` those of the token's owner, private ones among them."""
        mine = str(call.fields.get("mine", "")) in {"1", "true"}
        company = str(call.fields.get("showAllCompanyGroup", "")) in {"1", "true"}
        shown = [
            place
            for place in self.places.values()
            if (place.privacy == "public" and (company or not place.default or mine))
            or (mine and place.privacy == "private" and place.number not in self.site.unreadable)
        ]
        return Answer.of(
            [directory.group_object(self.world, one, self.feed(one)[::-1]) for one in self._page_of(call, shown)]
        )

    def one_group(self, call: Call, native: str) -> Answer:  # noqa: ARG002 # same
        """Tell about one group."""
        place = self.places.get(int(native))
        if place is None or place.privacy == "direct":
            return self.failure("missing")
        return Answer.of(directory.group_object(self.world, place, self.feed(place)[::-1]))

    def list_members(self, call: Call, native: str) -> Answer:
        """List who is in a group; closed to those who may not see it."""
        place = self.places.get(int(native))
        if place is None:
            return self.failure("missing")
        if place.number in self.site.unreadable:
            return self.failure("denied")
        people = [self.world.people[number] for number in place.present()]
        page = self._page_of(call, people)
        more = int(call.fields.get("page") or 1) * self.rows < len(people)
        rows = [
            directory.reference(self.world, one) if one.kind == "bot" else directory.user_object(self.world, one)
            for one in page
        ]
        return Answer.of({"users": rows, "more_available": more})

    def in_group(self, call: Call, native: str) -> Answer:
        """Show a group's feed; 200 and nothing to those who may not see it."""
        place = self.places.get(int(native))
        if place is None or place.privacy == "direct":
            return self.failure("missing")
        if place.number in self.site.unreadable:
            return self._envelope(call, [], None, older=False)
        return self._feed(call, self.feed(place), place)

    def in_thread(self, call: Call, native: str) -> Answer:
        """Show a thread."""
        found = self._find(int(native))
        if found is None:
            return self.failure("missing")
        whole = [one for one in (found, *found.replies) if one.live]
        return self._feed(call, whole, None)

    def one_thread(self, call: Call, native: str) -> Answer:  # noqa: ARG002 # same
        """Tell about one thread."""
        found = self._find(int(native))
        return Answer.of(rendering.thread_object(self.world, found)) if found else self.failure("missing")

    def everything(self, call: Call) -> Answer:
        """Show the feed of the whole company: what stands in public groups."""
        places = [place for place in self.places.values() if place.privacy == "public"]
        messages = sorted((one for place in places for one in self.feed(place)), key=lambda one: (one.at, one.place))
        return self._feed(call, messages, None)

    def one_message(self, call: Call, native: str) -> Answer:  # noqa: ARG002 # same
        """Tell about one message; deleted ones are not found."""
        found = self._find(int(native))
        return (
            Answer.of(rendering.message_object(self.world, found, cut=self.cut)) if found else self.failure("missing")
        )

    def liked_message(self, call: Call, native: str) -> Answer:
        """List everybody who reacted."""
        found = self._find(int(native))
        if found is None:
            return self.failure("missing")
        people = rendering.likers(self.world, found)
        rows = [directory.reference(self.world, one) for one in self._page_of(call, people)]
        return Answer.of({"users": rows, "total_count": len(people)})

    def _find(self, number: int) -> Message | None:
        index, at = naming.place_and_moment(number)
        if index >= len(self.world.places) or self.world.places[index].privacy == "direct":
            return None
        found = self.world.message(self.world.places[index], at)
        return found if found is not None and found.live else None

    def _page_of(self, call: Call, rows: Sequence[Any]) -> list[Any]:
        page = max(1, int(call.fields.get("page") or 1))
        return list(rows[(page - 1) * self.rows : page * self.rows])

    def _feed(self, call: Call, messages: list[Message], place: Place | None) -> Answer:
        """Cut a page, newest first: `older_than` and `newer_than` are exclusive, and the newest come first anyway."""
        numbers = [naming.message(one.place, one.at) for one in messages]
        older = int(call.fields.get("older_than") or 0)
        newer = int(call.fields.get("newer_than") or 0)
        end = bisect_left(numbers, older) if older else len(numbers)
        begin = bisect_left(numbers, newer + 1) if newer else 0
        size = min(self.page, max(1, int(call.fields.get("limit") or _LARGEST)))
        page = messages[max(begin, end - size) : end][::-1]
        if self.thin and len(page) == size and page[-1].at // 10 % 3 == 0:
            page = page[: size - 2]  # what the owner may not see is taken out after the page was cut
        left = end - size > begin
        line = place is not None and not left and end - begin < size and not begin and self._has_line(place, older)
        lie = left and not self.honest and int(hashlib.sha256(call.key.encode()).hexdigest(), 16) % _LIE == 0
        return self._envelope(call, page, place if line else None, older=left and not lie)

    def _has_line(self, place: Place, older: int) -> bool:
        return not older or naming.message(place.number, place.created_at) < older

    def _envelope(self, call: Call, page: list[Message], line: Place | None, *, older: bool) -> Answer:
        world = self.world
        shown = [rendering.message_object(world, one, cut=self.cut) for one in page]
        if line is not None:
            shown.append(rendering.system_object(world, line))
        meta = {
            "older_available": older,
            "requested_poll_interval": 60,
            "realtime": {"uri": "https://rt.example/cometd/", "authentication_token": "secret", "channel_id": "MTM6"},
            "current_user_id": naming.user(world, world.people[0]),
            "feed_name": "Company Feed",
            "feed_desc": f"Messages of {call.path}",
            "liked_message_ids": [],
        }
        body = {"threaded_extended": {}, "messages": shown, "references": self._references(page), "meta": meta}
        return Answer(200, to_json(body), {"content-type": "application/json; charset=utf-8"})

    def _references(self, page: list[Message]) -> list[dict[str, Any]]:
        """Give who wrote, threads, and parents off the page; likers are left out, and so are people only mentioned."""
        world = self.world
        authors = dict.fromkeys(one.author for one in page)
        found = [directory.reference(world, world.people[number]) for number in authors]
        on_page = {(one.place, one.at) for one in page}
        roots = {(one.place, world.root_of(one).at): world.root_of(one) for one in page}
        found += [rendering.thread_object(world, root) for root in roots.values()]
        parents = {}
        for one in page:
            for other in (naming.parent_of(world, one), world.root_of(one)):
                if other is not None and other.live and (other.place, other.at) not in on_page:
                    parents[(other.place, other.at)] = other
        return found + [rendering.short_object(world, one) for one in parents.values()]


_ROUTES: tuple[tuple[str, Callable[..., Answer]], ...] = (
    (r"networks/current", YammerDesk.networks),
    (r"users/current", YammerDesk.me),
    (r"users", YammerDesk.list_users),
    (r"users/in_group/(\d+)", YammerDesk.list_members),
    (r"users/liked_message/(\d+)", YammerDesk.liked_message),
    (r"users/(\d+)", YammerDesk.one_user),
    (r"groups", YammerDesk.list_groups),
    (r"groups/(\d+)", YammerDesk.one_group),
    (r"threads/(\d+)", YammerDesk.one_thread),
    (r"messages", YammerDesk.everything),
    (r"messages/in_group/(\d+)", YammerDesk.in_group),
    (r"messages/in_thread/(\d+)", YammerDesk.in_thread),
    (r"messages/(\d+)", YammerDesk.one_message),
)
