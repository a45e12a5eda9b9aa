"""HTML by calls: what is text is escaped by construction, since only an element makes markup. Pure."""

from __future__ import annotations

from html import escape

from communitykit.printable import printable

_VOID = frozenset({"meta", "input", "br", "link"})


class Markup(str):
    """HTML that an element made."""

    __slots__ = ()


def el(tag: str, /, *children: object, **attributes: object) -> Markup:
    """Return an element; children that are no Markup are text, attributes that are None or False are left out.

    `class_` and `for_` are `class` and `for`; `aria_label` is `aria-label`.
    """
    said = {key: value for key, value in attributes.items() if value is not None and value is not False}
    told = "".join(_attribute(key, value) for key, value in said.items())
    return Markup(f"<{tag}{told}>" if tag in _VOID else f"<{tag}{told}>{join(*children)}</{tag}>")


def join(*children: object) -> Markup:
    """Return children after one another; None is nothing."""
    return Markup("".join(one if isinstance(one, Markup) else text(one) for one in children if one is not None))


def text(value: object) -> Markup:
    """Return a value as text."""
    return Markup(escape(printable(str(value), lines=True)))


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(printable(str(value)))}"'
