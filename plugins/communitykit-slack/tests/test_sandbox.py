"""The simulated Slack behaves as the documentation and the probes say the real one does."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from communitykit.sandbox import Call, Message, Notice, Place, Site, World
from communitykit_slack.sandbox import CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET, SlackPlatform, naming
from communitykit_slack.sandbox.events import challenge

ReadOptions = Callable[..., dict[str, Any]]


def make_world() -> World:
    return World(seed=1, size="tiny", platforms=("slack",))


def asker(site: Site) -> ReadOptions:
    def ask(method: str, *, token: str | None = None, **fields: Any) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {site.token if token is None else token}"}
        given = {name: str(value) for name, value in fields.items()}
        found: dict[str, Any] = json.loads(site.answer(Call("GET", f"/api/{method}", headers, fields=given)).body)
        return found

    return ask


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def site(world: World) -> Site:
    return Site(world, SlackPlatform())


@pytest.fixture
def ask(site: Site) -> ReadOptions:
    return asker(site)


@pytest.fixture
def general(world: World) -> str:
    return naming.channel(world, world.places[0])


def pages(ask: ReadOptions, method: str, **fields: Any) -> list[dict[str, Any]]:
    found = [ask(method, **fields)]
    while cursor := (found[-1].get("response_metadata") or {}).get("next_cursor"):
        found.append(ask(method, **fields, cursor=cursor))
    return found


def listed(ask: ReadOptions, channel: str) -> list[dict[str, Any]]:
    return [message for page in pages(ask, "conversations.history", channel=channel) for message in page["messages"]]


def stamps(found: list[dict[str, Any]]) -> list[str]:
    return [message["ts"] for page in found for message in page["messages"]]


def roots(world: World, place: Place) -> list[Message]:
    return [item for item in world.scan(place) if isinstance(item, Message) and item.root is None]


def test_without_bounds_pages_go_backward_newest_first(ask: ReadOptions, general: str) -> None:
    found = pages(ask, "conversations.history", channel=general, limit=6)
    everything = stamps(found)
    assert everything == sorted(everything, reverse=True)
    assert len(set(everything)) == len(everything) > 30
    assert "response_metadata" not in found[-1]
    assert [page["has_more"] for page in found] == [True] * (len(found) - 1) + [False]
    assert any(len(page["messages"]) < 6 for page in found[:-1])  # what vanished leaves short pages


def test_oldest_alone_pages_forward_newest_first_inside(ask: ReadOptions, general: str) -> None:
    everything = sorted(stamps(pages(ask, "conversations.history", channel=general)))
    found = pages(ask, "conversations.history", channel=general, limit=6, oldest=everything[3])
    assert [sorted(stamps([page]), reverse=True) for page in found] == [stamps([page]) for page in found]
    assert [stamp for page in found for stamp in sorted(stamps([page]))] == everything[4:]


def test_bounds_are_exclusive_unless_inclusive(ask: ReadOptions, general: str) -> None:
    everything = sorted(stamps(pages(ask, "conversations.history", channel=general)))
    window = {"oldest": everything[5], "latest": everything[9]}
    assert stamps([ask("conversations.history", channel=general, **window)]) == everything[8:5:-1]
    inclusive = ask("conversations.history", channel=general, **window, inclusive="1")
    assert stamps([inclusive]) == everything[9:4:-1]
    assert len(ask("conversations.history", channel=general, **window, inclusive="false")["messages"]) == 3
    assert sorted(stamps(pages(ask, "conversations.history", channel=general, oldest="0"))) == everything


def test_history_shows_roots_and_broadcasts_but_no_replies(ask: ReadOptions, world: World, general: str) -> None:
    messages = [
        message for page in pages(ask, "conversations.history", channel=general) for message in page["messages"]
    ]
    replies = [message for message in messages if message.get("thread_ts", message["ts"]) != message["ts"]]
    assert replies
    assert {message["subtype"] for message in replies} == {"thread_broadcast"}
    assert all("parent_user_id" in message and "root" in message for message in replies)


def test_deleted_roots_leave_tombstones_only_above_replies(ask: ReadOptions, world: World, general: str) -> None:
    shown = {message["ts"]: message for message in listed(ask, general)}
    dead = [root for root in roots(world, world.places[0]) if not root.live]
    lone = [root for root in dead if not root.living()]
    kept = [root for root in dead if root.living()]
    assert lone
    assert kept
    for root in kept:
        tombstone = shown[naming.ts(root.at)]
        assert (tombstone["subtype"], tombstone["user"], tombstone["hidden"]) == ("tombstone", "USLACKBOT", True)
        assert tombstone["reply_count"] == len(root.living())
        assert "reactions" not in tombstone
    for root in lone:
        assert naming.ts(root.at) not in shown
        assert ask("conversations.replies", channel=general, ts=naming.ts(root.at))["error"] == "thread_not_found"


def test_threads_page_with_the_root_in_front(world: World) -> None:
    root = max((root for root in roots(world, world.places[0]) if root.live), key=lambda one: len(one.living()))
    channel = naming.channel(world, world.places[0])
    expected = [naming.ts(reply.at) for reply in root.living()]
    assert len(expected) > 3
    for leads in (True, False):
        ask = asker(Site(world, SlackPlatform(), parent_leads=leads))
        found = pages(ask, "conversations.replies", channel=channel, ts=naming.ts(root.at), limit=3)
        assert found[0]["messages"][0]["ts"] == naming.ts(root.at)
        assert (found[1]["messages"][0]["ts"] == naming.ts(root.at)) is leads
        assert [stamp for stamp in stamps(found) if stamp != naming.ts(root.at)] == expected
    late = ask("conversations.replies", channel=channel, ts=naming.ts(root.at), oldest=expected[-2])
    assert stamps([late]) == [naming.ts(root.at), expected[-1]]
    assert stamps([ask("conversations.replies", channel=channel, ts=expected[0])]) == [expected[0]]


def test_a_root_counts_its_living_replies(ask: ReadOptions, world: World, general: str) -> None:
    shown = {message["ts"]: message for message in listed(ask, general)}
    for root in roots(world, world.places[0]):
        message = shown.get(naming.ts(root.at), {})
        living = root.living()
        if root.live and living:
            assert message["reply_count"] == len(living)
            assert message["latest_reply"] == naming.ts(living[-1].at)
            assert len(message["reply_users"]) <= 5
        elif root.live:
            assert "thread_ts" not in message


def test_reactors_are_cut_unless_all_are_asked_for(ask: ReadOptions, world: World, general: str) -> None:
    messages = [
        message for page in pages(ask, "conversations.history", channel=general) for message in page["messages"]
    ]
    cut = [
        (message["ts"], reaction)
        for message in messages
        for reaction in message.get("reactions", ())
        if len(reaction["users"]) < reaction["count"]
    ]
    assert cut
    for stamp, reaction in cut:
        full = ask("reactions.get", channel=general, timestamp=stamp, full="true")["message"]["reactions"]
        assert len(next(one for one in full if one["name"] == reaction["name"])["users"]) == reaction["count"]
        short = ask("reactions.get", channel=general, timestamp=stamp)["message"]["reactions"]
        assert reaction in short


def test_listings_end_with_an_empty_cursor_and_strangers_are_not_listed(ask: ReadOptions, world: World) -> None:
    found = pages(ask, "users.list", limit=4)
    assert found[-1]["response_metadata"] == {"next_cursor": ""}
    users = [user for page in found for user in page["members"]]
    assert "USLACKBOT" in {user["id"] for user in users}
    assert {user["team_id"] for user in users} == {naming.team(world)}
    stranger = next(person for person in world.people if person.kind == "external")
    assert naming.user(world, stranger) not in {user["id"] for user in users}
    told = ask("users.info", user=naming.user(world, stranger))["user"]
    assert told["team_id"] != naming.team(world)
    gone = next(user for user in users if user["deleted"])
    assert not {"tz", "is_restricted", "is_admin", "real_name"} & gone.keys()
    assert ask("users.info", user="U000")["error"] == "user_not_found"


def test_channels_are_public_unless_asked_for_more(ask: ReadOptions, world: World) -> None:
    public = ask("conversations.list")["channels"]
    assert not any(channel["is_private"] for channel in public)
    private = ask("conversations.list", types="private_channel")["channels"]
    assert all(channel["is_private"] for channel in private)
    direct = ask("conversations.list", types="im")["channels"]
    assert direct[0]["id"].startswith("D")
    assert "name" not in direct[0]
    (group,) = ask("conversations.list", types="mpim")["channels"]
    assert (group["id"][0], group["is_mpim"], group["is_private"]) == ("G", True, True)
    assert group["name"].startswith("mpdm-")
    assert len(ask("conversations.members", channel=group["id"])["members"]) > 2
    archived = ask("conversations.list", exclude_archived="true")["channels"]
    assert len(archived) < len(public)
    assert len(ask("conversations.list", exclude_archived="True")["channels"]) == len(public)  # not understood
    assert ask("conversations.list", types="shared")["error"] == "invalid_types"


@pytest.mark.parametrize(
    ("method", "fields", "error"),
    [
        ("conversations.history", {}, "invalid_arguments"),
        ("conversations.history", {"channel": "C000"}, "channel_not_found"),
        ("conversations.history", {"channel": "general", "latest": "x", "oldest": "y"}, "invalid_ts_latest"),
        ("conversations.history", {"channel": "general", "oldest": "y", "cursor": "z"}, "invalid_ts_oldest"),
        ("conversations.history", {"channel": "general", "cursor": "z"}, "invalid_cursor"),
        ("conversations.history", {"channel": "general", "limit": "many"}, "invalid_limit"),
        ("conversations.replies", {"channel": "general"}, "invalid_arguments"),
        ("conversations.replies", {"channel": "general", "ts": "1.000000"}, "thread_not_found"),
        ("reactions.get", {"channel": "general", "timestamp": "1.000000"}, "message_not_found"),
        ("users.lookupByEmail", {"email": "nobody@example.com"}, "users_not_found"),
        ("bots.info", {"bot": "B000"}, "bot_not_found"),
        ("usergroups.users.list", {"usergroup": "S000"}, "no_such_subteam"),
        ("chat.postMessage", {}, "unknown_method"),
    ],
)
def test_errors_have_slacks_names(
    ask: ReadOptions, general: str, method: str, fields: dict[str, str], error: str
) -> None:
    given = {name: general if value == "general" else value for name, value in fields.items()}
    answer = ask(method, **given)
    assert (answer["ok"], answer["error"]) == (False, error)


def test_credentials_are_refused_in_slacks_words(world: World, site: Site) -> None:
    ask = asker(site)
    assert ask("auth.test", token="")["error"] == "not_authed"
    assert ask("auth.test", token="xoxb-wrong")["error"] == "invalid_auth"
    site.grants[site.token].revoked = True
    assert ask("auth.test")["error"] == "token_revoked"
    limited = asker(Site(world, SlackPlatform(), scopes={"channels:read", "users:read"}))
    answer = limited("conversations.list", types="public_channel,private_channel")
    assert (answer["error"], answer["needed"]) == ("missing_scope", "groups:read")
    assert answer["provided"] == "channels:read,users:read"
    assert all("email" not in user["profile"] for user in limited("users.list")["members"])


def test_a_rotating_token_is_renewed_once(world: World) -> None:
    site = Site(world, SlackPlatform(), rotation=True)
    ask = asker(site)
    settings = SlackPlatform().settings(site)
    assert settings["token"].startswith("xoxe.xoxb-")
    assert 0 < ask("auth.test")["expires_in"] <= 43_200
    given = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": settings["refresh_token"]}
    assert ask("oauth.v2.access", **given, client_secret="wrong")["error"] == "bad_client_secret"
    renewed = ask("oauth.v2.access", **given, client_secret=CLIENT_SECRET)
    assert ask("auth.test", token=renewed["access_token"])["ok"] is True
    assert ask("oauth.v2.access", **given, client_secret=CLIENT_SECRET)["error"] == "invalid_refresh_token"


def test_the_restricted_profile_gives_fifteen_once_a_minute(world: World, general: str) -> None:
    site = Site(world, SlackPlatform(), restricted=True, rate=1)
    call = Call("GET", "/api/conversations.history", {"authorization": f"Bearer {site.token}"})
    call.fields.update(channel=general, limit="999")
    first = json.loads(site.answer(call).body)
    assert len(first["messages"]) <= 15
    assert first["has_more"] is True
    refused = site.answer(call)
    assert (refused.status, json.loads(refused.body)["error"]) == (429, "ratelimited")
    assert 0 < int(refused.headers["retry-after"]) <= 60


def test_a_form_without_charset_is_warned_of(site: Site, general: str) -> None:
    headers = {"authorization": f"Bearer {site.token}", "content-type": "application/x-www-form-urlencoded"}
    body = f"channel={general}&limit=2".encode()
    told = json.loads(site.answer(Call.read("POST", "/api/conversations.history", "", headers, body)).body)
    assert told["warning"] == "missing_charset"
    assert len(told["messages"]) == 2
    headers["content-type"] = "application/json; charset=utf-8"
    body = json.dumps({"channel": general, "limit": 2}).encode()
    assert (
        len(
            json.loads(site.answer(Call.read("POST", "/api/conversations.history", "", headers, body)).body)["messages"]
        )
        == 2
    )
    broken = Call.read("POST", "/api/conversations.history", "", headers, b"{")
    assert json.loads(site.answer(broken).body)["error"] == "invalid_json"


@pytest.mark.parametrize("style", ["modern", "legacy"])
def test_an_export_holds_every_public_message_once(world: World, tmp_path: Path, style: str) -> None:
    path = SlackPlatform().write_archive(world, tmp_path / "export.zip", style=style)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        channels = json.loads(archive.read("channels.json"))
        users = json.loads(archive.read("users.json"))
        days = {name: json.loads(archive.read(name)) for name in names if "/" in name}
    assert not {"groups.json", "dms.json"} & set(names)
    assert "USLACKBOT" not in {user["id"] for user in users}
    public = [place for place in world.on("slack") if place.privacy == "public"]
    assert [channel["name"] for channel in channels] == [place.name for place in public]
    pacific = ZoneInfo("America/Los_Angeles")
    for place in public:
        found = [message for name in sorted(days) if name.split("/")[0] == place.name for message in days[name]]
        lines = [item for item in world.scan(place) if isinstance(item, Notice)]
        living = [message for message in world.messages(place) if message.live]
        tombs = [root for root in roots(world, place) if not root.live and root.living()]
        assert len(found) == len(lines) + len(living) + len(tombs)
        assert [message["ts"] for message in found] == sorted(message["ts"] for message in found)
    for name, messages in days.items():
        for message in messages:
            local = datetime.fromtimestamp(float(message["ts"]), tz=UTC).astimezone(pacific).date().isoformat()
            assert name.endswith(f"/{local}.json")
            assert len(message.get("replies", ())) == message.get("reply_count", 0)
            assert all(len(one["users"]) == one["count"] for one in message.get("reactions", ()))
            assert ("files" not in message) or style == "modern"
            assert all("?t=xoxe-" in file["url_private"] for file in message.get("files", ()))


def test_the_same_world_gives_the_same_export(tmp_path: Path) -> None:
    files = [SlackPlatform().write_archive(make_world(), tmp_path / name, private=True) for name in ("a", "b")]
    assert files[0].read_bytes() == files[1].read_bytes()
    with zipfile.ZipFile(files[0]) as archive:
        assert {"groups.json", "dms.json"} <= set(archive.namelist())


def test_deliveries_tell_each_kind_of_change(world: World) -> None:
    changes = world.advance(7)
    deliveries = list(SlackPlatform().deliveries(world, changes, duplicates=1))
    events = [json.loads(body) for headers, body in deliveries if "X-Slack-Retry-Num" not in headers]
    kinds = {event["event"]["type"] for event in events}
    assert kinds >= {
        "message", "reaction_added", "reaction_removed", "member_joined_channel", "member_left_channel", "user_change",
        "team_join", "channel_created", "channel_rename", "channel_archive", "pin_added",
    }  # fmt: skip
    assert len(deliveries) == 2 * len(events)
    assert len({event["event_id"] for event in events}) == len(events)
    subtypes = {event["event"].get("subtype") for event in events if event["event"]["type"] == "message"}
    assert subtypes >= {None, "message_changed", "channel_join"}
    for event in events:
        if event["event"].get("subtype") == "message_changed" and "edited" in event["event"]["message"]:
            assert event["event"]["message"]["text"] != event["event"]["previous_message"]["text"]
    headers, body = challenge(world, secret=SIGNING_SECRET)
    assert json.loads(body)["type"] == "url_verification"
    assert headers["X-Slack-Signature"].startswith("v0=")
