"""What a shell completes of values: quickly, so that little of the library is imported for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Literal, Union, get_args, get_origin

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel

    from communitykit.connector.declaration import Connector
    from communitykit.model.values import JSON

FAULTS = (
    "changing", "drip", "duplicates", "empty-pages", "error-body", "expired-cursor", "expiring", "foreign-link", "html",
    "latency", "limited", "limited-mute", "malformed", "missing-fields", "outage", "repeated-cursor", "reset",
    "reset-midway", "revoked", "skew", "truncated", "unknown-fields", "unknown-values", "unreadable",
)  # fmt: skip
"""What may go wrong on a simulated platform; a test holds this against `communitykit.sandbox`."""

_ROOMS = Path(__file__).parents[1]
_BEFORE = {"name": ""}
"""The setting whose value alone is asked for, by a shell that takes words apart."""
_GRAINS = ("day", "week", "month", "quarter", "year")


def words(*known: str) -> Callable[[str], list[str]]:
    """Return what completes one of these words."""

    def complete(incomplete: str) -> list[str]:
        return _begin_so(known, incomplete)

    return complete


FORMATS_OF_LOGS = words("text", "json")
LANGUAGES = words("en", "fr")
PER = words("department", "country", "community")
SIZES = words("tiny", "small", "medium", "large")
DIALECTS = words("duckdb", "postgres", "spark", "snowflake", "bigquery")
FAULT_NAMES = words(*FAULTS)


def put_together(asked: MutableMapping[str, str]) -> None:
    """Put the words together that bash took apart at each `=`, in the variables by which it asks.

    It asks for what follows the last `=`: of an option's value as after a space, of a setting for its value alone.
    """
    _BEFORE["name"] = key = ""
    words, at = re.split(r"[ \n]", asked.get("COMP_WORDS", "")), int(asked.get("COMP_CWORD") or 0)
    *before, last = [*words, ""][: at + 1]
    whole: list[str] = []
    for word in before:
        if word == "=" and whole:
            key = key if whole[-1].startswith("-") else whole.pop()
        else:
            whole.append(f"{key}={word}" if key else word)
            key = ""
    if last == "=" and whole:
        key, last = (key if whole[-1].startswith("-") else whole.pop()), ""
    if key or len(whole) < len(before):
        _BEFORE["name"] = key
        asked.update(COMP_WORDS="\n".join([*whole, last]), COMP_CWORD=str(len(whole)))


def without_dangling(args: list[str], params: Iterable[JSON]) -> list[str]:
    """Return the words without an option at their end whose value is still to come.

    Click gives up at it and forgets the command's arguments, on which the value may depend.
    """
    if args and any(
        args[-1] in one.opts and not one.is_flag and not one.count for one in params if one.opts[0][0] == "-"
    ):
        return args[:-1]
    return args


def connectors(incomplete: str) -> list[str]:
    """Return installed connectors whose names begin so."""
    from importlib.metadata import entry_points  # noqa: PLC0415 # imported only when used

    from communitykit.connector.hookspec import ENTRY_POINT_GROUP  # noqa: PLC0415 # same

    return sorted({one.name for one in entry_points(group=ENTRY_POINT_GROUP) if one.name.startswith(incomplete)})


def asked(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return connectors that ask a platform; with --config its sources instead."""
    return _sources(ctx, incomplete) or _with(lambda one: one.discover is not None, incomplete)


def importing(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return connectors that read exports, and sources of --config."""
    return [*_with(lambda one: one.archive is not None, incomplete), *_sources(ctx, incomplete)]


def login(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return connectors that one can log in to; with --config its sources instead."""
    return _sources(ctx, incomplete) or _with(lambda one: one.login is not None, incomplete)


def simulated(incomplete: str) -> list[str]:
    """Return connectors whose platform is simulated."""
    return _with(lambda one: one.sandbox is not None, incomplete)


def exported(incomplete: str) -> list[str]:
    """Return connectors whose simulated platform gives out exports."""
    return _with(lambda one: one.sandbox is not None and one.archive is not None, incomplete)


def styles(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the styles of the exports of the platform that is named."""
    named = _named(ctx, "platform")
    return _begin_so(named[0].simulated().archive_styles, incomplete) if named and named[0].sandbox else []


def kinds(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the sorts of payload that the connector that is named translates."""
    return _begin_so((kind for one in _named(ctx, "name") for kind in one.translators), incomplete)


def settings(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the settings of the connectors that are named, each with what follows it; after it, what it may be."""
    named = _named(ctx, "names") or _named(ctx, "name")
    return _pairs((one.settings for one in named), incomplete)


def options_of_archives(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the options of the archives of the connector that is named, as `settings` does."""
    doors = (one.archive for one in _named(ctx, "name"))
    return _pairs((door.options for door in doors if door is not None and door.options is not None), incomplete)


def metrics(incomplete: str) -> list[str]:
    """Return built-in metrics whose names begin so."""
    return _files("metrics", "sql", incomplete)


def dimensions(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return by what the metric that is named can be asked; after a comma, by what else."""
    before, comma, last = incomplete.rpartition(",")
    known = [*_GRAINS, *(one for one in _head(ctx, "dimensions") if one != "period")]
    taken = before.split(",")
    return [f"{before}{comma}{one}" for one in _begin_so(known, last) if one not in taken]


def variants(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the variants of the metric that is named."""
    return _begin_so(_head(ctx, "variants"), incomplete)


def parameters(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the parameters of the metric that is named, each with what follows it."""
    return _begin_so((f"{one.partition('=')[0].strip()}=" for one in _head(ctx, "parameters")), incomplete)


def rules(incomplete: str) -> list[str]:
    """Return rules of the brief whose names begin so."""
    return _files("report", "rules", incomplete)


def zones(incomplete: str) -> list[str]:
    """Return time zones whose names begin so."""
    from zoneinfo import available_timezones  # noqa: PLC0415 # imported only when used

    return sorted(_begin_so(available_timezones(), incomplete))


def _begin_so(known: Iterable[str], incomplete: str) -> list[str]:
    return [one for one in known if one.startswith(incomplete)]


def _pairs(models: Iterable[type[BaseModel]], incomplete: str) -> list[str]:
    """Return fields as `name=`; where one is told already, its values if they are a closed list."""
    fields: dict[str, JSON] = {}
    for one in models:
        fields |= one.model_fields
    if (name := _BEFORE["name"]) in fields:
        return _begin_so(_values(fields[name].annotation), incomplete)
    name, sign, _ = incomplete.partition("=")
    if not sign:
        return _begin_so((f"{one}=" for one in fields), incomplete)
    return _begin_so(
        (f"{name}={one}" for one in _values(fields[name].annotation)) if name in fields else (), incomplete
    )


def _values(annotation: object) -> Iterator[str]:
    """Yield what a field of this type may be, where that is a closed list."""
    if annotation is bool:
        yield from ("true", "false")
    elif get_origin(annotation) is Literal:
        yield from map(str, get_args(annotation))
    else:
        for one in get_args(annotation) if get_origin(annotation) in {Union, UnionType, Annotated} else ():
            yield from _values(one)


def _files(room: str, folder: str, incomplete: str) -> list[str]:
    return sorted(file.stem for file in (_ROOMS / room / folder).glob(f"{incomplete}*.sql"))


def _with(door: Callable[[Connector], bool], incomplete: str) -> list[str]:
    from communitykit.connector.registry import registry  # noqa: PLC0415 # plugins are loaded only where that tells

    return _begin_so((name for name, one in registry().connectors.items() if door(one)), incomplete)


def _named(ctx: typer.Context, parameter: str) -> list[Connector]:
    """Return the connectors that were named before what is completed."""
    from communitykit.connector.registry import registry  # noqa: PLC0415 # same

    told = ctx.params.get(parameter) or ()
    names = (told,) if isinstance(told, str) else told
    return [registry().connectors[name] for name in names if name in registry().connectors]


def _sources(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the sources of the configuration that was named; none of one that cannot be read, which the run says."""
    import tomllib  # noqa: PLC0415 # imported only when used

    try:
        told = tomllib.loads(Path(ctx.params.get("config") or "").read_text(encoding="utf-8"))
        names = [str(one.get("name", one.get("connector"))) for one in told.get("sources", ())]
    except (OSError, ValueError, TypeError, AttributeError):
        return []
    return _begin_so(names, incomplete)


def _head(ctx: typer.Context, key: str) -> list[str]:
    """Return what the metric that is named says under a key, without reading its SQL, which takes seconds."""
    name = str(ctx.params.get("name"))
    folders = (_ROOMS / "metrics" / "sql", *filter(None, [ctx.params.get("definitions")]))
    files = (file for folder in folders for file in Path(folder).glob("*.sql") if file.stem == name)
    text = next(files, None)
    told = (
        re.search(rf"^-- {key}: (.*(?:\n--   .*)*)", text.read_text(encoding="utf-8"), re.MULTILINE) if text else None
    )
    return [one.strip() for one in re.split("[,;]", told[1].replace("\n--", " "))] if told else []
