"""What must never be kept of people's payloads: links and codes with which an account is claimed. Pure."""

from __future__ import annotations

from communitykit.connector import JSON

_SECRET = frozenset({"claimlink", "accesscode", "accesscodeexpirationdate", "accesstoken", "loginlink"})


def cleaned(item: dict[str, JSON]) -> dict[str, JSON]:
    """Return the payload without them, in whatever extension they stand."""
    return {
        name: cleaned(value) if isinstance(value, dict) else value
        for name, value in item.items()
        if plain_name(name) not in _SECRET
    }


def plain_name(name: object) -> str:
    """Return a field's or column's name without case, spaces and signs, as different makers write it."""
    return "".join(letter for letter in str(name).lower() if letter.isalnum())
