"""What discovery learns on its way, for what comes after it."""

from __future__ import annotations

from dataclasses import dataclass, field

from communitykit.connector import JSON


@dataclass(slots=True)
class Found:
    """What discovery learns on its way.

    `people` maps e-mail addresses to users, `groups` names to groups, `connected` groups to their Microsoft 365 group:
    what Graph tells is joined by them. `everybody` tells that nobody is missing among the people, so that who is not
    there has no account. `given` are the groups whose slices were given.
    """

    network: str
    people: dict[str, str] = field(default_factory=dict)
    everybody: bool = False
    groups: dict[str, str] = field(default_factory=dict)
    connected: dict[str, str] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)

    @property
    def context(self) -> dict[str, JSON]:
        """What every batch of this network is told."""
        return {"network": self.network, "origin": "api"}
