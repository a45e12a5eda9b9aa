"""The Graph API and SCIM over the world: who asks, what for, paging of both dialects, and the errors around it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode

from communitykit.connector import JSON
from communitykit.sandbox import (
    Answer,
    Call,
    Desk,
    Failure,
    Grant,
    Message,
    Person,
    Place,
    Site,
    make_cursor,
    read_cursor,
)
from communitykit_workplace.sandbox import directory, naming, rendering
from communitykit_workplace.sandbox.expansion import (
    DEFAULT_LIMIT,
    JSONObject,
    Malformed,
    Node,
    UnknownField,
    Wish,
    parse,
    select,
)

GRAPH = "/graph/"
SCIM = "/scim/"
_BATCH = 50
_PROOF_LIVES = 3600
_DENIED = "(#10) To use this, the integration needs the permission."
_ERRORS: Mapping[str, tuple[int, JSONObject]] = {
    "limited": (400, {"message": "(#4) Application request limit reached", "type": "OAuthException", "code": 4}),
    "server": (500, {"message": "An unknown error has occurred.", "type": "OAuthException", "code": 1}),
    "error_body": (200, {"message": "An unknown error occurred", "code": 1}),  # without `type`, as it happens
    "revoked": (400, {"message": "Error validating access token", "type": "OAuthException", "code": 190}),
    "expired": (400, {"message": "Session has expired", "type": "OAuthException", "code": 190, "error_subcode": 463}),
    "cursor": (400, {"message": "(#100) Invalid cursors values were provided", "type": "OAuthException", "code": 100}),
    "denied": (403, {"message": _DENIED, "type": "OAuthException", "code": 10}),
    "missing": (
        400,
        {
            "message": "Unsupported get request. Object does not exist, or cannot be loaded.",
            "type": "GraphMethodException",
            "code": 100,
            "error_subcode": 33,
        },
    ),
    "much": (500, {"message": "Please reduce the amount of data you're asking for, then retry", "code": 1}),
    "proof": (400, {"message": "Invalid appsecret_proof provided", "type": "GraphMethodException", "code": 100}),
}


class WorkplaceDesk(Desk):
    """Answers as graph.workplace.com did under `/graph/`, and SCIM under `/scim/`.

    Options of the site: `nested` (objects of a nested edge at most), `page` (objects of a page at most), `heavy` (posts
    of a page beyond which the Graph asks for less), `polls` (False: no such field), `batches` (False: none are taken),
    `silent_parts` (parts of a batch are left unanswered the first time), `used` (per cent of the limit that answers
    tell), `strict` (proofs must be fresh by the site's own clock).
    """

    def __init__(self, site: Site) -> None:
        """Hand out the token and the app's secret."""
        self.site = site
        self.world = site.world
        options = site.options
        self.nested: int = int(options.get("nested", 10_000))
        self.page: int = int(options.get("page", 10_000))
        self.heavy: int = int(options.get("heavy", 10_000))
        self.polls = bool(options.get("polls", True))
        self.batches = bool(options.get("batches", True))
        self.silent_parts = bool(options.get("silent_parts"))
        self.used = float(options.get("used", 2))
        self.strict = bool(options.get("strict"))
        mark = hashlib.sha256(f"{self.world.seed}/workplace".encode()).hexdigest()
        self.secret = mark[:32]
        site.grant(Grant(f"DQVJ{mark[32:]}{mark[:20]}", "integration"))
        self._seen = -1
        self._silent: set[str] = set()
        self.places: dict[str, Place] = {}
        self.people: dict[str, Person] = {}
        self.feeds: dict[int, list[Message]] = {}

    def look(self) -> None:
        """Notice that the world changed."""
        if self._seen == self.world.version:
            return
        self._seen = self.world.version
        self.feeds.clear()
        shown = [place for place in self.world.on("workplace") if place.privacy != "direct"]
        self.places = {naming.group(self.world, place): place for place in shown}
        known = [one for one in self.world.people if "workplace" in one.platforms]
        self.people = {naming.user(self.world, one): one for one in known}

    def feed(self, place: Place) -> list[Message]:
        """Return a group's posts, the last active first."""
        found = self.feeds.get(place.number)
        if found is None:
            roots = [one for one in self.world.messages(place) if one.root is None and one.live]
            found = self.feeds[place.number] = sorted(roots, key=lambda one: (-naming.updated(one), -one.at))
        return found

    def name(self, call: Call) -> str:
        """Name what is called, without ids."""
        return re.sub(r"\d[\d_]{5,}", "*", call.path).strip("/")

    def draw(self, call: Call) -> tuple[str, str] | None:
        """Count the Graph and SCIM apart."""
        return ("scim" if call.path.startswith(SCIM) else "calls"), ""

    def failure(self, kind: Failure | str, *, retry_after: int | None = None) -> Answer:
        """Word a failure as the Graph does; how long to wait is told in minutes, in a header."""
        if kind == "html":
            return Answer(200, b"<!DOCTYPE html><html><body>Workplace</body></html>", {"content-type": "text/html"})
        status, error = _ERRORS[kind]
        headers = {}
        if retry_after is not None:
            use = {"type": "messenger", "call_count": 100, "total_cputime": 25, "total_time": 25}
            use["estimated_time_to_regain_access"] = -(-retry_after // 60)
            headers["x-business-use-case-usage"] = json.dumps({"1": [use]})
        return Answer.of({"error": {**error, "fbtrace_id": "AbC"} if "type" in error else error}, status=status,
                         headers=headers)  # fmt: skip

    def renew(self, item: dict[str, JSON]) -> bool:
        """Use types that nobody has heard of."""
        if "status_type" in item:
            item["status_type"] = "hologram"
        elif "purpose" in item:
            item["purpose"] = "WORK_HOLOGRAM"
        else:
            return False
        return True

    def answer(self, call: Call) -> Answer:
        """Answer a call."""
        self.look()
        refusal = self._refusal(call)
        if refusal is not None:
            return self.failure(refusal)
        if call.path.startswith(SCIM):
            return self._scim(call)
        if not call.path.startswith(GRAPH):
            return self.failure("missing")
        path = call.path.removeprefix(GRAPH).strip("/")
        if call.method == "POST" and not path:
            return self._batch(call)
        answer = self._object(path, call)
        use = {"call_count": self.used, "total_cputime": 1, "total_time": 1}
        answer.headers["x-app-usage"] = json.dumps(use)
        return answer

    def _refusal(self, call: Call) -> str | None:
        token = call.bearer() or str(call.fields.get("access_token") or "")
        grant = self.site.grants.get(token)
        if grant is None or grant.revoked:
            return "revoked"
        if grant.expires_at is not None and grant.expires_at <= self.site.seconds():
            return "expired"
        given = call.fields.get("appsecret_proof")
        if call.path.startswith(GRAPH) and given is not None:
            at = str(call.fields.get("appsecret_time") or "")
            message = f"{token}|{at}" if at else token
            right = hmac.new(self.secret.encode(), message.encode(), hashlib.sha256).hexdigest()
            late = at and self.strict and abs(self.site.seconds() - float(at)) > _PROOF_LIVES
            if not hmac.compare_digest(right, str(given)) or late:
                return "proof"
        return None

    def _batch(self, call: Call) -> Answer:
        """Answer several calls in one: each with its own status, and its body as text; null where time ran out."""
        if not self.batches:
            return self.failure("missing")
        parts = json.loads(str(call.fields.get("batch") or "[]"))
        if len(parts) > _BATCH:
            return Answer.of({"error": {"message": "(#100) Too many requests", "code": 100}}, status=400)
        told: list[JSON] = []
        for part in parts:
            address = str(part["relative_url"])
            if self.silent_parts and address not in self._silent and len(self._silent) % 3 == 0:
                self._silent.add(address)
                told.append(None)
                continue
            path, _, query = address.partition("?")
            inner = Call("GET", GRAPH + path, call.headers, query, fields=dict(parse_qsl(query)))
            answer = self._object(path, inner)
            headers = [{"name": "Content-Type", "value": "text/javascript; charset=UTF-8"}]
            told.append({"code": answer.status, "headers": headers, "body": answer.body.decode()})
        return Answer.of(told)

    def _object(self, path: str, call: Call) -> Answer:
        """Answer for one object or one edge."""
        try:
            wishes = parse(str(call.fields.get("fields") or ""))
            if not path and call.fields.get("ids"):
                found = {one: self._node(one) for one in str(call.fields["ids"]).split(",")}
                if any(node is None for node in found.values()):
                    return self.failure("missing")
                return Answer.of({key: self._select(node, wishes) for key, node in found.items() if node is not None})
            owner, _, edge = path.partition("/")
            if edge == "feed":
                return self._feed(owner, call, wishes)
            if edge:
                return self._edge(owner, edge, call, wishes)
            node = self._node(owner)
            return self.failure("missing") if node is None else Answer.of(self._select(node, wishes))
        except UnknownField as unknown:
            message = f"(#100) Tried accessing nonexisting field ({unknown})"
            return Answer.of({"error": {"message": message, "type": "OAuthException", "code": 100}}, status=400)
        except Malformed:
            message = "Syntax error in fields"
            return Answer.of({"error": {"message": message, "type": "OAuthException", "code": 2500}}, status=400)

    def _select(self, node: Node, wishes: Sequence[Wish]) -> JSONObject:
        return select(node, wishes, self._nested)

    def _nested(self, owner: str, edge: str, nodes: Sequence[Node], wish: Wish) -> JSONObject:
        """Cut a nested edge: at most so many objects, then the address of the rest."""
        limit = min(wish.limit, self.nested)
        summary = wish.modifiers.get("summary")
        told = {"order": "chronological", "total_count": len(nodes)} if summary else None
        fields = {"fields": ",".join(one.name for one in wish.below)} if wish.below else {}
        return self._page(f"{owner}/{edge}", nodes, wish.below, start=0, limit=limit, summary=told, asked=fields)

    def _page(
        self, path: str, nodes: Sequence[Node], wishes: Sequence[Wish], *, start: int, limit: int,
        summary: JSONObject | None = None, asked: Mapping[str, JSON] | None = None,
    ) -> JSONObject:  # fmt: skip
        """Cut a page of an edge with cursors: `after` is there on the last page, too, `next` is not."""
        shown = nodes[start : start + limit]
        envelope: JSONObject = {"data": [self._select(one, wishes) for one in shown]}
        if shown:
            cursors = {name: make_cursor(self.secret, path, str(at)) for name, at in
                       (("before", start), ("after", start + len(shown)))}  # fmt: skip
            envelope["paging"] = {"cursors": cursors}
            if start + len(shown) < len(nodes):
                envelope["paging"]["next"] = self._address(path, {**(asked or {}), "limit": limit,
                                                                  "after": cursors["after"]})  # fmt: skip
        if summary is not None:
            envelope["summary"] = summary
        return envelope

    def _address(self, path: str, fields: Mapping[str, JSON]) -> str:
        """Write the address of a page, with the token in it, as the Graph does."""
        return f"{self.site.url}{GRAPH}{path}?{urlencode({'access_token': self.site.token, **fields})}"

    def _edge(self, owner: str, edge: str, call: Call, wishes: Sequence[Wish]) -> Answer:
        nodes = self._edge_nodes(owner, edge, call)
        if isinstance(nodes, str):
            return self.failure(nodes)
        limit = min(int(call.fields.get("limit") or DEFAULT_LIMIT), self.page)
        start = 0
        path = f"{owner}/{edge}"
        if cursor := call.fields.get("after"):
            told = read_cursor(self.secret, path, str(cursor))
            if told is None:
                return self.failure("cursor")
            start = int(told)
        asked = _kept(call, "fields", "inactive")
        summary = {"total_count": len(nodes)} if call.fields.get("summary") else None
        return Answer.of(self._page(path, nodes, wishes, start=start, limit=limit, summary=summary, asked=asked))

    def _edge_nodes(self, owner: str, edge: str, call: Call) -> Sequence[Node] | str:
        """List an edge's objects, or name the failure."""
        world = self.world
        if owner in {"community", "company", naming.community(world)}:
            people = [one for one in directory.people(world) if one.active]
            if edge == "groups":
                return [rendering.group_node(world, place) for place in self.places.values()]
            if edge == "members":
                return [rendering.member_node(world, one) for one in people]
            if edge == "organization_members":
                wanted = [one for one in directory.people(world) if not one.active]
                return [
                    rendering.member_node(world, one) for one in (wanted if call.fields.get("inactive") else people)
                ]
            if edge == "knowledge_library_categories":
                return rendering.page_nodes(world)
            return "missing"
        place = self.places.get(owner)
        if place is not None and place.number in self.site.unreadable:
            return "denied"
        node = self._node(owner)
        if node is None or edge not in node.edges:
            return "missing"
        return node.edges[edge]()

    def _feed(self, owner: str, call: Call, wishes: Sequence[Wish]) -> Answer:
        """Show a group's feed, paged by time: `next` holds `until` and a token, and there are no cursors."""
        place = self.places.get(owner)
        if place is None:
            return self.failure("missing")
        if place.number in self.site.unreadable:
            return self.failure("denied")
        limit = min(int(call.fields.get("limit") or DEFAULT_LIMIT), self.page)
        if limit > self.heavy:
            return self.failure("much")
        since, until = int(call.fields.get("since") or 0), int(call.fields.get("until") or 2**40)
        listed: list[tuple[int, int, Message | None]] = [(naming.updated(one), one.at, one) for one in self.feed(place)]
        listed.append((naming.seconds(place.created_at), place.created_at, None))
        listed.sort(key=lambda one: (-one[0], -one[1]))
        token = call.fields.get("__paging_token")
        if token:
            told = read_cursor(self.secret, f"feed/{owner}", str(token))
            if told is None:
                return self.failure("cursor")
            last = tuple(int(part) for part in told.split("/"))
            listed = [one for one in listed if (-one[0], -one[1]) > (-last[0], -last[1])]
        shown = [one for one in listed if since <= one[0] <= until]
        page = shown[:limit]
        nodes = [rendering.post_node(self.world, one) if one else rendering.story_node(self.world, place)
                 for _, _, one in page]  # fmt: skip
        envelope: JSONObject = {"data": [self._select(self._without_poll(node), wishes) for node in nodes]}
        if page:
            asked = _kept(call, "fields", "since", "sorting_setting")
            envelope["paging"] = {"previous": self._address(f"{owner}/feed", {**asked, "since": page[0][0]})}
            if len(shown) > len(page):
                mark = make_cursor(self.secret, f"feed/{owner}", f"{page[-1][0]}/{page[-1][1]}")
                further = {**asked, "limit": limit, "until": page[-1][0], "__paging_token": mark}
                envelope["paging"]["next"] = self._address(f"{owner}/feed", further)
        return Answer.of(envelope)

    def _without_poll(self, node: Node) -> Node:
        if not self.polls:
            node.fields.pop("poll", None)
        return node

    def _node(self, native: str) -> Node | None:
        """Find an object by its id."""
        world = self.world
        if native in {"community", "company", naming.community(world)}:
            return rendering.community_node(world)
        if native in self.places:
            return rendering.group_node(world, self.places[native])
        if native in self.people:
            return rendering.member_node(world, self.people[native])
        for place in self.places.values():
            if place.default:
                event = rendering.event_node(world, place)
                if event.fields["id"] == native:
                    return event
        return self._written(native) or self._option(native)

    def _written(self, native: str) -> Node | None:
        if not re.fullmatch(r"\d+_\d+", native):
            return None
        first, own = native.split("_")
        index, at = naming.place_and_moment(own)
        if index >= len(self.world.places):
            return None
        place = self.world.places[index]
        found = self.world.message(place, at)
        root = self.world.root_of(found) if found is not None else None
        if found is None or root is None or not root.live or place.number in self.site.unreadable:
            return None
        if found is not root and found not in [one for one, _ in naming.thread(root)]:
            return None
        if naming.message(self.world, found) != f"{first}_{own}" or place.privacy == "direct":
            return None
        if found.root is None:
            return self._without_poll(rendering.post_node(self.world, found))
        return rendering.comment_node(self.world, found)

    def _option(self, native: str) -> Node | None:
        polls = (one for place in self.places.values() for one in self.feed(place) if one.options)
        for one in polls:
            for option in rendering.poll_node(self.world, one).edges["options"]():
                if option.fields["id"] == native:
                    return option
        return None

    def _scim(self, call: Call) -> Answer:
        """List SCIM's users: `startIndex` begins with 1."""
        version = 1 if "/v1/" in call.path else 2
        if not call.path.endswith("/Users"):
            return Answer.of({"schemas": [], "detail": "Not found", "status": 404}, status=404)
        people = self.site.listed("scim", directory.people(self.world))
        start = max(1, int(call.fields.get("startIndex") or 1))
        count = min(int(call.fields.get("count") or 10), self.page)
        rows = [directory.user(self.world, one, version=version) for one in people[start - 1 : start - 1 + count]]
        return Answer.of(directory.envelope(rows, start=start, total=len(people), version=version))


def _kept(call: Call, *names: str) -> dict[str, JSON]:
    return {name: call.fields[name] for name in names if name in call.fields}
