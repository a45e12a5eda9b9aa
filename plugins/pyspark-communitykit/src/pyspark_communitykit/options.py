"""What `.option(…)` says: settings of the connector, what is asked of it, and where its secrets are to be found.

Spark shows options in plans, event logs and its UI. So a secret is never one: an option names where it is, and whoever
reads, the driver and each executor, looks there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from communitykit import ReadOptions, SettingsError
from communitykit.config.loading import is_secret
from communitykit.config.secret import Secret
from communitykit.connector.registry import registry
from communitykit.connector.settings import did_you_mean
from communitykit.exchange import RECORDS

TABLES: Final = {kind: table for table, kind in RECORDS.items()}
_PLACES: Final = ("env", "file", "scope")
_ASKED: Final = ("since", "until", "content", "communities", "include_private", "include_direct")
_OWN: Final = ("connector", "kind", "partitions", "pushdown", "state", *_ASKED)
_TRUE: Final = {"true": True, "false": False}


@dataclass(frozen=True)
class Options:
    """The options, judged; it pickles and holds no secret."""

    connector: str
    kind: str | None = None
    partitions: int = 1
    pushdown: bool = False
    state: str | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By secret setting, the sort of place and its name."""

    @classmethod
    def of(cls, told: Mapping[str, str]) -> Options:
        """Read what Spark hands over: names in lower case, values as texts.

        Raises SettingsError for what is not known, cannot be meant, or is a secret in clear.
        """
        given = {name.lower(): str(value) for name, value in told.items() if name.lower() != "path"}
        if "connector" not in given:
            raise SettingsError("no connector is named", remedy='Write for instance .option("connector", "slack").')
        connector = registry().get(given["connector"])
        fields = connector.settings.model_fields
        known = (*_OWN, *fields)
        settings, places = {}, {}
        for name, value in given.items():
            setting, _, place = name.partition(".")
            if setting not in known or (place and (place not in _PLACES or setting not in fields)):
                meant = f"there is no option {name!r}{did_you_mean(setting, known)}"
                remedy = f"Options: {', '.join(known)}; secrets as token.env, .file or .scope."
                raise SettingsError(meant, platform=connector.name, remedy=remedy)
            if place:
                places[setting] = (place, value)
            elif setting in fields and is_secret(setting, fields[setting].annotation):
                remedy = f"Name where it is: {setting}.env, {setting}.file or {setting}.scope."
                raise SettingsError(f"{setting} is a secret, and Spark shows options", remedy=remedy)
            elif setting in fields and setting not in _ASKED:
                settings[setting] = value
        asked: dict[str, Any] = {name: given[name] for name in ("since", "until", "content") if name in given}
        asked |= {name: _truth(name, given[name]) for name in ("include_private", "include_direct") if name in given}
        if "communities" in given:
            asked["communities"] = tuple(one.strip() for one in given["communities"].split(","))
        ReadOptions(**asked)
        kind = given.get("kind")
        if kind is not None and kind not in TABLES:
            raise SettingsError(
                f"there is no kind {kind!r}{did_you_mean(kind, TABLES)}", remedy=f"Kinds: {', '.join(TABLES)}."
            )
        return cls(
            connector.name,
            kind,
            _number(given.get("partitions", "1")),
            _truth("pushdown", given.get("pushdown", "false")),
            given.get("state"),
            asked,
            settings,
            places,
        )

    def credentials(self) -> dict[str, str]:
        """Fetch the secrets, here and now.

        Raises SettingsError where one is not to be had on this machine.
        """
        return {name: _fetched(name, *place) for name, place in self.places.items()}


def _fetched(setting: str, place: str, name: str) -> str:
    if place == "scope":
        scope, _, key = name.partition("/")
        try:
            dbutils = import_module("databricks.sdk.runtime").dbutils  # there, and nowhere else
        except ImportError:
            raise SettingsError(
                f"{setting}.scope: there are no secret scopes here", remedy="Use .env or .file."
            ) from None
        return str(dbutils.secrets.get(scope, key))
    try:
        return Secret.model_validate({place: name}).value(Path(), os.environ)
    except SettingsError as error:
        where = "on the driver and on every executor"
        raise SettingsError(f"{setting}.{place}: {error.message}", remedy=f"It is to be there {where}.") from None


def _truth(name: str, value: str) -> bool:
    if value.lower() not in _TRUE:
        raise SettingsError(f"{name} is to be true or false")
    return _TRUE[value.lower()]


def _number(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise SettingsError("partitions is to be a whole number, at least 1")
    return int(value)
