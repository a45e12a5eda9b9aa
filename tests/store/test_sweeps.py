"""What a walk that saw everything did not see has gone, inside its window and nowhere else."""

from datetime import timedelta
from pathlib import Path

import pytest
from store_tellings import COMMUNITY, NETWORK, START, community, current, post, reacted, source, store_of

from communitykit import (
    Member,
    Membership,
)
from communitykit.store import Store
from communitykit.store.windows import Walked
from communitykit.store.writer import Group, Writer


def test_a_sweep_marks_what_vanished_and_only_inside_its_window(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    reply = post(6, parent_id="p:n:post:5", root_id="p:n:post:5")
    store_of(path, Group([*(post(number) for number in (1, 3, 5, 7)), reply, reacted(3, "U")]))
    window = Walked(
        "post",
        {"community_id": COMMUNITY, "parent_id": None},
        frozenset({"p:n:post:5"}),
        source(1),
        NETWORK,
        since=START + timedelta(minutes=1),
        until=START + timedelta(minutes=6),
    )
    writer = store_of(path, Group([post(5, 1)], [window]))
    now = current(path)
    assert [row["id"] for row in now["posts"]] == ["p:n:post:1", "p:n:post:5", "p:n:post:6", "p:n:post:7"]
    assert now["events"] == []  # nobody reacts to what is gone
    assert writer.tally.vanished == {"posts": 1}
    store_of(path, Group([post(3, 2)]))
    assert len(current(path)["posts"]) == 5  # seen again, so it is there again


def test_a_sweep_that_is_bounded_by_ids_looks_at_no_time(tmp_path: Path) -> None:
    """Ids count as numbers, and what has no number for an id is in no such window."""
    path, huge = tmp_path / "a.duckdb", 10**20
    posts = [post(number) for number in (3, 20, 100)]
    others = [post(3).model_copy(update={"id": f"p:n:post:{native}"}) for native in ("story/3", huge)]
    store_of(path, Group([*posts, *others]))
    store_of(path, Group(walked=[Walked("post", {}, frozenset(), source(1), NETWORK, lowest=20, highest=99)]))
    assert {row["id"] for row in current(path)["posts"]} == {
        "p:n:post:3",
        "p:n:post:100",
        "p:n:post:story/3",
        f"p:n:post:{huge}",
    }
    store_of(path, Group(walked=[Walked("post", {}, frozenset(), source(1), NETWORK, lowest=1)]))
    assert {row["id"] for row in current(path)["posts"]} == {"p:n:post:story/3"}


def test_replies_vanish_with_their_root_where_the_platform_keeps_roots_of_replies(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    below = [
        post(number, parent_id=f"p:n:post:{root}", root_id=f"p:n:post:{root}") for number, root in ((2, 1), (4, 3))
    ]
    store_of(path, Group([post(1), post(3), *below]))
    within, seen = {"community_id": COMMUNITY, "parent_id": None}, frozenset({"p:n:post:3"})

    writer = store_of(path, Group([post(3, 1)], [Walked("post", within, seen, source(1), NETWORK, with_replies=True)]))

    assert [row["id"] for row in current(path)["posts"]] == ["p:n:post:3", "p:n:post:4"]
    assert writer.tally.vanished == {"posts": 2}


def test_reactions_that_are_no_longer_listed_are_undone(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    store_of(path, Group([post(1), post(2), reacted(1, "U"), reacted(1, "V"), reacted(2, "U")]))
    kept = reacted(1, "V", 1)
    seen = frozenset({kept.id})
    walked = [
        Walked("event", {"kind": "reacted", "target_id": f"p:n:post:{number}"}, seen, source(1), NETWORK)
        for number in (1, 3)
    ]
    store_of(path, Group([kept], walked))
    assert [row["id"] for row in current(path)["events"]] == [kept.id, reacted(2, "U").id]
    store_of(path, Group([reacted(1, "U", 2)]))
    assert len(current(path)["events"]) == 3


def test_memberships_that_are_no_longer_listed_ended(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    rows = [
        Membership(
            id=f"p:n:membership:C/{who}",
            community_id=COMMUNITY,
            member_id=f"p:n:member:{who}",
            active=True,
            source=source(),
        )
        for who in "UV"
    ]
    store_of(path, Group(list(rows)))
    store_of(
        path,
        Group(walked=[Walked("membership", {"community_id": COMMUNITY}, frozenset({rows[0].id}), source(1), NETWORK)]),
    )
    assert [row["id"] for row in current(path)["memberships"]] == [rows[0].id]


def test_a_sweep_touches_nothing_of_another_platform_or_network_or_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    own, listed = "p:n:community:1", "p:n:community:2"
    others = ["q:n:community:1", "p:m:community:1", "p:nn:community:1", "p:n:community:~ab/x"]
    store_of(path, Group([community(key) for key in (own, listed, *others)]))
    seen = frozenset({listed})
    window = Walked("community", {"kind": "group", "privacy": "public"}, seen, source(1), NETWORK)
    everywhere = Walked("community", {"privacy": "public", "parent_id": None}, seen, source(1), NETWORK)

    store_of(path, Group(walked=[window, everywhere]))

    assert [row["id"] for row in current(path)["communities"]] == sorted([listed, *others])


@pytest.mark.parametrize(
    ("held", "left"),
    [(frozenset(), 2), (frozenset({"1"}), 1), (frozenset({"p:n:community:1"}), 1), (frozenset({"9"}), 2)],
)
def test_a_listing_that_holds_nothing_that_is_stored_takes_nothing_away(
    tmp_path: Path, held: frozenset[str], left: int
) -> None:
    """Not the archive's own, which no listing holds, nor another network's; what was held back was listed."""
    path, walked = tmp_path / "a.duckdb", []
    store_of(path, Group([community(f"p:n:community:{key}") for key in ("1", "2", "~ab/x")]))
    seen = frozenset({"p:n:community:~ab/x", "p:m:community:3"})
    for privacy in ("public", "private"):  # of one listing, whose windows are judged together
        within = {"kind": "group", "privacy": privacy}
        walked.append(Walked("community", within, seen, source(1), NETWORK, unread=held))
    writer = Writer(path)
    said = writer.commit(Group(walked=walked), run_id="r", now=START)
    writer.release()
    live = [row["id"] for row in current(path)["communities"] if "~" not in row["id"]]
    assert len(live) == left
    assert [(one.slice, one.status) for one in said] == [("p:n:communities", "partial")] * (left == 2)
    assert all(one.reason and one.reason.startswith("Of 2 communities that are stored none") for one in said)
    with Store(path) as store:
        assert store.sql("SELECT count(*) AS n FROM coverage").to_pylist() == [{"n": len(said)}]


def test_windows_of_one_listing_are_judged_together(tmp_path: Path) -> None:
    """The last private group goes while public ones are listed."""
    path = tmp_path / "a.duckdb"
    store_of(path, Group([community("p:n:community:1"), community("p:n:community:2", privacy="private")]))
    seen = frozenset({"p:n:community:1"})
    walked = [Walked("community", {"privacy": privacy}, seen, source(1), NETWORK) for privacy in ("public", "private")]
    store_of(path, Group(walked=walked))
    assert [row["id"] for row in current(path)["communities"]] == ["p:n:community:1"]


def test_what_stands_in_a_community_that_is_gone_is_not_current_until_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    membership = Membership(
        id="p:n:membership:C/U", community_id=COMMUNITY, member_id="p:n:member:U", active=True, source=source()
    )
    store_of(path, Group([community(COMMUNITY), post(1), membership, reacted(1, "U")]))
    store_of(path, Group([community(COMMUNITY, 1, gone="deleted")]))
    now = current(path)
    assert [now[table] for table in ("communities", "posts", "memberships", "events")] == [[], [], [], []]
    with Store(path) as store:
        assert store.sql("SELECT body FROM posts").to_pylist() == [{"body": "body 1"}]

    store_of(path, Group([community(COMMUNITY, 2)]))
    now = current(path)
    assert [len(now[table]) for table in ("communities", "posts", "memberships", "events")] == [1, 1, 1, 1]


def test_members_who_are_no_longer_listed_have_left(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    people = [Member(id=f"p:n:member:{who}", display_name=who, active=True, source=source()) for who in "UV"]
    store_of(path, Group([*people, Member(id="p:n:member:stub", source=source())]))

    store_of(path, Group(walked=[Walked("member", {}, frozenset({people[0].id}), source(1), NETWORK)]))

    assert [(row["display_name"], row["active"]) for row in current(path)["members"]] == [("U", True), ("V", False)]
    with Store(path) as store:
        assert store.sql("SELECT active FROM members WHERE stub").to_pylist() == [{"active": None}]


def test_what_is_said_to_be_deleted_is_counted_as_that_and_once(tmp_path: Path) -> None:
    """Also where it was never seen: a deletion is nothing new."""
    path = tmp_path / "a.duckdb"
    store_of(path, Group([post(1), post(2)]))
    told = Group([post(1, 1, gone="deleted"), post(2, 1, body="other"), post(3, 1), post(4, 1, gone="deleted")])
    assert store_of(path, told, run_id="r2").tally.counts() == ({"posts": 1}, {"posts": 1}, {"posts": 2}, {})
    later = Group([post(1, 2, gone="deleted"), post(4, 2, gone="deleted")])
    assert store_of(path, later, run_id="r3").tally.deleted == {}
    assert [row["id"] for row in current(path)["posts"]] == ["p:n:post:2", "p:n:post:3"]
