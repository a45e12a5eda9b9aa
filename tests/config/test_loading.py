"""What a configuration says is what is read; what it cannot mean is said in our words, and no secret stands in it."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from communitykit.config import Secret, load, opened, run_options, source
from communitykit.errors import SettingsError, UnknownConnectorError

Write = Callable[[str], Path]
WHOLE = """
[store]
path = "a.duckdb"

[[sources]]
name = "emea"
connector = "slack"
token = { env = "SLACK_EMEA" }
communities = "g*"
since = "2y"
lookback = "90d"

[[sources]]
connector = "yammer"
token = { file = "yammer.token" }
until = 2026-01-31
include_private = true

[people]
roster = "hr.csv"
domains = { "old.example" = "new.example" }
leaders = { titles = "^head", depth = 2 }

[analysis]
to = "analysis"
key = { env = "KEY" }
zone = "Europe/Paris"

[report]
to = "report"
languages = ["fr", "en"]

[brief]
to = "brief.md"
"""


def test_a_whole_file(write: Write, tmp_path: Path) -> None:
    config = load(write(WHOLE))
    emea, yammer = config.sources
    assert (config.store.path, config.people and config.people.roster) == (tmp_path / "a.duckdb", tmp_path / "hr.csv")
    assert (emea.name, emea.communities, emea.since) == ("emea", ("g*",), "2y")
    assert emea.settings == {"token": Secret(env="SLACK_EMEA"), "lookback": "90d"}
    assert (yammer.name, yammer.include_private, yammer.prefix) == ("yammer", True, "COMMUNITYKIT_YAMMER_")
    assert (config.zone, config.report and config.report.languages) == ("Europe/Paris", ("fr", "en"))


def test_each_way_to_a_secret_and_the_environment_counts_first(write: Write, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("xoxb-from-file\n", encoding="utf-8")
    command = f"{sys.executable} -c 'print(chr(120) + chr(111))'"
    for way, told in (('file = "token"', "xoxb-from-file"), (f'command = "{command}"', "xo"), ('env = "T"', "t")):
        config = load(write(f'[[sources]]\nname = "a-b"\nconnector = "slack"\ntoken = {{ {way} }}\nlookback = "90d"'))
        for environ, expected in (({"T": "t"}, told), ({"T": "t", "COMMUNITYKIT_A_B_TOKEN": "over"}, "over")):
            with source(config, config.sources[0], environ=environ).session as session:
                settings = session.conductor.settings  # type: ignore[union-attr] # no archive
                assert settings.token.get_secret_value() == expected
                assert settings.lookback == timedelta(days=90)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[sources]]\nconnector = "slack"\ntoken = "hush-hush-1"', r"token is a secret.*env = .*file = .*command = "),
        ('[[sources]]\nconnector = "slack"\nbase_url = "http://x/xoxb-hush-hush-1"', "base_url is a secret"),
        ('[[sources]]\nconnector = "slack"\nproxy = "http://u:hush-hush-1@proxy"', "proxy is a secret"),
        ('[[sources]]\nconnector = "slack"\ntoken = { env = "A", file = "hush-hush-1" }', "from one place"),
        ('[[sources]]\nconnector = "slack"\ntoken = { file = 3 }', "token: file: is to be a text"),
        ('[analysis]\nto = "x"\nkey = "hush-hush-1"', r"\[analysis\]: key is a secret"),
        ('[[sources]]\nconnector = "slack"\ntokn = "hush-hush-1"', r"tokn: not known, did you mean 'token'\?"),
        ('[[sources]]\nconnector = "slack"\nsinc = "2y"', r"did you mean 'since'\?"),
        ('[[sources]]\nconnector = "slack"\nsince = "3m"', r"since: minutes or months\?"),
        ('[[sources]]\nconnector = "slack"\nname = "a b"', "name: is not written as"),
        ('[[sources]]\nconnector = "slak"', "Did you mean 'slack'"),
        ('[[sources]]\nname = "x"', r"\[\[sources\]\] x: it names no connector"),
        ('[[sources]]\nconnector = "slack"\n[[sources]]\nconnector = "slack"', "two sources are called 'slack'"),
        ('[sources]\nconnector = "slack"', "no list of tables"),
        ('[pepole]\nroster = "x"', r"\[pepole\], did you mean 'people'\?"),
        ('[people]\nleaders = { depth = "two" }', r"leaders\.depth: is to be a whole number"),
        ('[people]\nrooster = "x"', r"rooster: not known, did you mean 'roster'\?"),
        ('[report]\nto = "x"\nlanguages = ["de"]', r"languages\.0: is to be 'en' or 'fr'"),
        ('[report]\nlanguages = ["fr"]', r"\[report\]: to: is missing"),
        ('[report]\nto = "x"\nk = 0', "k: is to be at least 1"),
        ('store = "a.duckdb"', r"\[store\]: is no table"),
        ('[store\npath = "hush-hush-1"', "is no TOML.*line 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_said(write: Write, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        load(write(text))
    told = str(caught.value)
    assert "communitykit.toml" in told
    assert "hush-hush" not in told
    assert not any(word in told for word in ("Input should", "Field required", "Extra inputs", "Value error"))


@pytest.mark.parametrize(("said", "found"), [("credentials.json", True), ("/elsewhere/c.json", False)])
def test_a_file_that_a_setting_names_lies_beside_the_configuration(
    write: Write, tmp_path: Path, said: str, *, found: bool
) -> None:
    config = load(write(f'[[sources]]\nconnector = "slack"\ntoken = {{ env = "T" }}\ncredential_store = "{said}"\n'))
    (section,) = config.sources
    whole = tmp_path / said if found else Path(said)
    with source(config, section, environ={"T": "x"}).session as session:
        assert session.conductor.settings.credential_store == whole  # type: ignore[union-attr] # no archive
    told = {"T": "x", "COMMUNITYKIT_SLACK_CREDENTIAL_STORE": "typed.json"}
    with source(config, section, environ=told).session as session:  # what a shell says is meant from there
        assert session.conductor.settings.credential_store == Path("typed.json")  # type: ignore[union-attr] # same


def test_a_proxy_that_needs_no_password_may_stand_there(write: Write) -> None:
    text = '[[sources]]\nconnector = "slack"\ntoken = { env = "T" }\nproxy = "http://proxy.example:3128"'
    assert load(write(text)).sources[0].settings["proxy"] == "http://proxy.example:3128"


def test_a_connector_that_is_not_there_is_an_unknown_one(write: Write) -> None:
    with pytest.raises(UnknownConnectorError):
        load(write('[[sources]]\nconnector = "nowhere"'))
    with pytest.raises(SettingsError, match="communitykit init"):
        load("nowhere.toml")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('token = { env = "NOBODY_SET_ME" }', "emea: token: the environment variable NOBODY_SET_ME is not set"),
        ('token = { file = "none" }', "none: token: the secret's file cannot be read: No such file"),
        ('token = { command = "false" }', "ended with 1"),
        ('token = { command = "true" }', "the command for a secret printed nothing"),
        ('token = { command = "no-such-program-here" }', "cannot be run: No such file or directory"),
        ('token = { command = "cat /nowhere/token" }', "ended with 1: .*/nowhere/token.*No such file"),
        ('lookback = "3m"', "lookback: .*COMMUNITYKIT_EMEA_<SETTING>"),
        ('since = "2020-01-02"\nuntil = "2020-01-01"', "emea: since .* is after until"),
        ("since = 2999-01-01", "emea: since is in the future"),
        ('archive = "none.zip"', "no such file"),
    ],
)
def test_what_only_opening_shows_names_the_source(write: Write, lines: str, said: str) -> None:
    config = load(write(f'[[sources]]\nname = "emea"\nconnector = "slack"\n{lines}'))
    with pytest.raises(Exception, match=said), opened(config):
        pass


def test_one_of_several_may_be_opened(write: Write) -> None:
    text = "".join(f'[[sources]]\nname = "{name}"\nconnector = "slack"\ntoken = {{ command = "echo {name}" }}\n'
                   for name in ("a", "b"))  # fmt: skip
    config = load(write(text))
    with opened(config, only="b") as sources:
        assert [one.name for one in sources] == ["b"]
    with pytest.raises(SettingsError, match="no source 'c'"), opened(config, only="c"):
        pass


@pytest.mark.parametrize(("since", "days"), [("", 60), ('since = "90d"', 60), ('since = "30d"', 30)])
def test_what_is_not_kept_is_not_read(write: Write, since: str, days: int) -> None:
    text = f'[privacy]\nkeep = "60d"\n[[sources]]\nconnector = "slack"\ntoken = {{ command = "echo t" }}\n{since}'
    with opened(load(write(text))) as (one,):
        now = datetime.now(UTC)
        begin, until = one.options.window(now)
        assert begin is not None
        assert round((until - begin) / timedelta(days=1)) == days


def test_what_holds_for_a_whole_run_reaches_every_source(write: Write, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("anna@corp.example\n", encoding="utf-8")
    text = '[store]\nkeep_raw = false\n[privacy]\ncontent = "none"\nopt_out = "out.csv"\n'
    options = run_options(load(write(text)))
    assert (options["content"], options["keep_raw"], bool(options["opt_out"])) == ("none", False, True)
    with pytest.raises(SettingsError, match="opt_out_key is a secret"):
        load(write('[privacy]\nopt_out_key = "hush-hush-1"'))
