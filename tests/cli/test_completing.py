"""What a shell completes of a command's values."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest
import typer

from communitykit.analysis.dialect import DIALECTS
from communitykit.cli import completing, shells
from communitykit.cli.app import app
from communitykit.connector.registry import registry
from communitykit.metrics import catalogue
from communitykit.metrics.catalogue import LANGUAGES
from communitykit.metrics.syntax import GRAINS
from communitykit.report import rules
from communitykit.report.groups import PER
from communitykit.sandbox import SIZES
from communitykit.sandbox.faults import FAULTS

OPEN = {
    "a path": "store place path to analysis config key_file definitions tables opt_out roster",
    "a number": "k min_group port seed leader_depth",
    "a length or a moment": "since until keep max_time for_ advance today",
    "the name of a variable, or a command": "key_env opt_out_key_env pseudonyms key_command",
    "what only a store, a company or a platform knows": "community who a b network folders since_run key_id shared "
    "leader leader_title domain handle_domain schema context",
    "somebody's own words": "purpose",
}
"""Parameters whose values are no closed list, and why."""
OPEN_HERE = {
    ("people same", "by"): "who decides",
    ("people different", "by"): "who decides",
    ("people show", "name"): "who is asked for",
}
"""The same, of one command alone."""


def below(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from below(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


CLOSED_HERE = {("login", "store"): "keyring; shells know files"}

COMMAND = typer.main.get_command(app)
VALUES = [
    (name, one)
    for name, command in below(COMMAND)
    for one in command.params
    if not getattr(one, "is_flag", False) and not getattr(one, "count", False)
]


@pytest.mark.parametrize(("command", "value"), VALUES, ids=[f"{name} {one.name}" for name, one in VALUES])
def test_every_value_of_a_closed_list_is_completed(command: str, value: Any) -> None:
    is_open = value.name in " ".join(OPEN.values()).split() or (command, value.name) in OPEN_HERE
    is_open = is_open and (command, value.name) not in CLOSED_HERE
    assert (value._custom_shell_complete is None) == is_open, "complete it, or say here why it is open"


def with_door(*doors: str) -> list[str]:
    return [
        name for name, one in registry().connectors.items() if all(getattr(one, door) is not None for door in doors)
    ]


LINE = {"COMP_WORDBREAKS": " \t\n\"'><=;|&(:"}
"""How bash is set up: where it takes words apart."""


def settings(*names: str) -> list[str]:
    return [f"{name}=" for one in names for name in registry().get(one).settings.model_fields]


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("check ", with_door("discover")),
        ("pull ", with_door("discover")),
        ("pull --config c.toml ", ["emea", "yammer"]),
        ("check --config c.toml ", ["emea", "yammer"]),
        ("login --config c.toml ", ["emea", "yammer"]),
        ("import --config c.toml ", [*with_door("archive"), "emea", "yammer"]),
        ("pull --config none.toml ", with_door("discover")),
        ("import ", with_door("archive")),
        ("login ", with_door("login")),
        ("translate ", registry().connectors),
        ("translate slack --kind ", registry().get("slack").translators),
        ("pull slack matrix --set ", dict.fromkeys([*settings("slack"), *settings("matrix")])),
        ("check slack --set ", settings("slack")),
        ("import yammer --set ", [f"{one}=" for one in registry().get("yammer").archive.options.model_fields]),
        ("import nobody --set ", []),
        ("sandbox serve --platform ", with_door("sandbox")),
        ("sandbox serve --size ", SIZES),
        ("sandbox serve --fault ", sorted(FAULTS)),
        ("sandbox serve --fault lim", ["limited", "limited-mute"]),
        ("sandbox serve --fault limited:", [f"limited:{one}=" for one in ("share", "times", "seed", "seconds")]),
        ("sandbox serve --fault latency:", [f"latency:{one}=" for one in ("seconds", "share", "times", "seed")]),
        ("sandbox serve --fault limited:sh", ["limited:share="]),
        ("sandbox serve --fault limited:share=", ["limited:share=0.3"]),
        ("sandbox serve --fault limited:share=0.3,s", [f"limited:share=0.3,{one}=" for one in ("seed", "seconds")]),
        ("sandbox serve --fault limited:share=0.3,times=", ["limited:share=0.3,times=1"]),
        ("sandbox serve --fault latency=", ["latency=0.05"]),
        ("sandbox serve --fault nothing:", []),
        ("sandbox serve --fault limited:nothing=", []),
        ("sandbox export ", with_door("sandbox", "archive")),
        ("sandbox export slack --style ", registry().get("slack").simulated().archive_styles),
        ("sandbox export nobody --style ", []),
        ("metrics show ", sorted(catalogue())),
        ("metrics run activation --by ", [*GRAINS, *catalogue()["activation"].dimensions]),
        ("metrics run activation --set ", [f"{one}=" for one in catalogue()["activation"].parameters]),
        ("metrics run stickiness --variant ", catalogue()["stickiness"].variants),
        ("metrics run nothing --variant ", []),
        ("metrics run activation --dialect ", DIALECTS),
        ("metrics list --language ", LANGUAGES),
        ("report --language ", LANGUAGES),
        ("brief --language ", LANGUAGES),
        ("init --language ", LANGUAGES),
        ("report --per ", PER),
        ("report --zone ", sorted(available_timezones())),
        ("brief --without ", sorted(rules())),
        ("show --log-format ", ["text", "json"]),
        ("pull slack --set rea", ["reactions="]),
        ("pull slack --set reactions=", ["reactions=counted", "reactions=full"]),
        ("pull slack --set reactions=f", ["reactions=full"]),
        ("pull slack --set profiles=", ["profiles=true", "profiles=false"]),
        ("pull slack --set proxy=", []),
        ("pull slack --set nothing=", []),
        ("pull teams --set usage=D3", ["usage=D30"]),
        ("pull slack matrix --set slack.", [f"slack.{one}" for one in settings("slack")]),
        ("pull slack matrix --set slack.rea", ["slack.reactions="]),
        ("pull slack matrix --set slack.reactions=f", ["slack.reactions=full"]),
        ("pull slack matrix --set matrix.reactions=", []),
        ("pull slack --set slack.rea", []),
        ("pull --config c.toml slack --set ", []),
        ("login slack --credential-store ", ["keyring"]),
        ("metrics run response_rate --set horizon_days=", ["horizon_days=7"]),
        ("metrics run response_rate --set nothing=", []),
        ("metrics run activation --by week,y", ["week,year"]),
        ("metrics run activation --by month,dep", ["month,department"]),
        ("metrics run activation --by week,country,w", []),
    ],
)
def test_what_is_completed_is_what_there_is(typed: str, known: Iterable[str], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    told = '[[sources]]\nname = "emea"\nconnector = "slack"\n[[sources]]\nconnector = "yammer"\n'
    (tmp_path / "c.toml").write_text(told)
    for form in forms(typed):
        assert completed(form) == [one for one in known if one != "period"], form


def forms(typed: str) -> list[str]:
    """Return the ways in which the same is typed: an option's value after a space, and after `=`."""
    before, _, last = typed.rpartition(" ")
    return [typed, f"{before}={last}"] if before.rpartition(" ")[2].startswith("--") else [typed]


def completed(typed: str) -> list[str]:
    """Return what a shell is told after the words that are typed, in this process."""
    told = {"COMP_WORDS": f"communitykit {typed}", "COMP_CWORD": str(len(typed.split(" ")))}
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        for name, value in {**told, "_COMMUNITYKIT_COMPLETE": "complete_bash"}.items():
            patch.setenv(name, value)
        with pytest.raises(SystemExit):
            COMMAND.main([], prog_name="communitykit")
    return printed.getvalue().split()


def test_every_metrics_own_words_are_known() -> None:
    for name, one in catalogue().items():
        assert completed(f"metrics run {name} --variant ") == list(one.variants), name
        assert completed(f"metrics run {name} --set ") == [f"{key}=" for key in one.parameters], name
        assert completed(f"metrics run {name} --by ") == [*GRAINS, *(d for d in one.dimensions if d != "period")], name


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("pull sl", ["slack"]),
        ("metrics run activ", ["activation", "active_members", "activity_trend"]),
        ("export --format d", ["delta"]),
        ("sandbox serve --fault limited", ["limited", "limited-mute"]),
        ("metrics run activation --by q", ["quarter"]),
        ("pull slack --set reactions=f", ["full"]),
        ("sandbox serve --fault limited:sh", ["share=", "share=…"]),
    ],
)
def test_values_are_completed(typed: str, found: list[str]) -> None:
    asked = {**LINE, "COMP_LINE": f"communitykit {typed}", "_COMMUNITYKIT_COMPLETE": "complete_bash"}
    command = [sys.executable, "-c", "import sys; sys.argv = ['communitykit']; import communitykit.cli as c; c.main()"]
    done = subprocess.run(command, env={**os.environ, **asked}, capture_output=True, text=True, check=False)
    assert done.stdout.split() == found, done.stderr


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("pull slack --set=rea", ["reactions=", "reactions=…"]),
        ("pull slack --set=", settings("slack")),
        ("pull slack --set reactions=", ["counted", "full"]),
        ("pull slack --set reactions=f", ["full"]),
        ("pull slack --set=reactions=f", ["full"]),
        ("pull slack --set 'reactions=f", ["full"]),
        ("pull slack --set reactions=full --set profiles=", ["true", "false"]),
        ("pull slack --set reactions=full --set rea", ["reactions=", "reactions=…"]),
        ("pull slack --community 'two words' --set reactions=f", ["full"]),
        ("pull slack matrix --set slack.reactions=", ["counted", "full"]),
        ("metrics run response_rate --set horizon_days=", ["7"]),
        ("metrics run activation --by=dep", ["department"]),
        ("import --config=c.toml em", ["emea"]),
        ("sandbox serve --fault limited:", ["share=", "times=", "seed=", "seconds="]),
        ("sandbox serve --fault=limited:share=0.3,ti", ["0.3,times=", "0.3,times=…"]),
    ],
)
def test_bash_is_told_what_stands_behind_its_last_break_of_the_word(
    typed: str, found: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.toml").write_text('[[sources]]\nname = "emea"\nconnector = "slack"\n')
    assert answered("bash", {**LINE, "COMP_LINE": f"communitykit {typed}"})[0].split() == found


def test_bash_that_takes_no_words_apart_is_told_them_whole() -> None:
    asked = {"COMP_WORDBREAKS": " ", "COMP_LINE": "communitykit pull slack --set reactions=f"}
    assert answered("bash", asked)[0] == "reactions=full\n"


def test_zsh_and_fish_are_told_whole_words() -> None:
    for typed, whole in (("--set rea", "reactions="), ("--set=rea", "--set=reactions=")):
        asked = {"_TYPER_COMPLETE_ARGS": f"communitykit pull slack {typed}"}
        assert answered("zsh", asked)[0] == f"compadd -S '' -- {whole}\n"
        assert answered("fish", {**asked, "_TYPER_COMPLETE_FISH_ACTION": "get-args"})[0] == f"{whole}\n"


@pytest.mark.parametrize(
    "typed", ["pull sl", "metrics run activ", "pull slack --set reactions=f", "metrics run activation --by dep"]
)
def test_what_completes_a_line_loads_little(typed: str) -> None:
    program = (
        "import sys; sys.argv = ['communitykit']; import communitykit.cli as c, atexit; "
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr)); c.main()"
    )
    asked = {**os.environ, **LINE, "COMP_LINE": f"communitykit {typed}", "_COMMUNITYKIT_COMPLETE": "complete_bash"}
    done = subprocess.run([sys.executable, "-c", program], env=asked, capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert done.stdout.strip()
    assert "communitykit.cli.completing" in loaded
    assert not loaded & {"communitykit_teams", "communitykit_yammer", "typer._adapters", "duckdb", "sqlglot"}
    assert ("pydantic" in loaded) == typed.startswith("pull")


VARIANT = "metrics run activation --variant "
OF_SHELLS = {
    "a file": ("show ", "", "compset -P '*='; _files", 1),
    "a file as a setting": ("pull teams --set certificate=", "", "compset -P '*='; _files", 1),
    "keyring, or a file": ("login slack --credential-store ./", "", "compset -P '*='; _files", 1),
    "no variant": (VARIANT, " \n(Of its variants, only these.", "_message -r '(Of its variants, only these.", 0),
    "a length": ("pull --since ", " \n(90d, 12h,", "_message -r '(90d, 12h,", 0),
    "a secret": ("pull slack --set token=", " \n(Bot token", "_message -r '(Bot token", 0),
    "no command": ("zzz", " \n(nothing is known", "_message -r '(nothing is known", 0),
    "a name whose value follows": (
        "metrics run response_rate --set hor",
        "horizon_days=\nhorizon_days=…",
        "compadd -S '' -- horizon_days=",
        0,
    ),
}
"""What is asked for; what bash and zsh are told then; and whether fish is to look for files, told nothing."""


@pytest.mark.parametrize(("asked_for", "bash", "zsh", "fish"), OF_SHELLS.values(), ids=OF_SHELLS)
def test_a_shell_knows_files_where_a_file_is_meant_and_nowhere_else(
    asked_for: str, bash: str, zsh: str, fish: int
) -> None:
    words = f"communitykit {asked_for}"
    told, _ = answered("bash", {**LINE, "COMP_LINE": words})
    assert told.startswith(bash)
    assert told.strip() or not bash
    asked = {"_TYPER_COMPLETE_ARGS": words}
    assert answered("zsh", asked)[0].startswith(zsh)
    told = answered("fish", {**asked, "_TYPER_COMPLETE_FISH_ACTION": "get-args"})[0]
    assert (not told) == bool(fish)
    assert fish or told.startswith(words.rpartition(" ")[2])


def answered(shell: str, asked: dict[str, str]) -> tuple[str, int]:
    """Return what a shell is told, and the exit code."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        for name, value in {**asked, "_COMMUNITYKIT_COMPLETE": f"complete_{shell}"}.items():
            patch.setenv(name, value)
        patch.setattr(completing, "ASKED_FOR", {"may be a file": False, "hint": "", "found": None})
        assert shells.asked() == shell
        code = shells.answer(shell, lambda: int(COMMAND.main([], prog_name="communitykit") or 0))
    return printed.getvalue(), code


def as_process(asked: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; sys.argv = ['communitykit', *sys.argv[1:]]; import communitykit.cli as c; c.main()"
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, env={**os.environ, **asked}, capture_output=True, text=True, check=False)


SHELLS = {
    "bash": (["bash", "--norc", "--noprofile"], ""),
    "zsh": (["zsh", "-f"], "autoload -Uz compinit; compinit -u -d zcompdump; PS1='%% '; "),
    "fish": (["fish", "--no-config"], "bind \\ca beginning-of-line; bind \\ce end-of-line; "),
}
"""How each shell is begun without its user's files, and what it is told first."""
TYPED = (
    (f"{VARIANT}a\t", f"{VARIANT}a"),
    ("metrics run response_rate --set hor\t\t", "metrics run response_rate --set horizon_days=7 "),
    ("pull slack matrix --set slack.reactions=f\t", "pull slack matrix --set slack.reactions=full "),
    ("pull slack --set=rea\tf\t", "pull slack --set=reactions=full "),
    ("sandbox serve --fault limited:sh\t\t", "sandbox serve --fault limited:share=0.3 "),
    ("sandbox serve --fault limited:nothing\t", "sandbox serve --fault limited:nothing"),
    ("show af\t", "show afile "),
    ("pull teams --set certificate=af\t", "pull teams --set certificate=afile "),
)
"""What is typed, and what stands in the line then."""


@pytest.mark.slow
@pytest.mark.parametrize("shell", [one for one in SHELLS if shutil.which(one)])
def test_a_shell_inserts_what_is_meant_and_no_file_or_blank_else(shell: str, tmp_path: Path) -> None:
    (tmp_path / "afile").touch()
    (tmp_path / "nothing-else").touch()
    (tmp_path / "completion").write_text(as_process({}, "--show-completion", shell).stdout)
    command, before = SHELLS[shell]
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(tmp_path)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        os.execvpe(command[0], command, {**os.environ, "PATH": path, "TERM": "dumb", "HOME": str(tmp_path)})  # noqa: S606 # the user's own
    with open(terminal, "w+b", buffering=0) as screen:  # noqa: PTH123 # a descriptor
        screen.write(f"{before}source ./completion\n".encode())
        screen.writelines(f"communitykit {typed}x".encode() + b"\x01echo '<\x05>' >>said\n" for typed, _ in TYPED)
        screen.write(b"exit\n")
        with suppress(OSError):  # its end
            while screen.read(65536):
                pass
    os.waitpid(pid, 0)
    said = re.findall(r"<communitykit (.*)x>", (tmp_path / "said").read_text())
    assert said == [whole for _, whole in TYPED]


def test_completion_is_shown_and_installed_for_a_shell_that_is_named(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    assert as_process(home, "--show-completion", "zsh").stdout.startswith("#compdef communitykit")
    assert "complete --command communitykit" in as_process(home, "--show-completion", "fish").stdout
    assert as_process(home, "--install-completion", "zsh").returncode == 0
    assert (tmp_path / ".zfunc" / "_communitykit").read_text().startswith("#compdef communitykit")
    refused = as_process(home, "--show-completion", "tcsh")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "no completion for 'tcsh'. Shells: bash, zsh, fish" in refused.stderr


def test_all_names_are_known() -> None:
    assert completing.connectors("") == sorted(registry().connectors)
    assert completing.words("csv", "parquet")("p") == ["parquet"]


def test_every_value_says_what_it_is() -> None:
    assert [(name, one.name) for name, one in VALUES if not one.help] == []
