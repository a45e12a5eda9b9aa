"""What is given out about single people is kept, and the record of processing says what a store holds."""

from __future__ import annotations

import json
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from communitykit import Member, Post, Provenance, from_records, pull
from communitykit.cli import commands as _all  # noqa: F401 # registers every command
from communitykit.cli.app import app
from communitykit.errors import SettingsError, StoreError
from communitykit.privacy import record_of_processing, release
from communitykit.privacy.record import render, write_record
from communitykit.privacy.record_words import WORDS
from communitykit.store import Store
from communitykit.store.columns import PROVENANCE_NAMES, TABLES, columns
from communitykit.store.writer import Writer

START = datetime(2026, 1, 1, tzinfo=UTC)
ANN = "p:n:member:u-ann"
EVIL = "<script>alert(1)</script> & for the pilot"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("record") / "a.duckdb"
    source = Provenance(connector="p", version="0", origin="api", fetched_at=START, as_of=START)
    post = Post(id="p:n:post:1", author_id=ANN, text="quinoa", created_at=START, source=source)
    pull(from_records([Member(id=ANN, display_name="Ann Lovelace", source=source), post]), path)
    release(path, what="subject", purpose=EVIL, rows=3, who="carl", now=START)
    return path


@pytest.mark.parametrize("purpose", ["", "  \n", "-", "x", "...", "1234", "word " * 300])
def test_a_purpose_that_says_nothing_releases_nothing(store: Path, purpose: str) -> None:
    with pytest.raises(SettingsError, match="no purpose"):
        release(store, what="subject", purpose=purpose, rows=1)
    with Store(store) as opened:
        assert opened.sql("SELECT * FROM releases").to_pylist() == [
            {"released_at": START, "released_by": "carl", "what": "subject", "purpose": EVIL, "rows": 3}
        ]


def test_no_store_is_made_by_it(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        release(tmp_path / "b.duckdb", what="subject", purpose="asked for", rows=1)
    assert list(tmp_path.iterdir()) == []


def test_the_record_tells_what_is_kept_and_names_nobody(store: Path) -> None:
    told = record_of_processing(store, purpose="help newcomers", retention="25mo", key_id="a1", now=START)
    assert (told["purpose"], told["retention"], told["k"], told["key_id"]) == ("help newcomers", "25mo", 5, "a1")
    (source,) = told["sources"]
    assert (source["platform"], source["network"], source["accounts"]) == ("p", "n", 1)
    fields = {(one["table"], one["field"]): one["rows"] for one in told["fields"]}
    assert fields["posts", "text"] == 1
    assert fields["members", "display_name"] == 1
    assert ("members", "email") not in fields
    assert [one["released_by"] for one in told["releases"]] == ["carl"]
    assert not re.search("Lovelace|u-ann|quinoa", str(told))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_is_escaped_and_runs_nothing(store: Path, tmp_path: Path, language: str) -> None:
    told = record_of_processing(store, purpose=EVIL, retention="25mo", scopes={"p": ["read:<all>"]}, now=START)
    page, data = write_record(told, tmp_path / "r.html", language)
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert text.count("&lt;script&gt;") == 2
    assert "read:&lt;all&gt;" in text
    assert "default-src 'none'" in text
    assert f'<html lang="{language}">' in text
    assert all(title in text for title in WORDS[language]["sections"].values())
    assert json.loads(data.read_bytes())["purpose"] == EVIL
    assert {stat.filemode(one.stat().st_mode) for one in (page, data)} == {"-rw-------"}
    with pytest.raises(FileExistsError):
        write_record(told, page, language)
    with pytest.raises(SettingsError, match="en and fr"):
        render(told, "de")


def test_both_languages_say_the_same_things() -> None:
    def shape(words: object) -> object:
        if isinstance(words, dict):
            return {name: shape(one) for name, one in words.items()}
        return len(words) if isinstance(words, list) else None

    assert shape(WORDS["en"]) == shape(WORDS["fr"])


def test_every_table_and_field_has_its_french_name() -> None:
    known = {column.name for kind in TABLES for column in columns(kind)} - set(PROVENANCE_NAMES)
    assert set(WORDS["fr"]["tables"]) == set(TABLES.values())
    assert set(WORDS["fr"]["fields"]) == known


def test_the_command_writes_it(store: Path, tmp_path: Path) -> None:
    page = tmp_path / "registre.html"
    wanted = ["privacy", "record", str(store), "--language", "fr", "--to", str(page), "--purpose", "aider", "--keep"]
    done = CliRunner().invoke(app, [*wanted, "25mo", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"paths": [str(page), str(page.with_suffix(".json"))]}
    text = page.read_text(encoding="utf-8")
    for said in (
        "Durée de conservation",
        "25\N{NO-BREAK SPACE}mois",
        '<th scope="row">comptes</th><td>nom affiché</td>',
    ):
        assert said in text
    assert CliRunner().invoke(app, [*wanted, "25mo"]).exit_code != 0


def test_the_command_says_which_rights_reading_needs(tmp_path: Path) -> None:
    store, told = tmp_path / "a.duckdb", []
    writer = Writer(store)
    writer.start_run({"run_id": "r", "status": "complete", "sources": {"slack": "1", "directory": "1", "gone": "1"}})
    writer.release()
    config = tmp_path / "communitykit.toml"
    config.write_text('[store]\npath = "a.duckdb"\n[[sources]]\nconnector = "slack"\ninclude_private = true\n')
    for number, more in enumerate([[str(store)], ["--config", str(config)]]):
        page = tmp_path / f"{number}.html"
        done = CliRunner().invoke(
            app, ["privacy", "record", *more, "--to", str(page), "--purpose", "help newcomers", "--keep", "25mo"]
        )
        assert done.exit_code == 0, done.output
        told.append(json.loads(page.with_suffix(".json").read_bytes())["scopes"])
    public, private = told
    assert set(public) == {"slack"}  # a roster needs none, and of a connector that is not installed nothing is known
    assert "channels:history" in public["slack"]
    assert "groups:history" not in " ".join(public["slack"])
    assert "groups:history" in private["slack"]
