"""A table of the store as an Airbyte stream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from airbyte_cdk.models import FailureType, SyncMode
from airbyte_cdk.sources.streams import CheckpointMixin, Stream
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from communitykit import CommunityKitError
from communitykit.exchange import KEY
from communitykit.exchange.rows import changes, json_schema
from communitykit.store import Store

if TYPE_CHECKING:
    from source_communitykit.source import Followed

DELETED_AT: Final = "_ab_cdc_deleted_at"
"""Airbyte's own column: destinations that deduplicate take such a row out."""
CURSOR: Final = "_ab_cdc_updated_at"
"""When this sync told the row: of two rows with one key the later counts."""
_RUN: Final = "run_id"
_MOMENT: Final = {"type": ["string", "null"], "format": "date-time", "airbyte_type": "timestamp_with_timezone"}


class TableStream(Stream, CheckpointMixin):
    """What changed in a table since the run that the state names; all of it where there is no state."""

    primary_key = KEY
    cursor_field = CURSOR

    def __init__(self, table: str, followed: Followed) -> None:
        """Take the table, and what reads it in."""
        self.name = table
        self._followed = followed
        self._state: MutableMapping[str, Any] = {}

    @property
    def source_defined_cursor(self) -> bool:
        """Nobody chooses another."""
        return True

    @property
    def state(self) -> MutableMapping[str, Any]:
        """The run that the destination is up to date with."""
        return self._state

    @state.setter
    def state(self, value: MutableMapping[str, Any]) -> None:
        self._state = value

    def get_json_schema(self) -> Mapping[str, Any]:  # type: ignore[override] # it is cached there
        """Return the schema of the rows."""
        made = json_schema(self.name, deleted_at=DELETED_AT)
        moments = {name: _MOMENT for name, told in made["properties"].items() if told.get("format") == "date-time"}
        return {**made, "properties": {**made["properties"], **moments, CURSOR: _MOMENT}, "additionalProperties": True}

    def read_records(
        self,
        sync_mode: SyncMode,
        cursor_field: list[str] | None = None,  # noqa: ARG002 # Airbyte's
        stream_slice: Mapping[str, Any] | None = None,  # noqa: ARG002 # same
        stream_state: Mapping[str, Any] | None = None,  # noqa: ARG002 # same
    ) -> Iterable[Mapping[str, Any]]:
        """Yield each row whole; one that is gone as its key and `_ab_cdc_deleted_at`.

        The state moves when all rows are out, so a sync that is stopped is told again.

        Raises AirbyteTracedException where nothing can be read, or the store is not that of the state.
        """
        since = self._state.get(_RUN) if sync_mode == SyncMode.incremental else None
        at = datetime.now(UTC).isoformat()
        try:
            self._followed.refresh(self.logger)
            with Store(self._followed.store) as store:
                latest = store.latest_run()
                for _, row in changes(store, since, [self.name], deleted_at=DELETED_AT):
                    yield {**row, CURSOR: at}
        except CommunityKitError as error:
            lost = "" if since is None else " If the store was lost, clear the data of this connection."
            raise AirbyteTracedException(
                message=f"{error}{lost}", internal_message=str(error), failure_type=FailureType.config_error
            ) from None
        self._state = {_RUN: latest}
