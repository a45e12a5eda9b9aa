"""`communitykit export`, for whoever types it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from histories import source
from postgresql import PASSWORD, Server, postgres_server
from typer.testing import CliRunner, Result

from communitykit import Member, from_records, pull
from communitykit.cli import commands
from communitykit.cli.app import app
from communitykit.privacy.erasing import forget


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres_server() as running:
        yield running


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "a.duckdb"
    pull(from_records([Member(id="p:n:member:ann", display_name="Ann", source=source(0))]), path)
    return path


def export(store: Path, *arguments: str) -> Result:
    assert "export" in commands.__all__
    return CliRunner().invoke(app, ["export", str(store), *arguments], catch_exceptions=False)


@pytest.mark.slow
def test_a_postgresql_address_is_a_target_and_its_password_stays_unsaid(store: Path, server: Server) -> None:
    done = export(store, "--to", server.url, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["folder"] == f"postgresql://test@127.0.0.1:{server.port}/postgres"
    assert told["rows"]["members"] == 1
    again = export(store, "--to", server.url)
    assert again.exit_code == 0
    wrong = export(store, "--to", server.url.replace(PASSWORD, "wrong-Wort"))
    assert wrong.exit_code == 1
    assert "password authentication failed" in wrong.output
    for word in (PASSWORD, "wrong-Wort"):
        assert word not in done.output + again.output + wrong.output


def test_a_copy_by_month_says_how_many_rows_went(tmp_path: Path) -> None:
    path, out = tmp_path / "a.duckdb", str(tmp_path / "out")
    pull(
        from_records([Member(id=f"p:n:member:{name}", display_name=name, source=source(0)) for name in ("ann", "bob")]),
        path,
    )
    assert json.loads(export(path, "--to", out, "--monthly", "--json").stdout)["gone"] == {}
    forget(path, "p:n:member:ann")
    done = export(path, "--to", out, "--monthly")
    assert re.search(r"members\s+1\s+1\b", done.stdout), done.stdout


@pytest.mark.parametrize(
    ("arguments", "made"),
    [
        (("--format", "delta"), "members/_delta_log"),
        (("--monthly",), "members/part.parquet"),
        (("--format", "as2"), "actors.jsonld"),
        ((), "members.parquet"),
    ],
)
def test_formats(store: Path, tmp_path: Path, arguments: tuple[str, ...], made: str) -> None:
    for _ in range(2):
        done = export(store, "--to", str(tmp_path / "out"), *arguments)
        assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / made).exists()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--to", "out", "--format", "xls"), "there is no format 'xls'"),
        (("--to", "out", "--format", "postgres"), "no PostgreSQL address"),
        (("--to", "postgresql://u:hush-Wort@h/d", "--format", "csv"), "a PostgreSQL address, and the format csv"),
        (("--to", "out", "--since-run", "r"), "--since-run does not fit"),
        (("--to", "out", "--format", "csv", "--anew"), "--anew does not fit"),
        (("--to", "out", "--format", "as2", "--key-env", "NO_SUCH_KEY"), "NO_SUCH_KEY holds no key"),
    ],
)
def test_what_does_not_fit_is_said(store: Path, arguments: tuple[str, ...], word: str) -> None:
    refused = export(store, *arguments)
    assert refused.exit_code == 1
    assert word in " ".join(refused.output.split())
    assert "hush-Wort" not in refused.output
