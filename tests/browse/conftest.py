"""A company with public, private and direct talk, some of it hostile, in a store that is made once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from communitykit import Community, EngagementEvent, Member, Mention, Post, Provenance, from_records, pull

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
SOURCE = Provenance(connector="x", version="1", origin="api", fetched_at=AT, as_of=AT)
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\" onmouseover='alert(3)' &amp; \x1b[2J"


def place(name: str, **told: object) -> Community:
    return Community(id=f"x:n:community:{name}", name=name, source=SOURCE, **{"kind": "channel", **told})  # type: ignore[arg-type]


def post(name: str, where: str, text: str, **told: object) -> Post:
    given = {"author_id": "x:n:member:ada", "created_at": AT + timedelta(minutes=len(name)), **told}
    return Post(id=f"x:n:post:{name}", community_id=f"x:n:community:{where}", text=text, source=SOURCE, **given)  # type: ignore[arg-type]


def reacted(to: str, name: str) -> EngagementEvent:
    return EngagementEvent(
        id=f"x:n:event:{to}",
        kind="reacted",
        actor_id="x:n:member:ada",
        target_id=f"x:n:post:{to}",
        detail=name,
        source=SOURCE,
    )


RECORDS = [
    Member(id="x:n:member:ada", display_name="Ada <b>Berg</b>", source=SOURCE),
    place("net", kind="network"),
    place("open", privacy="public", parent_id="x:n:community:net"),
    place(f"odd{HOSTILE}", privacy="public", topic=HOSTILE, purpose=HOSTILE),
    place("closed", privacy="private", topic="sesame-topic"),
    place("secret", privacy="secret"),
    place("silent"),
    place("team", kind="team", privacy="private"),
    place("inner", privacy="public", parent_id="x:n:community:team"),
    Community(id="x:n:community:blank", kind="workspace", source=SOURCE),
    place("within", privacy="public", parent_id="x:n:community:blank"),
    Community(id="x:n:community:c10", name="sesame-c10", kind="channel", privacy="private", source=SOURCE),
    place("dm", kind="direct", privacy="direct"),
    post("root", "open", f"Who has the ladder? {HOSTILE}", url="javascript:alert(4)", edited_at=AT),
    post(
        "reply-1", "open", "In the yard.", root_id="x:n:post:root", parent_id="x:n:post:root", url="https://x.example/1"
    ),
    post("reply-22", "open", "Not any more.", root_id="x:n:post:root", parent_id="x:n:post:reply-1"),
    post("gone", "open", "sesame-gone", gone="deleted"),
    post("own", "net", "To the whole company."),
    post(
        "cafe",
        "net",
        "Zoë's CAFÉ: @ada, @adamant, and @unheard in #c10 too.",
        mentions=(
            Mention(kind="member", id="x:n:member:ada"),
            Mention(kind="member", id="x:n:member:unheard"),
            Mention(kind="community", id="x:n:community:c10"),
        ),
    ),
    *(post(f"in-{name}", name, f"sesame-{name}") for name in ("closed", "secret", "silent", "inner", "dm")),
    *(post(f"many-{number:03}", "open", f"Thread number {number}") for number in range(60)),
    reacted("root", "tada"),
    reacted("in-dm", "sesame"),
]


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("browsed") / "activity.duckdb"
    pull(from_records(RECORDS), path)
    return path
