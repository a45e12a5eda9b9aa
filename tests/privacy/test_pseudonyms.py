"""Keys and pseudonyms."""

from __future__ import annotations

import base64
import hmac
import shlex
import sys
from pathlib import Path

import pytest

from communitykit.config import Secret
from communitykit.errors import SettingsError
from communitykit.privacy.pseudonyms import Key, load_key

SECRET = bytes(range(32))


def test_a_pseudonym_is_63_bits_of_an_hmac() -> None:
    told = hmac.new(SECRET, b"post\0teams:T:post:\xc3\xa9", "sha256").digest()
    assert Key(SECRET).of("post", "teams:T:post:é") == int.from_bytes(told[:8], "big") >> 1
    ids = [f"teams:T:post:{number}" for number in range(1_000)]
    for secret in (SECRET, SECRET * 2, SECRET * 3):  # shorter than a block of the hash, as long, longer
        assert list(Key(secret).many("post", ids)) == [Key(secret).of("post", one) for one in ids]
    assert min(Key(SECRET).many("post", ids)) >= 0
    assert Key(SECRET).of("person", ids[0]) != Key(SECRET).of("post", ids[0])


def test_a_key_is_never_shown() -> None:
    key = Key(b"correct horse battery staple 1234")
    assert "horse" not in repr(key)
    assert key.id is not None
    assert len(key.id) == 16
    assert Key(SECRET).id != key.id
    assert Key.random().id is None
    assert Key.random().of("person", "a") != Key.random().of("person", "a")


def test_a_key_comes_from_one_named_place(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(SECRET.hex() + "\n")
    wanted = Key(SECRET)
    assert load_key(file=file) == wanted
    assert load_key(env="K", environ={"K": base64.b64encode(SECRET).decode()}) == wanted
    assert load_key(command=f'{sys.executable} -c "print({SECRET.hex()!r})"') == wanted
    file.write_bytes(b"\xff" * 31 + b"\n")
    assert load_key(file=file) == Key(b"\xff" * 31 + b"\n")
    assert load_key(env="K", environ={"K": "a sentence that is long enough to be a key"}) == Key(
        b"a sentence that is long enough to be a key"
    )
    assert load_key() is None


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({"env": "K"}, "the environment variable K holds no key"),
        ({"file": "none"}, "the key's file cannot be read"),
        ({"command": "no-such-command-here"}, "cannot be run"),
        ({"command": f'{sys.executable} -c "print()"'}, "printed nothing"),
        ({"command": f'{sys.executable} -c "raise SystemExit(3)"'}, "ended with 3"),
        ({"env": "K", "file": "none"}, "the key is to come from env and file"),
        ({"env": "SHORT"}, "has 16 bytes, and needs at least 32"),
    ],
)
def test_what_is_no_key_is_told(place: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as told:
        load_key(**place, environ={"SHORT": "ab" * 16})
    assert "abab" not in str(told.value)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo first >&2; echo 'gpg: decryption failed: No secret key' >&2; echo >&2; exit 2",
         "ended with 2: gpg: decryption failed: No secret key. Try"),
        ("echo hush-hush; echo 'no use for hush-hush here' >&2; exit 1", "no use for [hidden] here"),
        ("echo 'xoxb-1-abc, token=abcd and https://me:word@v.example/' >&2; exit 1",
         "[hidden], token=[hidden] and https://[hidden]v.example/"),
        ("echo q7Zk29fLm0aPtY5cVb8nWx3dRe6u is expired >&2; exit 1", "[hidden] is expired"),
        ("printf 'a\\033[2Jb\\377' >&2; exit 1", "a\\x1b[2Jb\N{REPLACEMENT CHARACTER}"),
        ("printf 'w %.0s' $(seq 500) >&2; exit 1", f"{'w ' * 100}…"),
        ("echo locked >&2", "printed nothing: locked"),
    ],
)  # fmt: skip
def test_why_a_command_gave_no_secret_is_told_in_its_own_last_words(script: str, said: str) -> None:
    command = shlex.join(["sh", "-c", script])
    for fetch in (lambda: load_key(command=command), lambda: Secret(command=command).value(Path())):
        with pytest.raises(SettingsError) as told:
            fetch()
        assert said in str(told.value)
        assert "hush-hush" not in str(told.value)
        assert len(str(told.value)) < 300
