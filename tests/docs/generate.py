"""Writes the generated parts of the documentation: `uv run python tests/docs/generate.py`. A test compares them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from analysis_page import analysis_reference
from api_pages import api_reference
from metrics_page import metrics_reference
from pictures_flow import flow
from pydantic import AwareDatetime

import communitykit
import communitykit.cli.commands
import communitykit.connector
import communitykit.sandbox
import communitykit.testing
from communitykit.cli.app import app
from communitykit.connector import drafts
from communitykit.connector.declaration import FEATURES, Connector
from communitykit.connector.registry import registry
from communitykit.model import (
    RECORD_TYPES,
    Attachment,
    Counts,
    Features,
    Mention,
    Poll,
    PollOption,
    Provenance,
    Vanished,
)
from communitykit.sandbox.faults import FAULTS
from communitykit.store.descriptions import of_field

ROOT = Path(__file__).parents[2]


_ASKED = ("store", "people", "analysis", "metrics", "privacy", "report", "browse", "config")
"""Rooms of the core whose names scripts use."""

_ROOMS: dict[str, tuple[str, ...]] = {
    "communitykit.connector.asking": ("Answers", "status_of"),
    "communitykit.connector.declaration": ("FEATURES", "Context", "Translator"),
    "communitykit.connector.decoding": ("decode_json",),
    "communitykit.connector.drafts": tuple(drafts.__all__),
    "communitykit.connector.flow": ("Step",),
    "communitykit.connector.html": ("html_text",),
    "communitykit.connector.json_stream": ("JSONItem", "json_items"),
    "communitykit.connector.oauth": (
        "Authorize",
        "TokenProvider",
        "client_credentials",
        "refresh_token",
        "token_answer",
        "token_from",
    ),
    "communitykit.connector.odata": ("odata_batch", "odata_batch_answers", "odata_error", "odata_pager"),
    "communitykit.connector.paging": ("Pager",),
    "communitykit.connector.parts": ("is_understood",),
    "communitykit.connector.payload": (
        "as_list",
        "as_mapping",
        "as_mappings",
        "as_number",
        "as_text",
        "as_texts",
        "sound_and_odd",
    ),
    "communitykit.connector.scrub": ("without_credentials",),
    "communitykit.connector.settings": ("Lookback", "lookback_length"),
    "communitykit.connector.signatures": ("verify_age", "verify_hmac"),
    "communitykit.connector.tables": ("Row", "Table", "is_tabular", "tables"),
    "communitykit.connector.times": ("Moment", "parse_length", "parse_moment"),
    "communitykit.connector.usage": ("is_concealed", "report_rows"),
    "communitykit.connector.waiting": ("retry_after",),
}
"""What authors of some connectors need, and import from where it is."""


def generated() -> dict[Path, str]:
    """Return every page or picture that has a generated part, as it should be."""
    readme, commands = ROOT / "README.md", ROOT / "docs/reference/command-line.md"
    return {
        readme: _between(readme, connectors=connector_table()),
        commands: _between(commands, commands=command_reference(), faults=fault_table()),
        ROOT / "docs/pictures/flow.svg": flow(),
        ROOT / "docs/reference/model.md": model_reference(),
        ROOT / "docs/reference/platforms.md": platforms(),
        ROOT / "docs/reference/analysis.md": analysis_reference(),
        ROOT / "docs/reference/metrics.md": metrics_reference(),
        ROOT / "docs/reference/api.md": api_reference(
            communitykit,
            "The library",
            "Generated. Every name that `communitykit` exports, then those of the rooms that scripts ask for persons, "
            "tables, figures, pages and privacy. The fields of records are in [the model](model.md); what the author "
            "of a connector writes against is [on a page of its own](connector-api.md).",
            rooms={room: tuple(import_module(room).__all__) for room in (f"communitykit.{one}" for one in _ASKED)},
        ),
        ROOT / "docs/reference/connector-api.md": api_reference(
            communitykit.connector,
            "What connectors are written against",
            "Generated. Every name that `communitykit.connector` exports, then what lies in its rooms for who needs "
            "it. How they fit together: [write a connector](../how-to/write-a-connector.md).",
            rooms=_ROOMS,
        ),
        ROOT / "docs/reference/testing-api.md": api_reference(
            communitykit.testing,
            "What connectors are tested with",
            "Generated. Every name that `communitykit.testing` exports, then the simulated company and what a plugin "
            "fills in to simulate its platform. How to go about it: [test a connector](../how-to/test-a-connector.md).",
            rooms={"communitykit.sandbox": tuple(communitykit.sandbox.__all__)},
        ),
    }


def connector_table() -> str:
    """Return the table of connectors, from what they declare."""
    rows = ["| platform | package | doors |", "| --- | --- | --- |"]
    for one in registry().connectors.values():
        doors = ", ".join(name for name, there in _doors(one) if there)
        package = f"[`communitykit-{one.name}`](plugins/communitykit-{one.name}/README.md)"
        rows.append(f"| {one.title} | {package} | {doors} |")
    return "\n".join(rows)


def platforms() -> str:
    """Return the page of what each platform tells, and what no door of it tells."""
    found = registry().connectors.values()
    parts = [
        "# What platforms tell, and do not tell",
        "",
        "Generated from what each connector declares. What a platform does not tell is absent from the records: it is",
        "never zero, and never guessed.",
        "",
        "## What each tells",
        "",
        f"| | {' | '.join(one.title for one in found)} |",
        f"| --- |{' :-: |' * len(found)}",
        f"| **doors** | {' | '.join(', '.join(name for name, there in _doors(one) if there) for one in found)} |",
        *(_told(kind, f"records: {kind}", "records", found) for kind in sorted(RECORD_TYPES) if kind in _all(found)),
        *(_told(name, name.replace("_", " "), "features", found) for name in FEATURES if name in _all(found)),
        "",
        "[What each of these words means](connector-api.md#features).",
    ]
    for one in found:
        parts += ["", f"## What {one.title} does not tell", ""]
        parts += [f"- **{what}**: {why}" for what, why in one.capabilities.unreadable.items()]
    return "\n".join(parts) + "\n"


def _told(name: str, title: str, where: str, found: Iterable[Connector]) -> str:
    """Return a row: which connectors claim it."""
    return f"| {title} | {' | '.join('yes' if name in getattr(one.capabilities, where) else '' for one in found)} |"


def _all(found: Iterable[Connector]) -> frozenset[str]:
    return frozenset().union(*(one.capabilities.records | one.capabilities.features for one in found))


def command_reference() -> str:
    """Return every command with its arguments and options, from the commands themselves."""
    parts = []
    for name, command in commands():
        arguments = [one for one in command.params if one.param_type_name == "argument"]
        shown = " ".join((one.name or "").upper() + ("…" if one.nargs == -1 else "") for one in arguments)
        parts += [f"### `{f'communitykit {name} {shown}'.strip()}`", "", (command.help or "").strip(), ""]
        parts += ["| option | meaning | default |", "| --- | --- | --- |"]
        parts += [_option(one) for one in command.params if one.param_type_name == "option"]
        parts.append("")
    return "\n".join(parts).strip()


def fault_table() -> str:
    """Return the table of the sandbox's faults: their parameters with their defaults, and what each does."""
    rows = ["| fault | parameters | what goes wrong |", "| --- | --- | --- |"]
    for name, kind in sorted(FAULTS.items()):
        what = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
        every = {one.name: one.default for one in fields(kind) if not one.name.startswith("_") and one.name != "seed"}
        shared = {one for one in ("share", "times") if kind.main != "share" and f"`{one}`" not in what}  # it has none
        own = [kind.main, *(one for one in every if one != kind.main and one not in shared)]
        rows.append(f"| `{name}` | {', '.join(f'`{one}={every[one]}`' for one in own)} | {what} |")
    return "\n".join(rows)


def commands() -> Iterator[tuple[str, Any]]:
    """List the commands by the name that a user types."""

    def below(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
        for name in group.list_commands(None):  # in the order of --help
            command = group.commands[name]
            if hasattr(command, "commands"):
                yield from below(command, f"{prefix}{name} ")
            else:
                yield f"{prefix}{name}", command

    yield from below(typer.main.get_command(app), "")


def model_reference() -> str:
    """Return the reference of the model, from the model."""
    parts = [
        "# The model",
        "",
        "Generated from `communitykit.model`. Records are frozen, and validated once, where a payload becomes one.",
        "A field that a source does not tell stays unset, which is not the same as `None`: `None` is an answer.",
        "Times are aware and in UTC; ids are `platform:network:kind:native`, with the platform's own text last.",
    ]
    for model in (
        *RECORD_TYPES.values(),
        Vanished,
        Provenance,
        Mention,
        Attachment,
        Poll,
        PollOption,
        Counts,
        Features,
    ):
        parts += ["", f"## {model.__name__}", "", (model.__doc__ or "").strip(), "", "| field | type | meaning |"]
        parts.append("| --- | --- | --- |")
        for name, field in model.model_fields.items():
            if name != "record":
                needed = "**required**. " if field.is_required() else ""
                parts.append(f"| `{name}` | {_type(field.annotation)} | {needed}{of_field(field)} |")
    return "\n".join(parts) + "\n"


def _between(page: Path, **parts: str) -> str:
    """Return a page with its generated parts filled in; the markers stay."""
    whole = page.read_text(encoding="utf-8")
    for name, text in parts.items():
        start, end = f"<!-- generated: {name} -->\n", f"<!-- end: {name} -->\n"
        before, first, rest = whole.partition(start)
        _, second, after = rest.partition(end)
        if not first or not second:
            message = f"{page.name} has no markers {start.strip()} and {end.strip()}"
            raise ValueError(message)
        whole = f"{before}{start}{text}\n{end}{after}"
    return whole


def _option(one: Any) -> str:
    flag = ", ".join(one.opts)
    if not one.is_flag:
        flag += f" {one.metavar or one.opts[0].strip('-').upper()}"
    notes = [one.help, "May be repeated." if one.multiple else None, "**Required.**" if one.required else None]
    default = "" if one.is_flag or one.default is None or one.required else f"`{one.default}`"
    return f"| `{flag}` | {' '.join(note for note in notes if note)} | {default} |"


def _doors(connector: Connector) -> list[tuple[str, bool]]:
    return [
        ("API", connector.discover is not None),
        ("export archives", connector.archive is not None),
        ("webhooks", connector.webhook is not None),
    ]


def _type(annotation: Any) -> str:
    return f"`{_written(annotation)}`"


def _written(annotation: Any) -> str:
    """Return a type as it would be written by hand: without what validates it."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _written(inner[0])
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, inner))}]"
    if origin in {Union, UnionType}:
        return " or ".join(map(_written, inner))
    if annotation in {None, NoneType, Ellipsis}:
        return "..." if annotation is Ellipsis else "None"
    if annotation is AwareDatetime:
        return "datetime"
    name = getattr(origin or annotation, "__name__", str(annotation))
    return f"{name}[{', '.join(map(_written, inner))}]" if inner else name


if __name__ == "__main__":
    for page, text in generated().items():
        page.write_text(text, encoding="utf-8")
