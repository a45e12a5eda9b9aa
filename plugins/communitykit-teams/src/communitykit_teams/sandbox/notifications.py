"""Change notifications with encrypted resource data: what changed in the world, as Graph tells it while it happens."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from functools import lru_cache

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pydantic_core import to_json

from communitykit.connector import JSON
from communitykit.sandbox import Change, Place, World
from communitykit_teams.sandbox import naming, rendering
from communitykit_teams.webhook import webhook_secret

CERTIFICATE_ID = "sandbox-certificate"
_CHANGE_TYPES = {"posted": "created", "replied": "created", "deleted": "deleted"}
_BLOCK = 16


@lru_cache(maxsize=1)
def private_key() -> rsa.RSAPrivateKey:
    """Make a key that opens nothing but a simulation, once for a process."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def receiving(client_state: str, *, public_channels: Iterable[str] = ()) -> str:
    """Return what a receiver must know."""
    pem = private_key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return webhook_secret(client_state, private_keys={CERTIFICATE_ID: pem.decode()}, public_channels=public_channels)


def encrypted(resource: dict[str, JSON], *, seed: str) -> dict[str, str]:
    """Encrypt a resource as Graph does; `seed` decides the symmetric key."""
    key = hashlib.sha256(seed.encode()).digest()
    plain = to_json(resource)
    room = _BLOCK - len(plain) % _BLOCK
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:_BLOCK])).encryptor()
    data = cipher.update(plain + bytes([room]) * room) + cipher.finalize()
    sha1 = hashes.SHA1()  # noqa: S303 # what Graph uses for OAEP
    wrapped = private_key().public_key().encrypt(key, padding.OAEP(padding.MGF1(sha1), sha1, None))
    return {
        "data": base64.b64encode(data).decode(),
        "dataSignature": base64.b64encode(hmac.new(key, data, hashlib.sha256).digest()).decode(),
        "dataKey": base64.b64encode(wrapped).decode(),
        "encryptionCertificateId": CERTIFICATE_ID,
        "encryptionCertificateThumbprint": "0" * 40,
    }


def deliver(
    world: World, changes: Iterable[Change], *, secret: str, duplicates: int = 0
) -> Iterator[tuple[dict[str, str], bytes]]:
    """Return a delivery for each notification that changes cause; one that is sent again is encrypted anew."""
    for number, change in enumerate(changes):
        place = world.places[change.place] if change.place is not None else None
        if change.platform != "teams" or place is None or place.privacy == "direct":
            continue
        for kind, resource in _resources(world, change, place):
            for again in range(duplicates + 1):
                one = _notification(world, place, kind, resource, seed=f"{world.seed}/{number}/{again}", secret=secret)
                body = to_json({"value": [one], "validationTokens": []})
                yield {"Content-Type": "application/json; charset=utf-8"}, body


def _resources(world: World, change: Change, place: Place) -> Iterator[tuple[str, dict[str, JSON]]]:
    """Render what a change touches as it is now: messages, and the lines that Teams writes."""
    if change.message is not None:
        kind = _CHANGE_TYPES.get(change.kind.removeprefix("reply_"), "updated")
        yield kind, rendering.message_object(world, change.message)
        return
    for notice in place.notices:
        if notice.at == change.at:
            yield "created", rendering.notice_object(world, notice)


def _notification(
    world: World, place: Place, kind: str, resource: dict[str, JSON], *, seed: str, secret: str
) -> dict[str, JSON]:
    root, native = resource.get("replyToId"), resource["id"]
    path = (
        f"teams('{naming.team(world, place)}')/channels('{naming.channel(world, place)}')/messages('{root or native}')"
    )
    address = f"{path}/replies('{native}')" if root else path
    return {
        "subscriptionId": naming.guid(world.seed, "subscription"),
        "changeType": kind,
        "clientState": secret,
        "subscriptionExpirationDateTime": naming.iso(world.now_us),
        "resource": address,
        "resourceData": {"id": native, "@odata.type": "#Microsoft.Graph.chatMessage", "@odata.id": address},
        "encryptedContent": encrypted(resource, seed=seed),
        "tenantId": naming.tenant(world),
    }
