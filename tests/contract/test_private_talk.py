"""Private and direct talk stays out of every door of every connector, whatever hides that it is private."""

from __future__ import annotations

import hashlib
import hmac
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from communitykit.clock import Clock
from communitykit.connector.archive import Archive
from communitykit.connector.registry import registry
from communitykit.doors.archive import ArchiveSession
from communitykit.doors.webhook import receive_for
from communitykit.errors import ArchiveError
from communitykit.sandbox import Answer, Call, Site, World
from communitykit.testing.base import platform_of
from communitykit.testing.private import DISGUISES, LEFT_OUT, Disguise, disguised
from communitykit.testing.reading import read

TELLING: Mapping[str, tuple[str, ...]] = {
    name: platform_of(registry().get(name)).visibility for name in ("slack", "teams", "yammer", "matrix", "workplace")
}
"""The fields that tell who may read a community."""
WIDER: Mapping[str, tuple[str, str, str]] = {
    "slack": ("conversations.list", "types", "public_channel,private_channel,mpim,im"),
    "yammer": ("groups.json", "mine", "true"),
}
"""Lists of which a platform shows a part: what is asked, and what it is answered as."""
SECRET = "the-test's-own-secret"


def secrets(name: str, world: World) -> tuple[set[str], set[str]]:
    """Return the ids of what must stay out, posts and communities, and of what anybody may read."""
    platform, out, shown = platform_of(registry().get(name)), set[str](), set[str]()
    for place in world.on(name):
        posts = {platform.post_id(world, one) for one in world.messages(place)}
        (shown if platform.privacy(place) == "public" else out).update(posts)
    assert out
    return out, shown


class Wider(Disguise):
    """Nothing that is listed tells who may read it; a list that tells it in odd words shows everything, too."""

    def __init__(self, name: str, disguise: Any) -> None:
        super().__init__(TELLING[name], disguise)
        self.connector = name

    def answer(self, site: Site, call: Call, proceed: Callable[[], Answer]) -> Answer:
        path, field, everything = WIDER.get(self.connector, ("", "", ""))
        if path and call.path.endswith(path) and self.disguise is not LEFT_OUT:
            call.fields[field] = everything
        return super().answer(site, call, proceed)


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("name", TELLING)
def test_through_the_api(name: str, disguise: str) -> None:
    world = World(seed=7, size="tiny", platforms=(name,))
    fault, (out, shown) = Wider(name, DISGUISES[disguise]), secrets(name, world)
    told = read(registry().get(name), world, faults=[fault], include_private=True, include_direct=True).records
    assert fault.hits
    assert out & {one.id for one in told}, "the test would not notice"
    told = read(registry().get(name), world, faults=[fault]).records
    assert out & {one.id for one in told} == set()
    assert {getattr(one, "target_id", None) for one in told} & out == set()
    plain = {one.id for one in read(registry().get(name), world).records}
    assert plain & out == set()
    assert plain & shown != set()


def files(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def decode(content: bytes) -> Any:
    """Read a file of JSON, or one with JSON in each of its lines."""
    try:
        return json.loads(content)
    except ValueError:
        return [json.loads(line) for line in content.splitlines()]


def spoiled(name: str, whole: Mapping[str, bytes]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Return an archive in every disguise: lists that lack, rows in another list, fields that tell nothing."""
    yield "as it is", dict(whole)
    for file in whole:
        if file.count("/") < 2 and not file.split("/")[-1].startswith("Messages"):  # a list
            yield f"without {file}", {other: content for other, content in whole.items() if other != file}
    for what, disguise in DISGUISES.items():
        changed = dict(whole)
        for file, content in whole.items():
            if file.endswith(".json"):
                rows = decode(content)
                disguised(rows, TELLING[name], disguise)
                changed[file] = json.dumps(rows).encode()
        yield f"privacy {what}", changed
    lists = [file for file in ("channels.json", "groups.json", "mpims.json", "dms.json") if file in whole]
    if len(lists) > 1:
        flags = {"groups.json": "is_private", "mpims.json": "is_mpim", "dms.json": "is_im"}
        more = {file: {flags[file]: True} if file in flags else {} for file in lists}
        rows = [row | more[file] for file in lists for row in json.loads(whole[file])]
        rest = {file: content for file, content in whole.items() if file not in lists}
        yield "all in one list", {**rest, "channels.json": json.dumps(rows).encode()}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "style"),
    [(name, style) for name in TELLING for style in platform_of(registry().get(name)).archive_styles],
)
def test_through_archives(name: str, style: str, tmp_path: Path) -> None:
    world, declared = World(seed=7, size="tiny", platforms=(name,)), registry().get(name)
    assert declared.archive is not None
    out, _ = secrets(name, world)
    written = platform_of(declared).write_archive(world, tmp_path / "whole.zip", style=style, private=True)
    noticed = 0
    for number, (what, content) in enumerate(spoiled(name, files(written))):
        path = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file, data in content.items():
                archive.writestr(file, data)
        for asked in (False, True):
            try:
                opened = ArchiveSession(
                    declared, Archive(path, nested=declared.archive.nested), None, Clock(now=lambda: world.now)
                )
                with opened as session:
                    records = session.records(include_private=asked, include_direct=asked)
                    told = {one.id for one in records if hasattr(one, "id")}
            except ArchiveError:
                continue
            if asked:
                noticed += bool(told & out)
            else:
                assert told & out == set(), what
    assert noticed, "the test would not notice"


def signed(headers: Mapping[str, str], body: dict[str, Any]) -> tuple[dict[str, str], bytes]:
    raw = json.dumps(body).encode()
    stamp = next(value for key, value in headers.items() if key == "X-Slack-Request-Timestamp")
    digest = hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + raw, hashlib.sha256).hexdigest()
    return {"X-Slack-Signature": f"v0={digest}", "X-Slack-Request-Timestamp": stamp}, raw


def deliveries(name: str, world: World) -> Iterator[tuple[Mapping[str, str], bytes]]:
    """Return a fortnight's deliveries; Slack's, in every disguise."""
    for headers, body in platform_of(registry().get(name)).deliveries(world, world.advance(14), secret=SECRET):
        yield headers, body
        if name == "slack":
            for disguise in (*DISGUISES.values(), "im", "mpim", "group"):
                changed = json.loads(body)
                if disguised(changed, ("channel_type",), disguise):
                    yield signed(headers, changed)


@pytest.mark.parametrize("name", ["slack", "teams"])
def test_through_webhooks(name: str) -> None:
    world, declared = World(seed=7, size="tiny", platforms=(name,)), registry().get(name)
    platform, told, asked_for = platform_of(declared), set[str](), set[str]()
    for headers, body in deliveries(name, world):
        sent_at = platform.sent_at(headers, body) or world.now
        clock = Clock(now=lambda sent_at=sent_at: sent_at)  # type: ignore[misc] # a default in a lambda
        secret = platform.receiving(SECRET)
        for asked, into in ((False, told), (True, asked_for)):
            received = receive_for(
                declared,
                headers=headers,
                body=body,
                secret=secret,
                include_private=asked,
                include_direct=asked,
                clock=clock,
            )
            into |= {one.id for one in received.records}
    out, _ = secrets(name, world)
    assert told & out == set()
    assert asked_for & out != set(), "the test would not notice"
