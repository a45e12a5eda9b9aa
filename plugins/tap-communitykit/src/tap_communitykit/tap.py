"""The tap: it reads the sources into a store of its own, once a run, and its streams tell what changed there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from communitykit import CommunityKitError
from communitykit.config import Config, configure, installed, refresh
from communitykit.exchange.rows import STREAMS
from singer_sdk import Stream, Tap
from singer_sdk.exceptions import ConfigValidationError

from tap_communitykit.streams import TableStream

SECRET: Final = {"secret": True, "writeOnly": True}
"""How Singer's programs know what not to show."""


def config_jsonschema() -> dict[str, Any]:
    """Return what the tap can be told: a configuration of communitykit, or sources as each connector declares them."""
    sources = {"type": "array", "items": {"type": "object", "anyOf": installed(secret=SECRET)}}
    return {
        "type": "object",
        "properties": {
            "config": {"type": ["string", "null"], "description": "A communitykit.toml, in place of sources."},
            "sources": {**sources, "description": "What to read, in place of config: the keys of [[sources]]."},
            "content": {
                "type": "string",
                "enum": ["full", "features", "none"],
                "description": "What is kept of texts, with sources; a communitykit.toml says it itself.",
            },
            "store": {
                "type": "string",
                "default": "tap-communitykit.duckdb",
                "description": "The tap's own store, kept from run to run: it is what a state refers to.",
            },
        },
    }


class TapCommunityKit(Tap):
    """A Singer tap for communitykit."""

    name = "tap-communitykit"
    package_name = "tap-communitykit"
    config_jsonschema = config_jsonschema()

    def discover_streams(self) -> Sequence[Stream]:
        """Return one stream a table; nothing is asked of any platform."""
        return [TableStream(self, name) for name in STREAMS]

    @property
    def store(self) -> Path:
        """Where the tap keeps what it read."""
        return Path(self.config["store"]).expanduser()

    @cached_property
    def settled(self) -> Config:
        """The sources.

        Raises ConfigValidationError for what names none, or names what is not known.
        """
        try:
            return configure(self.config, self.name)
        except CommunityKitError as error:
            raise ConfigValidationError(str(error), errors=[str(error)]) from None

    @cached_property
    def run(self) -> Sequence[CommunityKitError]:
        """Read the sources into the store, once however many streams ask; return the errors that ended a source."""
        result = refresh(self.settled, self.store)
        for coverage in result.coverage:
            if coverage.status != "complete":
                self.logger.warning("%s is %s: %s", coverage.slice, coverage.status, coverage.reason)
        for error in result.errors:
            self.logger.error("%s", error)
        return result.errors
