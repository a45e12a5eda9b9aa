"""Safe looks into payloads: what has another shape than expected is as good as absent. Pure."""

from __future__ import annotations

from typing import Any


def as_text(value: object) -> str:
    """Return a text as it is, and "" in place of anything else."""
    return value if isinstance(value, str) else ""


def number(value: object) -> int:
    """Return a whole number as it is, and 0 in place of anything else."""
    return value if isinstance(value, int) else 0


def listed(value: object) -> list[Any]:
    """Return a list as it is, and an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def mapping(value: object) -> dict[str, Any]:
    """Return an object as it is, and an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def texts(value: object) -> list[str]:
    """Return the texts of a list, without empty ones."""
    return [one for one in value if isinstance(one, str) and one] if isinstance(value, list) else []


def reactions_of(item: Any) -> list[dict[str, Any]]:  # noqa: ANN401 # any JSON
    """Return the reactions under a message that name their emoji."""
    return [one for one in mappings(item.get("reactions")) if as_text(one.get("name"))]
