"""Whether the keywords that a type checker knows are a connector's settings."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from communitykit.connector.declaration import Connector
from communitykit.connector.settings import Settings
from communitykit.model.values import JSON
from communitykit.testing.base import Checks, hold_none

_GIVEN: Mapping[str, frozenset[str]] = {
    **{name: frozenset({name}) for name in ("str", "int", "float", "bool")},
    **{name: frozenset({"str", name}) for name in ("SecretStr", "Path", "date", "datetime", "timedelta")},
    "AwareDatetime": frozenset({"str", "datetime"}),
}
"""What a caller may give for a setting of a type. Of other types (a list, a function) its author knows more."""


class KeywordChecks(Checks):
    """The settings as an editor completes them. `keywords` is the TypedDict of the plugin's own `connect`."""

    keywords: ClassVar[type | None] = None

    def test_keywords_are_the_settings(self, declaration: Connector) -> None:
        """A type checker lets through what the connector takes, and nothing else."""
        if self.keywords is None:
            pytest.skip(f"no keywords of {declaration.name} are named here, so no type checker knows its settings")
        hold_none(unlike(declaration.settings, self.keywords))


def unlike(settings: type[Settings], keywords: type) -> list[str]:
    """Say of each keyword what it is to be, where it is not what a caller may give for the setting of its name."""
    told = get_type_hints(keywords)
    found = [f"{name} is no setting" for name in told if name not in settings.model_fields]
    found += [f"{name} is to be left out at will: total=False" for name in sorted(keywords.__required_keys__)]  # type: ignore[attr-defined] # a TypedDict's
    for name, field in settings.model_fields.items():
        wanted = _wanted(field.annotation)
        if name not in told:
            found.append(f"{name} is missing")
        elif wanted and wanted != (given := _parts(told[name])):
            found.append(f"{name} is {_union(given)}: its setting takes {_union(wanted)}")
    return found


def _wanted(annotation: JSON) -> frozenset[str]:
    """Return what a caller may give for a setting, part by part, None to leave it out; nothing where nobody can say."""
    parts = _parts(annotation) - {"None"}
    if not all(part in _GIVEN or part.startswith("Literal") for part in parts):
        return frozenset()
    return _without_choices(frozenset({"None"}).union(*(_GIVEN.get(part, {part}) for part in parts)))


def _parts(annotation: JSON) -> frozenset[str]:
    """Name the types that a union is of, each choice of a Literal by itself; any other type is its own one part."""
    origin: JSON = get_origin(annotation)
    arguments = get_args(annotation)
    if origin is Annotated:
        return _parts(arguments[0])
    if origin is Literal:
        return frozenset(f"Literal[{one!r}]" for one in arguments)
    if origin is Union or origin is UnionType:
        return _without_choices(frozenset().union(*map(_parts, arguments)))
    if annotation is NoneType:
        return frozenset({"None"})
    return frozenset({annotation.__name__ if isinstance(annotation, type) and not arguments else str(annotation)})


def _without_choices(parts: frozenset[str]) -> frozenset[str]:
    """Leave out which texts may be chosen where any text goes."""
    return frozenset(part for part in parts if not part.startswith("Literal['")) if "str" in parts else parts


def _union(parts: frozenset[str]) -> str:
    return " | ".join(sorted(parts, key=lambda part: (part == "None", part)))
