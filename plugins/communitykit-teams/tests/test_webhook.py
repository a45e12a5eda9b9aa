"""Change notifications: the handshake, what is refused, what comes out; subscriptions."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from communitykit import ProtocolError, SettingsError, SignatureError, connect, receive
from communitykit.sandbox import World, serve
from communitykit_teams import create_subscription, handshake, lifecycle_events, renew_subscription, webhook_secret
from communitykit_teams.crypto import PUBLISHER, decrypted, verify_validation_tokens
from communitykit_teams.sandbox import TeamsPlatform
from communitykit_teams.webhook import resource_ids

pytest.importorskip("cryptography", reason="needs the extra webhook")
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from communitykit_teams.sandbox.notifications import CERTIFICATE_ID, encrypted, private_key, receiving

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
STATE = "the client state"
RESOURCE = "teams('team-1')/channels('19:c@thread.tacv2')/messages('1')/replies('2')"
MESSAGE = {
    "id": "2",
    "replyToId": "1",
    "messageType": "message",
    "etag": "9",
    "createdDateTime": "2026-03-01T00:00:00Z",
    "lastModifiedDateTime": "2026-03-01T00:00:05Z",
    "from": {"user": {"id": "u1"}},
    "body": {"contentType": "html", "content": "<p>Hi</p>"},
    "reactions": [],
}


def notification(payload: dict[str, Any] | None = None, *, seed: str = "a", **told: Any) -> dict[str, Any]:
    made = {
        "subscriptionId": "s1", "changeType": "created", "clientState": STATE, "tenantId": "tenant-1",
        "resource": RESOURCE, "resourceData": {"id": "2", "@odata.type": "#Microsoft.Graph.chatMessage"}, **told,
    }  # fmt: skip
    return made if payload is None else {**made, "encryptedContent": encrypted(payload, seed=seed)}


def body(*items: dict[str, Any], tokens: Any = ()) -> bytes:
    return json.dumps({"value": list(items), "validationTokens": list(tokens)}).encode()


def secret() -> str:
    """Return what a receiver is told who knows that the channel is none of the private ones."""
    return receiving(STATE, public_channels=["teams:tenant-1:community:19:c@thread.tacv2"])


def test_the_handshake_gives_the_token_back_decoded() -> None:
    assert handshake("?validationToken=Validation%3A+a%2Bb%3C%3E") == "Validation: a+b<>"
    assert handshake("validationToken=x&other=1") == "x"
    assert handshake("") is None


def test_resource_data_becomes_the_record_that_the_api_gives() -> None:
    found = receive("teams", headers={}, body=body(notification(MESSAGE)), secret=secret())
    (post,) = [one for one in found.records if one.record == "post"]
    assert post.id == "teams:tenant-1:post:19:c@thread.tacv2/2"
    assert post.root_id == "teams:tenant-1:post:19:c@thread.tacv2/1"
    assert post.text == "Hi"
    assert post.source.as_of == datetime(2026, 3, 1, 0, 0, 5, tzinfo=UTC)
    assert post.source.origin == "webhook"


def test_a_notification_sent_again_has_the_same_key_and_another_version_has_not() -> None:
    def key(**told: Any) -> str | None:
        seed = told.pop("seed", "a")
        delivered = body(notification({**MESSAGE, **told}, seed=seed))
        return receive("teams", headers={}, body=delivered, secret=receiving(STATE)).dedupe_key

    assert key() == key(seed="encrypted anew")
    assert key() != key(etag="10")


def test_members_and_channels_come_too() -> None:
    member = {"@odata.type": "#microsoft.graph.aadUserConversationMember", "userId": "u1", "roles": ["owner"]}
    told = {"resource": "teams('team-1')/members('m')", "resourceData": {"@odata.type": member["@odata.type"]}}
    delivered = body(notification(member, changeType="deleted", **told))
    (left,) = [one for one in receive("teams", headers={}, body=delivered, secret=receiving(STATE)).records
               if one.record == "membership"]  # fmt: skip
    assert left.community_id == "teams:tenant-1:community:team-1"
    assert left.active is False
    channel = {"id": "19:n", "displayName": "New", "membershipType": "standard"}
    told = {"resource": "teams/team-1/channels/19:n", "resourceData": {"@odata.type": "#microsoft.graph.channel"}}
    made = receive("teams", headers={}, body=body(notification(channel, **told)), secret=receiving(STATE)).records
    assert [(one.record, one.name, one.parent_id) for one in made] == [
        ("community", "New", "teams:tenant-1:community:team-1")
    ]


def test_a_message_whose_channel_may_be_private_is_left_out_unless_it_is_known_or_asked_for() -> None:
    delivered = body(notification(MESSAGE))
    for known in ([], ["19:another@thread.tacv2"]):
        blind = receiving(STATE, public_channels=known)
        found = receive("teams", headers={}, body=delivered, secret=blind)
        assert (found.records, found.ignored) == ((), {"private talk, not asked for": 1})
        assert receive("teams", headers={}, body=delivered, secret=blind, include_private=True).records
    for one in ("19:c@thread.tacv2", "teams:tenant-1:community:19:c@thread.tacv2"):
        seeing = receiving(STATE, public_channels=[one])
        assert receive("teams", headers={}, body=delivered, secret=seeing).records
    member = {"@odata.type": "#microsoft.graph.aadUserConversationMember", "userId": "u1", "roles": []}
    within = {"resource": "teams('t')/channels('19:p')/members('m')", "resourceData": {"@odata.type": "#x.member"}}
    found = receive("teams", headers={}, body=body(notification(member, **within)), secret=secret())
    assert found.records == ()


def test_without_resource_data_nothing_is_made_up() -> None:
    found = receive("teams", headers={}, body=body(notification()), secret=STATE)
    assert found.records == ()
    assert found.ignored == {"without_resource_data": 1}


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (RESOURCE, ("post", "19:c@thread.tacv2/2")),
        ("teams('team-1')/channels('19:c@thread.tacv2')/messages('1')", ("post", "19:c@thread.tacv2/1")),
        ("teams('team-1')/channels('19:n')", ("community", "19:n")),
        ("teams('team-1')", ("community", "team-1")),
    ],
)
def test_a_deletion_that_tells_only_an_address_is_a_deletion(resource: str, expected: tuple[str, str]) -> None:
    told = {"changeType": "deleted", "resource": resource}
    ways = [notification(**told)]
    if expected[0] == "community":
        kind = "channel" if "channels" in resource else "team"
        content = {"id": expected[1], "@odata.type": f"#microsoft.graph.{kind}"}
        ways.append(notification(content, resourceData=content, **told))
    for way in ways:
        (found,) = receive("teams", headers={}, body=body(way), secret=secret()).records
        assert (found.record, found.id, found.gone) == (
            expected[0],
            f"teams:tenant-1:{expected[0]}:{expected[1]}",
            "deleted",
        )
        assert not {"created_at", "author_id", "name", "privacy"} & found.model_fields_set


@pytest.mark.parametrize(
    "resource", ["chats('19:x@unq.gbl.spaces')/messages('1')", "teams('team-1')/members('MCMj')", "", "users('u1')"]
)
def test_a_deletion_of_what_is_not_read_makes_nothing_up(resource: str) -> None:
    delivered = body(notification(changeType="deleted", resource=resource))
    found = receive("teams", headers={}, body=delivered, secret=STATE)
    assert found.records == ()
    assert found.ignored == {"without_resource_data": 1}


def test_of_a_member_who_is_gone_the_memberships_id_names_nobody() -> None:
    member = {"@odata.type": "#microsoft.graph.aadUserConversationMember", "id": "MCMj"}
    told = {"resource": "teams('team-1')/members('MCMj')", "resourceData": member, "changeType": "deleted"}
    found = receive("teams", headers={}, body=body(notification(member, **told)), secret=receiving(STATE))
    assert found.records == ()
    assert [one.reason for one in found.issues] == ["no_id"]


@pytest.mark.parametrize(
    ("resource", "payload", "privacy"),
    [
        ("chats('19:x@unq.gbl.spaces')/messages('1')", {**MESSAGE, "chatId": "19:x@unq.gbl.spaces"}, "direct"),
        ("users('u1')/chats/getAllMessages", {**MESSAGE, "chatId": "19:x@unq.gbl.spaces"}, "direct"),
        ("teams('t')/channels('19:n')", {"id": "19:n", "membershipType": "private"}, "private"),
        ("teams('t')/channels('19:n')", {"id": "19:n", "membershipType": ["standard"]}, "private"),
        ("teams('t')", {"id": "t", "visibility": "private"}, "private"),
        ("teams('t')", {"id": "t", "visibility": "public"}, "public"),
    ],
)
def test_private_and_direct_talk_is_left_out_unless_asked_for(
    resource: str, payload: dict[str, Any], privacy: str
) -> None:
    kind = "chatMessage" if "messageType" in payload else "channel" if "channels" in resource else "team"
    data = {"@odata.type": f"#Microsoft.Graph.{kind}", "id": payload["id"]}
    delivered = body(notification(payload, resource=resource, resourceData=data))
    plain = receive("teams", headers={}, body=delivered, secret=receiving(STATE))
    assert bool(plain.records) is (privacy == "public")
    if privacy != "public":
        assert plain.ignored == {f"{privacy} talk, not asked for": 1}
    asked: Any = {"include_private": privacy == "private", "include_direct": privacy == "direct"}
    assert receive("teams", headers={}, body=delivered, secret=receiving(STATE), **asked).records


def test_lifecycle_notifications() -> None:
    event = {"subscriptionId": "s1", "clientState": STATE, "lifecycleEvent": "reauthorizationRequired"}
    assert lifecycle_events(body(event), STATE) == [("s1", "reauthorizationRequired")]
    assert lifecycle_events(body(event), receiving(STATE)) == [("s1", "reauthorizationRequired")]
    for forged in ({**event, "clientState": "another"}, {key: event[key] for key in event if key != "clientState"}):
        with pytest.raises(SignatureError):
            lifecycle_events(body(forged), STATE)
    assert receive("teams", headers={}, body=body(event), secret=STATE).ignored == {"lifecycle": 1}


@pytest.mark.parametrize("state", ["another", "", "the client statf", "the client state "])
def test_another_client_state_is_refused(state: str) -> None:
    with pytest.raises(SignatureError):
        receive("teams", headers={}, body=body(notification(MESSAGE, clientState=state)), secret=receiving(STATE))
    with pytest.raises(SignatureError):
        receive("teams", headers={}, body=body(notification(clientState="")), secret="")


@pytest.mark.parametrize("name", ["data", "dataKey", "dataSignature"])
def test_what_was_changed_on_its_way_is_refused_before_it_is_decrypted(name: str) -> None:
    content = dict(encrypted(MESSAGE, seed="a"))
    raw = bytearray(base64.b64decode(content[name]))
    raw[0] ^= 1
    content[name] = base64.b64encode(bytes(raw)).decode()
    keys = json.loads(receiving(STATE))["private_keys"]
    with pytest.raises(SignatureError):
        decrypted(content, keys[CERTIFICATE_ID])
    with pytest.raises(SignatureError):
        decrypted({**content, name: "no base64!"}, keys[CERTIFICATE_ID])


def test_what_is_no_notification_is_told_beside_good_ones_and_vouches_for_nothing_alone() -> None:
    items: list[Any] = [None, notification(MESSAGE), ["odd"]]
    received = receive("teams", headers={}, body=body(*items), secret=secret())
    assert [one.record for one in received.records if one.record == "post"] == ["post"]
    assert len(received.issues) == 2
    with pytest.raises(SignatureError, match="client state"):
        receive("teams", headers={}, body=body(None), secret=secret())  # type: ignore[arg-type] # that is the point
    with pytest.raises(SignatureError, match="client state"):
        lifecycle_events(body({}), secret())


def test_a_key_that_is_not_given_is_asked_for() -> None:
    with pytest.raises(SettingsError, match=CERTIFICATE_ID):
        receive("teams", headers={}, body=body(notification(MESSAGE)), secret=STATE)
    with pytest.raises(SettingsError, match="PEM"):
        decrypted(encrypted(MESSAGE, seed="a"), "no pem")


@pytest.mark.parametrize("wrong", [b"", b"[]", b"{}", b'{"value": 3}', b"not json"])
def test_what_is_no_collection_is_said(wrong: bytes) -> None:
    with pytest.raises(ProtocolError):
        receive("teams", headers={}, body=wrong, secret=STATE)


# Validation tokens.


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def token(**claims: Any) -> str:
    told = {"aud": "app", "appid": PUBLISHER, "tid": "tenant-1", "iss": "https://sts.windows.net/tenant-1/",
            "exp": NOW.timestamp() + 60, **claims}  # fmt: skip
    message = f"{_part({'alg': 'RS256', 'kid': 'k1'})}.{_part(told)}"
    mark = private_key().sign(message.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{message}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


def jwks() -> dict[str, Any]:
    numbers = private_key().public_key().public_numbers()

    def encode(value: int) -> str:
        return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()

    return {"keys": [{"kid": "k1", "kty": "RSA", "n": encode(numbers.n), "e": encode(numbers.e)}]}


def test_validation_tokens_are_verified_where_the_keys_are_given() -> None:
    keys = json.loads(receiving(STATE))["private_keys"]
    secret = webhook_secret(STATE, private_keys=keys, client_id="app", tenants=["tenant-1"], jwks=jwks())
    import communitykit.doors.webhook as door  # noqa: PLC0415 # with a clock of its own
    from communitykit.clock import Clock  # noqa: PLC0415 # same
    from communitykit_teams import TEAMS  # noqa: PLC0415 # same

    def received(*tokens: str) -> Any:
        delivered = body(notification(MESSAGE), tokens=tokens)
        clock = Clock(now=lambda: NOW)
        return door.receive_for(TEAMS, headers={}, body=delivered, secret=secret, include_private=True, clock=clock)

    assert received(token()).records
    with pytest.raises(SignatureError, match="no validation token"):
        received()
    with pytest.raises(SignatureError, match="expired"):
        received(token(), token(exp=NOW.timestamp() - 1))


@pytest.mark.parametrize(
    "given",
    [
        token(aud="another"), token(appid="another"), token(tid="tenant-2"), token(iss="http://x"), token(exp=None),
        token()[:-8] + "AAAAAAAA", "a.b.c", "no token",
    ],
    ids=["audience", "application", "tenant", "issuer", "endless", "signature", "three parts", "no token"],
)  # fmt: skip
def test_wrong_validation_tokens_are_refused(given: str) -> None:
    with pytest.raises(SignatureError):
        verify_validation_tokens([given], jwks=jwks(), client_id="app", tenants=["tenant-1"], now=NOW)
    verify_validation_tokens(
        [token(azp=PUBLISHER, appid=None)], jwks=jwks(), client_id="app", tenants=["TENANT-1"], now=NOW
    )


# Subscriptions.


def test_a_subscription_is_created_and_renewed_through_a_session() -> None:
    world = World(seed=5, size="tiny", platforms=("teams",))
    with serve(world, TeamsPlatform()) as server, connect("teams", **server.settings) as session:
        request = create_subscription(
            notification_url="https://us.example/graph",
            lifecycle_url="https://us.example/graph/lifecycle",
            client_state=STATE,
            certificate="MIIC",
            certificate_id=CERTIFICATE_ID,
            now=NOW,
        )
        made = session.send(request).data
        assert made["resource"] == "/teams/getAllMessages"
        assert made["expirationDateTime"] == "2026-03-05T09:00:00Z"
        assert "encryptionCertificate" not in made
        renewed = session.send(renew_subscription(made["id"], now=NOW + timedelta(days=1))).data
        assert renewed["expirationDateTime"] == "2026-03-06T09:00:00Z"


@pytest.mark.parametrize(
    "told",
    [
        {"client_state": ""}, {"client_state": "x" * 129}, {"lives": timedelta(days=4)}, {"lifecycle_url": None},
        {"certificate": "MIIC"}, {"lives": timedelta(0)},
    ],
)  # fmt: skip
def test_what_graph_would_refuse_is_refused_before(told: Any) -> None:
    given = {"notification_url": "https://x", "lifecycle_url": "https://y", "client_state": STATE, "now": NOW, **told}
    with pytest.raises(SettingsError):
        create_subscription(**given)


def test_resources_in_both_spellings() -> None:
    expected = {"teams": "a", "channels": "19:c@t", "messages": "1"}
    assert resource_ids("teams('a')/channels('19:c@t')/messages('1')") == expected
    assert resource_ids("teams/a/channels/19:c@t/messages/1") == expected
