"""The file of rotated credentials: one writer at a time, whole or as it was, and no single-use token is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from communitykit import CredentialError
from communitykit.connector import Connector, Credential, Request
from communitykit.http.budgets import Pace
from communitykit.http.conductor import Conductor
from communitykit.http.credentials import CredentialStore
from communitykit.http.drivers import SyncRunner
from communitykit.http.operations import Meter

SAVE = """
import sys
from pathlib import Path
from communitykit.http.credentials import CredentialStore
for number in range(25):
    CredentialStore(Path(sys.argv[1])).save(f"{sys.argv[2]}-{number}", {"n": number})
"""


def test_a_hundred_saves_of_threads_and_processes_survive(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    others = [subprocess.Popen([sys.executable, "-c", SAVE, str(path), str(one)]) for one in range(2)]
    with ThreadPoolExecutor(10) as threads:
        list(threads.map(lambda number: CredentialStore(path).save(f"thread-{number}", {"n": number}), range(50)))
    assert [one.wait(60) for one in others] == [0, 0]
    kept = json.loads(path.read_text())
    assert len(kept) == 100
    assert sorted(one.name for one in tmp_path.iterdir()) == ["kept.json", "kept.json.lock"]


def test_it_is_private_whatever_lay_there_and_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "kept.json"
    before = os.umask(0)
    try:
        CredentialStore(path).save("a", {"n": 1})
        path.chmod(0o666)
        CredentialStore(path).save("b", {"n": 2})
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {one.stat().st_mode & 0o777 for one in path.parent.iterdir()} == {0o600}
    assert CredentialStore(path).load("a") == {"n": 1}


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    CredentialStore(tmp_path / "link.json").save("a", {"n": 1})
    assert (tmp_path / "link.json").is_symlink()
    assert CredentialStore(tmp_path / "real.json").load("a") == {"n": 1}


@pytest.mark.parametrize("content", [b"", b'{"a": {"n"', b"[1]", b"\xff\xfe", b"null"])
def test_a_cut_file_is_said_with_its_remedy_and_not_overwritten(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kept.json"
    path.write_bytes(content)
    store = CredentialStore(path)
    with pytest.raises(CredentialError, match=r"cut short or damaged.*Restore it from a copy"):
        store.load("a")
    with pytest.raises(CredentialError, match="cut short or damaged"):
        store.save("a", {"n": 1})
    assert path.read_bytes() == content
    assert store.load("a") == {"n": 1}  # this process has it all the same


def test_what_cannot_be_written_is_said_before_anything_is_asked_for(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    platform.answers["/token"] = (200, {}, b'{"access_token": "a", "refresh_token": "b"}')
    connector = little(authorize=rotating)
    settings = connector.settings(base_url=platform.url, credential_store=tmp_path / "file" / "kept.json")
    with (
        SyncRunner(Conductor(connector, settings, pace=Pace())) as running,
        pytest.raises(CredentialError, match="cannot be written"),
    ):
        running.send(Request("x"), Meter())
    assert platform.requests == []


def test_what_the_killed_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / "kept.json.abc.new"
    left.write_text("half")
    CredentialStore(tmp_path / "kept.json").save("a", {"n": 1})
    assert not left.exists()


def rotating(settings: Any, saved: Any, now: datetime) -> Any:
    """Use the kept access token while nobody refused it, else change the refresh token, which works once."""
    if saved and not saved.get("refused"):
        return Credential({"Authorization": saved["access_token"]}, saved=saved)
    token = (saved or {}).get("refresh_token", "r0")
    response = yield Request("token", method="POST", form={"refresh_token": token}, authorized=False)
    data = response.data
    return Credential({"Authorization": data["access_token"]}, expires_at=now + timedelta(hours=1), saved=data)


def test_a_single_use_refresh_token_is_used_once_by_whoever_comes_first(
    platform: Any, little: Callable[..., Connector], tmp_path: Path
) -> None:
    valid, guard, refused = ["r0"], threading.Lock(), []

    def token(number: int, path: str) -> Any:
        given = platform.bodies[-1].decode().partition("=")[2]
        with guard:
            if given != valid[0]:
                refused.append(given)
                return 400, {}, b'{"error": "invalid_grant"}'
            valid[0] = f"r{number + 1}"
            return 200, {}, json.dumps({"access_token": f"a{number + 1}", "refresh_token": valid[0]}).encode()

    def answer(number: int, path: str) -> Any:
        return (200, {}, b"{}") if platform.requests[-1][1].get("authorization") else (401, {}, b"{}")

    platform.answers |= {"/token": token, "/x": answer}
    connector, begin = little(authorize=rotating), threading.Barrier(6)

    def one_process(_: int) -> int:
        settings = connector.settings(base_url=platform.url, credential_store=tmp_path / "kept.json")
        with SyncRunner(Conductor(connector, settings, pace=Pace())) as running:
            begin.wait()
            return running.send(Request("x"), Meter()).status

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(one_process, range(6))) == [200] * 6
    assert refused == []
    assert sum(path == "/token" for path, _ in platform.requests) == 1


def test_nothing_is_held_when_a_renewal_fails(platform: Any, little: Callable[..., Connector], tmp_path: Path) -> None:
    platform.answers["/token"] = (400, {}, b"{}")
    connector = little(authorize=rotating)
    settings = connector.settings(base_url=platform.url, credential_store=tmp_path / "kept.json")
    with SyncRunner(Conductor(connector, settings, pace=Pace())) as running, pytest.raises(Exception, match="400"):
        running.send(Request("x"), Meter())
    assert CredentialStore(tmp_path / "kept.json").hold()
