"""Field expansion: what `fields=a,b{c},d.limit(5).summary(true).as(e){f}` asks for, and cutting objects to it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from communitykit.connector import JSON

JSONObject = dict[str, JSON]
_NAME = re.compile(r"\w+")
_MODIFIER = re.compile(r"\.(\w+)\(([^()]*)\)")
DEFAULT_LIMIT = 25


class UnknownField(Exception):  # noqa: N818 # what was asked for, not what went wrong
    """A field that an object does not have."""


class Malformed(Exception):  # noqa: N818 # same
    """Fields that cannot be read."""


@dataclass(slots=True)
class Wish:
    """One field that is asked for, with its modifiers and what is wanted of what is in it."""

    name: str
    modifiers: Mapping[str, str] = field(default_factory=dict)
    below: tuple[Wish, ...] = ()

    @property
    def limit(self) -> int:
        """How many objects of an edge are asked for."""
        return int(self.modifiers.get("limit") or DEFAULT_LIMIT) if self.modifiers.get("limit") != "0" else 0


@dataclass(slots=True)
class Node:
    """An object of the Graph: fields (None is left out, as the Graph does), edges made when asked for."""

    fields: JSONObject
    edges: Mapping[str, Callable[[], Sequence[Node]]] = field(default_factory=dict)
    default: tuple[str, ...] = ("id", "name")


EdgePage = Callable[[str, str, Sequence[Node], Wish], JSONObject]
"""Cuts a page of an edge: (owner's id, edge, its objects, what is asked) to the envelope."""


def parse(text: str) -> tuple[Wish, ...]:
    """Read a `fields` parameter.

    Raises Malformed.
    """
    wishes, at = _parse(text.replace(" ", ""), 0)
    if at != len(text.replace(" ", "")):
        raise Malformed(text)
    return wishes


def _parse(text: str, at: int) -> tuple[tuple[Wish, ...], int]:
    found: list[Wish] = []
    while at < len(text):
        name = _NAME.match(text, at)
        if name is None:
            raise Malformed(text)
        at = name.end()
        modifiers: dict[str, str] = {}
        while modifier := _MODIFIER.match(text, at):
            modifiers[modifier[1]] = modifier[2]
            at = modifier.end()
        below: tuple[Wish, ...] = ()
        if text[at : at + 1] == "{":
            below, at = _parse(text, at + 1)
            if text[at : at + 1] != "}":
                raise Malformed(text)
            at += 1
        found.append(Wish(name[0], modifiers, below))
        if text[at : at + 1] != ",":
            break
        at += 1
    return tuple(found), at


def select(node: Node, wishes: Sequence[Wish], page: EdgePage) -> JSONObject:
    """Cut an object to what is asked for; `id` always comes.

    Raises UnknownField.
    """
    found: JSONObject = {}
    asked = list(wishes) or [Wish(name) for name in node.default]
    for wish in asked:
        key = wish.modifiers.get("as") or wish.name
        if wish.name in node.edges:
            envelope = page(str(node.fields.get("id") or ""), wish.name, node.edges[wish.name](), wish)
            if envelope["data"] or "summary" in envelope or wish.name == "groups":
                found[key] = envelope
        elif wish.name in node.fields:
            value = _cut(node.fields[wish.name], wish, page)
            if value is not None:
                found[key] = value
        else:
            raise UnknownField(wish.name)
    if "id" in node.fields:
        found.setdefault("id", node.fields["id"])
    return found


def _cut(value: JSON, wish: Wish, page: EdgePage) -> JSON:
    if isinstance(value, Node):
        return select(value, wish.below, page)
    if isinstance(value, dict) and wish.below and "data" not in value:
        return {one.name: value[one.name] for one in wish.below if one.name in value}
    return value
