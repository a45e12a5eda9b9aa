"""A server that gives every secret back, in three encodings: it stands in nothing that is written or printed."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from communitykit.connector.registry import registry
from communitykit.sandbox import Answer, Call, Fault, Site, World, serve
from communitykit.sandbox.world import Size

CONNECTORS = ("matrix", "slack", "teams", "workplace", "yammer")


def encodings(secret: str) -> list[str]:
    return [secret, base64.b64encode(secret.encode()).decode(), quote(secret, safe="")]


def cores(secret: str) -> list[str]:
    """Return what must stand nowhere: of base64 the part that is the secret's own, wherever it begins."""
    inside = [base64.b64encode(bytes(number) + secret.encode()).decode()[4:-4] for number in range(3)]
    return [secret, quote(secret, safe=""), *inside]


class Echo(Fault):
    """Refuses every third request with all that it was sent, wherever platforms put their words."""

    def answer(self, site: Site, call: Call, proceed: Any) -> Answer:
        named = (value for name, value in call.fields.items() if "secret" in name or "token" in name)
        sent = [*filter(None, [call.bearer()]), *named]
        number = zlib.crc32(re.sub(r":\d+/", "/", call.key).encode())  # whatever port the server was given
        if number % 3 or len(self._met) > 40:
            return proceed()
        self._met[call.key] += 1
        said = " ".join(form for secret in sent for form in encodings(str(secret)))
        shapes: list[Any] = [
            {"ok": False, "error": said, "needed": said, "provided": said},
            {"error": {"code": said, "message": said, "type": said, "innerError": {"request-id": said}}},
            {"errcode": said, "error": said},
            {"response": {"stat": "fail", "code": said, "message": said}},
        ]
        headers = {"x-request-id": quote(said)[:2000], "www-authenticate": f'Bearer error="{quote(said)[:2000]}"'}
        return Answer.of(shapes[number // 3 % 4], status=(400, 403, 404)[number // 7 % 3], headers=headers)


def printed(*arguments: str | Path, environment: dict[str, str]) -> bytes:
    """Run the command line; return all that it says, whatever its exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "communitykit.cli", *map(str, arguments)],
        check=False, capture_output=True, env=environment, timeout=120,
    )  # fmt: skip
    assert b"Traceback" not in done.stderr, done.stderr
    assert b"Usage:" not in done.stderr, done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", CONNECTORS)
def test_no_secret_stands_in_what_is_written_or_printed(name: str, tmp_path: Path) -> None:
    platform, fault = registry().get(name).simulated(), Echo()
    world = World(seed=5, size=Size(people=5, posts=40, communities=3, days=60), platforms=(name,))
    with serve(world, platform, faults=[fault]) as server:
        secrets = {token for token in server.site.grants if len(token) > 7}
        secrets |= {
            str(value) for key, value in server.settings.items() if any(word in key for word in ("secret", "token"))
        }
        environment = {
            **os.environ,
            "HOME": str(tmp_path),
            **{f"COMMUNITYKIT_{name}_{key}".upper(): str(value) for key, value in server.settings.items()},
        }
        store = tmp_path / "a.duckdb"
        said = printed("check", name, environment=environment)
        said += printed("pull", name, "--to", store, "--keep-raw", environment=environment)
        said += printed("pull", name, "--to", store, "--json", environment=environment)
        said += printed("show", store, environment=environment)
        said += printed("export", store, "--to", tmp_path / "all.jsonl", environment=environment)
    assert fault.hits
    assert secrets
    assert store.exists() or b'"new": {}' in said  # where the fault ends a discovery nothing comes, and no file is left
    written = {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for where, body in {**written, "what was printed": said}.items():
        found = [core for secret in secrets for core in cores(secret) if core.encode() in body]
        assert found == [], where
    assert json.dumps(sorted(secrets)) not in said.decode(errors="replace")
