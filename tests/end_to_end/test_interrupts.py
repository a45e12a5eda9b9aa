"""Ctrl-C, SIGTERM and SIGHUP at any moment: the command ends soon, with its code and a word, and loses nothing."""

from __future__ import annotations

import json
import os
import pty
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from communitykit import connect, pull
from communitykit.connector.registry import registry
from communitykit.sandbox import World, parse_fault, serve
from communitykit.store import Store

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
SOON = 8
"""Seconds until a command that was stopped has ended: five where the machine has nothing else to do."""
STARTED = 0.15
"""Seconds until Python itself has started: before that the signal is the system's, which ends the process."""


def started(arguments: list[str | Path], **environment: str) -> subprocess.Popen[str]:
    def forget() -> None:  # a test run in the background ignores some, and children inherit that
        for number in CODES:
            signal.signal(number, signal.SIG_DFL)

    return subprocess.Popen(
        [Path(sys.executable).with_name("communitykit"), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        preexec_fn=forget,  # noqa: PLW1509 # no threads fork here
    )


def stopped_after(
    seconds: float, number: signal.Signals, arguments: list[str | Path], **environment: str
) -> tuple[int, str, float]:
    """Send a signal after so many seconds; return the exit code, what was said on the error stream, and how long after.

    The time is that of ending, and 0 where the command had ended before.
    """
    with started(arguments, **environment) as process:
        sent = float("inf")
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            sent = time.monotonic()
        try:
            _, told = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return process.returncode, told, max(0.0, time.monotonic() - sent)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Any, dict[str, str]]]:
    platform = registry().get("slack").simulated()
    world = World(seed=2, size="tiny", platforms=("slack",))
    with serve(world, platform, faults=[parse_fault("latency=100ms")]) as server:
        yield server, {f"COMMUNITYKIT_SLACK_{name.upper()}": str(value) for name, value in server.settings.items()}


@pytest.mark.parametrize(
    "number", [signal.SIGINT, *(pytest.param(one, marks=pytest.mark.slow) for one in (signal.SIGTERM, signal.SIGHUP))]
)
def test_each_signal_ends_a_pull_with_its_code_and_a_word(
    served: tuple[Any, dict[str, str]], tmp_path: Path, number: signal.Signals
) -> None:
    server, settings = served
    before = len(server.requests)
    with started(["pull", "slack", "--to", tmp_path / "a.duckdb"], **settings) as process:
        while len(server.requests) < before + 6:
            assert process.poll() is None
        process.send_signal(number)
        sent = time.monotonic()
        _, told = process.communicate(timeout=30)
    assert process.returncode == CODES[number], told
    assert "What was committed is kept" in told
    assert "Traceback" not in told
    assert time.monotonic() - sent < SOON
    with Store(tmp_path / "a.duckdb") as store:
        assert store.arrow("runs")["status"].to_pylist() == ["interrupted"]


@pytest.mark.slow
def test_a_second_one_ends_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = {"COMMUNITYKIT_SLACK_TOKEN": "xoxb-1", "COMMUNITYKIT_SLACK_BASE_URL": url}
        with started(["pull", "slack", "--to", tmp_path / "a.duckdb"], **settings) as process:
            connection, _ = silent.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                process.send_signal(signal.SIGINT)
                _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in told


@pytest.mark.slow
def test_one_document_is_written_whenever_a_pull_is_stopped(served: tuple[Any, dict[str, str]], tmp_path: Path) -> None:
    documents = []
    for seconds in (0.3, 0.6, 0.9, 1.2):
        arguments = ["pull", "slack", "--to", tmp_path / f"{seconds}.duckdb", "--json"]
        with started(arguments, **served[1]) as process:
            time.sleep(seconds)  # real time: any moment of a process that begins
            process.send_signal(signal.SIGTERM)
            answer, told = process.communicate(timeout=30)
        assert process.returncode == 143, told
        documents.append(json.loads(answer))
    assert all(one["interrupted"] is True for one in documents)
    assert documents[0]["error"] == {
        "kind": "Interrupted", "message": "stopped", "platform": None, "source": None, "subject": None, "status": None,
        "code": None, "remedy": None,
    }  # fmt: skip


@pytest.mark.slow
def test_one_document_is_written_where_a_pull_is_ended_by_force(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = {"COMMUNITYKIT_SLACK_TOKEN": "xoxb-1", "COMMUNITYKIT_SLACK_BASE_URL": url}
        words = ["pull", "slack", "--to", tmp_path / "a.duckdb", "--json", "--log-format", "json"]
        with started(words, **settings) as process:
            connection, _ = silent.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                process.send_signal(signal.SIGTERM)
                answer, told = process.communicate(timeout=30)
    assert process.returncode in {130, 143}
    document = json.loads(answer)
    assert document["interrupted"] is True
    assert any(json.loads(line)["message"].startswith("Stopped.") for line in told.splitlines())


NOT_TWICE = """
import os, signal, sys, time
from communitykit.cli import interrupts, output
sys.argv = ["communitykit", "--json"]
interrupts.install()
output.print_json({"whole": True})
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(60)
"""


def test_what_has_answered_adds_no_second_document() -> None:
    done = subprocess.run([sys.executable, "-c", NOT_TWICE], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, json.loads(done.stdout)) == (143, {"whole": True})


ENDED_BY_FORCE = """
import os, signal, time
from communitykit.cli import interrupts
interrupts.PATIENCE = 0.1
interrupts.install()
with interrupts.stopping(), interrupts.framed(lambda: 2):
    os.write(2, "━━━ 1 slice read\\n  2 records, 6 s so far".encode())
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)
"""


@pytest.mark.slow
@pytest.mark.parametrize("by_itself", [True, False])
def test_no_bar_stays_on_a_terminal(tmp_path: Path, *, by_itself: bool) -> None:
    words = ["-m", "communitykit", "pull", "slack", "--to", "a.duckdb"] if by_itself else ["-c", ENDED_BY_FORCE]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        pid, terminal = pty.fork()
        if not pid:
            os.chdir(tmp_path)
            os.environ.update(COMMUNITYKIT_SLACK_TOKEN="xoxb-1", COMMUNITYKIT_SLACK_BASE_URL=url)
            os.environ.update(TERM="xterm", COLUMNS="40")
            os.execv(sys.executable, [sys.executable, *words])  # noqa: S606 # our own
        shown = b""
        with open(terminal, "w+b", buffering=0) as screen, suppress(OSError):  # noqa: PTH123 # a descriptor; its end
            while b"so far" not in shown:
                shown += screen.read(65536)
            if by_itself:
                screen.write(b"\x03")
            while read := screen.read(65536):
                shown += read
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    *_, left = screen_of(shown.decode())
    kept = "Nothing had come" if by_itself else "What was committed is kept"
    assert left.count(f"Stopped. {kept}; run") == 1
    assert not re.search("━|so far", left), left
    assert not by_itself or max(map(len, left.splitlines())) <= 40


def screen_of(shown: str) -> list[str]:
    """Return what a terminal held after each word of control that erases: the last is what is left."""
    lines, row, held = [""], 0, []
    for piece in re.split(r"(\x1b\[\??[0-9;]*[A-Za-z]|\r|\n)", shown):
        match piece:
            case "\r" | "":
                continue
            case "\n":
                row += 1
                lines += [""] * (row == len(lines))
            case "\x1b[1A":
                row -= 1
            case "\x1b[2K":
                lines[row] = ""
                held.append("\n".join(lines))
            case _ if not piece.startswith("\x1b"):
                lines[row] += piece
    return [*held, "\n".join(lines)]


def moments(count: int, longest: float) -> list[float]:
    chance = random.Random(11)  # noqa: S311 # repeatable moments
    return [chance.uniform(STARTED, longest) for _ in range(count)]


def interrupted_everywhere(tmp_path: Path, settings: dict[str, str], after: list[float]) -> None:
    """Interrupt pulls into one store; then a whole one equals what was never interrupted."""
    cut, whole = tmp_path / "cut.duckdb", tmp_path / "whole.duckdb"
    for seconds in after:
        code, told, longest = stopped_after(seconds, signal.SIGINT, ["pull", "slack", "--to", cut], **settings)
        assert code in {130, 0, 3}, (seconds, code, told)  # 0 and 3: it had ended before
        assert longest < SOON, seconds
        assert "Traceback" not in told
        assert code != 130 or "Stopped." in told
    for store in (cut, whole):
        with started(["pull", "slack", "--to", store], **settings) as process:
            _, told = process.communicate(timeout=120)
        assert process.returncode in {0, 3}, told
    with Store(cut) as one, Store(whole) as other:
        for table in ("members", "communities", "posts", "memberships"):
            assert sorted(one.current()[table]["id"].to_pylist()) == sorted(other.current()[table]["id"].to_pylist())


@pytest.mark.slow
def test_interrupts_at_a_few_moments_lose_nothing(served: tuple[Any, dict[str, str]], tmp_path: Path) -> None:
    interrupted_everywhere(tmp_path, served[1], moments(4, 4.0))


@pytest.mark.exhaustive
def test_two_hundred_interrupts_of_any_command_end_it(served: tuple[Any, dict[str, str]], tmp_path: Path) -> None:
    """From the first millisecond on; until the command's first line Python has the signal, or the system."""
    world, store = World(seed=2, size="tiny", platforms=("slack",)), tmp_path / "a.duckdb"
    export = registry().get("slack").simulated().write_archive(world, tmp_path / "export.zip")
    commands: list[tuple[float, list[str | Path]]] = [
        (0.5, ["--help"]),
        (2.0, ["import", "slack", export, "--to", store]),
        (3.0, ["pull", "slack", "--to", store]),
        (6.0, ["demo", "--to", tmp_path / "demo.duckdb"]),
    ]
    chance, endings, slowest = random.Random(13), Counter[str](), 0.0  # noqa: S311 # repeatable moments
    for turn in range(200):
        longest, arguments = commands[turn % len(commands)]
        seconds = chance.uniform(0, longest)
        code, told, took = stopped_after(seconds, signal.SIGINT, arguments, **served[1])
        slowest = max(slowest, took)
        begun = "/communitykit/__main__.py" in told or "/communitykit/cli/" in told
        if code == -signal.SIGINT or ("Traceback" in told and not begun):
            endings["not begun"] += 1
            continue
        assert code in {130, 0, 3}, (seconds, arguments, code, told)
        assert "Traceback" not in told, (seconds, arguments, told)
        assert code != 130 or "Stopped." in told
        endings["interrupted" if code == 130 else "had ended"] += 1
    print(dict(endings), f"slowest {slowest:.1f} s")  # noqa: T201 # for the page on security
    assert slowest < SOON
    assert endings["interrupted"] > 100


def test_a_script_is_stopped_by_an_event_and_waits_for_nobody_who_does_not_answer(tmp_path: Path) -> None:
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with connect("slack", token="xoxb-1", base_url=url) as session:
            threading.Timer(0.3, stop.set).start()
            began = time.monotonic()
            result = pull(session, to=tmp_path / "a.duckdb", stop=stop)
    assert result.interrupted
    assert time.monotonic() - began < 25  # the silent server has 30, six times over
    assert result.coverage[0].reason is not None
    assert "stopped" in result.coverage[0].reason


@pytest.mark.slow
def test_ctrl_c_in_a_script_ends_the_run_and_leaves_the_handler_as_it_was(tmp_path: Path) -> None:
    program = f"""
import os, signal, socket, threading
import communitykit as ck
silent = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{{silent.getsockname()[1]}}"
signal.signal(signal.SIGINT, signal.default_int_handler)
def later():
    silent.accept()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=later, daemon=True).start()
with ck.connect("slack", token="xoxb-1", base_url=url) as session:
    result = ck.pull(session, to={str(tmp_path / "a.duckdb")!r})
print(result.interrupted, signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["True", "True"], done.stderr
