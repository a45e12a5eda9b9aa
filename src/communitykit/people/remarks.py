"""What looks wrong about how a company's accounts were joined to its roster: keys that are not the same ones. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

_FEW = 5
"""Of so few people nothing follows."""
_KEYS = {"different_number": "employee numbers", "different_directory_id": "directory ids"}


@dataclass(frozen=True, slots=True)
class Joined:
    """How a roster and accounts came together: people, and refused joins by reason."""

    in_roster: int
    only_in_roster: int
    """Of those, who has no account."""
    refusals: Mapping[str, int]
    """Refused pairs by reason."""

    @property
    def is_mostly_alone(self) -> bool:
        """Whether most of the roster has no account."""
        return self.in_roster >= _FEW and 2 * self.only_in_roster > self.in_roster

    @property
    def refusing(self) -> tuple[Literal["different_number", "different_directory_id"], int] | None:
        """The key that refused more joins than were made with the roster, and how many; None where none did."""
        made = self.in_roster - self.only_in_roster
        reasons: tuple[Literal["different_number", "different_directory_id"], ...]
        reasons = ("different_number", "different_directory_id")
        for reason in reasons:
            number = self.refusals.get(reason, 0)
            if self.in_roster and number >= _FEW and number > made:
                return reason, number
        return None

    def remarks(self) -> tuple[str, ...]:
        """Return what looks wrong, and the next move: a sentence each."""
        told = []
        if self.is_mostly_alone:
            told.append(
                f"{self.only_in_roster:,} of the {self.in_roster:,} people in the roster have no account. Either few "
                "use these platforms, or roster and accounts are not joined: see `communitykit people review`, and "
                "give the roster the platforms' addresses, or say --handle-domain. Shares of the roster are too low "
                "until then."
            )
        if self.refusing:
            reason, number = self.refusing
            key = _KEYS[reason]
            told.append(
                f"{number:,} joins were refused because {key} differ, more than were made with the roster: its {key} "
                "are not those of the platforms. Import it without that column (--set columns='HEADING=none'), or "
                "with theirs."
            )
        return tuple(told)
