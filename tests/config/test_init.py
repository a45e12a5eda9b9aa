"""`communitykit init` and `config check`: a file by asking, private, without a secret, and a letter to send."""

import json
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from communitykit.cli import commands as _all  # noqa: F401 # registers every command
from communitykit.cli import init
from communitykit.cli.app import app
from communitykit.config import Secret, load
from communitykit.connector import Gap
from communitykit.connector.registry import registry
from communitykit.sandbox import World, serve

ROOT = Path(__file__).parents[2]


def typed(*words: str | Path, answers: str = "", **environment: str) -> Result:
    return CliRunner().invoke(app, list(map(str, words)), input=answers, env=environment)


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with serve(World(seed=1, size="tiny", platforms=("slack",)), registry().get("slack").simulated()) as found:
        yield found


def test_a_token_is_named_and_the_administrator_is_written_to(server: Any, tmp_path: Path) -> None:
    path = tmp_path / "communitykit.toml"
    environment = {"COMMUNITYKIT_EMEA_BASE_URL": server.settings["base_url"], "SLACK_EMEA": server.settings["token"]}
    answers = "tokn\ntoken\nslack\nemea\n\nSLACK_EMEA\n3m\n90d\nwords\nfeatures\n"
    done = typed("init", "--config", path, "--language", "fr", answers=answers, **environment)
    assert done.exit_code == 0, done.output
    assert "One of: export, token." in done.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (source,) = load(path).sources
    assert (source.name, source.connector, source.settings) == ("emea", "slack", {"token": Secret(env="SLACK_EMEA")})
    assert (source.since, load(path).privacy.content) == ("90d", "features")
    assert "minutes or months?" in done.output
    assert "One of: full, features, none." in done.output
    assert load(path).store.path == tmp_path / "activity.duckdb"
    assert (
        "emea: the credential may ask for all that a pull reads by default; who lets it in, reading tells."
        in done.output
    )
    assert "- channels:history\u202f: messages des canaux publics (nécessaire)" in done.output
    assert server.settings["token"] not in done.output + path.read_text(encoding="utf-8")
    again = typed("init", "--config", path)
    assert (again.exit_code, "is there already" in again.output) == (1, True)


def test_an_app_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    done = typed("init", "--config", path, answers="token\nteams\n\n\napp\nt.example\nid-1\nSECRET_OF_TEAMS\n\n\n")
    assert done.exit_code == 0, done.output  # nobody can set the variable yet
    assert "When the client_secret is there, set the environment variable SECRET_OF_TEAMS.\nThen: " in done.output
    assert "not set" not in done.output
    checked = typed("config", "check", "--config", path)
    assert (checked.exit_code, "SECRET_OF_TEAMS is not set" in checked.output) == (1, True)
    assert checked.output.count("c.toml [[sources]] teams:") == 1
    assert "teams: c.toml" not in checked.output  # its name once
    assert "- ChannelMessage.Read.All or Group.Read.All: " in done.output
    told = load(path).sources[0].settings
    assert (load(path).sources[0].since, load(path).privacy.content) == ("2y", "full")
    assert told == {"tenant": "t.example", "client_id": "id-1", "client_secret": Secret(env="SECRET_OF_TEAMS")}


def test_where_every_step_is_said_is_a_page_that_there_is(tmp_path: Path) -> None:
    done = typed("init", "--config", tmp_path / "c.toml", answers="token\nslack\n\n\nS\n\n\n")
    pages = re.findall(r"\S+\.md", " ".join(done.output.split()))
    assert pages == ["docs/how-to/get-a-token.md", "plugins/communitykit-slack/README.md"]
    assert all((ROOT / page).is_file() for page in pages)
    assert init._steps("forum") == "Every step is in the README of the connector's package."


def test_nothing_is_sent_before_what_lets_in_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    monkeypatch.setattr("communitykit.cli.init.checked", lambda config: sent.append(config) or [])
    answers = "token\nmatrix\n\n\nhttps://m.example/\nM\n\n\n"
    assert typed("init", "--config", tmp_path / "a.toml", answers=answers).exit_code == 0
    assert sent == []
    for variable in ("M", "COMMUNITYKIT_MATRIX_TOKEN"):
        typed("init", "--config", tmp_path / f"{variable}.toml", answers=answers, **{variable: "x"})
    assert len(sent) == 2


def test_what_else_a_run_makes_stands_in_the_file_and_is_valid_without_its_signs(tmp_path: Path) -> None:
    export, path = tmp_path / "export.zip", tmp_path / "c.toml"
    registry().get("slack").simulated().write_archive(World(seed=1, size="tiny", platforms=("slack",)), export)
    typed("init", "--config", path, answers=f"export\nslack\n\n\n{export}\n\n\n")
    done = typed("run", "--config", path)
    assert done.exit_code == 0, done.output
    said = "No analysis tables, report or brief: add [analysis], [report] and [brief] to c.toml."
    assert done.stdout.rstrip().endswith(said)
    assert "No analysis" not in typed("run", "--config", path, "--quiet").output
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"^# (?=\[|to =)", "", text, flags=re.MULTILINE), encoding="utf-8")
    done = typed("run", "--config", path)
    assert (done.exit_code, "add [" in done.output) == (0, False), done.output
    made = ("analysis.duckdb", "report/report.en.html", "brief.md")
    assert [name for name in made if not (tmp_path / name).is_file()] == []
    path.write_text(text.replace("# [analysis]\n# to", "[analysis]\nto"), encoding="utf-8")
    assert "No report or brief: add [report] and [brief] to c.toml." in typed("run", "--config", path).stdout


def test_an_export_needs_nobody(tmp_path: Path) -> None:
    export, path = tmp_path / "export.zip", tmp_path / "c.toml"
    registry().get("slack").simulated().write_archive(World(seed=1, size="tiny", platforms=("slack",)), export)
    done = typed("init", "--config", path, answers=f"export\nslack\n\n\n{export}\n\n\n")
    assert done.exit_code == 0, done.output
    assert (load(path).sources[0].archive, load(path).sources[0].since) == (export, None)
    assert "administrator" not in done.output


def test_each_answer_is_checked_where_it_is_given(tmp_path: Path) -> None:
    export, path, other = tmp_path / "export.zip", tmp_path / "c.toml", tmp_path / "other.txt"
    other.write_text("root:x:0:0\n", encoding="utf-8")
    registry().get("slack").simulated().write_archive(World(seed=1, size="tiny", platforms=("slack",)), export)
    names = f"mon slack\nmon-slack\n{tmp_path}\n\n"
    done = typed(
        "init", "--config", path, answers=f"export\n\nslack\n{names}\n{tmp_path}/none.zip\n{other}\n{export}\n\n\n"
    )
    assert done.exit_code == 0, done.output
    for said in (
        "A name is of letters A to Z, digits, - and _, and begins with a letter or a digit.",
        "is a folder: name a file.",
        "there is no such file or folder",
        "this does not look like an export of Slack",
    ):
        assert said in done.output
    assert done.output.count("It is needed.") == 2  # the platform, and the export
    assert load(path).sources[0].archive == export


def test_settings_say_what_they_are_and_what_they_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    done = typed(
        "init", "--config", path, answers="token\nmatrix\n\n\n\nmatrix.example\nhttps://m.example/\n90d\nM\n\n\n"
    )
    assert done.exit_code == 0, done.output
    assert "base_url: where Matrix answers, as https://chat.example.org." in done.output
    assert "token: Access token of an account" in done.output
    assert "It is needed." in done.output
    assert "An address begins with https://." in done.output
    assert "That is no name of a variable" in done.output
    assert load(path).sources[0].settings == {"base_url": "https://m.example/", "token": Secret(env="M")}


def test_a_secret_is_not_written_down_whatever_it_is_given_for(tmp_path: Path) -> None:
    path, token = tmp_path / "c.toml", "xoxb-12345678901-1234567890123-" + "aB3dEfGhIjKlMnOpQrStUvWx"
    done = typed("init", "--config", path, answers=f"token\nslack\n\n\n{token}\nS\n\n\n")
    assert "The secret itself is not to be written here." in done.output
    assert token not in path.read_text(encoding="utf-8")


def test_a_token_given_for_an_id_is_not_written_down(tmp_path: Path) -> None:
    path, token = tmp_path / "c.toml", ".".join(("eyJ" + "a" * 20, "b" * 20, "c" * 20))
    done = typed("init", "--config", path, answers=f"token\nyammer\n\n\napp\n\n{token}\nid-1\nS\n\n\n")
    assert "That is a secret of Yammer (Viva Engage), and no client_id: it is not to be written here." in done.output
    assert token not in path.read_text(encoding="utf-8")
    told = load(path).sources[0].settings
    assert told == {"tenant": "organizations", "client_id": "id-1", "client_secret": Secret(env="S")}


def test_no_answer_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    for answers in ("", "token\nslack\n"):
        done = typed("init", "--config", path, answers=answers)
        assert done.exit_code == 1
        assert "the answers ended. Run it in a terminal, or give a file with every answer on a line" in done.output
        assert not path.exists()
    done = typed("init", "--config", tmp_path / "nowhere" / "c.toml", answers="token\n")
    assert (done.exit_code, "What is there" in done.output) == (1, False)
    assert "it cannot be written: No such file or directory. Name another with --config." in done.output


def test_a_file_that_cannot_be_loaded_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.toml"
    monkeypatch.setattr("communitykit.cli.init._no_name", lambda _: None)
    done = typed("init", "--config", path, answers="token\nslack\nmon slack\n\nS\n\n\n")
    assert (done.exit_code, path.exists()) == (1, False)


def test_check_names_each_source_and_says_what_is_missing(server: Any, tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    address = json.dumps(server.settings["base_url"])
    source = f'[[sources]]\nconnector = "slack"\nbase_url = {address}\n'
    path.write_text(
        f'{source}name = "good"\ntoken = {{ env = "T" }}\n{source}name = "bad"\ntoken = {{ command = "echo no" }}\n'
        '[people]\nroster = "nowhere.csv"\n',
        encoding="utf-8",
    )
    done = typed("config", "check", "--config", path, "--json", T=server.settings["token"])
    told = {one["name"]: one for one in json.loads(done.stdout)["sources"]}
    assert (done.exit_code, told["good"]["error"], told["good"]["missing"]) == (1, None, [])
    assert "token" in told["bad"]["error"]
    assert "nowhere.csv" in told["roster"]["error"]
    spoken = typed("config", "check", "--config", path, T=server.settings["token"])
    assert "good: the credential may ask for all that a pull reads by default; who lets it in, reading" in spoken.stdout
    assert "who lets it in, reading tells" in told["good"]["sure"]
    assert (told["bad"]["sure"], told["roster"]["sure"]) == (None, None)
    assert "can be read" not in spoken.stdout  # a channel may turn it away all the same


def test_a_remark_is_no_lack(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.toml"
    address = json.dumps(server.settings["base_url"])
    path.write_text(
        f'[[sources]]\nconnector = "slack"\nbase_url = {address}\ntoken = {{ env = "T" }}\n', encoding="utf-8"
    )
    found = [Gap("reading will tell", remark=True)]
    monkeypatch.setattr("communitykit.config.named.NamedSource.check", lambda _: found)
    for words in (("config", "check"), ("check", "slack")):
        done = typed(*words, "--config", path, T="x")
        assert (done.exit_code, "reading will tell" in done.stdout) == (0, True)
        assert "can be read" not in done.stdout
    told = json.loads(typed("config", "check", "--config", path, "--json", T="x").stdout)["sources"][0]
    assert (told["missing"], told["remarks"]) == ([], ["reading will tell"])
    told = json.loads(typed("check", "slack", "--config", path, "--json", T="x").stdout)
    assert (told["ok"], told["missing"], told["remarks"]) == (True, [], ["reading will tell"])
    found.append(Gap("no reactions", "denied"))
    assert typed("config", "check", "--config", path, T="x").exit_code == 3
    assert typed("check", "slack", "--config", path, T="x").exit_code == 3


@pytest.mark.skipif(sys.platform == "win32", reason="rights are told in another way there")
def test_what_others_may_read_is_remarked(server: Any, tmp_path: Path) -> None:
    path, token, key = tmp_path / "c.toml", tmp_path / "us.token", tmp_path / "key"
    address = json.dumps(server.settings["base_url"])
    path.write_text(
        f'[[sources]]\nconnector = "slack"\nbase_url = {address}\ntoken = {{ file = "us.token" }}\n'
        '[analysis]\nto = "a"\nkey = { file = "key" }\n',
        encoding="utf-8",
    )
    token.write_text(server.settings["token"], encoding="utf-8")
    key.write_text("k" * 40, encoding="utf-8")
    for one in (path, token, key):
        one.chmod(0o644)
    done = typed("config", "check", "--config", path)
    assert done.exit_code == 0
    assert "slack: others than its owner may read us.token (mode 0644), and it holds a secret: chmod 600 it." in (
        done.stdout
    )
    assert "slack: the credential may ask for all" in done.stdout
    assert "may read c.toml (mode 0644), and it says where the secrets are: chmod 600 it." in done.stdout
    assert "may read key (mode 0644), and it holds a secret" in done.stdout
    told = json.loads(typed("config", "check", "--config", path, "--json").stdout)
    assert (len(told["sources"][0]["remarks"]), len(told["remarks"])) == (1, 2)
    for one in (path, token, key):
        one.chmod(0o600)
    told = json.loads(typed("config", "check", "--config", path, "--json").stdout)
    assert (told["sources"][0]["remarks"], told["remarks"]) == ([], [])


def test_who_lost_the_tokens_is_told_the_whole_command(tmp_path: Path) -> None:
    path = tmp_path / "my file.toml"
    path.write_text(
        '[[sources]]\nname = "emea"\nconnector = "slack"\nclient_id = "1.2"\ncredential_store = "gone.json"\n',
        encoding="utf-8",
    )
    for words in (("config", "check"), ("check", "emea"), ("pull", "emea")):
        done = typed(*words, "--config", path)
        assert done.exit_code == 1
        said = " ".join(done.output.split())
        assert f"or log in: communitykit login emea --config '{path}'" in said
        assert "--config" not in said.partition(f"--config '{path}'")[2]


@pytest.mark.slow
def test_commands_take_the_store_and_what_is_not_said_from_the_file(tmp_path: Path) -> None:
    export, path = tmp_path / "export.zip", tmp_path / "c.toml"
    registry().get("slack").simulated().write_archive(World(seed=1, size="tiny", platforms=("slack",)), export)
    path.write_text(
        '[store]\npath = "s.duckdb"\n[[sources]]\nconnector = "slack"\narchive = "export.zip"\n'
        '[people]\nleaders = { titles = "head" }\n[analysis]\nto = "a.duckdb"\nzone = "Europe/Paris"\nmin_group = 3\n'
        'key = { file = "key" }\n[brief]\nto = "b.md"\nlanguage = "fr"\n',
        encoding="utf-8",
    )
    (tmp_path / "key").write_text("k" * 40, encoding="utf-8")
    assert typed("import", "slack", export, "--to", tmp_path / "s.duckdb").exit_code == 0
    assert json.loads(typed("show", "--config", path, "--json").stdout)["store"] == "s.duckdb"
    assert set(json.loads(typed("people", "--config", path, "--json").stdout)["leaders"]) <= {"title"}
    about = json.loads(typed("analyse", "--config", path, "--json").stdout)["about"]
    assert (about["zone"], about["min_group"], about["key_id"] is None) == ("Europe/Paris", "3", False)
    over = json.loads(typed("analyse", "--config", path, "--zone", "UTC", "--json").stdout)["about"]
    assert (over["zone"], over["key_id"]) == ("UTC", about["key_id"])
    assert json.loads(typed("brief", "--config", path, "--json").stdout)["language"] == "fr"
    done = typed("show", "--json")
    assert (done.exit_code, "no store is named" in json.loads(done.stdout)["error"]["message"]) == (1, True)
