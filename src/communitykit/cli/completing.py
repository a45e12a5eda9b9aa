"""What a shell completes of values: quickly, so that little of the library is imported for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from functools import partial
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
    "reset-midway", "revoked", "shifted-down", "shifted-up", "skew", "truncated", "unknown-fields", "unknown-values",
    "unreadable",
)  # fmt: skip
"""What may go wrong on a simulated platform; a test holds this against `communitykit.sandbox`."""

_ROOMS = Path(__file__).parents[1]
ASKED_FOR: dict[str, JSON] = {"may be a file": False, "hint": "", "found": None}
"""What a shell asks for the value of: one of a file's type, of which the shell knows names, or what is meant by it.

`found` is what completes it; None where no value is asked for.
"""
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


def words_of(line: str) -> list[str]:
    """Return the words of a line as a shell takes them, the last one being what is completed: it may be empty."""
    import shlex  # noqa: PLC0415 # imported only when used

    reader = shlex.shlex(line, posix=True)
    reader.whitespace_split, reader.commenters = True, ""
    found: list[str] = []
    try:
        found.extend(reader)
    except ValueError:  # a quotation that is still open
        return [*found, reader.token]
    return [*found, ""] if not line or line[-1].isspace() else found


def without_dangling(args: list[str], params: Iterable[JSON]) -> list[str]:
    """Return the words without an option at their end whose value is still to come.

    Click gives up at it and forgets the command's arguments, on which the value may depend.
    """
    if args and any(
        args[-1] in one.opts and not one.is_flag and not one.count for one in params if one.opts[0][0] == "-"
    ):
        return args[:-1]
    return args


def watch(params: Iterable[JSON]) -> None:
    """Keep in mind, when a parameter's value is completed, what it is."""
    for one in params:
        one.shell_complete = partial(_completed, one)


def _completed(param: JSON, ctx: typer.Context, incomplete: str) -> JSON:
    described = getattr(param, "type_descriptor", None)  # Typer before 0.29 has click's types
    is_path = getattr(param.type, "name", "") == "path" if described is None else _is_path(described.annotation)
    ASKED_FOR.update({"may be a file": is_path, "hint": getattr(param, "help", None) or ""})
    found = type(param).shell_complete(param, ctx, incomplete)
    ASKED_FOR["found"] = [one.value for one in found if one.type == "plain"]
    return found


def _is_path(annotation: object) -> bool:
    return annotation is Path or Path in get_args(annotation)


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
    """Return the settings of the connectors that are named, each with what follows it; after it, what it may be.

    Of several connectors each one's own (`slack.token=`), too, once its name is begun. With --config no setting is
    taken.
    """
    if ctx.params.get("config"):
        ASKED_FOR["hint"] = "not with --config, which says it"
        return []
    named = _named(ctx, "names") or _named(ctx, "name")
    models = [("", one.settings) for one in named]
    return _pairs([*models, *((f"{one.name}.", one.settings) for one in named if len(named) > 1)], incomplete)


def options_of_archives(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the options of the archives of the connector that is named, as `settings` does."""
    doors = (one.archive for one in _named(ctx, "name"))
    return _pairs((("", door.options) for door in doors if door is not None and door.options is not None), incomplete)


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
    """Return the parameters of the metric that is named, each with what follows it; after it, what it usually is."""
    usual = {name.strip(): value.strip() for name, _, value in (one.partition("=") for one in _head(ctx, "parameters"))}
    name, before, begun = _asked_of(incomplete)
    return _begin_so(usual if name is None else [usual[name]] if name in usual else (), begun, before, "=" * (not name))


def faults(incomplete: str) -> list[str]:
    """Return faults; after `:` and after `,` their parameters, and after `=` what these usually are."""
    name, sign, rest = re.fullmatch(r"([^:=]*)([:=]?)(.*)", incomplete, re.DOTALL).groups()  # type: ignore[union-attr] # fits any
    if not sign or name not in FAULTS:
        return [] if sign else _begin_so(FAULTS, incomplete)
    from communitykit.sandbox.faults import FAULTS as KINDS  # noqa: PLC0415 # imported only when used

    kind = KINDS[name]
    usual = {one.name: str(one.default) for one in fields(kind) if not one.name.startswith("_")}
    if sign == "=":
        return _begin_so([usual[kind.main]], rest, f"{name}=")
    told, comma, last = rest.rpartition(",")
    before, (parameter, equals, begun) = f"{name}:{told}{comma}", last.partition("=")
    if equals:
        return _begin_so([usual[parameter]] if parameter in usual else [], begun, f"{before}{parameter}=")
    taken = {one.partition("=")[0] for one in told.split(",")}
    return _begin_so((one for one in dict.fromkeys([kind.main, *usual]) if one not in taken), last, before, "=")


def credential_stores(incomplete: str) -> list[str]:
    """Return the one place for tokens that is no file."""
    ASKED_FOR["may be a file"] = True
    return _begin_so(["keyring"], incomplete)


def rules(incomplete: str) -> list[str]:
    """Return rules of the brief whose names begin so."""
    return _files("report", "rules", incomplete)


def zones(incomplete: str) -> list[str]:
    """Return time zones whose names begin so."""
    from zoneinfo import available_timezones  # noqa: PLC0415 # imported only when used

    return sorted(_begin_so(available_timezones(), incomplete))


def _begin_so(known: Iterable[str], incomplete: str, before: str = "", after: str = "") -> list[str]:
    return [f"{before}{one}{after}" for one in known if one.startswith(incomplete)]


def _asked_of(incomplete: str) -> tuple[str | None, str, str]:
    """Return the setting whose value is asked for, else None; with what is to stand before it, and how it begins."""
    name, sign, begun = incomplete.partition("=")
    return (name, f"{name}=", begun) if sign else (None, "", incomplete)


def _pairs(models: Iterable[tuple[str, type[BaseModel]]], incomplete: str) -> list[str]:
    """Return fields as `name=`, below what stands before them; where one is told already, its values.

    These where they are a closed list; else a shell may know files, where they are files.
    """
    fields = {f"{above}{name}": field for above, one in models for name, field in one.model_fields.items()}
    name, before, begun = _asked_of(incomplete)
    if name is None:
        return _begin_so((one for one in fields if begun or "." not in one), begun, after="=")
    if name not in fields:
        return []
    ASKED_FOR.update({"may be a file": _is_path(fields[name].annotation), "hint": fields[name].description or ""})
    return _begin_so(_values(fields[name].annotation), begun, before)


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
    """Return connectors that have a door; only plugins that are called so are loaded, where any is."""
    from communitykit.connector.registry import registry  # noqa: PLC0415 # plugins are loaded only where that tells

    found = registry()
    called = [name for name in connectors(incomplete) if found.has(name)] if incomplete else []
    return [name for name in called or _begin_so(found.connectors, incomplete) if door(found.get(name))]


def _named(ctx: typer.Context, parameter: str) -> list[Connector]:
    """Return the connectors that were named before what is completed."""
    from communitykit.connector.registry import registry  # noqa: PLC0415 # same

    told = ctx.params.get(parameter) or ()
    names = (told,) if isinstance(told, str) else told
    found = registry()
    return [found.get(name) for name in names if found.has(name)]


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
