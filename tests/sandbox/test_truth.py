from __future__ import annotations

import copy
from typing import Any

import pytest

from communitykit.connector.declaration import Capabilities
from communitykit.model import make_id
from communitykit.sandbox import Truth, World, project
from communitykit_slack.sandbox import SlackPlatform


def rows_of(truth: Truth) -> dict[str, list[dict[str, Any]]]:
    """What a perfect connector would have found."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for record, entries in truth.records.items():
        rows[record] = []
        for key, fields in entries.items():
            row = {"id": key, "kind": "unknown", **copy.deepcopy(fields)}
            if "replies" in row:
                row["counts"] = {"replies": row.pop("replies")}
            if "files" in row:
                row["attachments"] = [{"kind": "file", "name": name} for name in row.pop("files")]
            if record == "event" and key.startswith(("joined ", "left ")):
                row["occurred_at"] = truth_time(key)
            rows[record].append(row)
    return rows


def truth_time(key: str) -> Any:
    from datetime import datetime  # noqa: PLC0415

    return datetime.fromisoformat(key.rsplit(" ", 1)[-1])


@pytest.fixture
def truth(world: World, platform: SlackPlatform, capabilities: Capabilities) -> Truth:
    return project(world, capabilities, platform)


def test_the_truth_agrees_with_itself(truth: Truth) -> None:
    assert all(truth.records.values())
    assert truth.compare(rows_of(truth)) == []


@pytest.mark.parametrize(
    ("record", "field", "wrong"),
    [
        ("post", "text", "something else"),
        ("post", "author_id", "slack:T:member:U"),
        ("post", "edited_at", None),
        ("post", "root_id", None),
        ("post", "mentions", ()),
        ("event", "detail", "other"),
        ("event", "occurred_at", "2026-01-01T00:00:00Z"),
        ("member", "email", None),
        ("member", "active", False),
        ("community", "privacy", "private"),
        ("membership", "member_id", "slack:T:member:U"),
    ],
)
def test_every_wrong_field_is_seen(truth: Truth, record: str, field: str, wrong: Any) -> None:
    rows = rows_of(truth)
    row = next(
        one for one in rows[record] if (field in one and one[field] not in {None, wrong}) or field == "occurred_at"
    )
    row[field] = wrong
    assert field in {difference.field for difference in truth.compare(rows)}


@pytest.mark.parametrize("record", ["post", "event", "member", "community", "membership"])
def test_missing_and_surplus_records_are_seen(truth: Truth, record: str) -> None:
    rows = rows_of(truth)
    lost = rows[record].pop()
    (missing,) = truth.compare(rows)
    assert (missing.record, missing.found) == (record, None)
    assert str(missing).endswith("missing")
    rows = rows_of(truth)
    rows[record].append(
        {
            **lost,
            "id": make_id("slack", "T9", record, "X"),
            "name": "x",
            "kind": "person" if record == "member" else lost["kind"],
        }
    )
    if record == "event":
        rows[record][-1].update(kind="reacted", active=True)
    assert "should not be there" in [str(one).rsplit(": ", 1)[-1] for one in truth.compare(rows)]


def test_what_is_gone_must_not_be_found(truth: Truth) -> None:
    assert truth.gone
    rows = rows_of(truth)
    rows["post"].append({"id": min(truth.gone), "gone": "deleted"})
    assert truth.compare(rows) == []
    rows["post"][-1]["gone"] = None
    assert [str(one) for one in truth.compare(rows)] == [f"post {min(truth.gone)}: should not be there"]


def test_a_stranger_may_be_known_by_either_network(world: World, platform: SlackPlatform, truth: Truth) -> None:
    stranger = next(person for person in world.people if person.kind == "external")
    home = platform.member_id(world, stranger)
    here = home.replace(":member:", "-elsewhere:member:")
    truth.aliases[here] = home
    rows = rows_of(truth)
    renamed = [row for row in rows["membership"] if row["member_id"] == home]
    assert renamed
    for row in renamed:
        row["member_id"] = here
    assert truth.compare(rows) == []


def test_less_is_true_for_those_who_claim_less(
    world: World, platform: SlackPlatform, capabilities: Capabilities
) -> None:
    modest = Capabilities(records=frozenset({"post"}))
    truth = project(world, modest, platform)
    assert set(truth.records) == {"post"}
    assert all("root_id" not in fields and "files" not in fields for fields in truth.records["post"].values())
    everything = project(world, capabilities, platform, private=True, direct=True)
    public = project(world, capabilities, platform)
    assert public.records["post"].keys() < everything.records["post"].keys()


def test_an_unreadable_community_is_left_out(world: World, platform: SlackPlatform, capabilities: Capabilities) -> None:
    place = world.places[0]
    truth = project(world, capabilities, platform, unreadable={place.number})
    community = platform.community_id(world, place)
    assert community in truth.records["community"]
    assert all(fields["community_id"] != community for fields in truth.records["post"].values())


def test_the_archive_tells_no_labels_and_no_groups(
    world: World, platform: SlackPlatform, capabilities: Capabilities
) -> None:
    api, archive = (project(world, capabilities, platform, door=door) for door in ("api", "archive"))
    assert archive.records["post"].keys() == api.records["post"].keys()
    assert any("department" in fields for fields in api.records["member"].values())
    assert not any("department" in fields for fields in archive.records["member"].values())
    assert len(archive.records["community"]) < len(api.records["community"])


def test_webhooks_tell_of_changes_only_with_times_of_reactions(
    world: World, platform: SlackPlatform, capabilities: Capabilities
) -> None:
    changes = world.advance(7)
    told = project(world, capabilities, platform, door="webhook", changes=changes)
    whole = project(world, capabilities, platform)
    assert told.records["post"].keys() < whole.records["post"].keys()
    reactions = [fields for fields in told.records["event"].values() if fields["kind"] == "reacted"]
    assert reactions
    assert all(fields["occurred_at"] is not None for fields in reactions)
    assert told.gone
    assert not told.gone & whole.records["post"].keys()
