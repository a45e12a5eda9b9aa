"""What a shell completes of values: quickly, so that nothing of the library is imported for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def words(*known: str) -> Callable[[str], list[str]]:
    """Return what completes one of these words."""

    def complete(incomplete: str) -> list[str]:
        return [word for word in known if word.startswith(incomplete)]

    return complete


def connectors(incomplete: str) -> list[str]:
    """Return installed connectors whose names begin so."""
    from importlib.metadata import entry_points  # noqa: PLC0415 # imported only when used

    from communitykit.connector.hookspec import ENTRY_POINT_GROUP  # noqa: PLC0415 # same

    return sorted({one.name for one in entry_points(group=ENTRY_POINT_GROUP) if one.name.startswith(incomplete)})


def metrics(incomplete: str) -> list[str]:
    """Return built-in metrics whose names begin so."""
    folder = Path(__file__).parents[1] / "metrics" / "sql"
    return sorted(file.stem for file in folder.glob(f"{incomplete}*.sql"))


LANGUAGES = words("en", "fr")
