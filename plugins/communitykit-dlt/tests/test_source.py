"""What the source is asked, what it reads first, and what it says when it is asked for what there is not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest
from histories import source as provenance
from histories import ten_runs

import communitykit_dlt
from communitykit import Member, Post, SettingsError, from_records, pull
from communitykit.clock import Clock
from communitykit.errors import CommunityKitError
from communitykit.sandbox import World, serve
from communitykit.store import Store
from communitykit_dlt.pulling import Pulling
from communitykit_slack.sandbox import SlackPlatform

TOKEN_PARTS = ("xoxb-", "xoxp-")


def pipeline(folder: Path) -> Any:
    to = dlt.destinations.duckdb(str(folder / "out.duckdb"))
    return dlt.pipeline("ck", destination=to, dataset_name="ck", pipelines_dir=str(folder / "pipelines"))


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "out.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def small(path: Path, *names: str) -> Path:
    pull(from_records([Member(id=f"p:n:member:{one}", display_name=one, source=provenance(0)) for one in names]), path)
    return path


@pytest.fixture
def served() -> Iterator[Any]:
    world = World(seed=4, size="tiny", platforms=("slack",))
    with serve(world, SlackPlatform(), clock=Clock(now=lambda: world.now)) as server:
        yield server


def test_a_platform_is_read_first_and_its_token_is_nowhere(tmp_path: Path, served: Any) -> None:
    settings = {**served.settings, "lookback": "all"}
    one = pipeline(tmp_path)
    one.run(communitykit_dlt.source("slack", store=tmp_path / "a.duckdb", **settings))
    with Store(tmp_path / "a.duckdb") as store:
        before = {table: held.num_rows for table, held in store.current().items()}
    assert before["posts"] > 20
    assert rows(tmp_path, "SELECT count(*) FROM ck.posts") == [(before["posts"],)]
    served.site.world.advance(days=20)
    one.run(communitykit_dlt.source("slack", store=tmp_path / "a.duckdb", **settings))
    with Store(tmp_path / "a.duckdb") as store:
        now = {table: held.num_rows for table, held in store.current().items()}
        gone = store.sql("SELECT id FROM posts WHERE gone IS NOT NULL")["id"].to_pylist()
    assert gone
    assert {table: rows(tmp_path, f"SELECT count(*) FROM ck.{table}") for table in now} == {  # noqa: S608 # ours
        table: [(number,)] for table, number in now.items()
    }
    assert not rows(tmp_path, f"SELECT id FROM ck.posts WHERE id IN ({str(gone)[1:-1]})")  # noqa: S608 # ours
    for file in [one for one in tmp_path.rglob("*") if one.is_file()]:
        assert served.token.encode() not in file.read_bytes(), file


def test_a_configuration_is_read(tmp_path: Path, served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_TOKEN", served.token)
    (tmp_path / "communitykit.toml").write_text(
        f"""[store]
path = "kept.duckdb"
[[sources]]
connector = "slack"
token = {{ env = "THE_TOKEN" }}
base_url = "{served.settings["base_url"]}"
rate = 1e9
"""
    )
    one = pipeline(tmp_path)
    one.run(communitykit_dlt.source(config=tmp_path / "communitykit.toml", tables=["posts"]))
    ((number,),) = rows(tmp_path, "SELECT count(*) FROM ck.posts")
    assert number > 20
    assert (tmp_path / "kept.duckdb").exists()


def test_child_tables_hold_what_is_nested_and_lose_it_again(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    one = pipeline(tmp_path)

    def post(day: int, *links: str, gone: Any = None) -> Post:
        return Post(id="p:n:post:1", links=links, gone=gone, source=provenance(day))

    pull(from_records([post(0, "https://a.example", "https://b.example")]), path)
    one.run(communitykit_dlt.source(store=path, nested="tables"))
    assert len(rows(tmp_path, "FROM ck.posts__links")) == 2
    pull(from_records([post(1, "https://c.example")]), path)
    one.run(communitykit_dlt.source(store=path, nested="tables"))
    assert rows(tmp_path, "SELECT value FROM ck.posts__links") == [("https://c.example",)]
    pull(from_records([post(2, gone="deleted")]), path)
    one.run(communitykit_dlt.source(store=path, nested="tables"))
    assert rows(tmp_path, "FROM ck.posts__links") == rows(tmp_path, "FROM ck.posts") == []


def test_another_store_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    one = pipeline(tmp_path)
    one.run(communitykit_dlt.source(store=small(tmp_path / "a.duckdb", "ann", "bob")))
    one.run(communitykit_dlt.source(store=small(tmp_path / "b.duckdb", "carl")))
    assert rows(tmp_path, "SELECT display_name FROM ck.members") == [("carl",)]
    one.run(communitykit_dlt.source(store=small(tmp_path / "b.duckdb", "dora")))
    assert rows(tmp_path, "SELECT display_name FROM ck.members ORDER BY 1") == [("carl",), ("dora",)]
    empty = tmp_path / "c.duckdb"
    pull(from_records([]), empty)
    one.run(communitykit_dlt.source(store=empty))
    assert rows(tmp_path, "FROM ck.members") == []


def test_a_schema_can_be_frozen_after_the_first_run(tmp_path: Path) -> None:
    path, one = tmp_path / "a.duckdb", pipeline(tmp_path)
    for _ in ten_runs(path, 7, 4):
        asked = communitykit_dlt.source(store=path)
        if one.first_run is False:
            asked.schema_contract = "freeze"
        one.run(asked)
    ((number,),) = rows(tmp_path, "SELECT count(*) FROM ck.members")
    with Store(path) as store:
        assert number == store.current()["members"].num_rows


def test_a_run_that_failed_is_made_good_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, one = small(tmp_path / "a.duckdb", "ann"), pipeline(tmp_path)
    one.run(communitykit_dlt.source(store=path))
    small(path, "bob")

    def refused(*_: Any, **__: Any) -> None:
        raise CommunityKitError("refused in the middle")

    with monkeypatch.context() as patched:
        patched.setattr("communitykit_dlt.handing.kept", refused)
        with pytest.raises(Exception, match="refused in the middle"):
            # One table: where others are being read meanwhile, dlt may tell of them instead.
            one.run(communitykit_dlt.source(store=path, tables=["members"]))
    one.run(communitykit_dlt.source(store=path))
    assert rows(tmp_path, "SELECT display_name FROM ck.members ORDER BY 1") == [("ann",), ("bob",)]


class Queue:
    """A lock that says how many have come to it."""

    def __init__(self) -> None:
        self.lock, self.came = threading.Lock(), threading.Semaphore(0)

    def __enter__(self) -> None:
        self.came.release()
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def test_who_waits_while_the_platform_is_read_fails_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    queue, reads = Queue(), []
    pulling = Pulling(tmp_path / "a.duckdb", _lock=queue)  # type: ignore[arg-type]

    def refused(_: Pulling) -> None:
        if not reads:
            assert all(queue.came.acquire(timeout=60) for _ in range(3))  # all are here: one reads, two wait
        reads.append(1)
        raise CommunityKitError("refused")

    def told() -> str:
        with pytest.raises(CommunityKitError) as raised:
            pulling.once()
        return str(raised.value)

    monkeypatch.setattr(Pulling, "_read", refused)
    with ThreadPoolExecutor(3) as pool:
        errors = [one.result() for one in [pool.submit(told) for _ in range(3)]]
    assert len(reads) == 1
    assert all("refused" in one for one in errors)
    assert "refused" in told()  # who comes later tries anew
    assert len(reads) == 2


@pytest.mark.parametrize(
    ("how", "word"),
    [
        ({"connector": "slack", "config": "a.toml"}, "both a connector and a configuration"),
        ({"token": "xoxb-1"}, "settings of no connector: token"),
        ({"options": {"since": "1d"}}, "settings of no connector: options"),
        ({"tables": ["post"]}, "there is no table 'post'"),
        ({"config": "/nowhere/communitykit.toml"}, "no such configuration"),
    ],
)
def test_what_cannot_be_meant_is_said_at_the_call(how: dict[str, Any], word: str) -> None:
    with pytest.raises(SettingsError, match=word) as refused:
        communitykit_dlt.source(**how)
    assert "xoxb-1" not in str(refused.value)
