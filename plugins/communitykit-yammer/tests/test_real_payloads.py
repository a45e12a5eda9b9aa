"""Payloads by others: everything in them becomes records, an Issue with a reason, or is declared as ignored."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from communitykit.connector.scrub import Scrubber
from communitykit.connector.usage import report_rows
from communitykit_yammer import YAMMER

_BY_TYPE = {"user": "user", "bot": "bot", "guide": "bot", "group": "group", "topic": "topic", "thread": "thread",
            "network": "network"}  # fmt: skip
_NO_RECORD = {
    "groups-config.json": "settings of the script that made the archive",
    "engage-community-add.0.json": "the address of an operation",
    "engage-community-add.1.json": "an operation's state",
    "engage-community-remove.error.json": "an error, which the client reads",
    "engage-community-user-add.userNames.json": "arguments of a command",
    "engage-community-user-add.userIds.json": "arguments of a command",
}
_SEARCHES = ("engage-search.longSearchResult.json", "engage-search.searchResults.json")


def _files(data: Path) -> list[Path]:
    return [path for path in sorted(data.rglob("*")) if path.suffix in {".json", ".csv"}]


def _found(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Find the objects that mean something, outermost first."""
    if isinstance(value, list):
        for one in value:
            yield from _found(one, name)
        return
    if not isinstance(value, dict):
        return
    kind = _kind(value, name)
    if kind is not None:
        yield kind, value
    inner = (
        ("messages", "references", "users", "topics", "groups", "value", "body") if kind is None else ("references",)
    )
    for key in inner:
        yield from _found(value.get(key), name)


def _kind(value: dict[str, Any], name: str) -> str | None:
    if value.get("type") in _BY_TYPE and "id" in value:
        return _BY_TYPE[value["type"]]
    if ("body" in value and "id" in value) or "content_excerpt" in value:
        return "message"
    if "groupId" in value and "displayName" in value:
        return "graph_community"
    if "businessPhones" in value or "userId" in value:
        return "graph_member"
    if name == "engage-role-list.0.json":
        return "graph_role"
    return None


def test_every_object_of_every_file(data: Path, translate: Any) -> None:
    counted: Counter[str] = Counter()
    without: set[str] = set()
    for path in _files(data):
        if path.suffix != ".json" or "report" in path.name or path.name in _NO_RECORD:
            continue
        objects = list(_found(json.loads(path.read_text("utf-8")), path.name))
        if not objects:
            without.add(path.name)
        for kind, item in objects:
            found = translate(kind, item, group="7", people={}, role="member")
            assert found.rejected == [], (path.name, kind)
            counted[kind] += 1
    assert without == set(_SEARCHES), "only the rows of these two are bare ids"
    assert counted["message"] >= 10
    assert counted["user"] >= 8
    assert counted["graph_community"] >= 4
    assert counted["thread"] >= 3


def test_search_results_of_ids_alone_are_stubs(data: Path, translate: Any) -> None:
    for name in _SEARCHES:
        found = json.loads((data / "cli-microsoft365/spec" / name).read_text("utf-8"))
        rows = found["messages"]["messages"]
        told = translate("message", *rows, group="7")
        assert len(told.of("post")) == len(rows)
        assert len(translate("user", *found["users"]).of("member")) == len(found["users"])


def test_every_report_becomes_measures(data: Path, translate: Any) -> None:
    names = set()
    for path in sorted(data.glob("cli-microsoft365/*.csv")):
        kind = "report_user" if "userdetail" in path.name else "report_network"
        kind = "report_group" if "groupsactivitydetail" in path.name else kind
        rows = list(report_rows(path.read_text("utf-8")))
        assert rows, path.name
        found = translate(kind, *rows, report=path.stem, people={}, groups={})
        assert found.rejected == []
        for one in found.of("measure"):
            names.add(one["name"])
            assert one["concealed"] == ("detail" in path.name)
            assert one["subject_id"] is None or not one["concealed"]
    assert {"Read Count", "Posted Count", "Liked Count", "Read", "Active", "Used Web", "Web"} <= names


def test_an_empty_cell_is_no_zero(data: Path, translate: Any) -> None:
    text = (data / "cli-microsoft365/engage-report-groupsactivitydetail.0.csv").read_text("utf-8")
    found = translate("report_group", *report_rows(text), report="r", groups={})
    values = {one["name"]: one["value"] for one in found.of("measure")}
    assert values == {"Member Count": 3.0, "Posted Count": None, "Read Count": None, "Liked Count": None}


def test_the_feed_of_a_private_thread(data: Path, translate: Any) -> None:
    page = json.loads((data / "yam-ruby/messages_in_thread.json").read_text("utf-8"))
    (post,) = translate("message", *page["messages"]).of("post")
    assert post["community_id"] == "yammer:1:community:conversation/324414"
    assert post["root_id"] == "yammer:1:post:10928508"
    assert post["parent_id"] == "yammer:1:post:10930053"
    assert len(post["links"]) == 3
    assert post["attachments"][0]["kind"] == "link"
    assert post["created_at"].isoformat() == "2013-03-13T21:08:48+00:00"


def test_a_name_alone_is_nobodys_reaction(data: Path, translate: Any) -> None:
    """A page whose likers are mere texts: counted, and nobody invented."""
    pages = json.loads((data / "yammer-archiver/Example Group Messages.json").read_text("utf-8"))
    rows = pages["body"]["value"]
    liked = [row for row in rows if row["liked_by"]["count"]]
    assert liked
    assert any(isinstance(name, str) for row in liked for name in row["liked_by"]["names"])
    found = translate("message", *liked)
    assert found.of("event") == []
    assert found.swept == []
    assert [one["counts"]["reacted"] for one in found.of("post")] == [row["liked_by"]["count"] for row in liked]


def test_node_ids_are_rests_numbers(data: Path, translate: Any) -> None:
    listed = json.loads((data / "cli-microsoft365/engage-community-list.0.json").read_text("utf-8"))
    assert [one["id"] for one in translate("graph_community", *listed).of("community")] == [
        "yammer:1:community:47691358209"
    ]


def test_signatures_of_addresses_are_not_kept(data: Path) -> None:
    """Addresses of pictures are signed; they are in no record, and scrubbed from payloads that are kept."""
    user = json.loads((data / "cli-microsoft365/engage-user-get.0.json").read_text("utf-8"))
    assert "P4=" in user["mugshot_url"]
    kept = json.dumps(Scrubber(YAMMER.secrets).json(user))
    assert "rnM2FPGOQRZja018" not in kept
    assert "johndoe" in kept
