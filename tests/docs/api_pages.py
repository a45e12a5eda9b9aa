"""The reference of public names, from their signatures and docstrings."""

from __future__ import annotations

import ast
import inspect
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel

import communitykit
import communitykit.connector
import communitykit.sandbox
import communitykit.testing

_WIDTH = 120
_WITH_ENTRIES = (communitykit, communitykit.connector, communitykit.sandbox, communitykit.testing)


def api_reference(
    module: ModuleType, title: str, introduction: str, *, rooms: Mapping[str, tuple[str, ...]] | None = None
) -> str:
    """Return a page with every public name of a module, in the order of its `__all__`.

    `rooms` are further names that are imported from where they are: names by module.
    """
    parts = [f"# {title}", "", introduction]
    for name in module.__all__:
        parts += ["", f"## `{name}`", "", *_described(name, getattr(module, name), module.__name__)]
    for room, names in (rooms or {}).items():
        inner = import_module(room)
        parts += ["", f"## From `{room}`", "", str(inner.__doc__).partition("\n")[0]]
        for name in names:
            parts += ["", f"### `{name}`", "", *_described(name, getattr(inner, name), room)]
    return "\n".join(parts).rstrip() + "\n"


def _described(name: str, value: Any, room: str) -> Iterator[str]:
    if meaning := _assigned_in(room, name):
        yield meaning
        if isinstance(value, dict):  # a vocabulary: each word and what it means
            told = {word: getattr(of_word, "row", of_word) for word, of_word in value.items()}  # what a row is
            words = {word: f"{meaning}" for word, meaning in told.items() if not inspect.isclass(meaning)}
            words |= {word: _doc(kind).partition("\n")[0] for word, kind in value.items() if inspect.isclass(kind)}
            yield from ("", *(f"- `{word}`: {meaning}" for word, meaning in words.items()))
    elif inspect.isclass(value):
        yield from _class(name, value)
    elif inspect.isfunction(plain := inspect.unwrap(value) if callable(value) else value):  # one that is cached, too
        yield from (f"```text\n{_signature(name, plain)}\n```", "", _doc(plain))
    else:
        message = f"{name} is public and nothing says what it is: put a string below its assignment"
        raise ValueError(message)


def _assigned_in(room: str, name: str) -> str | None:
    """Return the string below a name's assignment: in the room that exports it, else wherever it is."""
    found = {module: told[name] for module, told in _assigned().items() if name in told}
    own = [told for module, told in found.items() if f"{module}.".startswith(f"{room}.")]
    return next(iter([*own, *found.values()]), None)


@cache
def _assigned() -> dict[str, dict[str, str]]:
    """Return the strings below assignments at the top of the core's modules: by module, by the name assigned to."""
    core = Path(communitykit.__file__).parent
    found: dict[str, dict[str, str]] = {}
    for file in sorted(core.rglob("*.py")):
        module = ".".join(["communitykit", *file.relative_to(core).with_suffix("").parts])
        body = ast.parse(file.read_text(encoding="utf-8")).body
        for node, below in pairwise(body):
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
                told = {one.id: str(below.value.value) for one in targets if isinstance(one, ast.Name)}
                found.setdefault(module, {}).update(told)
    return found


def _class(name: str, kind: type[Any]) -> Iterator[str]:
    yield _doc(kind)
    if issubclass(kind, BaseModel):
        return  # its fields are in the reference of the model, or of its connector
    by_authors = kind.__module__.startswith("communitykit.connector.")  # users get theirs from functions
    if is_dataclass(kind) or (by_authors and "__init__" in vars(kind)):
        yield from ("", f"```text\n{_signature(name, kind)}\n```")
    told = {name: one for base in reversed(_own_and_unnamed(kind)) for name, one in _attributes(base).items()}
    bare = [declared for declared, meaning in told.values() if not meaning]
    if bare:
        yield from ("", "```text", *bare, "```")
    for declared, meaning in told.values():
        if meaning:
            yield from ("", f"`{declared}`: {meaning}")
    members = {method: one for base in reversed(_own_and_unnamed(kind)) for method, one in vars(base).items()}
    for method, found in members.items():
        if method.startswith("_") or method in told or (method.startswith("test_") and method not in vars(kind)):
            continue
        plain = found.__func__ if isinstance(found, classmethod | staticmethod) else found
        if inspect.isfunction(plain):
            yield from ("", f"```text\n{_signature(f'{name}.{method}', plain)}\n```", "", _doc(plain))
        elif isinstance(found, property):
            yield from ("", f"`{name}.{method}`: {_doc(found)}")


def _own_and_unnamed(kind: type[Any]) -> list[type[Any]]:
    """Return a class, and those of its bases in the core that have no entry of their own."""
    bases = [*kind.__mro__[1:], *getattr(kind, "__orig_bases__", ())]  # those of a TypedDict are not in its order
    core = [one for one in bases if inspect.isclass(one) and one.__module__.startswith("communitykit.")]
    named = {name for room in _WITH_ENTRIES for name in room.__all__}
    return [kind, *(one for one in core if one.__name__ not in named)]


def _attributes(kind: type[Any]) -> dict[str, tuple[str, str]]:
    """Return the attributes that a class declares, as they stand there, each with the string below it.

    Of a dataclass those that have one: the others are in its signature, and in its docstring.
    """
    tree = ast.parse(inspect.cleandoc(f"\n{inspect.getsource(kind)}")).body[0]
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for node, below in pairwise([*tree.body, ast.Pass()]):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name) or node.target.id[0] == "_":
            continue
        told = below.value if isinstance(below, ast.Expr) else None
        meaning = " ".join(str(told.value).split()) if isinstance(told, ast.Constant) else ""
        if meaning or not is_dataclass(kind):
            found[node.target.id] = (ast.unparse(node), meaning)
    return found


def _doc(value: Any) -> str:
    return inspect.cleandoc(value.__doc__ or "").strip()


def _signature(name: str, function: Any) -> str:
    signature = inspect.signature(function)
    parameters = [
        one.replace(annotation=_bare(one.annotation), default=_shown(one.default))
        for one in signature.parameters.values()
    ]
    told = _plain(str(signature.replace(parameters=parameters, return_annotation=_bare(signature.return_annotation))))
    if len(name) + len(told) <= _WIDTH:
        return f"{name}{told}"
    inside, returned = told[1:].rsplit(") -> ", 1)
    return "\n".join([f"{name}(", *(f"    {one}," for one in _parameters(inside)), f") -> {returned}"])


def _shown(default: Any) -> Any:
    """Return a default that shows nothing of the machine: its environment is called by its name."""
    return _bare("os.environ") if default is os.environ else default


def _bare(annotation: Any) -> Any:
    """Return an annotation that shows as it stands in the code, which is text there, without quotes around it."""
    if not isinstance(annotation, str):
        return annotation
    return type("Bare", (), {"__repr__": lambda _: annotation.strip("\"'")})()


def _parameters(text: str) -> Iterator[str]:
    """Yield what stands between the commas that are in no brackets."""
    depth = start = 0
    for place, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and not depth:
            yield text[start:place].strip()
            start = place + 1
    yield text[start:].strip()


def _plain(text: str) -> str:
    text = re.sub(r"\b(?:\w+\.)+(?=[A-Z]\w*)", "", text)
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    text = re.sub(r"<function (\w+)>", r"\1", text)
    text = re.sub(r"Clock\(now=.*?\)\)?(?=[,)])", "SYSTEM_CLOCK", text)
    return re.sub(r"(?<=frozenset\(\{)[^}]*", lambda found: ", ".join(sorted(found[0].split(", "))), text)
