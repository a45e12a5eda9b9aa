"""yampy2, which nobody here wrote, walks the simulated network; msgraph-sdk walks its part of Microsoft Graph."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from communitykit.sandbox import Place, Server, World, serve
from communitykit_yammer.ids import rest_id
from communitykit_yammer.sandbox import YammerPlatform, naming

pytestmark = pytest.mark.judge

yampy = pytest.importorskip("yampy", reason="needs the judges group: uv sync --group judges")
errors = pytest.importorskip("yampy.errors", reason="needs the judges group: uv sync --group judges")


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=7, size="tiny", platforms=("yammer",))


@pytest.fixture(scope="module")
def server(world: World) -> Iterator[Server]:
    with serve(world, YammerPlatform(), graph=True, honest=True) as running:
        yield running


def client(server: Server, token: str | None = None) -> Any:
    return yampy.Yammer(access_token=token or server.token, base_url=f"{server.url}/api/v1")


def living(world: World, place: Place) -> set[int]:
    return {naming.message(place.number, one.at) for one in world.messages(place) if one.live}


def public(world: World) -> list[Place]:
    return [place for place in world.on("yammer") if place.privacy == "public"]


def test_every_group_is_read_whole_where_the_flag_is_true(world: World, server: Server) -> None:
    for place in public(world):
        found = client(server).messages.from_group(naming.group(world, place))
        posts = {one.id for one in found.messages if not one.system_message}
        assert posts == living(world, place)
        names = {one.id: one.full_name for one in found.references if one.type == "user"}
        for one in found.messages:
            assert one.system_message or one.sender_type == "bot" or names[one.sender_id]
            assert one.body.plain
            assert one.liked_by.count == len(one.liked_by.names)


def test_who_trusts_the_flag_misses_messages(world: World) -> None:
    """Why the connector does not: this client stops where `older_available` is false too early."""
    with serve(world, YammerPlatform()) as lying:
        missed = 0
        for place in public(world):
            found = client(lying).messages.from_group(naming.group(world, place))
            missed += len(living(world, place) - {one.id for one in found.messages})
    assert missed > 0


def test_threads_say_how_many_answered(world: World, server: Server) -> None:
    place = next(place for place in public(world) if any(one.replies and one.live for one in world.messages(place)))
    root = next(one for one in world.messages(place) if one.live and one.living())
    number = naming.message(place.number, root.at)
    assert client(server).threads.find(number).stats.updates == len(root.living()) + 1
    whole = client(server).messages.in_thread(number)
    assert {one.id for one in whole.messages} == {
        number,
        *(naming.message(place.number, one.at) for one in root.living()),
    }
    assert {one.thread_id for one in whole.messages} == {number}


def test_users_and_members(world: World, server: Server) -> None:
    web, found, page = client(server), list[Any](), 1
    while rows := web.users.all(page=page):
        found += rows
        page += 1
    people = [
        one for one in world.people if "yammer" in one.platforms and one.active and one.kind in {"employee", "guest"}
    ]
    assert {one.id for one in found} == {naming.user(world, one) for one in people}
    assert web.users.find_current().id == naming.user(world, world.people[0])
    assert web.users.find(found[-1].id).full_name == found[-1].full_name
    place = public(world)[0]
    members = web.users.in_group(naming.group(world, place)).users
    assert {one.id for one in members} == {naming.user(world, world.people[number]) for number in place.present()}
    assert web.groups.find(naming.group(world, place)).full_name == place.name


def test_refusals_are_the_ones_it_knows(world: World, server: Server) -> None:
    with pytest.raises(errors.UnauthorizedError):
        client(server, "eyJwrong.token.x").users.find_current()
    with pytest.raises(errors.NotFoundError):
        client(server).users.find(1)
    with serve(world, YammerPlatform(), rate=1.0) as limited:
        for _ in range(10):
            client(limited).users.find_current()
        with pytest.raises(errors.RateLimitExceededError):
            client(limited).users.find_current()
        with pytest.raises(errors.RateLimitExceededError):  # one budget that is used up closes the others
            client(limited).messages.all(limit=1)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the SDK's own generated code
def test_the_graph_sdk_finds_communities_members_and_roles(world: World, server: Server) -> None:
    graph = pytest.importorskip("msgraph", reason="needs the judges group: uv sync --group judges")
    from kiota_abstractions.authentication import AuthenticationProvider  # noqa: PLC0415 # only with the judges
    from kiota_abstractions.request_information import RequestInformation  # noqa: PLC0415 # same
    from msgraph.graph_request_adapter import GraphRequestAdapter  # noqa: PLC0415 # same
    from msgraph_core import GraphClientFactory  # noqa: PLC0415 # same

    token = server.settings["graph_token"]

    class Bearer(AuthenticationProvider):  # type: ignore[misc] # untyped base
        async def authenticate_request(self, request: RequestInformation, additional: Any = None) -> None:
            request.headers.add("Authorization", f"Bearer {token}")

    async def run() -> tuple[dict[str, str], set[str], set[str], set[str]]:
        # The SDK wraps the transport, and closing the client closes the wrapping alone.
        async with httpx.AsyncHTTPTransport() as transport, httpx.AsyncClient(transport=transport) as http:
            adapter = GraphRequestAdapter(
                Bearer(), client=GraphClientFactory.create_with_default_middleware(client=http)
            )
            adapter.base_url = f"{server.url}/graph/v1.0"
            sdk = graph.GraphServiceClient(request_adapter=adapter)
            listed = await sdk.employee_experience.communities.get()
            communities = {rest_id(one.id) or "": one.group_id for one in listed.value}
            group = sdk.groups.by_group_id(communities[str(naming.group(world, public(world)[0]))])
            members = {one.id for one in (await group.members.get()).value}
            owners = {one.id for one in (await group.owners.get()).value}
            roles = {one.display_name for one in (await sdk.employee_experience.roles.get()).value}
            return communities, members, owners, roles

    communities, members, owners, roles = asyncio.run(run())
    place = public(world)[0]
    shown = [one for one in world.on("yammer") if one.privacy != "direct"]
    assert set(communities) == {str(naming.group(world, one)) for one in shown}
    inside = [world.people[number] for number in place.present()]
    assert members == {one.directory_id for one in inside if one.directory_id}
    assert owners == {world.people[place.creator].directory_id}
    assert "Network Admin" in roles
