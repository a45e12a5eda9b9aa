"""The page on logins, walked as it is typed, against a served company; a small HTTP client is the browser."""

from __future__ import annotations

import http.client
import json
import re
import shlex
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pages import blocks

from communitykit.store import Store

PAGE = "docs/how-to/try-a-login.md"
PORTS = range(8010, 8015)
"""Those of the page."""
pytestmark = pytest.mark.slow


def free_ports() -> int:
    """Return the first of as many free ports as the page's."""
    for base in range(21_010, 30_000, 10):
        with ExitStack() as stack:
            try:
                for port in range(base, base + len(PORTS)):
                    stack.enter_context(closing(socket.socket())).bind(("127.0.0.1", port))
            except OSError:
                continue
            return base
    raise AssertionError("no port is free")


def started(words: list[str], folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", *words]
    return subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Serve the company as the page says, on free ports; yield the page's text with those, and a folder."""
    base = free_ports()
    ports = {str(port): str(base + number) for number, port in enumerate(PORTS)}
    text = "\n".join(blocks(PAGE, "console"))
    file = "\n".join(blocks(PAGE, "toml"))
    for port, other in ports.items():
        text, file = text.replace(port, other), file.replace(port, other)
    serve, _, rest = text.partition("\n…\n")[0], *text.partition("$ communitykit login")[1:]
    (tmp_path / "communitykit.toml").write_text(file, encoding="utf-8")
    words = [*shlex.split(serve.removeprefix("$ ")), "--for", "5min", "--json"]
    with started(words, tmp_path) as server:
        assert server.stdout
        printed = ""
        while not printed.endswith("\n}\n"):
            line = server.stdout.readline()
            assert line, printed
            printed += line
        told = json.loads(printed)
        for name, one in told.items():
            for key, value in (one["login"] or {"settings": {}})["settings"].items():
                assert value == "inf" or f'{key} = "{value}"' in file, (name, key, value)
        try:
            yield f"$ communitykit login{rest}", tmp_path
        finally:
            server.terminate()


def fetched(address: str) -> http.client.HTTPResponse:
    parts = urlsplit(address.replace("//localhost:", "//127.0.0.1:"))
    with closing(http.client.HTTPConnection(parts.netloc, timeout=30)) as connection:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        answer.text = answer.read().decode()  # type: ignore[attr-defined]
        return answer


def seen(address: str) -> str:
    """Return what somebody sees who opens an address."""
    answer = fetched(address)
    while answer.status == 302:
        answer = fetched(answer.headers["location"])
    return str(answer.text)  # type: ignore[attr-defined]


def typed(command: str, folder: Path) -> list[str]:
    """Type a command, and do in a browser what it says; return what it printed."""
    printed: list[str] = []
    with started(shlex.split(command), folder) as process:
        assert process.stdout
        for line in process.stdout:
            printed.append(line.rstrip("\n"))
            if by_code := re.match(r"Open (\S+) in a browser, and type the code (\S+)", line):
                assert "<input" in seen(by_code[1])
                assert "no such code" in seen(f"{by_code[1]}?user_code=NOBODYS")
                assert "Thank you" in seen(f"{by_code[1]}?user_code={by_code[2].lower()}")
            elif line.startswith("http"):
                assert "Thank you" in seen(line.strip())
        assert process.wait() in ({0} if "config check" in command else {0, 3}), printed
    return printed


def test_the_walk(moved: tuple[str, Path]) -> None:
    text, folder = moved
    for shown in re.findall(r"^\$ (.+\n(?:(?!\$ ).*\n?)*)", text, re.MULTILINE):
        command, *lines = shown.strip().splitlines()
        printed = typed(command, folder)
        for line in lines:
            wanted = ".*".join(map(re.escape, line.split("…")))
            assert [one for one in printed if re.fullmatch(wanted, one)], (command, line, printed)
    assert stat.S_IMODE((folder / "credentials.json").stat().st_mode) == 0o600
    with Store(folder / "tried.duckdb") as store:
        assert set(store.arrow("posts")["platform"].to_pylist()) == {"matrix", "slack", "teams", "yammer"}
