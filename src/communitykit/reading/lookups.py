"""Members that records refer to and no listing gave: kept until they were looked up, whatever interrupts. No I/O."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

from communitykit.connector.flow import Checkpoint
from communitykit.model import parse_id
from communitykit.model.values import JSON
from communitykit.reading.translation import Page, Translation

LISTED: Final = ":strangers"
"""How the name ends under which the list is kept."""


class State(Protocol):
    """Where checkpoints are looked up, by the slice's full name `connector:network:key`."""

    def get(self, key: str, /) -> Checkpoint | None:
        """Return the checkpoint, or None for a slice never read."""


class Lookups:
    """Whom one run still has to look up, with the checkpoints that keep the list.

    The list is kept under each network that the run reads, so that two workspaces in one store do not share it.
    """

    def __init__(
        self,
        translation: Translation,
        state: State | Mapping[str, JSON],
        *,
        kept: bool,
        forgotten: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Begin with nobody; `kept` is False where the connector looks nobody up, as it looks up nobody `forgotten`."""
        self._forgotten = forgotten
        self.order = threading.Lock()
        """Held while the list is handed on, so that no older list follows a newer one."""
        self._translation = translation
        self._state = state
        self._kept = kept
        self._noted: dict[str, frozenset[str]] = {}

    def recall(self, network: str) -> None:
        """Take up those that an interrupted run of this network left, but for whom this run knows already."""
        if network in self._noted:
            return
        pending = (self._state.get(self._key(network)) or {}).get("ids", ())
        self._noted[network] = frozenset(pending)
        waiting, known = self._translation.lookups, self._translation.known_members
        waiting.update(dict.fromkeys(one for one in pending if one not in known))

    def remember(self, network: str) -> Page | None:
        """Return the checkpoint of those still to be looked up, when there are new ones.

        It is stored before the page that names them. Who became known stays on the list until `settle`: their page is
        only on its way.
        """
        noted = self._noted.get(network, frozenset())
        pending = frozenset(self._translation.lookups)
        if not self._kept or pending <= noted:
            return None
        return self._note(network, noted | pending)

    def settle(self, looked_up: Iterable[str] = ()) -> list[Page]:
        """Return the checkpoints without those looked up, and those who became known once all of it is handed on."""
        for member_id in looked_up:
            self._translation.lookups.pop(member_id, None)
        pending = frozenset(self._translation.lookups)
        changed = [network for network, noted in self._noted.items() if noted != pending]
        return [self._note(network, pending) for network in changed] if self._kept else []

    def by_network(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return them by their home network."""
        grouped: dict[str, list[str]] = {}
        for member_id in self._translation.lookups:
            if not self._forgotten(member_id):
                grouped.setdefault(parse_id(member_id).network, []).append(member_id)
        return [(network, tuple(ids)) for network, ids in grouped.items()]

    def _note(self, network: str, pending: frozenset[str]) -> Page:
        self._noted[network] = pending
        return Page(self._key(network), checkpoint={"v": 1, "ids": sorted(pending)})

    def _key(self, network: str) -> str:
        return f"{self._translation.connector.name}:{network}{LISTED}"
