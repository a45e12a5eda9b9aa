"""The letter to an administrator: whole in its language, and of one mind with the page on tokens."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from communitykit.cli.letter import heading, letter
from communitykit.connector import Need, Selection
from communitykit.connector.registry import registry

PAGE = Path(__file__).parents[2] / "docs/how-to/get-a-token.md"
ALL: dict[str, dict[str, Any]] = {
    "matrix": {}, "slack": {}, "teams": {"usage": "D7"}, "workplace": {},
    "yammer": {"graph": True, "export_since": datetime(2026, 1, 1, tzinfo=UTC)},
}  # fmt: skip


def needs(name: str, **settings: Any) -> list[Need]:
    connector = registry().get(name)
    told = connector.settings.model_construct(**settings)
    asked: Any = Selection(settings=told, until=datetime.now(UTC), include_private=True, include_direct=True)
    assert connector.needs
    return list(connector.needs(asked))


@pytest.mark.parametrize("name", ALL)
def test_every_permission_has_its_words_in_french(name: str) -> None:
    for one in needs(name, **ALL[name]):
        assert one.use_fr, one
        assert one.use_fr != one.use or one.use == "messages", one
        assert len(one.any_of_fr) in {0, len(one.any_of)}
        assert one.any_of_fr or not re.search(r"\b(account|administrator)\b", " ".join(one.any_of)), one


def test_french_is_set_as_french_is() -> None:
    for name in ALL:
        told = letter(registry().get(name), "fr") + heading(registry().get(name), "fr")
        assert not re.search(r"'| [:;?!]", told), told
        assert "\u202f:" in told
    assert heading(registry().get("slack"), "fr") == "Pour l\u2019administrateur de Slack\u202f:"
    told = letter(registry().get("slack"), "fr")
    assert "sont exclus, sauf demande expresse." in told
    assert "- usergroups:read\u202f: groupes d\u2019utilisateurs (utile, facultatif)" in told
    assert heading(registry().get("slack"), "en") == "For the administrator of Slack:"
    assert "- users:read: members (needed)" in letter(registry().get("slack"), "en")


@pytest.mark.parametrize(("name", "title"), [("slack", "Slack credentials"), ("teams", "Microsoft Teams credentials")])
def test_the_letter_and_the_page_name_the_same_permissions(name: str, title: str) -> None:
    """The page's second step names them; what it says of private talk is not in the letter, which leaves that out."""
    section = PAGE.read_text(encoding="utf-8").partition(f"## {title}")[2]
    (step,) = re.findall(r"^2\. (.*)$", section.partition("\n## ")[0], re.MULTILINE)
    named = set(re.findall(r"`([a-z.]+:[a-z]+(?:\.\w+)?|[A-Z]\w+(?:\.\w+)+)`", step.partition("(for private")[0]))
    asked = re.findall(r"^- (\S+?)(?: or .*)?: ", letter(registry().get(name), "en"), re.MULTILINE)
    assert set(asked) == named


def test_what_teams_is_about_is_asked_for_as_needed() -> None:
    (line,) = [one for one in letter(registry().get("teams"), "en").splitlines() if "ChannelMessage.Read.All" in one]
    assert line.endswith("(needed)")
