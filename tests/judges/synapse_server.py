"""A real homeserver for tests: Synapse on this machine's loopback, and people who live in it over HTTP."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from communitykit.connector import make_id

HOME = "aurora.test"
_SECRET = "only-for-this-test"
_PATIENCE = 60.0
"""Seconds that the server may take to start."""
_CONFIG = """
server_name: "{home}"
pid_file: "{folder}/pid"
listeners:
  - {{port: {port}, bind_addresses: ["127.0.0.1"], type: http, tls: false, resources: [{{names: [client]}}]}}
database: {{name: sqlite3, args: {{database: "{folder}/homeserver.db"}}}}
media_store_path: "{folder}/media"
signing_key_path: "{folder}/signing.key"
registration_shared_secret: "{secret}"
macaroon_secret_key: "{secret}"
form_secret: "{secret}"
report_stats: false
trusted_key_servers: []
"""
"""What Synapse needs to start; its rate limits are its own."""


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Start Synapse and give its address; it is stopped and its files are removed, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="communitykit-synapse-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config, output = folder / "homeserver.yaml", folder / "output"
    config.write_text(_CONFIG.format(home=HOME, folder=folder, port=port, secret=_SECRET), encoding="utf-8")
    command = [sys.executable, "-m", "synapse.app.homeserver", "--config-path", str(config)]
    server: subprocess.Popen[bytes] | None = None
    try:
        subprocess.run([*command, "--generate-keys"], check=True, capture_output=True, cwd=folder, timeout=_PATIENCE)
        with output.open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
        url = f"http://127.0.0.1:{port}"
        _wait(url, server, output)
        yield url
    finally:
        if server is not None:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(url: str, server: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError(f"Synapse ended while starting: {output.read_text('utf-8', 'replace')[-2000:]}")
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/_matrix/client/versions", timeout=2).is_success:
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=0.1)
    raise RuntimeError(f"Synapse did not answer in {_PATIENCE} s: {output.read_text('utf-8', 'replace')[-2000:]}")


class Life:
    """People at a homeserver, and the truth about what they did, as their own calls tell it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=30)
        self.tokens: dict[str, str] = {}
        self.members: dict[str, dict[str, Any]] = {}
        self.rooms: dict[str, dict[str, Any]] = {}
        self.memberships: set[tuple[str, str]] = set()
        self.posts: dict[str, dict[str, Any]] = {}
        self.gone: set[str] = set()
        self.reactions: dict[tuple[str, str, str], tuple[float, float]] = {}
        self.pins: set[tuple[str, str]] = set()
        self.views: set[tuple[str, str]] = set()
        self.happened: Counter[tuple[str, ...]] = Counter()
        self.closed: set[str] = set()
        """Rooms that the reader is not in, though it sees that they are there."""
        self.homes: dict[str, str] = {}
        """The room of each event."""
        self._sent = 0
        self._ids: dict[tuple[str, str, str], str] = {}

    def close(self) -> None:
        self._http.close()

    def call(self, who: str, method: str, path: str, body: Any = None, version: str = "v3") -> Any:
        """Do something; who is told to wait does so."""
        address = path if path.startswith("/") else f"/_matrix/client/{version}/{path}"
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        for _ in range(20):
            answer = self._http.request(method, address, headers=headers, json=body)
            if answer.status_code != 429:
                assert answer.is_success, f"{method} {path}: {answer.text}"
                return answer.json()
            time.sleep(min(10.0, answer.json()["retry_after_ms"] / 1000 + 0.01))
        raise RuntimeError(f"{path} stays limited")

    # people

    def register(self, who: str, *, admin: bool = False, user_type: str | None = None) -> None:
        nonce = self.call("", "GET", "/_synapse/admin/v1/register")["nonce"]
        parts = [nonce, who, "password", "admin" if admin else "notadmin", *([user_type] if user_type else [])]
        mac = hmac.new(_SECRET.encode(), "\0".join(parts).encode(), hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": who, "password": "password", "admin": admin, "mac": mac}
        body |= {"displayname": who.title(), **({"user_type": user_type} if user_type else {})}
        self.tokens[who] = self.call("", "POST", "/_synapse/admin/v1/register", body)["access_token"]
        kind = "bot" if user_type == "bot" else "person"
        self.members[member(who)] = {"display_name": who.title(), "active": True, "admin": admin, "kind": kind}

    def exempt(self, admin: str, who: str) -> None:
        """Let somebody write faster than anybody may, so that a test takes seconds; the reader stays limited."""
        path = f"/_synapse/admin/v1/users/{quote(user(who))}/override_ratelimit"
        self.call(admin, "POST", path, {"messages_per_second": 0, "burst_count": 0})

    def admit(self, admin: str, who: str, room: str) -> None:
        """Put somebody into a public room, as a server admin may."""
        self.call(admin, "POST", f"/_synapse/admin/v1/join/{quote(room)}", {"user_id": user(who)})
        self._joined(who, room)

    def erase(self, admin: str, who: str) -> None:
        """Close somebody's account; they leave their rooms."""
        self.call(admin, "POST", f"/_synapse/admin/v1/deactivate/{quote(user(who))}", {"erase": True})
        self.members[member(who)].update(display_name=None, active=False)
        rooms = [room for name, room in self.memberships if name == who]
        for room in rooms:
            self._left(who, room)
        until = time.monotonic() + 20  # the server parts them in the background
        while time.monotonic() < until:
            joined = [self.call(admin, "GET", f"rooms/{quote(room)}/joined_members")["joined"] for room in rooms]
            if not any(user(who) in names for names in joined):
                return
        raise RuntimeError(f"{who} is still in a room")

    # rooms

    def found(self, who: str, name: str, *, space: str | None = None, **how: Any) -> str:
        """Create a room, or with `kind="space"` a space."""
        kind, privacy = how.pop("kind", "channel"), how.pop("privacy", "public")
        body = {"name": name, "preset": "public_chat" if privacy == "public" else "private_chat", **how}
        if kind == "space":
            body["creation_content"] = {"type": "m.space"}
        room: str = self.call(who, "POST", "createRoom", body)["room_id"]
        self.rooms[room] = {"name": name, "kind": kind, "privacy": privacy, "parent_id": None, "archived": False}
        self._joined(who, room)
        for guest in how.get("invite", ()):
            self.happened["invited", who, room] += 1
            assert guest.endswith(f":{HOME}")
        if space is not None:
            child = f"rooms/{quote(space)}/state/m.space.child/{quote(room)}"
            self.call(who, "PUT", child, {"via": [HOME]})
            self.rooms[room]["parent_id"] = community(space)
        return room

    def state(self, who: str, room: str, kind: str, content: Any) -> None:
        self.call(who, "PUT", f"rooms/{quote(room)}/state/{kind}/", content)
        if kind in {"m.room.name", "m.room.topic", "m.room.tombstone"}:
            self.happened["community_changed", who, room] += 1

    def join(self, who: str, room: str) -> None:
        self.call(who, "POST", f"join/{quote(room)}", {})
        self._joined(who, room)

    def leave(self, who: str, room: str) -> None:
        self.call(who, "POST", f"rooms/{quote(room)}/leave", {})
        self._left(who, room)

    def remove(self, who: str, whom: str, room: str, how: str) -> None:
        """Kick or ban somebody."""
        self.call(who, "POST", f"rooms/{quote(room)}/{how}", {"user_id": user(whom)})
        self._left(whom, room)

    def invite(self, who: str, whom: str, room: str) -> None:
        self.call(who, "POST", f"rooms/{quote(room)}/invite", {"user_id": user(whom)})
        self.happened["invited", who, room] += 1

    def _joined(self, who: str, room: str) -> None:
        self.memberships.add((who, room))
        self.happened["joined", who, room] += 1

    def _left(self, who: str, room: str) -> None:
        self.memberships.discard((who, room))
        self.happened["left", who, room] += 1

    # talk

    def send(self, who: str, room: str, kind: str, content: Any) -> str:
        self._sent += 1
        event: str = self.call(who, "PUT", f"rooms/{quote(room)}/send/{kind}/{self._sent}", content)["event_id"]
        self.homes[event] = room
        return event

    def say(self, who: str, room: str, text: str | None, **how: Any) -> str:
        """Write a message; `root` opens a thread, `answers` is a plain reply, `kind` another type of event."""
        root, answers, kind = how.pop("root", None), how.pop("answers", None), how.pop("kind", "m.room.message")
        content = {"msgtype": "m.text", "body": text, **how} if kind == "m.room.message" else dict(how)
        if root is not None:
            falls_back = {"is_falling_back": True, "m.in_reply_to": {"event_id": root}}
            content["m.relates_to"] = {"rel_type": "m.thread", "event_id": root, **falls_back}
        elif answers is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": answers}}
        event = self.send(who, room, kind, content)
        self.posts[event] = {
            "author_id": member(who),
            "community_id": community(room),
            "root_id": post(root) if root else None,
            "parent_id": post(root or answers) if root or answers else None,
            "text": text,
            "body": content.get("formatted_body", text),
            "kind": "poll" if "poll" in kind else "post",
            "edited": False,
            "pinned": False,
            "mentions": {member(one.split(":")[0][1:]) for one in how.get("m.mentions", {}).get("user_ids", ())},
            "files": [how["filename"]] if "filename" in how else [],
        }
        return event

    def edit(self, who: str, event: str, text: str) -> str:
        new = {"msgtype": "m.text", "body": text}
        relates = {"rel_type": "m.replace", "event_id": event}
        body = {"msgtype": "m.text", "body": f"* {text}", "m.new_content": new, "m.relates_to": relates}
        made = self.send(who, self.homes[event], "m.room.message", body)
        self.posts[event].update(text=text, body=text, edited=True)
        return made

    def redact(self, who: str, event: str) -> None:
        self._sent += 1
        path = f"rooms/{quote(self.homes[event])}/redact/{quote(event)}/{self._sent}"
        self.call(who, "PUT", path, {})

    def delete(self, who: str, event: str) -> None:
        """Redact a message; what was done to it is over."""
        self.redact(who, event)
        del self.posts[event]
        self.gone.add(event)
        self.reactions = {key: when for key, when in self.reactions.items() if key[1] != event}
        self.views = {view for view in self.views if view[1] != event}

    def react(self, who: str, event: str, key: str) -> None:
        relates = {"rel_type": "m.annotation", "event_id": event, "key": key}
        before = time.time()
        made = self.send(who, self.homes[event], "m.reaction", {"m.relates_to": relates})
        self.reactions[who, event, key] = before, time.time()
        self._ids[who, event, key] = made

    def unreact(self, who: str, event: str, key: str) -> None:
        self.redact(who, self._ids.pop((who, event, key)))
        del self.reactions[who, event, key]

    def pin(self, who: str, room: str, *events: str) -> None:
        """Set the list of what is pinned in a room."""
        self.call(who, "PUT", f"rooms/{quote(room)}/state/m.room.pinned_events/", {"pinned": list(events)})
        here = {event for event, home in self.homes.items() if home == room}
        pinned = {event for _, event in self.pins if event in here}
        self.pins = {pin for pin in self.pins if pin[1] not in here or pin[1] in events}
        self.pins |= {(who, event) for event in events if event not in pinned}
        for event in here & self.posts.keys():
            self.posts[event]["pinned"] = event in events

    def see(self, who: str, event: str) -> None:
        """Send a read receipt."""
        self.call(who, "POST", f"rooms/{quote(self.homes[event])}/receipt/m.read/{quote(event)}", {})
        self.views.add((who, event))

    def newest_views(self) -> set[tuple[str, str]]:
        """Return what receipts say now: how far each has read in each room."""
        order = list(self.homes)
        last: dict[tuple[str, str], str] = {}
        for who, event in sorted(self.views, key=lambda view: order.index(view[1])):
            last[who, self.homes[event]] = event
        return {(who, event) for (who, _), event in last.items()}


def user(who: str) -> str:
    return f"@{who}:{HOME}"


def member(who: str) -> str:
    return make_id("matrix", HOME, "member", user(who))


def community(room: str) -> str:
    return make_id("matrix", HOME, "community", room)


def post(event: str) -> str:
    return make_id("matrix", HOME, "post", event)
