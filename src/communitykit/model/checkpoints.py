"""Checkpoints as a store hands them to a reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from communitykit.model.values import Value


class Checkpoints(dict[str, Value]):
    """Checkpoints by slice. `is_forgotten` tells of a member's id whether the store lets nothing of them in."""

    def __init__(self, kept: Mapping[str, Value], is_forgotten: Callable[[str], bool] | None = None) -> None:
        """Take what is kept; nobody is forgotten where nobody tells."""
        super().__init__(kept)
        self.is_forgotten = is_forgotten or (lambda _: False)
