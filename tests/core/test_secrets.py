"""No secret is kept, logged or shown, in whatever form a server gives it back."""

from __future__ import annotations

import base64
import json
import pickle
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr, field_validator

from communitykit import CommunityKitError, PermissionMissingError, ProtocolError, Session, SettingsError, pull
from communitykit.connector import (
    Batch,
    Connector,
    Credential,
    Flow,
    Gap,
    Rejected,
    Request,
    Response,
    Settings,
    WireKind,
)
from communitykit.connector.scrub import HIDDEN, Scrubber, parts_of, secrets_in
from communitykit.connector.scrub import without_credentials as cleaned
from communitykit.connector.settings import load_settings
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.http.drivers import SyncRunner
from communitykit.http.operations import Meter
from communitykit.store import Store

SECRET = 'S3cr+et/"é& value'
ROTATED = "rotated-7f3a9c"


class Careful(Settings):
    """Settings with secrets of every sort."""

    token: str = "tok-secret-1"
    client_secret: SecretStr = SecretStr(SECRET)
    keys: dict[str, SecretStr] = Field(default={"inner": SecretStr("in-a-mapping-55")})


def forms(secret: str) -> list[str]:
    """Return what a server may make of a secret that it was sent."""
    raw, percent = secret.encode(), quote(secret, safe="")
    lower = re.sub("%..", lambda found: found[0].lower(), percent)
    return [
        secret, quote(secret), percent, lower, json.dumps(secret)[1:-1],
        *(base64.b64encode(before + raw + after).decode() for before in (b"", b"u:", b"id:") for after in (b"", b":x")),
        base64.urlsafe_b64encode(b"client:" + raw).decode(),
    ]  # fmt: skip


def cores(secret: str) -> list[str]:
    """Return what must stand nowhere: the forms, and the part of base64 that is the secret's own."""
    inside = [base64.b64encode(bytes(number) + secret.encode()).decode()[4:-4] for number in range(3)]
    return [secret, quote(secret, safe=""), json.dumps(secret)[1:-1], *inside]


def connected(connector: Connector, platform: Any, **settings: Any) -> Session:
    return Session(connector, Conductor(connector, connector.settings(base_url=platform.url, **settings), pace=Pace()))


def echoing(response: Response) -> CommunityKitError | None:
    """Make an error that tells everything that the server said, as a connector should not and may."""
    if response.status == 200:
        return None
    told = response.data["error"]
    error = ProtocolError(f"refused: {told}", code=told, subject=f"object {told}", remedy=f"Look at {told}.")
    error.__cause__ = ValueError(told)
    error.__context__ = KeyError(told)
    return error


@pytest.mark.parametrize("form", forms(SECRET))
def test_an_echoed_secret_stands_in_no_error_and_in_nothing_chained_to_it(
    platform: Any, little: Callable[..., Connector], form: str
) -> None:
    platform.answers["/x"] = (418, {}, json.dumps({"error": f"no {form} here"}).encode())
    session = connected(little(settings=Careful, error_of=echoing), platform)
    with session, pytest.raises(ProtocolError) as caught:
        session.send(Request("x"))
    error = caught.value
    shown = [str(error), repr(error), *traceback.format_exception(error), str(vars(error)), repr(error.__context__)]
    assert HIDDEN in str(error)
    for text in shown:
        assert not [core for core in cores(SECRET) if core in text]
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 # our own


def test_an_echoed_secret_reaches_neither_coverage_nor_issues_nor_the_file(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    everything = " ".join([*forms(SECRET), "tok-secret-1", "in-a-mapping-55"])

    def read(selection: Any, slice_: Any, checkpoint: Any) -> Flow:
        room = slice_.params["room"]
        yield Gap(f"left out: {everything}")
        if room == "b":
            raise PermissionMissingError(f"no: {everything}", subject=everything, code=everything)
        response = yield Request("notes/a")
        yield Batch("note", response.data, {})

    def translate(item: Any, context: Any) -> Any:
        raise Rejected(f"odd {everything}", f"because of {everything}")
        yield

    platform.answers["/rooms"] = (200, {}, b'["a", "b", "c"]')
    platform.answers["/notes/a"] = (200, {}, json.dumps([{"id": everything}, {"id": 2}]).encode())
    platform.answers["/notes/c"] = (404, {}, b"")
    connector = little(settings=Careful, read=read, translators={"note": WireKind(translate)}, secrets=())
    store = tmp_path / "a.duckdb"
    with connected(connector, platform) as session:
        result = pull(session, to=store)
    with Store(store) as opened:
        kept = json.dumps([opened.sql(f"FROM {table}").to_pylist() for table in ("coverage", "issues")], default=str)
    told = f"{result} {kept}"
    assert "because of [hidden]" in told
    assert "left out: [hidden]" in told
    secrets = [core for one in (SECRET, "tok-secret-1", "in-a-mapping-55") for core in cores(one)]
    assert not [core for core in secrets if core in told or core.encode() in store.read_bytes()]


def test_what_is_given_out_or_sent_while_a_credential_is_renewed_is_known_too(
    platform: Any, little: Callable[..., Connector]
) -> None:
    def authorize(settings: Any, saved: Any, now: Any) -> Any:
        response = yield Request("token", method="POST", form={"client_assertion": "asserted-123"}, authorized=False)
        return Credential({"Authorization": f"Bearer {response.data['access_token']}"})

    platform.answers["/token"] = (
        200,
        {},
        json.dumps({"access_token": "access-991", "refresh_token": ROTATED}).encode(),
    )
    platform.answers["/x"] = (418, {}, json.dumps({"error": f"access-991 {ROTATED} asserted-123"}).encode())
    session = connected(little(authorize=authorize, error_of=echoing, secrets=()), platform)
    with session, pytest.raises(ProtocolError) as caught:
        session.send(Request("x"))
    assert f"refused: {HIDDEN} {HIDDEN} {HIDDEN} (418" in str(caught.value)


def test_what_a_flow_says_itself_passes_the_same_place(platform: Any, little: Callable[..., Connector]) -> None:
    def flow() -> Flow:
        yield Gap("begun")
        raise CommunityKitError("see tok-secret-1", subject="tok-secret-1")

    connector = little()
    with (
        SyncRunner(Conductor(connector, connector.settings(base_url=platform.url), pace=Pace())) as running,
        pytest.raises(CommunityKitError) as caught,
    ):
        list(running.run(flow(), Meter()))
    assert repr(caught.value) == f"CommunityKitError('see {HIDDEN}')"


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://a.example/x", "https://a.example/x"),
        ("https://a.example/x?page=2", "https://a.example/x?page=2"),
        ("https://u:p@a.example/x", "https://a.example/x"),
        ("https://a.example/x?sig=abc%3D&page=2", "https://a.example/x?page=2"),
        ("https://a.example/x?t=xoxe-1&page=2", "https://a.example/x?page=2"),
        ("https://a.example/x?odd=xoxb-1-2", "https://a.example/x"),
        ("https://a.example/x?PUB_SECRET=1&X-Amz-Security-Token=2&X-Amz-Signature=3", "https://a.example/x"),
        ("https://a.example/x?sv=2020&sr=b&se=2026&sp=r&signature=1", "https://a.example/x"),
        ("https://a.example/x?access_token=1&appsecret_proof=2#x", "https://a.example/x#x"),
        ("https://a.example/cb#access_token=1&state=2", "https://a.example/cb#state=2"),
        ("https://[broken?token=1", "https://[broken"),
        ("https://u:p@[broken?token=1", "https://[broken"),
    ],
)
def test_addresses_lose_their_credentials_and_nothing_else(url: str, clean: str) -> None:
    assert cleaned(url) == clean
    assert Scrubber().text(f"see {url} and") == f"see {clean} and"


def test_json_is_scrubbed_by_name_by_value_and_in_its_addresses() -> None:
    payload = {
        "token": "whatever", "list": ["tok-1", {"client_secret": "x", "text": "two https://a.example/?sig=1 urls"}],
        "key": "kept", "number": 1, "none": None, "password": None,
    }  # fmt: skip
    assert Scrubber([r"tok-\d"]).json(payload) == {
        "token": HIDDEN, "list": [HIDDEN, {"client_secret": HIDDEN, "text": "two https://a.example/ urls"}],
        "key": "kept", "number": 1, "none": None, "password": None,
    }  # fmt: skip


def test_secrets_of_settings_are_found_wherever_they_stand() -> None:
    settings = Careful(base_url="https://me:pass-word@x.example", proxy=SecretStr("http://u:proxy-pass@p.example"))
    found = set(secrets_in(settings))
    assert {SECRET, "tok-secret-1", "in-a-mapping-55", "pass-word", "proxy-pass"} <= found


def test_no_setting_is_quoted_in_the_error_that_refuses_it(little: Callable[..., Connector], platform: Any) -> None:
    class Quoting(Settings):
        token: SecretStr

        @field_validator("token")
        @classmethod
        def check(cls, value: SecretStr) -> SecretStr:
            raise ValueError(f"{value.get_secret_value()} is no token")

    with pytest.raises(SettingsError) as caught:
        load_settings("little", Quoting, {"token": "my-own-token"})
    assert "my-own-token" not in str(caught.value)
    with connected(little(), platform) as session:
        assert "pw" not in repr(
            Session(session.connector, Conductor(session.connector, Settings(base_url="https://u:pw@x.example")))
        )


@given(st.text(min_size=8, max_size=30), st.text(max_size=10), st.text(max_size=10))
def test_whatever_the_secret_is_it_is_gone(secret: str, before: str, after: str) -> None:
    scrubber = Scrubber((), [secret])
    for form in (secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()):
        assert not any(form in part for part in scrubber.text(before + form + after).split(HIDDEN))


LONG = "ghx_16C7e42F292c6912E7710c838347Ae178B4a"


@pytest.mark.parametrize("length", [8, 9, 20, len(LONG)])
def test_the_beginning_and_the_end_of_a_long_secret_are_hidden(length: int) -> None:
    scrub = Scrubber(secrets=[LONG])
    assert scrub.text(f"the token {LONG[:length]}… was refused") == f"the token {HIDDEN}… was refused"
    assert scrub.text(f"the token …{LONG[-length:]} was refused") == f"the token …{HIDDEN} was refused"
    assert scrub.text(f"{LONG[:length]}/{LONG[-length:]}") == f"{HIDDEN}/{HIDDEN}"
    assert scrub.text(LONG[:7] + " " + LONG[-7:]) == LONG[:7] + " " + LONG[-7:]


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("communitykit-password-9", "communitykit-slack: a password is a word"),
        ("Summer2026!Summer2026", "in Summer2026 we wrote 2026 posts"),
        ("https://hooks.example/a1b2c3d4e5", "https://hooks.example/ is a host"),
        ("20260301120000123456", "20260301 and 00123456"),
        ("correct horse battery staple", "correct horses"),
        ("short1secre", "short1se"),
    ],
)
def test_words_years_and_addresses_that_a_secret_begins_with_stay(secret: str, text: str) -> None:
    assert Scrubber(secrets=[secret]).text(text) == text


def test_parts_have_as_many_characters_as_give_a_secret_away() -> None:
    assert parts_of(LONG) == (LONG[:8], LONG[-8:])
    assert parts_of("communitykit-7f3a9c2b") == ("communitykit-7f", "-7f3a9c2b"[1:])
