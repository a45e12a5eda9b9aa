"""Payloads by others: everything in them becomes records, an Issue with a reason, or is declared as ignored."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from communitykit.connector import Archive, Response
from communitykit_workplace.api.asking import gather
from communitykit_workplace.api.methods import fault, graph
from communitykit_workplace.archive.sorting import sort_parts

NOW = datetime(2026, 1, 1, tzinfo=UTC)
_NO_RECORD = {
    "python-facebook/LICENSE.txt": "a licence",
    "restfb/LICENSE.txt": "a licence",
    "restfb/basic-user.json": "a user by an id that is no longer used",
    "restfb/empty-array-as-string.json": "a list for a decoder to try",
    "restfb/nested-list-of-strings.json": "lists for a decoder to try",
    "restfb/nested-lists.json": "lists for a decoder to try",
    "restfb/tag.json": "a mere text",
    "restfb/tags.json": "tags without what they are of",
    "restfb/v3_3/story-attachment.json": "an attachment of a chat's story",
}


def test_every_file_is_read_or_named_here(data: Path) -> None:
    with Archive(data, nested=True) as archive:
        read = {part.name for part in sort_parts(archive) if part.form in {"graph", "download", "table"}}
        assert set(archive.names()) - read == set(_NO_RECORD)


def test_everything_in_them_is_accounted_for(data: Path, importing: Any) -> None:
    found = importing(data, include_private=True)
    told = found.coverage.read - found.coverage.ignored - found.coverage.rejected
    assert told > 150
    assert {(one.wire_kind, one.reason) for one in found.issues} == {("post", "no_id")}
    assert len(found.issues) == 1, "an advertisement, which has no id of its own"
    assert len(found.of("post")) > 80
    assert "of no known kind" in found.gaps
    assert "errors in place of objects" in found.gaps
    for one in found.records:
        if one.record == "post" and one.created_at is not None:
            assert one.created_at.year >= 2004


def test_the_csv_whose_script_lost_the_messages(data: Path, importing: Any, tmp_path: Path) -> None:
    found = importing(data / "script-dumps" / "post_export.csv")
    assert found.coverage.status == "partial"
    assert "the message of every post" in found.gaps
    assert found.issues == []
    roots = [one for one in found.records if one.record == "post" and one.root_id is None]
    comments = {one.id: one for one in found.records if one.record == "post" and one.root_id is not None}
    assert len(roots) >= 20
    assert all("body" not in one.model_fields_set for one in roots), "nobody knows what they said"
    assert comments
    assert all(one.body for one in comments.values())
    assert {one.kind for one in found.of("event").values()} >= {"reacted"}


def test_groups_and_admins_of_a_script(data: Path, importing: Any) -> None:
    found = importing(data / "script-dumps" / "group_export.csv", include_private=True)
    (group,) = {one.id for one in found.records if one.record == "community"}
    assert group == "workplace:graph:community:987654321"
    assert {one.role for one in found.of("membership").values()} == {"admin"}


def test_real_answers_of_batches(data: Path) -> None:
    for path in sorted((data / "restfb" / "batch").glob("*.json")):
        parts = json.loads(path.read_text("utf-8"))
        requests = [graph(str(number + 1)) for number in range(len(parts))]
        if len(requests) < 2:
            continue
        flow = gather(requests, batch=True)
        step: Any = next(flow)
        response = Response(step, 200, {}, parts, NOW)
        again: Any = []
        with suppress(StopIteration):
            again = flow.send(response)
        assert len(again) < len(requests), path.name
        assert all(one.url for one in again), path.name


def test_real_errors_are_understood(data: Path) -> None:
    paths = [*data.glob("restfb/*rror*.json"), *data.glob("doc-examples/*.json")]
    paths.append(data / "python-facebook/base/error_data.json")
    told = 0
    for path in paths:
        body = json.loads(path.read_text("utf-8"))
        if isinstance(body, dict) and isinstance(body.get("error"), dict):
            told += 1
            error = fault(Response(graph("x"), 400, {}, body, NOW))
            assert error is not None, path.name
            assert error.code or type(error).__name__ == "CredentialError"
    assert told >= 3
