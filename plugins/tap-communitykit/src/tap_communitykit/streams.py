"""A table of the store as a Singer stream."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, cast

from communitykit import StoreError
from communitykit.exchange import KEY
from communitykit.exchange.rows import changes, json_schema
from communitykit.store import Store
from singer_sdk import Stream
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE, REPLICATION_LOG_BASED

if TYPE_CHECKING:
    from tap_communitykit.tap import TapCommunityKit

DELETED_AT: Final = "_sdc_deleted_at"
"""Singer's own column for when a row was found to be gone."""
_RUN: Final = "run_id"


class TableStream(Stream):
    """What changed in a table since the run that the bookmark names; all of it where there is no bookmark."""

    primary_keys = (KEY,)

    def __init__(self, tap: TapCommunityKit, name: str) -> None:
        """Make the stream of a table."""
        super().__init__(tap, schema=json_schema(name, deleted_at=DELETED_AT), name=name)
        self.forced_replication_method = REPLICATION_LOG_BASED  # a catalog may say FULL_TABLE

    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:  # noqa: ANN401, ARG002 # Singer's; there are no parts
        """Yield each row whole; one that is gone as its key and `_sdc_deleted_at`.

        The bookmark moves when all rows are out, so a run that is stopped is told again.

        Raises StoreError where the store is not that of the bookmark.
        """
        tap = cast("TapCommunityKit", self._tap)
        tap.run  # noqa: B018 # it reads the sources, once
        with Store(tap.store) as store:
            latest = store.latest_run()
            try:
                yield from (row for _, row in changes(store, self._since(), [self.name], deleted_at=DELETED_AT))
            except StoreError as error:
                raise StoreError(
                    error.message,
                    subject=f"state of {self.name}, {error.subject}",
                    remedy="Keep the tap's store beside its state. If it is lost, load all again: without state, into "
                    "tables that were emptied.",
                ) from None
        self.stream_state[_RUN] = latest
        self.state_manager.is_flushed = False

    def log_sync_costs(self) -> None:
        """Say at the end that a source failed: every stream has handed on by now what could be read, with its state.

        Raises the error that ended the source.
        """
        super().log_sync_costs()
        errors = cast("TapCommunityKit", self._tap).run
        if errors:
            raise errors[0]

    def _since(self) -> str | None:
        if self.replication_method == REPLICATION_FULL_TABLE:
            return None
        return cast("str | None", self.stream_state.get(_RUN))
