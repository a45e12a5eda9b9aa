"""What is printed: nothing of a platform's steers a terminal, and what went wrong is called what it is."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from communitykit import Community, CommunityKitError, Coverage, Issue, Provenance, PullResult, from_records, pull
from communitykit.cli import entry, output
from communitykit.cli.estimate import print_estimate
from communitykit.cli.progress import shown
from communitykit.cli.reading import print_summary
from communitykit.cli.show import show
from communitykit.doors.api import Estimate
from communitykit.errors import told_by_system
from communitykit.printable import printable, printable_json
from communitykit.reading.slices import defect

STEERING = "\x1b[2J\x1b]0;owned\x07 \x9b31m \r\u202egnp.exe\u2066\u2028 \x00\x7f\t\ud83d\U000e0041"
AT = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Provenance(connector="x", version="1", origin="api", fetched_at=AT, as_of=AT)


def steers(text: str) -> list[str]:
    allowed = {"\n"}
    return [one for one in STEERING if one in text and not one.isprintable() and one not in allowed] + [
        one for one in text if (ord(one) < 32 or 127 <= ord(one) < 160) and one not in "\n\t"
    ]


@given(st.text())
def test_what_is_printable_stays_and_what_steers_does_not(text: str) -> None:
    shown = printable(text)
    assert not [one for one in shown if ord(one) < 32 or 127 <= ord(one) < 160 or 0xD800 <= ord(one) < 0xE000]
    assert printable(shown) == shown
    if text.isprintable():
        assert shown == text


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_says_the_same(value: Any) -> None:
    shown = printable_json(json.dumps(value, ensure_ascii=False, indent=1))
    assert json.loads(shown) == value
    assert not [one for one in shown if (ord(one) < 32 and one != "\n") or 127 <= ord(one) < 160]


def test_emoji_and_scripts_stay() -> None:
    text = "👩‍👩‍👧 नमस्ते می‌خواهم é 日本"
    assert printable(text) == text


@pytest.mark.parametrize("as_json", [True, False])
def test_a_store_full_of_escapes_is_shown_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    whole = STEERING.replace("\ud83d", "")
    records = [
        Community(id="x:n:community:1", name=whole, source=SOURCE),
        Coverage(run_id="r", slice=f"x:n:{whole}", status="partial", reason=f"left out {whole}"),
        Issue(run_id="r", slice="x:n:y", wire_kind=whole, native_id=whole, reason=whole, detail=f"why {whole}"),
    ]
    store = tmp_path / "a.duckdb"
    pull(from_records(records[:1]), store)
    from communitykit.store.writer import Group, Writer  # noqa: PLC0415 # beside its only use

    writer = Writer(store)
    writer.commit(Group(plain=records[1:]), run_id="r", now=AT)
    writer.release()
    show(store, as_json=as_json)
    printed = capsys.readouterr().out
    assert "left out" in printed
    assert not steers(printed.replace("\t", "") if not as_json else printed)
    assert ("\\u001b" if as_json else "\\x1b") in printed


def test_errors_tables_and_sentences_show_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    error = CommunityKitError(f"refused {STEERING}\nFake: line", subject=STEERING, code=STEERING, remedy=STEERING)
    assert "\n" not in str(error)
    assert not steers(str(error))
    with pytest.raises(BaseException, match="1"):
        output.fail(error, debug=False)
    output.say(STEERING)
    output.print_table(f"title [red]{STEERING}", ("a",), [(f":warning: {STEERING}\nforged\tline",)])
    with shown(f"[bold]{STEERING}"):
        pass
    told = capsys.readouterr()
    assert not steers((told.out + told.err).replace("\t", ""))
    assert ":warning:" in told.out
    assert "[red]" in told.out
    assert "\nforged" not in told.out


def test_a_table_off_a_terminal_has_its_headings_and_plain_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table("Posts", ("platform", "number", "whole"), [("slack", 12_345, True), ("teams", None, False)])
    assert capsys.readouterr().out == "Posts\nplatform\tnumber\twhole\nslack\t12345\tyes\nteams\t-\tno\n"
    output.print_table("Nothing", ("platform",), [])
    assert capsys.readouterr().out == ""


def on_terminal(width: int, monkeypatch: pytest.MonkeyPatch, print_it: Callable[[], None]) -> list[str]:
    """Return the lines that are printed on a terminal so wide."""
    screen = io.StringIO()
    for name in ("console", "errors"):
        console = Console(file=screen, width=width, force_terminal=True, no_color=True, soft_wrap=True, highlight=False)
        monkeypatch.setattr(output, name, console)
    print_it()
    return [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in screen.getvalue().splitlines()]


@pytest.mark.parametrize("width", [40, 50, 60])
def test_no_word_is_cut_where_a_terminal_is_narrow(width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = PullResult("0123456789ab", AT, ended_at=AT, requests=12_345, waited=42.6, interrupted=True)
    reason = "a credential of another kind is needed; ask the administrator, who knows which · it was stopped"
    result.coverage = [Coverage(run_id="r", slice="x:n:c", status="denied", reason=reason)]
    result.issues = [Issue(run_id="r", slice="x:n:1", wire_kind="message", reason="no_author", detail="in a thread")]
    result.tally.new = {"memberships": 123_456, "communities": 12}
    result.tally.vanished = {"posts": 1_234}
    store = tmp_path / "a.duckdb"
    pull(from_records([Community(id="x:n:community:1", name="one", source=SOURCE)]), store)

    def summaries() -> None:
        print_summary(result, Path("a.duckdb"))
        show(store, as_json=False)

    wide, narrow = (on_terminal(columns, monkeypatch, summaries) for columns in (200, width))
    assert max(map(len, narrow)) <= width
    words = {word for line in narrow for word in re.split(r"[ ,]+", line)}
    assert {word for line in wide for word in re.split(r"[ ,]+", line)} <= words


def test_a_command_is_not_cut_since_it_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    command = "Log in again: communitykit login emea --config configuration/of/all/sources.toml"
    assert on_terminal(40, monkeypatch, lambda: output.warn(command)) == ["Log in again:", command[14:]]
    there = "There is nothing here. Make them with `communitykit analyse STORE --to PATH`, or name others."
    assert on_terminal(50, monkeypatch, lambda: output.warn(there)) == [
        "There is nothing here. Make them with",
        "`communitykit analyse STORE --to PATH`, or name",
        "others.",
    ]
    entry = [
        "- An entry in a list of more words than",
        "  fit",
        "10. and another one, which goes on for a",
        "    while",
    ]
    text = "\n".join((" ".join((entry[0], entry[1].strip())), " ".join((entry[2], entry[3].strip()))))
    assert on_terminal(40, monkeypatch, lambda: output.say(text)) == entry
    query = "SELECT a_long_name, another_name FROM posts -- all"
    assert on_terminal(40, monkeypatch, lambda: output.copy_out(query)) == [query]
    address = "  x https://example.org/an/address/that/is/longer/than/the/terminal"
    assert on_terminal(40, monkeypatch, lambda: output.say(address)) == ["  x", f"  {address[4:]}"]


def test_an_estimate_says_when_nothing_tells(capsys: pytest.CaptureFixture[str]) -> None:
    session = SimpleNamespace(estimate=lambda *_: Estimate("forum", 12, 12, {}, 0.0))
    print_estimate([(session, {})], Path("none.duckdb"), as_json=False)  # type: ignore[list-item] # all that it asks of one
    session.estimate = lambda *_: Estimate("forum", 12, 2, {"notes": 2_000}, 90.0)
    print_estimate([(session, {})], Path("none.duckdb"), as_json=False)  # type: ignore[list-item] # same
    for seconds, unknown in ((4.4, 3), (0.02, 0)):
        session.estimate = lambda *_, known=unknown, least=seconds: Estimate("forum", 12, known, {"notes": 69}, least)
        print_estimate([(session, {})], Path("none.duckdb"), as_json=False)  # type: ignore[list-item] # same
    told = capsys.readouterr().out.splitlines()
    assert (
        told[4]
        == "forum: 12 slices, at least 69 requests, at least 4 s at the platform's limits; 3 slices of unknown length."
    )
    assert told[6] == "forum: 12 slices, about 69 requests."
    assert told[0] == "forum: 12 slices, and nothing tells how many requests they take."
    assert told[2] == (
        "forum: 12 slices, at least 2,000 requests, at least 1.5 minutes at the platform's limits; "
        "2 slices of unknown length."
    )


def test_what_the_system_refuses_is_no_defect() -> None:
    full = told_by_system(OSError(28, "No space left on device", "/tmp/x"))  # noqa: S108 # a name in an error
    assert "No space left" in str(full)
    assert "Make room" in str(full)
    assert "defect" not in str(defect(OSError(28, "No space left on device"), "x"))
    assert "memory" in str(defect(MemoryError(), "x"))
    assert "a defect of the connector" in str(defect(_raised(), "x"))


def _raised() -> KeyError:
    try:
        return {}["x"]
    except KeyError as error:
        return error


@pytest.mark.parametrize("as_json", [False, True])
def test_only_a_defect_is_called_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, as_json: bool
) -> None:
    monkeypatch.setitem(entry.ASKED, "json", as_json)
    entry._told(FileExistsError(17, "File exists", "tables"))
    entry._told(CommunityKitError("no such thing"))
    assert "defect" not in capsys.readouterr().err
    entry._told(RuntimeError(f"odd {STEERING}"))
    told = capsys.readouterr().err
    assert "a defect of communitykit: RuntimeError: odd" in told
    assert not steers(told.replace("\t", ""))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(("target", "code", "word"), [("/dev/full", 1, "Make room"), (None, 141, "")])
def test_a_full_disk_and_a_closed_pipe(target: str | None, code: int, word: str) -> None:
    if target is None:
        read, write = os.pipe()
        os.close(read)
    else:
        write = os.open(target, os.O_WRONLY)
    done = subprocess.run(
        [sys.executable, "-m", "communitykit.cli", "connectors", "--json"],
        check=False, stdout=write, stderr=subprocess.PIPE, text=True, timeout=60,
    )  # fmt: skip
    os.close(write)
    assert done.returncode == code, done.stderr
    assert word in done.stderr
    assert "defect" not in done.stderr
    assert "Traceback" not in done.stderr


def test_an_export_over_a_file_is_said_as_it_is(tmp_path: Path) -> None:
    store, file = tmp_path / "a.duckdb", tmp_path / "there"
    pull(from_records([Community(id="x:n:community:1", source=SOURCE)]), store)
    file.write_text("kept")
    done = subprocess.run(
        [sys.executable, "-m", "communitykit.cli", "export", str(store), "--to", str(file)],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "File exists" in done.stderr
    assert "defect" not in done.stderr
    assert file.read_text() == "kept"


def test_a_token_whose_name_was_forgotten_is_not_repeated() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "communitykit.cli", "check", "slack", "--set", "xoxb-1-secret"],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "xoxb" not in done.stderr + done.stdout


@pytest.mark.slow
def test_the_module_its_version_and_its_completion() -> None:
    def told(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "communitykit", *words],
            check=False, capture_output=True, text=True, timeout=60, env={**os.environ, **environment},
        )  # fmt: skip

    assert told("--version").stdout == f"communitykit {version('communitykit')}\n"
    done = told(_COMMUNITYKIT_COMPLETE="complete_bash", COMP_WORDS="communitykit an", COMP_CWORD="1")
    assert done.stdout.split() == ["analyse"]
    done = told("show", "--jsno", "--json")
    assert (done.returncode, json.loads(done.stdout)["error"]["kind"]) == (2, "NoSuchOption")
