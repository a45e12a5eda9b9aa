"""What a source can be told, as JSON Schema: for tools that ask for a configuration in a form of their own."""

from __future__ import annotations

from typing import Final

from communitykit.config.loading import is_secret, settings_of
from communitykit.connector.declaration import Connector
from communitykit.connector.registry import registry
from communitykit.model.values import Value

_TYPES: Final = frozenset({"boolean", "integer", "number"})
_OWN: Final[dict[str, dict[str, Value]]] = {
    "name": {"type": "string", "description": "What it is called, where several are of one platform."},
    "since": {"type": "string", "description": "How far back to read: 90d, 2y, or a date."},
    "until": {"type": "string", "description": "Read what was written until then; default: now."},
    "communities": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Patterns on names or native ids of communities; default: all.",
    },
    "include_private": {"type": "boolean", "description": "Read private communities, too."},
    "include_direct": {"type": "boolean", "description": "Read direct messages, too."},
}


def declared(connector: Connector, *, secret: dict[str, Value]) -> dict[str, Value]:
    """Return the JSON Schema of a source of this connector, as `configure` takes it.

    `secret` is what the tool writes beside a property that is to be hidden.
    """
    properties: dict[str, Value] = {"connector": {"type": "string", "const": connector.name, "title": connector.title}}
    kind = settings_of(connector, archive=False)
    if kind is not None:
        told = kind.model_json_schema()
        for name, field in kind.model_fields.items():
            properties[name] = _plain(told["properties"][name], field.description)
            if is_secret(name, field.annotation):
                properties[name] |= {"type": "string", **secret}
    # Of the settings none is required: each may come from the environment.
    own = {"connector": properties.pop("connector"), **_OWN}
    return {"type": "object", "title": connector.title, "required": ["connector"], "properties": {**own, **properties}}


def _plain(told: dict[str, Value], description: str | None) -> dict[str, Value]:
    """Return a property that every form can show: a text where it may be several things."""
    kinds = [one.get("type") for one in told.get("anyOf", [told]) if one.get("type") != "null"]
    known = kinds[0] if len(kinds) == 1 and kinds[0] in _TYPES else "string"
    listed = {"type": "array", "items": {"type": "string"}}
    made = listed if kinds == ["array"] else {"type": known}
    return {**made, "description": description} if description else dict(made)


def installed(*, secret: dict[str, Value]) -> list[dict[str, Value]]:
    """Return the schema of each installed connector that reads an API, in the order of their names."""
    found = sorted(registry().connectors.items())
    return [declared(one, secret=secret) for _, one in found if one.discover is not None]
