"""Pseudonyms: ids that only who has the key can make again. HMAC-SHA-256, of which a BIGINT keeps 63 bits.

The key comes from an environment variable, a file or a command, and never from here: a
default key would be everybody's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import sys
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from communitykit.errors import SettingsError
from communitykit.privacy.secret_commands import printed_by

KEY_BYTES: Final = 32
"""The shortest key that is taken, in bytes."""
_BLOCK: Final = 64
"""Bytes that SHA-256 takes at once."""
_HEX = frozenset("0123456789abcdefABCDEF")
_MAKE = (
    "Make one with `python -c 'import secrets; print(secrets.token_hex(32))'`, and keep it where few can read it, "
    "apart from the tables."
)


@dataclass(frozen=True, slots=True)
class Key:
    """A secret key for pseudonyms. Its text and its repr never show it.

    Raises SettingsError for fewer than 32 bytes.
    """

    secret: bytes = field(repr=False)
    kept: bool = True
    """False of a key that is thrown away after its use: nobody can make the same pseudonyms again."""

    def __post_init__(self) -> None:
        """Refuse what could be guessed."""
        if len(self.secret) < KEY_BYTES:
            raise SettingsError(
                f"the key for pseudonyms has {len(self.secret)} bytes, and needs at least {KEY_BYTES}", remedy=_MAKE
            )

    @property
    def id(self) -> str | None:
        """A short name of the key, which tells nothing about it: 16 hexadecimal digits; None of one not kept."""
        return hashlib.sha256(b"communitykit key id\0" + self.secret).hexdigest()[:16] if self.kept else None

    @classmethod
    def random(cls) -> Self:
        """Return a new key that is not kept."""
        return cls(secrets.token_bytes(KEY_BYTES), kept=False)

    def of(self, kind: str, text: str) -> int:
        """Return the pseudonym of one id: the first 63 bits of HMAC-SHA-256(key, kind + NUL + id)."""
        return int.from_bytes(hmac.digest(self.secret, f"{kind}\0{text}".encode(), "sha256")[:8]) >> 1

    def many(self, kind: str, texts: Iterable[str]) -> array[int]:
        """Return the pseudonyms of many ids, in their order, as an array of 64-bit integers.

        As `of`, with the blocks that hold the key hashed once for all (RFC 2104, section 4): a third of the time.
        """
        inside, outside = (hashlib.sha256(block) for block in self._blocks())
        inside.update(f"{kind}\0".encode())
        copy_inside, copy_outside, digests = inside.copy, outside.copy, bytearray()
        for text in texts:
            inner, outer = copy_inside(), copy_outside()
            inner.update(text.encode())
            outer.update(inner.digest())
            digests += outer.digest()[:8]
        words = array("q", bytes(digests))
        if sys.byteorder == "little":
            words.byteswap()
        return array("q", [(word >> 1) & 0x7FFFFFFFFFFFFFFF for word in words])

    def _blocks(self) -> tuple[bytes, bytes]:
        """Return the key as HMAC's first block of the inner and of the outer hash."""
        secret = self.secret if len(self.secret) <= _BLOCK else hashlib.sha256(self.secret).digest()
        padded = secret.ljust(_BLOCK, b"\0")
        return bytes(byte ^ 0x36 for byte in padded), bytes(byte ^ 0x5C for byte in padded)


def load_key(
    *,
    env: str | None = None,
    file: str | Path | None = None,
    command: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Key | None:
    """Return the key from the one place that is named; None where none is.

    Text of an even number of hexadecimal digits, or base64 (with its padding), is decoded; other text counts as it is.

    Args:
        env: Name of an environment variable.
        file: Path of a file; a line's end after the key does not count.
        command: A command line, run without a shell, that prints the key (a password manager's, for instance).
        environ: The environment.

    Raises:
        SettingsError: Two places are named, the place has no key, or the key has fewer than 32 bytes.
    """
    named = {"env": env, "file": file, "command": command}
    given = [name for name, value in named.items() if value is not None]
    if len(given) > 1:
        raise SettingsError(f"the key is to come from {' and '.join(given)}", remedy="Name one place.")
    if env is not None:
        if not environ.get(env):
            raise SettingsError(f"the environment variable {env} holds no key", remedy=f"Set it. {_MAKE}")
        return Key(_decoded(environ[env].encode()))
    if file is not None:
        return Key(_decoded(_read(Path(file))))
    return None if command is None else Key(_decoded(printed_by(command, "the key")))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"the key's file cannot be read: {error.strerror}", subject=str(path), remedy="Name another, or make it."
        ) from None


def _decoded(told: bytes) -> bytes:
    """Return the bytes that a text stands for; bytes that are no text are the key themselves."""
    try:
        text = told.decode("ascii").strip()
    except UnicodeDecodeError:
        return told
    if len(text) % 2 == 0 and set(text) <= _HEX and text:
        return bytes.fromhex(text)
    if len(text) % 4 == 0 and text.endswith("="):
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error:
            pass
    return text.encode()
