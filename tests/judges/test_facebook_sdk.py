"""facebook-sdk, which nobody here wrote, walks the simulated Graph: objects, edges, paging, batches, errors, proofs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from communitykit.sandbox import Place, Server, World, serve
from communitykit_workplace.api import fields
from communitykit_workplace.api.access import proof
from communitykit_workplace.sandbox import WorkplacePlatform, naming

pytestmark = pytest.mark.judge

facebook = pytest.importorskip("facebook", reason="needs the judges group: uv sync --group judges")


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=7, size="tiny", platforms=("workplace",))


@pytest.fixture(scope="module")
def server(world: World) -> Iterator[Server]:
    with serve(world, WorkplacePlatform(), page=7) as running:
        yield running


class Graph(facebook.GraphAPI):  # type: ignore[misc] # the SDK is not typed
    """The SDK as it is, at another address: it has no setting for that."""

    def request(self, path: str, *args: Any, **kwargs: Any) -> Any:
        return super().request(path.split("/", 1)[1] if path.startswith("v") else path, *args, **kwargs)


@pytest.fixture
def graph(server: Server, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(facebook, "FACEBOOK_GRAPH_URL", f"{server.url}/graph/")
    return Graph(access_token=server.token)


def public(world: World) -> list[Place]:
    return [place for place in world.on("workplace") if place.privacy == "public"]


def test_objects_and_the_shape_of_their_fields(world: World, graph: Any) -> None:
    root = graph.get_object("community", fields="id,name")
    assert root == {"id": naming.community(world), "name": "Aurora Instruments"}
    place = public(world)[0]
    found = graph.get_object(naming.group(world, place), fields="name,privacy,members.limit(0).summary(true)")
    assert found["privacy"] == "OPEN"
    assert found["members"]["summary"]["total_count"] == len(place.present())
    both = graph.get_objects(ids=[naming.group(world, one) for one in public(world)[:2]], fields="name")
    assert {one["name"] for one in both.values()} == {one.name for one in public(world)[:2]}


def test_every_feed_is_paged_to_its_end_by_next(world: World, graph: Any) -> None:
    """`get_all_connections` follows time paging by its own rule: while `next` is there."""
    for place in public(world):
        found = list(graph.get_all_connections(naming.group(world, place), "feed", fields=fields.post(views=True)))
        ids = [one["id"] for one in found if "message" in one]
        living = [one for one in world.messages(place) if one.root is None and one.live]
        assert set(ids) == {naming.message(world, one) for one in living}
        assert len(ids) == len(set(ids))
        comments = {one["id"] for post in found for one in _below(post)}
        expected = {naming.message(world, one) for root in living for one, _ in naming.thread(root)}
        assert comments == expected


def _below(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in item.get("comments", {}).get("data", []):
        yield one
        yield from _below(one)


def test_edges_with_cursors(world: World, graph: Any) -> None:
    place = public(world)[0]
    found = list(graph.get_all_connections(naming.group(world, place), "members", fields="id,joined", limit=2))
    assert {one["id"] for one in found} == {naming.user(world, world.people[number]) for number in place.present()}
    assert all(isinstance(one["joined"], int) for one in found)


def test_a_batch(world: World, graph: Any) -> None:
    asked = [{"method": "GET", "relative_url": f"{naming.group(world, one)}?fields=name"} for one in public(world)]
    asked.append({"method": "GET", "relative_url": "999999999999"})
    told = graph.request("", post_args={"batch": json.dumps(asked)}, method="POST")
    assert [part["code"] for part in told] == [200] * len(public(world)) + [400]
    assert [json.loads(part["body"])["name"] for part in told[:-1]] == [one.name for one in public(world)]


def test_errors_are_the_sdks_own(graph: Any) -> None:
    with pytest.raises(facebook.GraphAPIError) as missing:
        graph.get_object("999999999999")
    assert missing.value.code == 100
    with pytest.raises(facebook.GraphAPIError) as unknown:
        graph.get_object("community", fields="colour")
    assert "nonexisting field (colour)" in str(unknown.value)
    with pytest.raises(facebook.GraphAPIError) as refused:
        Graph(access_token="another").get_object("community")
    assert refused.value.code == 190


def test_proofs_go_along_as_parameters(server: Server, graph: Any) -> None:
    right = proof(server.token, server.settings["app_secret"])
    assert graph.get_object("community", appsecret_proof=right)["name"] == "Aurora Instruments"
    with pytest.raises(facebook.GraphAPIError):
        graph.get_object("community", appsecret_proof=proof(server.token, "another"))
