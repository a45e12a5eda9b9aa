"""Keywords that a type checker knows are held equal to settings, whichever of the two changes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

import pytest
from pydantic import AwareDatetime, Field, SecretStr, create_model

from communitykit.connector import Lookback, Settings, SettingsKeywords
from communitykit.testing.keywords import unlike


class NoteKeywords(SettingsKeywords, total=False):
    token: str | SecretStr | None
    key: str | Path | None
    since: str | datetime | None
    lookback: str | timedelta | None
    pages: int | None
    order: Literal["new", "old"] | None
    rooms: list[str] | None


FIELDS: Mapping[str, Any] = {
    "token": (SecretStr, ...),
    "key": (Path | None, None),
    "since": (AwareDatetime | None, None),
    "lookback": (Lookback, timedelta(days=30)),
    "pages": (Annotated[int, Field(ge=1)] | None, None),
    "order": (Literal["old", "new"], "new"),
    "rooms": (list[str], ["general"]),
}


ORDER = "Literal['new'] | Literal['old'] | None"
BEST = "Literal['best'] | Literal['new'] | None"


def settings(**changes: Any) -> type[Settings]:
    fields = {**FIELDS, **changes}
    return create_model("NoteSettings", __base__=Settings, **{name: one for name, one in fields.items() if one})


def test_what_a_caller_may_give_for_each_setting_is_alike() -> None:
    assert unlike(Settings, SettingsKeywords) == []
    assert unlike(settings(), NoteKeywords) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"more": (str | None, None)}, "more is missing"),
        ({"pages": None}, "pages is no setting"),
        ({"order": (Literal["new", "best"], "new")}, f"order is {ORDER}: its setting takes {BEST}"),
        ({"order": (str, "new")}, f"order is {ORDER}: its setting takes str | None"),
        ({"token": (str, ...)}, "token is SecretStr | str | None: its setting takes str | None"),
        ({"pages": (float, 1.0)}, "pages is int | None: its setting takes float | None"),
        ({"lookback": (str, "30d")}, "lookback is str | timedelta | None: its setting takes str | None"),
        ({"timeout": (int, 30)}, "timeout is float | None: its setting takes int | None"),
    ],
)  # fmt: skip
def test_a_setting_that_changes_is_told(change: dict[str, Any], told: str) -> None:
    assert unlike(settings(**change), NoteKeywords) == [told]


def test_a_keyword_that_changes_is_told() -> None:
    class Secret(NoteKeywords, total=False):
        token: SecretStr | None  # type: ignore[misc]

    class Needed(NoteKeywords):
        extra: str

    assert unlike(settings(), Secret) == ["token is SecretStr | None: its setting takes SecretStr | str | None"]
    told = ["extra is no setting", "extra is to be left out at will: total=False"]
    assert unlike(settings(), Needed) == told


def test_of_other_types_only_the_name_is_held() -> None:
    class Other(NoteKeywords, total=False):
        rooms: str | None  # type: ignore[misc]

    assert unlike(settings(), Other) == []
    assert unlike(settings(rooms=None), Other) == ["rooms is no setting"]


def test_a_plain_typed_dict_lacks_what_every_connector_takes() -> None:
    class Alone(TypedDict, total=False):
        token: str | SecretStr | None

    assert "timeout is missing" in unlike(settings(), Alone)
