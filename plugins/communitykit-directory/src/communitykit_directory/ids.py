"""Ids of this connector: the employee number is what identifies somebody. Pure."""

from __future__ import annotations

from communitykit.connector import make_id

PLATFORM = "directory"


def member_id(network: str, native: str) -> str:
    """Return the id of somebody in a roster.

    >>> member_id("roster", "A10007")
    'directory:roster:member:A10007'
    """
    return make_id(PLATFORM, network, "member", native)
