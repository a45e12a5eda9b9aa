"""Values of the command line that need no reading, taken as they are.

Typer imports pydantic to read any value, and even to read none, which takes as long as all of `--help` does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from communitykit.model.values import JSON


def read_nothing(params: Iterable[JSON]) -> None:
    """Let each parameter of a command take what is typed as it is: a shell asks, which runs nothing."""
    for param in params:
        param.process_value = _as_typed


def _as_typed(_: JSON, value: JSON) -> JSON:
    return value


def read_sparingly(params: Iterable[JSON]) -> None:
    """Let each parameter of a command read only what is not of its type already: a flag, a text, a path, or nothing.

    Versions of Typer before 0.29 read without pydantic, and are left alone.
    """
    for param in params:
        described = getattr(param, "type_descriptor", None)
        simple = not param.multiple and param.nargs == 1
        if described is not None and described.parameter_info.parser is None and simple:
            param.process_value = _Reading(param, described.annotation)


class _Reading:
    """How one parameter's value is read."""

    def __init__(self, param: JSON, wanted: object) -> None:
        self._param = param
        self._wanted = wanted
        self._read = type(param).process_value

    def __call__(self, context: JSON, value: JSON) -> JSON:
        """Return what the command is given."""
        if self._wanted is Path and isinstance(value, str):
            value = Path(value)
        is_there = value is not None and type(value) is (type(Path()) if self._wanted is Path else self._wanted)
        if not is_there and (value is not None or self._param.required):
            return self._read(self._param, context, value)
        return self._param.callback(context, self._param, value) if self._param.callback else value
