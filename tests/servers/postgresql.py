"""A PostgreSQL server of a test's own: in a folder that goes with it, on this machine only."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

USER, PASSWORD = "test", "s3cret-Wort"
_SYSTEM_USER = "postgres"


@dataclass(frozen=True)
class Server:
    """A running server: by its socket nobody is asked for a password, by the loopback everybody is."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def connect(self, **options: Any) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.folder), port=self.port, user=USER, dbname="postgres", autocommit=True, **options
        )


def postgres_program(name: str) -> str | None:
    """Return where PostgreSQL's server programs are, on Debian out of the path."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: float(one.parent.name), reverse=True)
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *map(str, versions)]))


@contextmanager
def postgres_server() -> Iterator[Server]:
    """Start a server in a time zone of its own, and stop it at the end."""
    initdb, server = postgres_program("initdb"), postgres_program("postgres")
    if initdb is None or server is None:
        pytest.skip("no PostgreSQL server is installed")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    who: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    secret = folder / "password"
    secret.write_text(PASSWORD)
    if os.geteuid() == 0:  # it refuses to run as root
        for one in (folder, secret):
            shutil.chown(one, _SYSTEM_USER, _SYSTEM_USER)
        who |= {"user": _SYSTEM_USER, "group": _SYSTEM_USER, "extra_groups": []}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    try:
        made = [initdb, "-D", data, "--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}", "-U", USER]
        subprocess.run([*made, "-E", "UTF8", "--locale=C", "--no-sync"], check=True, timeout=60, **who)
        options = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": str(folder)}
        options |= {"fsync": "off", "timezone": "Asia/Tokyo", "jit": "off"}
        flags = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        with subprocess.Popen([server, "-D", data, *flags], **who) as running:
            try:
                _wait(made_by := Server(folder, port))
                yield made_by
            finally:
                running.terminate()
                running.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(server: Server) -> None:
    last: Exception | None = None
    for _ in range(200):  # another process starts: there is no clock to inject
        try:
            server.connect().close()
        except psycopg.OperationalError as error:
            last = error
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"PostgreSQL does not start: {last}")
