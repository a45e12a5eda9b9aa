"""Read once: the rows that Spark has are those of a store, however many tasks read them."""

from __future__ import annotations

import contextlib
import json
import pickle
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import pytest
from communitykit import SettingsError
from communitykit.exchange import KEY, RECORDS, Changes
from communitykit.exchange.rows import changes
from communitykit.sandbox import World
from communitykit.sandbox.site import Site
from communitykit.store import Store
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 # everybody's name for it

from pyspark_communitykit.options import TABLES, Options
from pyspark_communitykit.parts import opened, planned, rows
from pyspark_communitykit.shapes import MIXED, shaped

from .conftest import EVENTS, Company, page, read

Companies = Callable[[str], Company]


def told(frame: Any) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in frame.collect())


@pytest.mark.parametrize("name", ["slack", "matrix", "workplace", "yammer"])
def test_parts_of_any_number_are_the_record(companies: Companies, name: str) -> None:
    company = companies(name)
    current = company.current()
    for partitions in ("1", "3", "1000"):
        options = Options.of({**company.options, "partitions": partitions})
        parts = pickle.loads(pickle.dumps(planned(options, tuple(TABLES))))  # noqa: S301 # our own
        assert len(parts) == 1 if partitions == "1" else len(parts) > 2
        found: dict[str, list[Any]] = {kind: [] for kind in TABLES}
        for part in parts:
            for kind, batch in rows(options, part):
                found[kind] += batch.to_pylist()
        for kind, table in TABLES.items():
            wanted = current[table].to_pylist()
            names = list(current[table].schema.names)
            got = [{one: row[one] for one in names} for row in sorted(found[kind], key=lambda row: row["id"])]
            assert got == wanted, (partitions, kind)


def test_frames_by_kind_and_of_all_kinds(spark: SparkSession, companies: Companies) -> None:
    company = companies("slack")
    current = company.current()
    posts = read(spark.read, company, kind="post", partitions="3").cache()
    wanted = sorted((row["id"], row["text"], row["created_at"]) for row in current["posts"].to_pylist())
    frame = posts.select("id", "text", F.unix_micros("created_at"))
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert told(frame) == [(key, text, (at - epoch) // timedelta(microseconds=1)) for key, text, at in wanted]
    assert posts.where("row_key IS NOT NULL OR vanished_at IS NOT NULL").count() == 0
    assert posts.where("size(mentions) > 0").count() == sum(
        bool(one) for one in current["posts"]["mentions"].to_pylist()
    )
    mixed = read(spark.read, company).groupBy("record").count()
    assert dict(told(mixed)) == {
        kind: current[table].num_rows for kind, table in TABLES.items() if current[table].num_rows
    }
    emails = read(spark.read, company).where("record = 'member'").select("id", F.get_json_object("json", "$.email"))
    assert told(emails.na.fill("")) == sorted((row["id"], row["email"] or "") for row in current["members"].to_pylist())


def test_rows_as_json_say_what_other_adapters_say(companies: Companies) -> None:
    company = companies("slack")
    company.current()
    with Store(company.folder / "whole.duckdb") as store:
        wanted = {row[KEY]: row for _, row in changes(store, None)}
        found = {}
        for table, kind in RECORDS.items():
            for batch in Changes(store).rows(table):
                for row in shaped(kind, batch, MIXED).to_pylist():
                    assert row["record"] == kind
                    found[row[KEY]] = {"id": row["id"], **json.loads(row["json"])}
    assert found.keys() == wanted.keys()
    for key, row in found.items():
        assert {name: moment(value) for name, value in row.items()} == {name: moment(wanted[key][name]) for name in row}


def moment(value: Any) -> Any:
    """Return a moment as such, and all else as it is; both spellings of one are RFC 3339."""
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value


def test_filters_read_less_and_change_nothing(spark: SparkSession, companies: Companies) -> None:
    company = companies("slack")
    for kind, where in filters(company):
        whole = read(spark.read, company, **kind).where(where)
        before = len(company.server.requests)
        wanted = told(whole.select("id"))
        between = len(company.server.requests)
        narrowed = read(spark.read, company, pushdown="true", **kind).where(where)
        assert told(narrowed.select("id")) == wanted, where
        assert wanted
        assert len(company.server.requests) - between < between - before, where


def filters(company: Company) -> list[tuple[dict[str, str], str]]:
    posts = company.current()["posts"]
    community = posts["community_id"][0].as_py()
    month = (datetime.now(UTC) - timedelta(days=90)).isoformat()
    return [
        ({"kind": "post", "partitions": "3"}, f"community_id = '{community}'"),
        ({"kind": "event"}, f"community_id IN ('{community}')"),
        ({"kind": "post"}, f"created_at >= timestamp'{month}'"),
        ({}, "record = 'community'"),
    ]


def test_nobody_is_looked_up_twice(companies: Companies) -> None:
    company = companies("slack")
    asked = lambda: sum(one.name == "users.info" for one in company.server.requests)  # noqa: E731 # short
    company.current()
    once = asked()
    options = Options.of({**company.options, "partitions": "1000"})
    for part in planned(options, tuple(TABLES)):
        assert list(rows(options, part)) is not None
    assert asked() == 2 * once


def test_budgets_are_divided(companies: Companies) -> None:
    company = companies("slack")
    options = Options.of({**company.options, "rate": "1.0", "partitions": "3"})
    with opened(options, 4) as session:
        assert session.conductor.settings.rate == 0.25
    assert {part.share for part in planned(Options.of({**company.options, "partitions": "3"}), tuple(TABLES))} == {4}


@pytest.mark.slow
def test_an_executor_that_is_killed_changes_nothing(
    spark: SparkSession, companies: Companies, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = companies("slack")
    wanted = told(read(spark.read, company, kind="post", partitions="3").select("id", "text"))
    killed: list[int] = []
    answer = Site.answer
    lock = threading.Lock()

    def killing(site: Site, call: Any) -> Any:
        with lock:
            if not killed and any(one.name == "conversations.history" for one in site.requests):
                killed.extend(workers(spark))
                for pid in killed:
                    with contextlib.suppress(psutil.NoSuchProcess):  # it ended by itself
                        psutil.Process(pid).kill()
        return answer(site, call)

    company.server.site.requests.clear()
    monkeypatch.setattr(Site, "answer", killing)
    assert told(read(spark.read, company, kind="post", partitions="3").select("id", "text")) == wanted
    assert killed


def workers(spark: SparkSession) -> list[int]:
    """Return the Python processes that read at this moment: those which Spark's daemons forked."""
    found: list[int] = []
    for one in psutil.Process(spark.sparkContext._gateway.proc.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # one that ended meanwhile
            if "pyspark.daemon" in one.cmdline():
                found += [worker.pid for worker in one.children()]
    return found


def test_no_secret_is_anywhere(spark: SparkSession, companies: Companies) -> None:
    company = companies("slack")
    frame = read(spark.read, company, kind="member", partitions="3")
    assert frame.count()
    plan = frame._jdf.queryExecution().toString()
    site = spark.sparkContext.uiWebUrl
    number = frame.sparkSession.sparkContext.applicationId
    shown = [plan, *(page(f"{site}{one}") for one in ("/environment/", "/SQL/", "/jobs/", "/stages/", "/executors/"))]
    shown += [page(f"{site}/api/v1/applications/{number}/{one}") for one in ("sql", "environment", "stages")]
    logged = [
        path.read_text(errors="replace") for path in EVENTS.rglob("*") if path.is_file() and "crc" not in path.name
    ]
    assert "communitykit" in plan
    assert any("communitykit" in one for one in logged)
    for secret in company.secrets:
        assert not any(secret in one for one in [*shown, *logged])
    options = Options.of(company.options)
    assert not any(secret.encode() in pickle.dumps(options) for secret in company.secrets)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"token": "xoxb-12345678901"}, "token is a secret, and Spark shows options"),
        ({"tokn.env": "X"}, "there is no option 'tokn.env', did you mean 'token'"),
        ({"kind": "posts"}, "there is no kind 'posts', did you mean 'post'"),
        ({"partitions": "0"}, "partitions is to be a whole number"),
        ({"include_private": "perhaps"}, "include_private is to be true or false"),
        ({"since": "3m"}, "minutes or months"),
    ],
)
def test_what_cannot_be_meant_is_said(more: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence) as raised:
        Options.of({"connector": "slack", **more})
    assert "xoxb-12345678901" not in str(raised.value)


def test_a_secret_that_is_not_there_is_said_by_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    options = Options.of({"connector": "slack", "token.env": "NOBODY_SET_THIS"})
    with pytest.raises(SettingsError, match=r"token.env: .*NOBODY_SET_THIS is not set.*every executor"):
        options.credentials()
    monkeypatch.setenv("NOBODY_SET_THIS", "xoxb-1")
    assert options.credentials() == {"token": "xoxb-1"}
    with pytest.raises(SettingsError, match="no secret scopes here"):
        Options.of({"connector": "slack", "token.scope": "team/slack"}).credentials()


def test_a_refused_token_ends_the_job_and_is_said(spark: SparkSession, companies: Companies) -> None:
    company = companies("slack")
    (company.folder / "slack-token").write_text("xoxb-0000000000-refused")
    with pytest.raises(Exception, match="slack: ") as raised:
        read(spark.read, company, kind="post").count()
    assert "xoxb-0000000000-refused" not in str(raised.value)


assert World  # the fixtures' company
