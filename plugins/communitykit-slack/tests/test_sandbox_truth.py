"""What the simulated Slack sends and what the core calls the truth are the same, seen by a reader written apart.

The reader below knows Slack's documentation and nothing of the world or the connector.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from communitykit.connector.declaration import FEATURES, Capabilities
from communitykit.model import make_event_id, make_id
from communitykit.sandbox import Call, Site, Truth, World, project
from communitykit_slack.sandbox import SlackPlatform

Row = dict[str, Any]
Rows = dict[str, list[Row]]

CAPABILITIES = Capabilities(
    records=frozenset({"member", "community", "membership", "post", "event"}),
    events=frozenset({"reacted", "joined", "left", "pinned"}),
    archive_events=frozenset({"reacted", "joined", "left"}),
    webhook_events=frozenset({"reacted", "joined", "left"}),
    member_fields=frozenset({"username", "email", "job_title", "department", "division", "location", "manager_id",
                             "employee_number", "time_zone", "admin"}),
    features=frozenset(FEATURES) - {"membership_times", "reaction_times"},
)  # fmt: skip

_MARKUP = re.compile(r"<([@#!]?)([^>|]+)(?:\|([^>]*))?>")
_BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")


def moment(text: str) -> datetime:
    seconds, micros = text.split(".")
    return datetime.fromtimestamp(int(seconds), tz=UTC) + timedelta(microseconds=int(micros))


def plain(text: str) -> str:
    def shown(match: re.Match[str]) -> str:
        mark, target, label = match.groups()
        if mark == "@":
            return f"@{label or target}"
        if mark == "#":
            return f"#{label or target}"
        if mark == "!":
            return (label or target) if "^" in target else f"@{target}"
        return label or target

    text = _MARKUP.sub(shown, _BOLD.sub(r"\1", text))
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class Reader:
    """Makes rows of Slack's objects."""

    def __init__(self, team: str) -> None:
        self.team = team
        self.rows: Rows = {"member": [], "community": [], "membership": [], "post": [], "event": []}
        self.labels: dict[str, str] = {}
        self.bots: dict[str, str] = {}
        self.workspace = make_id("slack", team, "community", team)

    def member_id(self, user: str) -> str:
        return make_id("slack", self.team, "member", user)

    def user(self, user: Row) -> None:
        profile = user["profile"]
        if "bot_id" in profile:
            self.bots[profile["bot_id"]] = user["id"]
        told = {self.labels.get(key, key): one["value"] for key, one in dict(profile.get("fields") or {}).items()}
        manager = told.get("Manager")
        guest = user.get("is_restricted")
        self.rows["member"].append(
            {
                "id": self.member_id(user["id"]),
                "kind": "bot" if user["is_bot"] else "person",
                "username": user["name"],
                "display_name": profile.get("display_name") or profile["real_name"],
                "email": profile.get("email"),
                "job_title": profile.get("title") or None,
                "department": told.get("Department"),
                "division": told.get("Division"),
                "location": told.get("Office"),
                "employee_number": told.get("Employee ID"),
                "manager_id": self.member_id(manager) if manager else None,
                "time_zone": user.get("tz"),
                "admin": user.get("is_admin"),
                "guest": guest,
                "external": user["team_id"] != self.team,
                "active": not user["deleted"],
            }
        )
        if user["team_id"] == self.team and user["id"] != "USLACKBOT" and not user["deleted"]:
            roles = {"owner": user["is_owner"], "admin": user["is_admin"], "guest": guest, "member": True}
            self.memberships(self.workspace, self.team, [user["id"]])
            self.rows["membership"][-1]["role"] = next(role for role, true in roles.items() if true)

    def channel(self, channel: Row, members: list[str], *, private: bool = False) -> None:
        community = make_id("slack", self.team, "community", channel["id"])
        self.rows["community"].append(
            {
                "id": community,
                "kind": "channel",
                "name": channel["name"],
                "privacy": "private" if channel.get("is_private", private) else "public",
                "archived": channel["is_archived"],
                "parent_id": self.workspace,
                "created_at": datetime.fromtimestamp(channel["created"], tz=UTC),
            }
        )
        self.memberships(community, channel["id"], members)

    def memberships(self, community: str, native: str, members: list[str]) -> None:
        for user in members:
            self.rows["membership"].append(
                {
                    "id": make_id("slack", self.team, "membership", native, user),
                    "community_id": community,
                    "member_id": self.member_id(user),
                }
            )

    def message(self, channel: str, message: Row, *, full: Callable[[str], list[Row]] | None = None) -> None:
        community = make_id("slack", self.team, "community", channel)
        subtype = message.get("subtype", "")
        if subtype in {"channel_join", "channel_leave"}:
            kind = "joined" if subtype == "channel_join" else "left"
            actor = self.member_id(message["user"])
            event = make_event_id("slack", self.team, kind, target=community, actor=actor, occurrence=message["ts"])
            row = {"id": event, "kind": kind, "actor_id": actor, "community_id": community}
            self.rows["event"].append({**row, "occurred_at": moment(message["ts"])})
        elif subtype != "tombstone" and not subtype.startswith("channel_"):
            self.post(channel, community, message)
            self.acts(channel, community, message, full)

    def post(self, channel: str, community: str, message: Row) -> None:
        body = message["text"]
        said = body
        if not said:
            blocks = [block["text"]["text"] for block in message.get("blocks", ()) if block["type"] == "section"]
            said = "\n".join(blocks or [one["text"] for one in message.get("attachments", ())])
        root = message.get("thread_ts", message["ts"])
        parent = make_id("slack", self.team, "post", channel, root) if root != message["ts"] else None
        author = message.get("user") or message.get("comment", {}).get("user") or message["bot_id"]
        files = message.get("files") or [message["file"]] if "files" in message or "file" in message else []
        self.rows["post"].append(
            {
                "id": make_id("slack", self.team, "post", channel, message["ts"]),
                "community_id": community,
                "author_id": self.member_id(self.bots.get(author, author)),
                "root_id": parent,
                "parent_id": parent,
                "kind": "post",
                "body": body,
                "body_format": "mrkdwn",
                "text": plain(said),
                "mentions": list(self.mentions(said)),
                "attachments": [{"kind": "file", "name": file["name"]} for file in files],
                "created_at": moment(message["ts"]),
                "edited_at": moment(message["edited"]["ts"]) if "edited" in message else None,
                "broadcast": message.get("subtype") == "thread_broadcast",
                "pinned": "pinned_to" in message,
                "counts": {"replies": message.get("reply_count")},
            }
        )

    def mentions(self, text: str) -> Iterator[Row]:
        for mark, target, _ in _MARKUP.findall(text):
            if mark == "@":
                yield {"kind": "member", "id": self.member_id(target)}
            elif mark == "#":
                yield {"kind": "community", "id": make_id("slack", self.team, "community", target)}
            elif mark == "!" and target.startswith("subteam^"):
                yield {"kind": "user_group", "id": make_id("slack", self.team, "community", target.split("^")[1])}
            elif mark == "!":
                yield {"kind": "everyone", "id": None}

    def acts(self, channel: str, community: str, message: Row, full: Callable[[str], list[Row]] | None) -> None:
        post = make_id("slack", self.team, "post", channel, message["ts"])
        reactions = message.get("reactions", [])
        if full is not None and any(len(one["users"]) < one["count"] for one in reactions):
            reactions = full(message["ts"])
        for reaction in reactions:
            for user in reaction["users"]:
                actor = self.member_id(user)
                name = reaction["name"]
                event = make_event_id("slack", self.team, "reacted", target=post, actor=actor, detail=name)
                row = {"id": event, "kind": "reacted", "actor_id": actor, "target_id": post, "detail": name}
                self.rows["event"].append({**row, "community_id": community, "time_source": "none"})
        for info in message.get("pinned_info", {}).values():
            actor = self.member_id(info["pinned_by"])
            event = make_event_id("slack", self.team, "pinned", target=post, actor=actor)
            row = {"id": event, "kind": "pinned", "actor_id": actor, "target_id": post, "community_id": community}
            self.rows["event"].append(row)


def read_api(site: Site, *, types: str = "public_channel") -> Rows:
    def ask(method: str, **fields: Any) -> Row:
        given = {name: str(value) for name, value in fields.items()}
        call = Call("GET", f"/api/{method}", {"authorization": f"Bearer {site.token}"}, fields=given)
        found: Row = json.loads(site.answer(call).body)
        assert found["ok"], (method, found)
        return found

    def walk(method: str, key: str, **fields: Any) -> Iterator[Any]:
        page = ask(method, **fields)
        yield from page[key]
        while cursor := (page.get("response_metadata") or {}).get("next_cursor"):
            page = ask(method, **fields, cursor=cursor)
            yield from page[key]

    reader = Reader(ask("auth.test")["team_id"])
    reader.rows["community"].append(
        {"id": reader.workspace, "kind": "workspace", "name": ask("team.info")["team"]["name"]}
    )
    reader.labels = {field["id"]: field["label"] for field in ask("team.profile.get")["profile"]["fields"]}
    for user in walk("users.list", "members", limit=5):
        reader.user(user)
    known = {row["id"].rsplit(":", 1)[-1] for row in reader.rows["member"]}
    for group in ask("usergroups.list", include_users="true")["usergroups"]:
        community = make_id("slack", reader.team, "community", group["id"])
        reader.rows["community"].append({"id": community, "kind": "user_group", "name": group["name"]})
        reader.memberships(community, group["id"], group["users"])
    for channel in walk("conversations.list", "channels", types=types, limit=3):
        native = channel["id"]
        reader.channel(channel, list(walk("conversations.members", "members", channel=native, limit=4)))

        def full(ts: str, channel: str = native) -> list[Row]:
            reactions: list[Row] = ask("reactions.get", channel=channel, timestamp=ts, full="true")["message"][
                "reactions"
            ]
            return reactions

        seen: set[str] = set()
        for message in walk("conversations.history", "messages", channel=native, limit=9):
            replies = [message]
            if message.get("thread_ts") == message["ts"]:
                replies += walk("conversations.replies", "messages", channel=native, ts=message["ts"], limit=3)
            for one in replies:
                if one["ts"] not in seen:
                    seen.add(one["ts"])
                    reader.message(native, one, full=full)
    resolve(reader, known, ask)
    return reader.rows


def resolve(reader: Reader, known: set[str], ask: Callable[..., Row]) -> None:
    """Look up whom the listing did not have: strangers and integrations."""
    named = {row["author_id"] for row in reader.rows["post"]} | {row["actor_id"] for row in reader.rows["event"]}
    named |= {one["id"] for row in reader.rows["post"] for one in row["mentions"] if one["kind"] == "member"}
    named |= {row["member_id"] for row in reader.rows["membership"]}
    for native in sorted({one.rsplit(":", 1)[-1] for one in named} - known):
        if native.startswith("B"):
            bot = ask("bots.info", bot=native)["bot"]
            row = {
                "id": reader.member_id(native),
                "kind": "bot",
                "display_name": bot["name"],
                "active": not bot["deleted"],
            }
            reader.rows["member"].append(row)
        else:
            reader.user(ask("users.info", user=native)["user"])


def read_archive(path: Path) -> Rows:
    with zipfile.ZipFile(path) as archive:
        users = json.loads(archive.read("users.json"))
        reader = Reader(users[0]["team_id"])
        for user in users:
            reader.user(user)
        reader.rows["community"].append({"id": reader.workspace, "kind": "workspace"})
        for listing in ("channels.json", "groups.json"):
            for channel in json.loads(archive.read(listing)):
                reader.channel(channel, channel["members"], private=listing == "groups.json")
                for name in sorted(archive.namelist()):
                    if name.startswith(f"{channel['name']}/"):
                        for message in json.loads(archive.read(name)):
                            reader.message(channel["id"], message)
    return reader.rows


def told(truth: Truth, rows: Rows) -> list[str]:
    return [str(difference) for difference in truth.compare(rows)]


@pytest.mark.parametrize(("seed", "size"), [(1, "tiny"), (2, "tiny"), (3, "tiny"), (4, "small")])
def test_the_api_tells_the_truth(seed: int, size: str) -> None:
    world = World(seed=seed, size=size, platforms=("slack",))
    platform = SlackPlatform()
    site = Site(world, platform)
    assert told(project(world, CAPABILITIES, platform), read_api(site)) == []
    for days in (7, 30):
        world.advance(days)
        rows = read_api(site, types="public_channel,private_channel")
        assert told(project(world, CAPABILITIES, platform, private=True), rows) == []


@pytest.mark.parametrize("style", ["modern", "legacy"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_archive_tells_the_truth(tmp_path: Path, style: str, seed: int) -> None:
    world = World(seed=seed, size="tiny", platforms=("slack",))
    platform = SlackPlatform()
    world.advance(3)
    path = platform.write_archive(world, tmp_path / "export.zip", style=style, private=True)
    truth = project(world, CAPABILITIES, platform, door="archive", private=True)
    assert told(truth, read_archive(path)) == []


def test_a_platform_among_others_tells_the_truth_of_its_part() -> None:
    world = World(seed=5, size="small", platforms=("elsewhere", "slack"))
    platform = SlackPlatform()
    site = Site(world, platform)
    rows = read_api(site)
    assert told(project(world, CAPABILITIES, platform), rows) == []
    assert len(rows["post"]) < 2_000
    world.advance(10)
    assert told(project(world, CAPABILITIES, platform), read_api(site)) == []


def read_deliveries(world: World, deliveries: list[tuple[dict[str, str], bytes]]) -> Rows:
    """Apply deliveries in their order; the last word on a post stands."""
    first = json.loads(deliveries[0][1])
    reader = Reader(first["team_id"])
    reader.labels = labels(world)
    for _, body in deliveries:
        event = json.loads(body)["event"]
        kind = event["type"]
        if kind == "message" and event.get("subtype") == "message_changed":
            reader.message(event["channel"], event["message"])
        elif kind == "message" and event.get("subtype") != "message_deleted":
            reader.message(event["channel"], event)
        elif kind in {"reaction_added", "reaction_removed"}:
            channel, ts = event["item"]["channel"], event["item"]["ts"]
            message = {"ts": ts, "reactions": [{"name": event["reaction"], "users": [event["user"]], "count": 1}]}
            reader.acts(channel, make_id("slack", reader.team, "community", channel), message, None)
            row = reader.rows["event"][-1]
            row.update(time_source="event", occurred_at=moment(event["event_ts"]), active=kind == "reaction_added")
        elif kind in {"member_joined_channel", "member_left_channel"}:
            message = {"subtype": "channel_join" if "joined" in kind else "channel_leave", "user": event["user"]}
            reader.message(event["channel"], {**message, "ts": event["event_ts"]})
        elif kind in {"team_join", "user_change"}:
            reader.user(event["user"])
    return reader.rows


def labels(world: World) -> dict[str, str]:
    answer = Site(world, SlackPlatform())
    call = Call("GET", "/api/team.profile.get", {"authorization": f"Bearer {answer.token}"})
    return {field["id"]: field["label"] for field in json.loads(answer.answer(call).body)["profile"]["fields"]}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_deliveries_tell_the_truth_about_what_changed(seed: int) -> None:
    world = World(seed=seed, size="small", platforms=("slack",))
    platform = SlackPlatform()
    changes = world.advance(14)
    truth = project(world, CAPABILITIES, platform, door="webhook", private=True, changes=changes)
    rows = read_deliveries(world, list(platform.deliveries(world, changes)))
    assert all(truth.records[record] for record in ("member", "post", "event"))
    assert truth.gone
    assert told(truth, rows) == []
