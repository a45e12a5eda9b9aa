"""The public API as mypy sees it: checked in strict mode, never run. What breaks a caller's types breaks here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Unpack, assert_type

from pydantic import SecretStr

import communitykit as ck
import communitykit_matrix as matrix
import communitykit_slack as slack
import communitykit_teams as teams
import communitykit_workplace as workplace
import communitykit_yammer as yammer
from communitykit import connector
from communitykit.clock import Clock
from communitykit.connector.asking import Answers
from communitykit.connector.drafts import EventDraft, MemberDraft, PostDraft
from communitykit.connector.oauth import token_answer
from communitykit.connector.payload import as_mappings, as_text
from communitykit.sinks import export_store, read_jsonl, to_json_line, write_jsonl
from communitykit.store import Store
from communitykit.testing import Driven, connect, drive, in_turn

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


RecordName: TypeAlias = Literal["member", "community", "membership", "post", "event", "measure", "coverage", "issue"]


def reading() -> None:
    with ck.connect("slack", token="xoxb-…", timeout=10.0) as slack:
        assert_type(slack, ck.Session)
        assert_type(slack.members(), Iterator[ck.Member])
        assert_type(slack.communities(), Iterator[ck.Community])
        assert_type(slack.memberships(), Iterator[ck.Membership])
        assert_type(slack.posts(since=datetime.now(UTC)), Iterator[ck.Post])
        assert_type(slack.events(), Iterator[ck.EngagementEvent])
        assert_type(slack.check(), list[ck.Gap])
        state: dict[str, connector.Checkpoint] = {}
        for record in slack.records(state=state, communities=("general",), kinds={"post", "event"}):
            assert_type(record.record, RecordName)
            to_json_line(record)
        slack.posts(since="90d", until=timedelta(days=1), communities="help-*")
        slack.posts(since=date(2026, 1, 31))
        ck.connect(
            "slack", tokn="…"
        )  # passes: connectors are installed apart; their own `connect` knows their settings
        slack.posts(sinc="90d")  # type: ignore[call-arg]
        slack.posts(kinds={"post"})  # type: ignore[call-arg]
        slack.records(since=90)  # type: ignore[arg-type]
        slack.members(include_private="yes")  # type: ignore[arg-type]
        slack.posts(content="features")
        slack.posts(content="feature")  # type: ignore[arg-type]
        slack.records(kinds=["post", "member"], content="none")
        slack.records(kinds="post")
        slack.records(kinds=["posts"])  # type: ignore[list-item]
        slack.records(kinds="posts")  # type: ignore[arg-type]
        for gap in slack.check():
            assert_type(gap.reason, str)


def connecting(certificate: Path, credential: AzureCredential, token: str | None) -> None:
    with slack.connect(token="x", lookback="30d", threads="all", timeout=10, ca_bundle="ca.pem") as session:
        assert_type(session, ck.Session)
    assert_type(slack.connect_async(token=SecretStr("x"), lookback=timedelta(days=7)), ck.AsyncSession)
    slack.connect(token=token, profiles=None)
    slack.connect(tokn="x")  # type: ignore[call-arg]
    slack.connect(threads="al")  # type: ignore[arg-type]
    slack.connect(lookback=30)  # type: ignore[arg-type]
    slack.connect_async(tokn="x")  # type: ignore[call-arg]
    teams.connect(tenant="corp.example", certificate=certificate, cloud="china", credential=lambda: "x")
    teams.connect(cloud="mars")  # type: ignore[arg-type]
    teams.connect(certificate=b"PEM")  # type: ignore[arg-type]
    teams.connect(credential=credential)
    teams.connect(credential="x")  # type: ignore[arg-type]
    yammer.connect(export_since=datetime.now(UTC), token_provider=credential, graph=True, reports="off")
    yammer.connect(reports="D31")  # type: ignore[arg-type]
    workplace.connect(base_url="https://mirror.example", page_size=50)
    workplace.connect(scim_url=b"https://mirror.example")  # type: ignore[arg-type]
    matrix.connect(base_url="https://matrix.example", accounts="rooms")
    matrix.connect(room="general")  # type: ignore[call-arg]


class AzureCredential:
    """As azure-identity's credentials are."""

    def get_token(self, *scopes: str, claims: str | None = None, **more: object) -> tuple[str, int]:
        return " ".join([*scopes, claims or "", *more]), 0


def connecting_to_ones_own(settings: slack.SlackKeywords) -> ck.Session:
    settings["concurrency"] = 4
    return slack.connect(**settings)


def watching(event: ck.Progress) -> None:
    if isinstance(event, ck.Page):
        assert_type(event.slice, str)
    elif isinstance(event, ck.Waiting):
        assert_type(event.until, datetime)
    else:
        assert_type(event, ck.Opened | ck.Closed | ck.Failed)


def pulling_with(source: ck.Source, **options: Unpack[ck.RecordsKeywords]) -> ck.PullResult:
    return ck.pull(source, "a.duckdb", progress=watching, **options)


async def reading_async() -> None:
    async with ck.connect_async("slack", token="xoxb-…") as slack:
        assert_type(slack, ck.AsyncSession)
        assert_type(slack.posts(concurrency=4, since="2w"), AsyncIterator[ck.Post])
        assert_type(slack.records(state={}), AsyncIterator[ck.Record])
        slack.posts(sinc="90d")  # type: ignore[call-arg]
        async for member in slack.members():
            assert_type(member, ck.Member)
            assert_type(member.department, str | None)
            assert_type(member.created_at, datetime | None)


def pulling(sources: Iterable[ck.Session | ck.ArchiveSession]) -> None:
    with ck.read_archive("slack", Path("export.zip"), network="T1") as archive:
        assert_type(archive, ck.ArchiveSession)
        result = ck.pull(archive, to="activity.duckdb", max_time=60.0, include_private=True)
        ck.pull(archive, to="activity.duckdb", max_time="2h")
        ck.pull(archive, to="activity.duckdb", max_time=timedelta(minutes=10))
        ck.pull(archive, to="activity.duckdb", max_time=b"2h")  # type: ignore[arg-type]
    assert_type(result, ck.PullResult)
    assert_type(result.complete, bool)
    assert_type(result.coverage, list[ck.Coverage])
    assert_type(result.issues, list[ck.Issue])
    assert_type(result.errors, list[ck.CommunityKitError])
    ck.pull(sources, Path("activity.duckdb"), since="3mo", force=True)
    ck.pull(sources, "activity.duckdb", kinds=("member", "post"), content="features")
    ck.pull(sources, "activity.duckdb", kinds={"members"})  # type: ignore[arg-type]
    ck.pull(sources, "activity.duckdb", content="all")  # type: ignore[arg-type]
    ck.pull(sources)  # type: ignore[call-arg]
    ck.pull(sources, "activity.duckdb", untill="2026-01-31")  # type: ignore[call-arg]


def receiving(headers: Mapping[str, str], body: bytes) -> None:
    received = ck.receive("slack", headers=headers, body=body, secret=SecretStr("…"))
    assert_type(received, ck.Received)
    ck.receive("slack", headers=headers, body=body, secret="…", content="all")  # type: ignore[arg-type]
    assert_type(received.reply, str | None)
    assert_type(received.dedupe_key, str | None)


def looking() -> None:
    with Store("activity.duckdb") as store:
        table: pa.Table = store.arrow("posts")
        rows: pa.Table = store.sql("SELECT * FROM posts WHERE id = ?", ["slack:T1:post:C1/1.0"])
        frame: pd.DataFrame = store.pandas("activity")
        polar: pl.DataFrame = store.polars("activity")
        current: dict[str, pa.Table] = store.current()
        write_jsonl(store.records("member"), "members.jsonl")
        assert_type(store.records(ck.Post), Iterator[ck.Post])
        assert_type(store.records(ck.Vanished, batch=100), Iterator[ck.Vanished])
        assert_type([one.author_id for one in store.records(ck.Post)], list[str | None])
        store.records(int)  # type: ignore[type-var]
    assert_type(export_store("activity.duckdb", "tables", "csv"), dict[str, int])
    lines = [to_json_line(record) for record in read_jsonl("members.jsonl")]
    assert lines, (table, rows, frame, polar, current)


class ForumSettings(connector.Settings):
    """A connector's settings."""

    token: SecretStr


def authorize(settings: ForumSettings, saved: Mapping[str, Any] | None, now: datetime) -> connector.AuthFlow:
    answer = yield connector.Request(
        "token", method="POST", form={"grant_type": "client_credentials"}, authorized=False
    )
    assert_type(answer, connector.Response)
    return token_answer(answer, now=now, platform="forum")


def count() -> connector.Flow[int]:
    yield connector.Gap("not counted")
    return 0


def discover(selection: connector.Selection[ForumSettings]) -> connector.Flow:
    first = yield from connector.ask(connector.Request("boards"))
    assert_type(first, connector.Response)
    people = yield from connector.ask_all([connector.Request("people"), connector.Request("bots")])
    assert_type(people, list[connector.Response | ck.CommunityKitError])
    assert_type((yield from count()), int)
    assert_type(connector.required_list(first.data, "boards"), list[Any])
    assert_type(selection.until, datetime)
    assert_type(selection.settings.token, SecretStr)
    yield connector.Batch("board", first.data)
    yield connector.Swept("community", {"parent_id": None})
    yield connector.Gap("people are hidden", "denied")
    yield connector.Slice("notes", "main", reader="notes")


def read(
    selection: connector.Selection[ForumSettings], slice_: connector.Slice, checkpoint: connector.Checkpoint | None
) -> connector.Flow:
    pages = connector.Pages(connector.cursor_pager(("next",)))
    request: connector.Request | None = connector.Request("notes", costs=(connector.Cost("notes"),))
    while request is not None:
        response = yield request
        yield connector.Batch("note", response.data, {"slice": slice_.key}, checkpoint={"v": 1})
        request = pages.next(response)


def estimate(
    selection: connector.Selection[ForumSettings], slice_: connector.Slice, checkpoint: connector.Checkpoint | None
) -> Mapping[str, int]:
    assert_type(selection.settings, ForumSettings)
    return {"notes": connector.load_checkpoint(checkpoint, v=1, load=lambda kept: int(kept["left"]), fresh=0)}


def profiles(people: list[str]) -> connector.Flow[list[str]]:
    found: list[str] = []
    for group in connector.in_groups(people):
        assert_type(group, list[str])
        told = yield from connector.ask_each(group, lambda name: connector.Request(f"people/{name}"))
        assert_type(told, Answers[str])
        assert_type(told.answered, list[tuple[str, connector.Response]])
        assert_type(told.failed, list[tuple[str, ck.CommunityKitError]])
        found += [as_text(connector.look(answer.data, "mail")) for _, answer in told.answered]
        yield from told.gaps("profiles")
    return found


def walk() -> connector.Flow:
    listing = connector.Listing(connector.Request("people"), connector.link_pager("next"), items=("people",))
    while (rows := (yield from listing.rows())) is not None:
        assert_type(rows, list[Any])
        yield connector.Batch("person", as_mappings(rows))
    assert_type(listing.problem, str | None)
    needs = [connector.Need("members", ("people:read",), required=True)]
    yield from connector.check_grants({"people:read"}, needs, holder="the token", remedy="Grant {grant}.")


def driving() -> None:
    driven = drive(profiles(["ann"]), in_turn({"mail": "ann@forum.example"}))
    assert_type(driven, Driven[list[str]])
    assert_type(driven.returned, list[str] | None)
    assert_type(driven.slices, dict[str, connector.Slice])
    with connect("slack", {"token": "xoxb-…"}, clock=Clock()) as session:
        assert_type(session, ck.Session)


def drafts(post: str, actor: str) -> Generator[connector.Draft, None, None]:
    assert_type(connector.reacted("smile", target=post, actor=actor), EventDraft)
    yield connector.occurred("joined", target=post, actor=actor, at=datetime.now(UTC), occurrence="e1")
    yield connector.tombstone(post) | {"author_id": actor}
    yield connector.membership(post, actor, role="owner", active=True)
    connector.membership(post, actor, role="boss")  # type: ignore[arg-type]
    connector.membership(post, actor, rolle="owner")  # type: ignore[call-arg]
    member: MemberDraft = {"record": "member", "id": actor, "kind": "person", "email": None}
    yield member
    odd: PostDraft = {"record": "post", "id": post, "boddy": "…"}  # type: ignore[typeddict-unknown-key]
    yield odd


def fault(response: connector.Response) -> ck.CommunityKitError | None:
    return ck.CredentialError("refused", remedy="Renew it.") if response.status == 418 else None


def translate(item: Any, context: Mapping[str, Any]) -> Generator[connector.Draft, None, None]:
    if "text" not in item:
        raise connector.Rejected("no_text")
    yield {"record": "post", "id": ck.make_id("forum", "main", "post", str(item["id"])), "text": item["text"]}
    yield connector.Ignored("draft")


@connector.hookimpl
def communitykit_connector() -> connector.Connector[ForumSettings]:
    return connector.Connector(
        name="forum",
        title="The forum",
        version="1",
        settings=ForumSettings,
        capabilities=connector.Capabilities(records=frozenset({"post"})),
        translators={"note": connector.WireKind(translate)},
        budgets={"notes": connector.Budget(60, 60)},
        authorize=authorize,
        discover=discover,
        readers={"notes": connector.Reader(read, estimate, ("post",))},
        sandbox="forum.sandbox:Forum",
        error_of=fault,
    )


def failing(error: ck.CommunityKitError) -> None:
    assert_type(error.remedy, str | None)
    assert_type(error.status, int | None)
    if isinstance(error, ck.RetryableError):
        assert_type(error.retry_after, float | None)
