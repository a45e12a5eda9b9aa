"""ActivityStreams: W3C's documents are told apart, and what is written is one of the good ones."""

import json
from pathlib import Path
from typing import Any

import pytest
from histories import START, source, ten_runs

from communitykit import Community, EngagementEvent, Member, Post, from_records, pull
from communitykit.errors import ProtocolError
from communitykit.exchange.activitystreams import write_activitystreams
from communitykit.exchange.activitystreams_reading import read_activitystreams
from communitykit.model import Mention
from communitykit.privacy.pseudonyms import Key

W3C = Path(__file__).parents[3] / "shared" / "data" / "as2" / "w3c-activitystreams" / "test"
needs_w3c = pytest.mark.skipif(not W3C.is_dir(), reason="W3C's documents are not on this machine")


@needs_w3c
def test_what_w3c_says_is_activitystreams_is_read() -> None:
    good = sorted(W3C.glob("*.json"))
    assert len(good) > 100
    refused = {}
    for path in good:
        try:
            read_activitystreams(path.read_bytes())
        except ProtocolError as error:
            refused[path.name] = str(error)
    # An earlier draft's: W3C's own fail/namemap-as-name.json says that this is none.
    assert list(refused) == ["simple0011.json"]


@needs_w3c
@pytest.mark.parametrize("name", sorted(path.name for path in (W3C / "fail").glob("*.json")) if W3C.is_dir() else [])
def test_what_w3c_says_is_none_is_refused(name: str) -> None:
    with pytest.raises(ProtocolError, match="no ActivityStreams"):
        read_activitystreams((W3C / "fail" / name).read_bytes())


def read_all(folder: Path, name: str) -> list[dict[str, Any]]:
    """Follow a collection from its first page to its last, as any reader does."""
    whole = read_activitystreams((folder / f"{name}.jsonld").read_bytes())
    items, at = list[dict[str, Any]](), whole["first"]
    while at:
        page = read_activitystreams((folder / at.removeprefix("urn:communitykit:")).read_bytes())
        assert page["partOf"] == whole["id"]
        items += page["orderedItems"]
        last, at = page, page.get("next")
    assert last["id"] == whole["last"]
    assert len(items) == whole["totalItems"]
    return items


def company(path: Path) -> Path:
    told: dict[str, Any] = {"source": source(0), "created_at": START}
    ann = Mention(kind="member", id="p:n:member:ann", label="@Ann Lovelace")
    pull(
        from_records(
            [
                Member(id="p:n:member:ann", display_name="Ann Lovelace", username="annlove", **told),
                Member(id="p:n:member:bot", kind="bot", **told),
                Community(id="p:n:community:c", kind="group", name="Quinoa room", **told),
                Post(id="p:n:post:1", community_id="p:n:community:c", author_id="p:n:member:ann", text="marzipan?",
                     title="Title words", url="relative/path", **told),
                Post(id="p:n:post:2", community_id="p:n:community:c", author_id="p:n:member:bot", root_id="p:n:post:1",
                     parent_id="p:n:post:1", text="fine @Ann Lovelace", mentions=(ann,), url="https://x.example/2",
                     **told),
                EngagementEvent(id="p:n:event:reacted/1/ann", kind="reacted", actor_id="p:n:member:ann",
                                target_id="p:n:post:2", detail="tada", source=source(0)),
            ]
        ),
        path,
    )  # fmt: skip
    return path


def test_a_company_in_collections(tmp_path: Path) -> None:
    folder = tmp_path / "as2"
    write_activitystreams(company(tmp_path / "a.duckdb"), folder, page=1)
    assert write_activitystreams(tmp_path / "a.duckdb", folder, page=2) == {
        "actors": 2, "groups": 1, "objects": 2, "activities": 3,
    }  # fmt: skip
    assert len(list(folder.glob("activities-*.jsonld"))) == 2
    assert [(one["type"], one.get("name")) for one in read_all(folder, "actors")] == [
        ("Person", "Ann Lovelace"),
        ("Service", None),
    ]
    first, second = read_all(folder, "objects")
    assert (first["content"], first["name"], first["published"]) == ("marzipan?", "Title words", "2026-01-01T00:00:00Z")
    assert "url" not in first
    assert second["inReplyTo"] == first["id"]
    assert second["url"] == "https://x.example/2"
    assert second["tag"] == [{"type": "Mention", "href": first["attributedTo"], "name": "@Ann Lovelace"}]
    acts = {(one["type"], one.get("actor"), one["object"]) for one in read_all(folder, "activities")}
    assert acts == {
        ("Create", "urn:communitykit:p:n:member:ann", "urn:communitykit:p:n:post:1"),
        ("Create", "urn:communitykit:p:n:member:bot", "urn:communitykit:p:n:post:2"),
        ("Like", "urn:communitykit:p:n:member:ann", "urn:communitykit:p:n:post:2"),
    }


def test_with_a_key_nobody_is_named(tmp_path: Path) -> None:
    folder, key = tmp_path / "as2", Key(b"k" * 32)
    write_activitystreams(company(tmp_path / "a.duckdb"), folder, key=key)
    told = "".join(one.read_text() for one in folder.iterdir())
    for word in ("Ann", "ann", "marzipan", "Quinoa", "Title", "x.example", "tada", "p:n:"):
        assert word not in told, word
    (create, _), people = read_all(folder, "activities")[:2], {one["id"] for one in read_all(folder, "actors")}
    assert create["actor"] in people
    assert create["actor"] == f"urn:communitykit:member:{key.of('member', 'p:n:member:ann')}"
    assert {one["attributedTo"] for one in read_all(folder, "objects")} == people


def test_whatever_a_store_holds_is_activitystreams(tmp_path: Path) -> None:
    list(ten_runs(tmp_path / "a.duckdb", 21, 2))
    folder = tmp_path / "as2"
    rows = write_activitystreams(tmp_path / "a.duckdb", folder, page=3)
    assert {name: len(read_all(folder, name)) for name in rows} == rows
    assert rows["actors"] > 0
    json.loads((folder / "actors.jsonld").read_text())
