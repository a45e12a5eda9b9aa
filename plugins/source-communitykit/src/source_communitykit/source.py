"""The source: it reads into a store of its own, once a sync, and its streams tell what changed there."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any, Final

from airbyte_cdk.entrypoint import launch
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    ConnectorSpecification,
    DestinationSyncMode,
    FailureType,
)
from airbyte_cdk.sources import AbstractSource
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from communitykit import CommunityKitError
from communitykit.config import Config, configure, installed, opened, refresh
from communitykit.exchange.rows import STREAMS

from source_communitykit.streams import TableStream

NAME: Final = "source-communitykit"
SECRET: Final = {"airbyte_secret": True}
STORE: Final = "/local/communitykit/airbyte.duckdb"


def connection_specification() -> dict[str, Any]:
    """Return what the source can be told, as each installed connector declares it; secrets are marked."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "communitykit",
        "type": "object",
        "required": ["sources"],
        "additionalProperties": True,
        "properties": {
            "sources": {
                "type": "array",
                "title": "Sources",
                "description": "The platforms to read, side by side.",
                "minItems": 1,
                "items": {"type": "object", "title": "Source", "oneOf": installed(secret=SECRET)},
            },
            "content": {
                "type": "string",
                "title": "Texts",
                "enum": ["full", "features", "none"],
                "default": "full",
                "description": "What is kept of texts: all, their length and links, or nothing.",
            },
            "store": {
                "type": "string",
                "title": "Store",
                "default": STORE,
                "description": "The source's own store, on a volume that stays from sync to sync.",
            },
        },
    }


class Followed:
    """The configured sources, read into the store once however many streams ask."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        """Take what Airbyte tells; nothing is read yet."""
        self._told = told
        self.store = Path(str(told.get("store") or STORE))
        self.errors: Sequence[CommunityKitError] | None = None

    def config(self) -> Config:
        """Return the configuration.

        Raises CommunityKitError for one that names what is not known.
        """
        return configure(self._told, NAME)

    def refresh(self, logger: logging.Logger) -> None:
        """Read, the first time; say what could not be read."""
        if self.errors is not None:
            return
        result = refresh(self.config(), self.store)
        for coverage in result.coverage:
            if coverage.status != "complete":
                logger.warning("%s is %s: %s", coverage.slice, coverage.status, coverage.reason)
        self.errors = result.errors


class SourceCommunitykit(AbstractSource):
    """An Airbyte source for communitykit."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        super().__init__()
        self._followed: Followed | None = None

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:  # noqa: ARG002 # Airbyte's
        """Return the settings, of the connectors that are installed."""
        return ConnectorSpecification(
            connectionSpecification=connection_specification(),
            supportsIncremental=True,
            supported_destination_sync_modes=[DestinationSyncMode.append_dedup, DestinationSyncMode.append],
        )

    def check_connection(self, logger: logging.Logger, config: Mapping[str, Any]) -> tuple[bool, Any]:
        """Ask each platform whether its credential is good; what it may not read is a warning."""
        followed = Followed(config)
        try:
            followed.store.parent.mkdir(parents=True, exist_ok=True)
            with opened(followed.config()) as sources:
                for source in sources:
                    for gap in source.check():
                        logger.warning("%s: %s", source.name, gap)
        except (CommunityKitError, OSError) as error:
            return False, str(error)
        return True, None

    def streams(self, config: Mapping[str, Any]) -> list[Any]:
        """Return one stream a table."""
        self._followed = Followed(config)
        return [TableStream(name, self._followed) for name in STREAMS]

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | MutableMapping[str, Any] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """Hand on what changed, stream by stream, each with its state.

        Raises AirbyteTracedException for a source that failed, after all that could be read was handed on.
        """
        yield from super().read(logger, config, catalog, state)  # type: ignore[arg-type] # a list, as the entry point reads it
        for error in (self._followed.errors if self._followed else None) or ():
            raise AirbyteTracedException(
                message=str(error), internal_message=str(error), failure_type=FailureType.config_error
            )


def main() -> None:
    """Run the source as Airbyte's platform and PyAirbyte do."""
    launch(SourceCommunitykit(), sys.argv[1:])
